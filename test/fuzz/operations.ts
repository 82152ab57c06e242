/**
 * @file What random graphs are made of: a table of ways to add one operation to a graph, each choosing
 * operands that fit and attributes that are awkward.
 */
import { broadcastShapes, isFloating, type NumericDType, sizeOf } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import type { Random, Style } from "./random.js";

/** A tensor of the graph under construction, with the shape it has in every run. */
export interface Entry {
  readonly id: number;
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
}

/** One operation: built from its operands, as often as the graph is. */
export interface Step {
  readonly label: string;
  readonly operands: readonly Entry[];
  readonly build: (...operands: tf.Tensor[]) => readonly (tf.Tensor | null)[];
}

/** What the table may ask of the graph under construction. */
export interface Pool {
  readonly random: Random;
  readonly entries: readonly Entry[];
  /** A new placeholder, constant or variable. */
  leaf(dtype: NumericDType, shape: readonly number[], style?: Style): Entry;
}

export type Chooser = (pool: Pool) => Step | undefined;

// ---- choosing operands ----

export const isFloat = ({ dtype }: Entry): boolean => isFloating(dtype);
const isNumber = ({ dtype }: Entry): boolean => dtype !== "bool";

export function choose(pool: Pool, fits: (entry: Entry) => boolean): Entry {
  const fitting = pool.entries.filter(fits);
  const { random } = pool;
  // Recent entries more often, so that chains grow long.
  if (fitting.length > 0) return random.chance(0.5) ? random.pick(fitting.slice(-6)) : random.pick(fitting);
  for (;;) {
    const made = pool.leaf(random.pick(["float32", "float32", "int32", "bool"]), random.shape());
    if (fits(made)) return made;
  }
}
export const float = (pool: Pool, minimumRank = 0): Entry =>
  choose(pool, (x) => isFloat(x) && x.shape.length >= minimumRank);
const anything = (pool: Pool, minimumRank = 0): Entry => choose(pool, (x) => x.shape.length >= minimumRank);

/** Something that broadcasts with `x` and has its dtype. */
function partner(pool: Pool, x: Entry): Entry {
  const { random } = pool;
  const fits = pool.entries.filter((y) => {
    if (y.dtype !== x.dtype) return false;
    const shape = broadcastShapes(x.shape, y.shape);
    return shape !== null && !("clash" in shape) && sizeOf(shape as number[]) <= 2000;
  });
  if (fits.length > 0 && random.chance(0.7)) return random.pick(fits);
  const from = random.whole(0, x.shape.length);
  return pool.leaf(
    x.dtype,
    x.shape.slice(from).map((extent) => (random.chance(0.25) ? 1 : extent)),
  );
}
export const axisOf = ({ random }: Pool, x: Entry): number => random.whole(-x.shape.length, x.shape.length - 1);

export const one = (label: string, x: Entry, f: (x: tf.Tensor) => tf.Tensor): Step => ({
  label,
  operands: [x],
  build: (a) => [f(a as tf.Tensor)],
});
export const two = (label: string, x: Entry, y: Entry, f: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): Step => ({
  label,
  operands: [x, y],
  build: (a, b) => [f(a as tf.Tensor, b as tf.Tensor)],
});

// ---- elementwise ----

type Unary = (x: tf.Tensor) => tf.Tensor;
/** Defined everywhere, or made so. */
const floatUnary: Readonly<Record<string, Unary>> = {
  negative: (x) => tf.negative(x),
  abs: (x) => tf.abs(x),
  square: (x) => tf.square(x),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
  sin: (x) => tf.sin(x),
  cos: (x) => tf.cos(x),
  erf: (x) => tf.erf(x),
  relu: (x) => tf.nn.relu(x),
  relu6: (x) => tf.nn.relu6(x),
  elu: (x) => tf.nn.elu(x),
  selu: (x) => tf.nn.selu(x),
  softplus: (x) => tf.nn.softplus(x),
  softsign: (x) => tf.nn.softsign(x),
  sign: (x) => tf.sign(x),
  floor: (x) => tf.floor(x),
  ceil: (x) => tf.ceil(x),
  round: (x) => tf.round(x),
  exp: (x) => tf.exp(tf.tanh(x)),
  expm1: (x) => tf.expm1(tf.sin(x)),
  log: (x) => tf.log(tf.add(tf.abs(x), 0.5)),
  log1p: (x) => tf.log1p(tf.abs(x)),
  sqrt: (x) => tf.sqrt(tf.abs(x)),
  rsqrt: (x) => tf.rsqrt(tf.add(tf.square(x), 1)),
  reciprocal: (x) => tf.reciprocal(tf.add(tf.abs(x), 0.25)),
  bareExp: (x) => tf.exp(x),
  bareLog: (x) => tf.log(x),
  bareSqrt: (x) => tf.sqrt(x),
  tan: (x) => tf.tan(x),
  swish: (x) => tf.nn.swish(x),
  clip: (x) => tf.clipByValue(x, -0.75, 1.5),
};
const intUnary: Readonly<Record<string, Unary>> = {
  negative: (x) => tf.negative(x),
  abs: (x) => tf.abs(x),
  square: (x) => tf.square(x),
  sign: (x) => tf.sign(x),
};

const unary: Chooser = (pool) => {
  const x = choose(pool, ({ dtype }) => dtype !== "uint8");
  if (x.dtype === "bool") return one("logicalNot", x, (a) => tf.logicalNot(a));
  const table = isFloat(x) ? floatUnary : intUnary;
  const name = pool.random.pick(Object.keys(table));
  return one(name, x, table[name] as Unary);
};

type Binary = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;
const wideBinary: Readonly<Record<string, Binary>> = {
  add: (x, y) => tf.add(x, y),
  subtract: (x, y) => tf.subtract(x, y),
  multiply: (x, y) => tf.multiply(x, y),
  maximum: (x, y) => tf.maximum(x, y),
  minimum: (x, y) => tf.minimum(x, y),
  squaredDifference: (x, y) => tf.squaredDifference(x, y),
};
const floatBinary: Readonly<Record<string, Binary>> = {
  ...wideBinary,
  divide: (x, y) => tf.divide(x, tf.add(tf.abs(y), 0.5)),
  bareDivide: (x, y) => tf.divide(x, y),
  pow: (x, y) => tf.pow(tf.add(tf.abs(x), 0.1), tf.tanh(y)),
  barePow: (x, y) => tf.pow(x, y),
  floorDiv: (x, y) => tf.floorDiv(x, y),
  mod: (x, y) => tf.mod(x, y),
};
const intBinary: Readonly<Record<string, Binary>> = {
  ...wideBinary,
  floorDiv: (x, y) => tf.floorDiv(x, tf.add(tf.abs(y), 1)),
  mod: (x, y) => tf.mod(x, tf.add(tf.abs(y), 1)),
  bareFloorDiv: (x, y) => tf.floorDiv(x, y),
};
const comparisons: Readonly<Record<string, Binary>> = {
  equal: (x, y) => tf.equal(x, y),
  notEqual: (x, y) => tf.notEqual(x, y),
};
const orderings: Readonly<Record<string, Binary>> = {
  ...comparisons,
  less: (x, y) => tf.less(x, y),
  lessEqual: (x, y) => tf.lessEqual(x, y),
  greater: (x, y) => tf.greater(x, y),
  greaterEqual: (x, y) => tf.greaterEqual(x, y),
};
const logical: Readonly<Record<string, Binary>> = {
  logicalAnd: (x, y) => tf.logicalAnd(x, y),
  logicalOr: (x, y) => tf.logicalOr(x, y),
  logicalXor: (x, y) => tf.logicalXor(x, y),
};

const arithmetic: Readonly<Record<NumericDType, Readonly<Record<string, Binary>>>> = {
  float32: floatBinary,
  float64: floatBinary,
  int32: intBinary,
  uint8: wideBinary,
  bool: logical,
};

function pair(pool: Pool, x: Entry, table: Readonly<Record<string, Binary>>): Step {
  const y = partner(pool, x);
  const name = pool.random.pick(Object.keys(table));
  const [a, b] = pool.random.chance(0.5) ? [x, y] : [y, x];
  return two(name, a, b, table[name] as Binary);
}
const binary: Chooser = (pool) => {
  const x = anything(pool);
  return pair(pool, x, arithmetic[x.dtype]);
};
const compare: Chooser = (pool) => {
  const x = anything(pool);
  return pair(pool, x, x.dtype === "bool" ? comparisons : orderings);
};

const cast: Chooser = (pool) => {
  const x = anything(pool);
  const to = pool.random.pick(["float32", "float32", "float64", "int32", "uint8", "bool"] as const);
  return one(`cast to ${to}`, x, (a) => tf.cast(a, to));
};

const where: Chooser = (pool) => {
  const x = anything(pool);
  const y = pool.entries.find((e) => e !== x && e.dtype === x.dtype && sameShape(e, x)) ?? pool.leaf(x.dtype, x.shape);
  const condition =
    pool.entries.find((e) => e.dtype === "bool" && sameShape(e, x)) ?? pool.leaf("bool", x.shape, "plain");
  return {
    label: "where",
    operands: [condition, x, y],
    build: (c, a, b) => [tf.where(c as tf.Tensor<"bool">, a as tf.Tensor, b as tf.Tensor)],
  };
};
export const sameShape = (a: Entry, b: Entry): boolean => a.shape.join() === b.shape.join();

const addN: Chooser = (pool) => {
  const x = choose(pool, isNumber);
  const others = pool.entries.filter((e) => e.dtype === x.dtype && sameShape(e, x)).slice(-3);
  return { label: "addN", operands: [x, ...others], build: (...all) => [tf.addN(all)] };
};

// ---- reductions ----

const reductions: Readonly<Record<string, (x: tf.Tensor, o: { axis: number[]; keepDims: boolean }) => tf.Tensor>> = {
  reduceSum: (x, o) => tf.reduceSum(x, o),
  reduceMean: (x, o) => tf.reduceMean(x, o),
  reduceProd: (x, o) => tf.reduceProd(x, o),
  reduceMax: (x, o) => tf.reduceMax(x, o),
  reduceMin: (x, o) => tf.reduceMin(x, o),
  reduceLogSumExp: (x, o) => tf.reduceLogSumExp(x, o),
};
const truths: typeof reductions = {
  reduceAny: (x, o) => tf.reduceAny(x as tf.Tensor<"bool">, o),
  reduceAll: (x, o) => tf.reduceAll(x as tf.Tensor<"bool">, o),
};

const reduce: Chooser = (pool) => {
  const { random } = pool;
  const x = choose(pool, ({ dtype }) => dtype !== "uint8");
  const table = x.dtype === "bool" ? truths : reductions;
  const names = Object.keys(table).filter((n) => isFloat(x) || (n !== "reduceMean" && n !== "reduceLogSumExp"));
  const name = random.pick(names);
  const axis = x.shape.map((_, i) => i).filter(() => random.chance(0.5));
  const keepDims = random.chance(0.3);
  return one(`${name} over ${axis}`, x, (a) => (table[name] as (typeof reductions)[string])(a, { axis, keepDims }));
};

const argReduce: Chooser = (pool) => {
  const x = choose(pool, (e) => isNumber(e) && e.dtype !== "uint8" && e.shape.length > 0 && !e.shape.includes(0));
  const axis = axisOf(pool, x);
  return pool.random.chance(0.5)
    ? one("argmax", x, (a) => tf.argmax(a, axis))
    : one("argmin", x, (a) => tf.argmin(a, axis));
};

const cumsum: Chooser = (pool) => {
  const x = choose(pool, (e) => isNumber(e) && e.dtype !== "uint8" && e.shape.length > 0);
  const options = { axis: axisOf(pool, x), exclusive: pool.random.chance(0.5), reverse: pool.random.chance(0.5) };
  return one("cumsum", x, (a) => tf.cumsum(a, options));
};

// ---- products ----

const matmul: Chooser = (pool) => {
  const { random } = pool;
  const a = choose(
    pool,
    (e) =>
      (e.dtype === "float32" || e.dtype === "float64" || e.dtype === "int32") &&
      (e.shape.length === 2 || e.shape.length === 3),
  );
  const [rows = 0, columns = 0] = a.shape.slice(-2);
  const transposeA = random.chance(0.4);
  const transposeB = random.chance(0.4);
  const inner = transposeA ? rows : columns;
  const batch = a.shape.slice(0, -2);
  const fits = pool.entries.filter(
    (e) =>
      e.dtype === a.dtype &&
      e.shape.length === a.shape.length &&
      e.shape.slice(0, -2).join() === batch.join() &&
      e.shape.at(transposeB ? -1 : -2) === inner,
  );
  const n = random.extent();
  const b =
    fits.length > 0 && random.chance(0.6)
      ? random.pick(fits)
      : pool.leaf(a.dtype, [...batch, ...(transposeB ? [n, inner] : [inner, n])]);
  return two("matmul", a, b, (x, y) => tf.matmul(x, y, { transposeA, transposeB }));
};

const convolution: Chooser = (pool) => {
  const { random } = pool;
  const x = choose(pool, (e) => e.dtype === "float32" && e.shape.length === 4 && !e.shape.includes(0));
  const [, height = 1, width = 1, channels = 1] = x.shape;
  const filter = [
    random.whole(1, Math.min(3, height)),
    random.whole(1, Math.min(3, width)),
    channels,
    random.pick([1, 3, 4, 5, 8]),
  ];
  const strides = random.whole(1, 2);
  const padding = random.pick(["SAME", "VALID"] as const);
  return two("conv2d", x, pool.leaf("float32", filter), (a, b) => tf.nn.conv2d(a, b, { strides, padding }));
};

const pooling: Chooser = (pool) => {
  const { random } = pool;
  const x = choose(pool, (e) => e.dtype === "float32" && e.shape.length === 4 && !e.shape.includes(0));
  const options = {
    ksize: random.whole(1, Math.min(3, x.shape[1] as number, x.shape[2] as number)),
    strides: random.whole(1, 2),
    padding: random.pick(["SAME", "VALID"] as const),
  };
  return random.chance(0.5)
    ? one("maxPool", x, (a) => tf.nn.maxPool(a, options))
    : one("avgPool", x, (a) => tf.nn.avgPool(a, options));
};

// ---- movement ----

const reshape: Chooser = (pool) => {
  const { random } = pool;
  const x = anything(pool);
  let rest = sizeOf(x.shape);
  const shape: number[] = [];
  if (rest > 0)
    for (const divisor of random.shuffled([2, 3, 4, 5, 7, 11]))
      if (rest % divisor === 0 && shape.length < 3) {
        shape.push(divisor);
        rest /= divisor;
      }
  if (rest !== 1 || random.chance(0.3)) shape.push(rest);
  const target = random.shuffled(shape);
  return one(`reshape to ${target}`, x, (a) => tf.reshape(a, target));
};

const transpose: Chooser = (pool) => {
  const x = anything(pool, 2);
  const perm = pool.random.shuffled(x.shape.map((_, i) => i));
  return one(`transpose ${perm}`, x, (a) => tf.transpose(a, perm));
};

const reverse: Chooser = (pool) => {
  const x = anything(pool, 1);
  const axis = axisOf(pool, x);
  return one(`reverse ${axis}`, x, (a) => tf.reverse(a, axis));
};

const concat: Chooser = (pool) => {
  const { random } = pool;
  const x = anything(pool, 1);
  const axis = random.whole(0, x.shape.length - 1);
  const others = pool.entries.filter(
    (e) =>
      e.dtype === x.dtype &&
      e.shape.length === x.shape.length &&
      e.shape.every((d, i) => i === axis || d === x.shape[i]),
  );
  const parts = [x, random.pick(others), random.pick(others)];
  return { label: `concat ${axis}`, operands: parts, build: (...all) => [tf.concat(all, axis)] };
};

const stack: Chooser = (pool) => {
  const x = anything(pool);
  const y = pool.random.pick(pool.entries.filter((e) => e.dtype === x.dtype && sameShape(e, x)));
  const axis = pool.random.whole(0, x.shape.length);
  return { label: `stack ${axis}`, operands: [x, y], build: (...all) => [tf.stack(all, { axis })] };
};

const split: Chooser = (pool) => {
  const { random } = pool;
  const x = anything(pool, 1);
  const axis = random.whole(0, x.shape.length - 1);
  const extent = x.shape[axis] as number;
  const first = random.whole(0, extent);
  return {
    label: `split ${axis} at ${first}`,
    operands: [x],
    build: (a) => tf.split(a as tf.Tensor, [first, extent - first], { axis }) as tf.Tensor[],
  };
};

const slice: Chooser = (pool) => {
  const { random } = pool;
  const x = anything(pool, 1);
  const begin = x.shape.map((extent) => random.whole(0, Math.max(0, extent - 1)));
  const size = x.shape.map((extent, i) =>
    random.whole(extent === 0 ? 0 : 1, Math.max(0, extent - (begin[i] as number))),
  );
  return one(`slice ${begin} ${size}`, x, (a) => tf.slice(a, begin, size));
};

const stridedSlice: Chooser = (pool) => {
  const { random } = pool;
  const x = anything(pool, 1);
  const strides = x.shape.map(() => random.pick([1, 2, 3, -1, -2]));
  const begin = strides.map((stride) => (stride > 0 ? random.whole(0, 2) : random.whole(-2, -1)));
  const endMask = 2 ** x.shape.length - 1;
  return one(`stridedSlice ${begin} by ${strides}`, x, (a) =>
    tf.stridedSlice(
      a,
      begin,
      x.shape.map(() => 0),
      strides,
      { endMask },
    ),
  );
};

const pad: Chooser = (pool) => {
  const { random } = pool;
  const x = choose(pool, (e) => e.shape.length > 0 && e.dtype !== "bool");
  const mode = x.shape.every((extent) => extent > 2)
    ? random.pick(["CONSTANT", "REFLECT", "SYMMETRIC"] as const)
    : "CONSTANT";
  const paddings = x.shape.map(() => [random.whole(0, 2), random.whole(0, 2)]);
  return one(`pad ${mode}`, x, (a) => tf.pad(a, paddings, { mode }));
};

const tile: Chooser = (pool) => {
  const x = anything(pool, 1);
  const multiples = x.shape.map(() => pool.random.whole(1, 3));
  return one(`tile ${multiples}`, x, (a) => tf.tile(a, multiples));
};

const dimensions: Chooser = (pool) => {
  const { random } = pool;
  const x = anything(pool);
  const axis = random.whole(0, x.shape.length);
  const single = x.shape.indexOf(1);
  if (single >= 0 && random.chance(0.5)) return one("squeeze", x, (a) => tf.squeeze(a, [single]));
  return one("expandDims", x, (a) => tf.expandDims(a, axis));
};

/** Mostly inside, now and then computed by the graph itself. */
function indicesFor(pool: Pool, extent: number): Entry {
  const { random } = pool;
  const shape = random.shape(random.whole(0, 2), 40);
  const computed = pool.entries.filter((e) => e.dtype === "int32" && sizeOf(e.shape) <= 40);
  return computed.length > 0 && random.chance(0.3) && extent > 0 ? random.pick(computed) : pool.leaf("int32", shape);
}
/** Brings any index into range. */
const inside = (indices: tf.Tensor, extent: number): tf.Tensor => tf.mod(indices, extent);

const gather: Chooser = (pool) => {
  const x = choose(pool, (e) => e.shape.length > 0 && !e.shape.includes(0));
  const axis = pool.random.whole(0, x.shape.length - 1);
  const extent = x.shape[axis] as number;
  // Now and then an index is out of range, and the run must fail without a trace.
  const index = pool.random.chance(0.9) ? inside : (i: tf.Tensor): tf.Tensor => i;
  return two(`gather ${axis}`, x, indicesFor(pool, extent), (a, i) => tf.gather(a, index(i, extent), { axis }));
};

const oneHot: Chooser = (pool) => {
  const depth = pool.random.pick([1, 3, 5, 10]);
  return one("oneHot", indicesFor(pool, depth), (i) => tf.oneHot(i, depth));
};

/** Something of the shape of `x` made of `x`: elements in step, elements from elsewhere, sums over all of them. */
export function rework({ random }: Pool, x: Entry): Step | undefined {
  const axis = random.whole(0, x.shape.length - 1);
  const last = x.shape.length - 1;
  const swapped = x.shape.map((_, i) => (i === last ? last - 1 : i === last - 1 ? last : i));
  const isSquare = last > 0 && x.shape[last] === x.shape[last - 1];
  const ways: readonly (readonly [string, boolean, (a: tf.Tensor) => tf.Tensor])[] = [
    ["own square", x.dtype !== "bool" && x.dtype !== "uint8", (a) => tf.square(a)],
    ["own product", x.dtype !== "bool", (a) => tf.multiply(a, a)],
    ["own reverse", last >= 0, (a) => tf.reverse(a, axis)],
    ["own cumsum", last >= 0 && isFloat(x), (a) => tf.cumsum(a, { axis })],
    ["own deviation", isFloat(x), (a) => tf.subtract(a, tf.reduceSum(a))],
    ["own softmax", last >= 0 && isFloat(x), (a) => tf.nn.softmax(a)],
    ["own transpose", isSquare, (a) => tf.transpose(a, swapped)],
    ["own matmul", isSquare && isFloat(x), (a) => tf.matmul(a, a)],
    ["own roll", last >= 0, (a) => tf.concat([tf.slice(a, ...tail(x, axis)), tf.slice(a, ...head(x, axis))], axis)],
  ];
  const [label, , way] = random.pick(ways.filter(([, fits]) => fits).concat([["identity", true, tf.identity]]));
  return one(label, x, way);
}
const tail = ({ shape }: Entry, axis: number): [number[], number[]] => [
  shape.map((extent, i) => (i === axis ? Math.min(1, extent) : 0)),
  shape.map((extent, i) => (i === axis ? Math.max(0, extent - 1) : extent)),
];
const head = ({ shape }: Entry, axis: number): [number[], number[]] => [
  shape.map(() => 0),
  shape.map((extent, i) => (i === axis ? Math.min(1, extent) : extent)),
];

/** The operations of this file, the frequent ones repeated. */
export const choosers: readonly Chooser[] = [
  ...Array<Chooser>(4).fill(unary),
  ...Array<Chooser>(5).fill(binary),
  compare,
  cast,
  where,
  addN,
  ...Array<Chooser>(3).fill(reduce),
  argReduce,
  cumsum,
  ...Array<Chooser>(4).fill(matmul),
  convolution,
  pooling,
  reshape,
  ...Array<Chooser>(2).fill(transpose),
  reverse,
  concat,
  stack,
  split,
  slice,
  stridedSlice,
  pad,
  tile,
  dimensions,
  gather,
  oneHot,
];
