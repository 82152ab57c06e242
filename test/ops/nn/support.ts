/** @file What the tests of `tf.nn` share: a graph and session each, and comparing values. */
import assert from "node:assert/strict";
import * as tf from "tensorstrata";

/** Runs `body` in a graph of its own, with an interpreter session on it. */
export const inGraph = (body: (session: tf.Session) => void | Promise<void>) => () => {
  const graph = new tf.Graph();
  return graph.asDefault(async () => {
    using session = new tf.Session({ graph, device: "interpreter" });
    await body(session);
  });
};

/** A float32 constant. */
export const floats = <const S extends tf.Shape>(
  values: Parameters<typeof tf.NdArray.from>[0],
  _shape?: S,
): tf.Tensor<"float32", S> => tf.constant(values, { dtype: "float32" }) as tf.Tensor as tf.Tensor<"float32", S>;

/** The elements of a fetched value. */
export const elements = (value: unknown): number[] =>
  value instanceof tf.NdArray ? Array.from(value.data as Float32Array) : [Number(value)];

/** Every element within `tolerance`, relative above 1. */
export function assertClose(actual: unknown, expected: readonly number[], tolerance: number): void {
  const values = elements(actual);
  assert.equal(values.length, expected.length);
  values.forEach((value, i) => {
    const target = expected[i] as number;
    const same = Object.is(value, target) || Math.abs(value - target) <= tolerance * Math.max(1, Math.abs(target));
    assert.ok(same, `element ${i}: ${value} is not ${target}`);
  });
}
