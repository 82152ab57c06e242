/**
 * @file Measures how far the float32 functions of a backend are from float64, in units in the last place, over
 * samples of all float32 bit patterns; and what sums of many elements lose. For tests and `scripts/functions.mjs`.
 */
import { Graph } from "../../src/graph/index.js";
import * as tf from "../../src/index.js";
import { erf, power } from "../../src/ir/scalar.js";

export type DeviceName = "wasm" | "native" | "interpreter";

/** A float32 function with its value in float64. `y` is the second operand of those that have one. */
export interface Measured {
  readonly name: string;
  readonly build: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;
  readonly exact: (x: number, y: number) => number;
  /** The largest error allowed, in ulp. */
  readonly bound: number;
  /** Whether pairs of operands are drawn instead of all float32. */
  readonly binary?: boolean;
}

const unary = (name: string, build: (x: tf.Tensor) => unknown, exact: (x: number) => number, bound = 2): Measured => ({
  name,
  build: (x) => build(x) as tf.Tensor,
  exact,
  bound,
});

export const measuredFunctions: readonly Measured[] = [
  unary("exp", tf.exp, Math.exp),
  unary("expm1", tf.expm1, Math.expm1),
  unary("log", tf.log, Math.log),
  unary("log1p", tf.log1p, Math.log1p),
  unary("tanh", tf.tanh, Math.tanh),
  unary("sigmoid", tf.sigmoid, (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))),
  unary("erf", tf.erf, erf),
  unary("sin", tf.sin, Math.sin),
  unary("cos", tf.cos, Math.cos),
  unary("tan", tf.tan, Math.tan),
  unary("sqrt", tf.sqrt, Math.sqrt, 0.5),
  unary("rsqrt", tf.rsqrt, (x) => 1 / Math.sqrt(x)),
  unary("softplus", tf.nn.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  unary("elu", tf.nn.elu, (x) => (x < 0 ? Math.expm1(x) : x)),
  // Computed in float64 and rounded once.
  { name: "pow", build: (x, y) => tf.pow(x, y) as tf.Tensor, exact: power, bound: 0.51, binary: true },
];

const chunk = 1 << 16;
const patterns = 2 ** 32;

/** The distance between float32 neighbours at the magnitude of `value`. */
function ulp(value: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -126);
  return 2 ** (Math.min(exponent, 127) - 23);
}

/** How far `got` is from `exact` in ulp; infinite where only one of them is a number. */
export function errorInUlp(got: number, exact: number): number {
  // Zeros with their signs, infinities and NaN are right or wrong, not near.
  if (exact === 0 || !Number.isFinite(exact)) return Object.is(got, exact) ? 0 : Number.POSITIVE_INFINITY;
  const limit = 2 ** 128;
  const error =
    Math.abs(Math.min(Math.max(got, -limit), limit) - Math.min(Math.max(exact, -limit), limit)) / ulp(exact);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

export interface WorstError {
  readonly name: string;
  readonly ulp: number;
  readonly x: number;
  readonly y: number;
}

/** The values where functions change their behaviour. */
const edges = [
  ...[0, 1, 2, 3, 0.5, 1.5, Number.POSITIVE_INFINITY, 2 ** -149, 2 ** -126, 2 ** -126 - 2 ** -149, 2 ** 24, 2 ** 127],
  ...[
    Math.LN2,
    Math.PI,
    Math.PI / 2,
    Math.PI / 4,
    0.625,
    0.925,
    88.72283,
    88.72284,
    103.972,
    103.98,
    17.33,
    9.02,
    3.92,
  ],
].flatMap((x) => [x, -x]);

/** Fills operands with the `index`th part of a sample of `chunks` · 65536 values. */
function fill(x: Float32Array, y: Float32Array, binary: boolean, index: number, chunks: number): void {
  const bits = new Uint32Array(x.buffer);
  // Weyl's sequence: an odd multiplier runs through the patterns without preferring any part of them.
  const stride = 2 * Math.floor(patterns / (chunks * chunk) / 2) + 1;
  for (let i = 0; i < chunk; i++) bits[i] = ((index * chunk + i) * stride) % patterns;
  if (!binary) {
    if (index === 0) x.set([...edges, Number.NaN]);
    y.fill(0);
    return;
  }
  for (let i = 0; i < chunk; i++) {
    // Bases of every exponent, and exponents that keep half of the results finite; then edges against edges.
    const u = ((index * chunk + i) * 0.6180339887498949) % 1;
    const base =
      i % 3 === 0 ? Math.fround(Math.abs(x[i] as number)) : Math.exp(8 * (((i * 0.7548776662466927) % 1) - 0.5));
    x[i] = base;
    y[i] = ((u - 0.5) * 300) / Math.max(Math.abs(Math.log2(x[i] as number)), 0.01);
  }
  if (index > 0) return;
  const special = [...edges, Number.NaN, 5, -7, 2.5];
  special.forEach((a, i) => {
    special.forEach((b, k) => {
      x[i * special.length + k] = a;
      y[i * special.length + k] = b;
    });
  });
}

/** The largest error of each function on a device, over `chunks` · 65536 float32. */
export async function worstErrors(
  device: DeviceName,
  functions: readonly Measured[],
  chunks: number,
): Promise<readonly WorstError[]> {
  const graph = new Graph();
  const [x, y] = graph.asDefault(() => [tf.placeholder("float32", [chunk]), tf.placeholder("float32", [chunk])]) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const results = graph.asDefault(() => functions.map(({ build }) => build(x, y)));
  using session = new tf.Session({ graph, device });
  const worst: WorstError[] = functions.map(({ name }) => ({ name, ulp: 0, x: Number.NaN, y: Number.NaN }));
  const operands = [new Float32Array(chunk), new Float32Array(chunk)] as const;
  for (const binary of [false, true]) {
    const chosen = functions.flatMap((f, i) => ((f.binary ?? false) === binary ? [i] : []));
    if (chosen.length === 0) continue;
    for (let index = 0; index < chunks; index++) {
      fill(...operands, binary, index, chunks);
      const feeds = [x, y].map((t, i) => [t, new tf.NdArray("float32", [chunk], operands[i] as Float32Array)] as const);
      const values = (await session.run(
        chosen.map((i) => results[i] as tf.Tensor),
        feeds,
      )) as unknown as tf.NdArray[];
      chosen.forEach((f, k) => {
        const { exact, name } = functions[f] as Measured;
        const data = (values[k] as tf.NdArray).data as Float32Array;
        for (let i = 0; i < chunk; i++) {
          const [a, b] = [operands[0][i] as number, operands[1][i] as number];
          const error = errorInUlp(data[i] as number, exact(a, b));
          if (error > (worst[f] as WorstError).ulp) worst[f] = { name, ulp: error, x: a, y: b };
        }
      });
    }
  }
  return worst;
}

/** The error of a long sum in unit roundoffs (2^-24) of the sum of the magnitudes of its terms. */
export interface SumError {
  readonly label: string;
  readonly roundoffs: number;
}

/** Sums of 10^3 to 10^7 terms of one sign and of both, along rows and along columns. */
export async function sumErrors(device: DeviceName): Promise<readonly SumError[]> {
  const errors: SumError[] = [];
  for (const terms of [1e3, 1e4, 1e5, 1e6, 1e7])
    for (const [label, low] of [
      ["terms of one sign", 0],
      ["terms of both signs", -0.5],
    ] as const) {
      const data = Float32Array.from({ length: terms }, (_, i) => (((i + 1) * 0.6180339887498949) % 1) + low);
      let [exact, magnitude] = [0, 0];
      for (const x of data) {
        exact += x;
        magnitude += Math.abs(x);
      }
      const graph = new Graph();
      const x = graph.asDefault(() => tf.placeholder("float32", [terms])) as tf.Tensor;
      const sum = graph.asDefault(() => tf.reduceSum(x)) as tf.Tensor;
      using session = new tf.Session({ graph, device });
      const got = Number(await session.run(sum, [[x, new tf.NdArray("float32", [terms], data)]] as never));
      errors.push({
        label: `${terms.toLocaleString("en")} ${label}`,
        roundoffs: Math.abs(got - exact) / (magnitude * 2 ** -24),
      });
    }
  return errors;
}
