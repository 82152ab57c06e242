/** @file What the tests of `tf.train` share: sessions on the reference backend, and closeness. */
import assert from "node:assert/strict";
import * as tf from "tensorstrata";

export const openSession = (graph: tf.Graph = tf.getDefaultGraph()): tf.Session =>
  new tf.Session({ device: "interpreter", graph });

/** The elements of what a run returned. */
export const numbersOf = (value: unknown): number[] =>
  Array.isArray(value)
    ? value.flatMap(numbersOf)
    : value instanceof tf.NdArray
      ? Array.from(value.data as Iterable<number>, Number)
      : [Number(value)];

export function assertClose(actual: unknown, expected: readonly number[], within: number, what = "value"): void {
  const values = numbersOf(actual);
  assert.equal(values.length, expected.length, what);
  values.forEach((value, i) => {
    const distance = Math.abs(value - (expected[i] as number));
    assert.ok(distance <= within, `${what}[${i}]: ${value} is not within ${within} of ${expected[i]}`);
  });
}
