/** @file Larger ways to add to a random graph: what networks are made of, random numbers, and gradients. */
import * as tf from "../../src/index.js";
import { axisOf, type Chooser, choose, type Entry, float, isFloat, one, two } from "./operations.js";

const softmax: Chooser = (pool) => {
  const x = float(pool, 1);
  const axis = pool.random.chance(0.7) ? -1 : axisOf(pool, x);
  return pool.random.chance(0.5)
    ? one(`softmax ${axis}`, x, (a) => tf.nn.softmax(a, { axis }))
    : one(`logSoftmax ${axis}`, x, (a) => tf.nn.logSoftmax(a, { axis }));
};

const crossEntropy: Chooser = (pool) => {
  const logits = float(pool, 1);
  const labels = pool.leaf(logits.dtype, logits.shape, "positive");
  return two("softmaxCrossEntropy", logits, labels, (a, b) =>
    tf.nn.softmaxCrossEntropyWithLogits({ logits: a, labels: b }),
  );
};

const sparseCrossEntropy: Chooser = (pool) => {
  const logits = choose(pool, (e) => isFloat(e) && e.shape.length === 2 && e.shape[1] !== 0);
  const [rows = 0, classes = 0] = logits.shape;
  const labels = pool.leaf("int32", [rows], "positive");
  return two("sparseSoftmaxCrossEntropy", logits, labels, (a, b) =>
    tf.nn.sparseSoftmaxCrossEntropyWithLogits({ logits: a, labels: tf.mod(b, classes) }),
  );
};

const sigmoidCrossEntropy: Chooser = (pool) => {
  const logits = float(pool);
  const labels = pool.leaf(logits.dtype, logits.shape, "positive");
  return two("sigmoidCrossEntropy", logits, labels, (a, b) =>
    tf.nn.sigmoidCrossEntropyWithLogits({ logits: a, labels: b }),
  );
};

/** A product, a bias and an activation: what fuses into one kernel. */
const dense: Chooser = (pool) => {
  const { random } = pool;
  const x = choose(pool, (e) => e.dtype === "float32" && e.shape.length === 2);
  const units = random.extent();
  const weights = pool.leaf("float32", [x.shape[1] as number, units]);
  const bias = pool.leaf("float32", [units]);
  const activation = random.pick([tf.nn.relu, tf.sigmoid, tf.tanh, tf.identity, tf.square]) as (
    x: tf.Tensor,
  ) => tf.Tensor;
  return {
    label: "dense",
    operands: [x, weights, bias],
    build: (a, w, b) => {
      const sums = tf.add(tf.matmul(a as tf.Tensor, w as tf.Tensor), b as tf.Tensor);
      return [sums, activation(sums)];
    },
  };
};

const biasAdd: Chooser = (pool) => {
  const x = choose(pool, (e) => e.dtype === "float32" && e.shape.length >= 2);
  return two("biasAdd", x, pool.leaf("float32", [x.shape.at(-1) as number]), (a, b) => tf.nn.biasAdd(a, b));
};

const normalize: Chooser = (pool) => {
  const x = float(pool, 1);
  const axis = axisOf(pool, x);
  return pool.random.chance(0.5)
    ? one("l2Normalize", x, (a) => tf.nn.l2Normalize(a, axis))
    : one("clipByNorm", x, (a) => tf.clipByNorm(a, 1.5));
};

const topK: Chooser = (pool) => {
  const x = choose(pool, (e) => e.dtype === "float32" && e.shape.length >= 1 && (e.shape.at(-1) as number) > 0);
  const k = pool.random.whole(1, Math.min(4, x.shape.at(-1) as number));
  return {
    label: `topK ${k}`,
    operands: [x],
    build: (a) => {
      const { values, indices } = tf.nn.topK(a as tf.Tensor, k);
      return [values, indices];
    },
  };
};

const randomNumbers: Chooser = ({ random }) => {
  const shape = random.shape();
  const seed = random.whole(1, 1000);
  const dtype = random.pick(["float32", "float32", "float64"] as const);
  const kind = random.pick(["uniform", "normal", "truncated", "integers"] as const);
  return {
    label: `random ${kind}`,
    operands: [],
    build: () => {
      if (kind === "uniform") return [tf.randomUniform(shape, { seed, dtype })];
      if (kind === "normal") return [tf.randomNormal(shape, { seed, dtype })];
      if (kind === "truncated") return [tf.truncatedNormal(shape, { seed, dtype })];
      return [tf.randomUniform(shape, { seed, dtype: "int32", minval: -5, maxval: 9 })];
    },
  };
};

const dropout: Chooser = (pool) => {
  const x = float(pool);
  const seed = pool.random.whole(1, 1000);
  return one("dropout", x, (a) => tf.nn.dropout(a, 0.7, { seed }));
};

/** Gradients of a scalar made of one tensor by others, of which some may be no ancestors. */
const gradient: Chooser = (pool) => {
  const { random } = pool;
  const y = float(pool);
  const candidates = pool.entries.filter((e) => isFloat(e) && e.dtype === y.dtype && e.id <= y.id);
  const xs: readonly Entry[] = [...new Set(Array.from({ length: 3 }, () => random.pick(candidates)))];
  const isMean = random.chance(0.5);
  return {
    label: "gradients",
    operands: [y, ...xs],
    build: (of, ...by) => {
      const target = of as tf.Tensor;
      const scalar = isMean ? tf.reduceMean(tf.square(target)) : tf.reduceSum(target);
      return tf.gradients(scalar, by);
    },
  };
};

/** A product whose sums are long enough to be cut into chunks, between which those of each thread wait. */
export const longSums: Chooser = (pool) => {
  const [rows, depth, columns] = [pool.random.whole(5, 40), pool.random.whole(512, 900), pool.random.whole(4, 60)];
  const left = pool.leaf("float32", [rows, depth], "plain");
  const right = pool.leaf("float32", [depth, columns], "plain");
  return two("long sums", left, right, (a, b) => tf.matmul(a, b));
};

export const networkChoosers: readonly Chooser[] = [
  softmax,
  crossEntropy,
  sparseCrossEntropy,
  sigmoidCrossEntropy,
  dense,
  dense,
  biasAdd,
  normalize,
  topK,
  randomNumbers,
  dropout,
  gradient,
  gradient,
  gradient,
];
