/** @file Ways to add loops and branches to a random graph, whose bodies read what surrounds them. */
import * as tf from "../../src/index.js";
import { type Chooser, choose, type Entry, float, isFloat, type Pool, sameShape } from "./operations.js";

/** A number with the shape of `x`, tame enough to be applied again and again. */
type Body = (x: tf.Tensor, other: tf.Tensor) => tf.Tensor;
const bodies: readonly Body[] = [
  (x, other) => tf.tanh(tf.add(x, other)),
  (x, other) => tf.multiply(tf.subtract(other, x), 0.5),
  (x) => tf.subtract(x, tf.reduceMean(x)),
  (x, other) => tf.where(tf.less(x, other), tf.add(x, 0.25), other),
  // Fails where as many elements are positive as are negative.
  (x, other) => tf.multiply(x, tf.cast(tf.floorDiv(3, tf.cast(tf.reduceSum(tf.sign(other)), "int32")), x.dtype)),
  (x, other) => tf.maximum(tf.multiply(x, 0.5), tf.sin(other)),
];

/** Another entry of the same dtype and shape, or `x` itself. */
const peer = ({ entries, random }: Pool, x: Entry): Entry =>
  random.pick(entries.filter((e) => e.dtype === x.dtype && sameShape(e, x)));

const withGradient = (random: Pool["random"]) => {
  const wanted = random.chance(0.4);
  return (result: tf.Tensor, by: readonly tf.Tensor[]): (tf.Tensor | null)[] =>
    wanted ? [result, ...tf.gradients(tf.reduceSum(tf.sin(result)), by)] : [result];
};

const cond: Chooser = (pool) => {
  const { random } = pool;
  const x = float(pool);
  const y = peer(pool, x);
  const condition = pool.entries.find((e) => e.dtype === "bool" && e.shape.length === 0) ?? pool.leaf("bool", []);
  const [a, b] = [random.pick(bodies), random.pick(bodies)];
  const finish = withGradient(random);
  return {
    label: "cond",
    operands: [condition, x, y],
    build: (c, s, t) => {
      const [first, second] = [s as tf.Tensor, t as tf.Tensor];
      const result = tf.cond(
        c as tf.Tensor<"bool">,
        () => a(first, second),
        () => b(second, first),
      );
      return finish(result, [first, second]);
    },
  };
};

/** Exchanges two values while it goes on, until a count or a sum ends it. */
const whileLoop: Chooser = (pool) => {
  const { random } = pool;
  const x = float(pool);
  const y = peer(pool, x);
  const body = random.pick(bodies);
  const steps = random.whole(0, 5);
  const exchanges = random.chance(0.5);
  const finish = withGradient(random);
  return {
    label: `whileLoop ${steps}`,
    operands: [x, y],
    build: (s, t) => {
      const [first, second] = [s as tf.Tensor, t as tf.Tensor];
      const [a, b] = tf.whileLoop(
        ([, , i]) => tf.less(i as tf.Tensor, steps) as tf.Tensor<"bool">,
        ([u, v, i]) => {
          const next = body(u as tf.Tensor, v as tf.Tensor);
          return [...(exchanges ? [v as tf.Tensor, next] : [next, v as tf.Tensor]), tf.add(i as tf.Tensor, 1)];
        },
        [first, second, tf.constant(0, { dtype: "int32" })] as tf.Tensor[],
        { maximumIterations: 7 },
      );
      return [...finish(a as tf.Tensor, [first, second]), b as tf.Tensor];
    },
  };
};

const scan: Chooser = (pool) => {
  const { random } = pool;
  const x = choose(pool, (e) => isFloat(e) && e.shape.length >= 1 && (e.shape[0] as number) <= 10);
  const initial = pool.leaf(x.dtype, x.shape.slice(1), "plain");
  const body = random.pick(bodies);
  const reverse = random.chance(0.5);
  const kind = random.pick(["scan", "mapFn", "fold"] as const);
  const finish = withGradient(random);
  return {
    label: `${kind} ${reverse}`,
    operands: [x, initial],
    build: (s, t) => {
      const [rows, start] = [s as tf.Tensor, t as tf.Tensor];
      const result =
        kind === "scan"
          ? tf.scan((sum, row) => body(sum, row), rows, { initializer: start, reverse })
          : kind === "mapFn"
            ? tf.mapFn((row) => body(row, start), rows)
            : (reverse ? tf.foldr : tf.foldl)((sum: tf.Tensor, row: tf.Tensor) => body(sum, row), rows, {
                initializer: start,
              });
      return finish(result, [rows, start]);
    },
  };
};

/** A recurrence over rows inside each step of a loop. */
const nested: Chooser = (pool) => {
  const { random } = pool;
  const x = choose(pool, (e) => isFloat(e) && e.shape.length >= 1 && (e.shape[0] as number) <= 5);
  const initial = pool.leaf(x.dtype, x.shape.slice(1), "plain");
  const [inner, outer] = [random.pick(bodies), random.pick(bodies)];
  return {
    label: "nested loops",
    operands: [x, initial],
    build: (s, t) => {
      const [rows, start] = [s as tf.Tensor, t as tf.Tensor];
      const once = (from: tf.Tensor): tf.Tensor =>
        tf.foldl((sum: tf.Tensor, row: tf.Tensor) => inner(sum, row), rows, { initializer: from });
      return [tf.scan((sum, row) => outer(once(sum), row), rows, { initializer: start })];
    },
  };
};

export const controlFlowChoosers: readonly Chooser[] = [cond, whileLoop, scan, scan, nested];
