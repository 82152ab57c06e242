/**
 * @file The numbers behind common float32 functions of the compiled backends, which compute them by the same formulas
 * in WebAssembly and in C. Imports nothing. Coefficients are minimax fits of the relative error, low orders first;
 * those for float32 arithmetic were rounded one by one, each before the next was fitted.
 */
export const coefficients = {
  /** (e^r - 1 - r) / r² for |r| ≤ ln 2 / 2. */
  exp: [0.49999997, 0.16666545, 0.041667439, 0.00836645346, 0.0013870555],
  /** (ln(1 + f) - f + f²/2) / f³ for √½ ≤ 1 + f < √2. */
  log: [0.333333313, -0.250008196, 0.200012401, -0.166234076, 0.142016232, -0.131596759, 0.127619147, -0.0763586089],
} as const;

/** ln 2 in two parts: the first has few enough bits that its product with an exponent is exact. */
export const ln2 = { high: 0.693359375, low: Math.LN2 - 0.693359375 } as const;

/** Adding 1.5 · 2^23 rounds a float32 to an integer and leaves it in the low bits of the sum. */
export const rounder = 1.5 * 2 ** 23;
/** The bits of √½ as float32, where mantissas are cut in logarithms. */
export const sqrtHalfBits = 0x3f3504f3;

/** The bits of a float32. */
export const bitsOf = (value: number): number => new Int32Array(new Float32Array([value]).buffer)[0] as number;
