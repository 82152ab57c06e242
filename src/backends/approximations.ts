/**
 * @file The numbers behind the float32 functions of the compiled backends, which compute them by the same formulas
 * in WebAssembly and in C. Imports nothing. Coefficients are minimax fits of the relative error, low orders first;
 * those for float32 arithmetic were rounded one by one, each before the next was fitted.
 */
export const coefficients = {
  /** (e^r - 1 - r) / r² for |r| ≤ ln 2 / 2. */
  exp: [0.49999997, 0.16666545, 0.041667439, 0.00836645346, 0.0013870555],
  /** (ln(1 + f) - f + f²/2) / f³ for √½ ≤ 1 + f < √2. */
  log: [0.333333313, -0.250008196, 0.200012401, -0.166234076, 0.142016232, -0.131596759, 0.127619147, -0.0763586089],
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

/** ln 2 in two parts: the first has few enough bits that its product with an exponent is exact. */
export const ln2 = { high: 0.693359375, low: Math.LN2 - 0.693359375 } as const;

/** Adding 1.5 · 2^23 rounds a float32 to an integer and leaves it in the low bits of the sum. */
export const rounder = 1.5 * 2 ** 23;
/** The same for float64. */
export const rounder64 = 1.5 * 2 ** 52;

/** The bits of √½ as float32, where mantissas are cut in logarithms. */
export const sqrtHalfBits = 0x3f3504f3;

/** The bits of a float32. */
export const bitsOf = (value: number): number => new Int32Array(new Float32Array([value]).buffer)[0] as number;

/** π/2 in two parts: 33 bits, so that its product with 20 bits is exact in float64, and the next 53. */
export const halfPi = { high: 1.5707963267341256, low: 6.077100506506192e-11 } as const;
