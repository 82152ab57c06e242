/**
 * @file The numbers behind the float32 functions that few programs need, as `approximations` has those of the others.
 * Imports nothing.
 */
export const rareCoefficients = {
  /** (tanh x - x) / x³ in x², for |x| < 0.625. */
  tanh: [-0.333332807, 0.133314088, -0.0537369512, 0.0206300691, -0.00569486013],
  /** (erf x - x) / x in x², for |x| < 0.925. */
  erf: [0.128379166, -0.376126289, 0.112836257, -0.0268557295, 0.00519239204, -0.000804949668, 7.99489208e-5],
  /** ln(erfc a) / a for 0.925 ≤ a ≤ 4. */
  erfcLog: [-1.12851441, -0.635718167, -0.105262011, 0.0228900481, -0.00321497209, 0.000213985477],
  /** (sin r - r) / r³ in r², for |r| ≤ π / 4. */
  sin: [-0.166666552, 0.00833219104, -0.000195186047],
  /** (cos r - 1 + r²/2) / r⁴ in r², for |r| ≤ π / 4. */
  cos: [0.0416666456, -0.00138873095, 0.0000244323273],
  /** For float64: log₂ m / s in s², where s = (m - 1) / (m + 1) and √½ ≤ m < √2. */
  log2: [
    2.8853900817778495, 0.9617966941139506, 0.5770779422056648, 0.4122092677415816, 0.3199050822469347,
    0.2829087990670398,
  ],
  /** For float64: 2^g for |g| ≤ ½. */
  exp2: [
    0.9999999999997575, 0.6931471805463005, 0.24022650698927914, 0.055504109402121526, 0.009618128536166393,
    0.0013333451217326503, 0.00015403854242911189, 0.000015309964390393744, 0.0000013175716889333773,
  ],
} as const;

/** Adding 1.5 · 2^52 rounds a float64 to an integer and leaves it in the low bits of the sum. */
export const rounder64 = 1.5 * 2 ** 52;

/** π/2 in two parts: 33 bits, so that its product with 20 bits is exact in float64, and the next 53. */
export const halfPi = { high: 1.5707963267341256, low: 6.077100506506192e-11 } as const;
