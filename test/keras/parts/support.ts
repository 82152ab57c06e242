/** @file What the tests of Keras's parts share: golden values, sessions, and closeness. */
import assert from "node:assert/strict";
import * as tf from "tensorstrata";
import { readText } from "../../house/repository.js";

/** Values that Keras 3.15 on TensorFlow 2.21 computed in float32, seven digits each. */
export const readGolden = <T>(name: string): T => JSON.parse(readText(`test/keras/parts/golden/${name}.json`)) as T;

export type Rows = readonly number[] | readonly (readonly number[])[] | readonly (readonly (readonly number[])[])[];

/** A session on the device of `STRATA_DEVICE`, the reference backend by default: all must agree with Keras. */
export const openSession = (graph: tf.Graph): tf.Session =>
  new tf.Session({ device: (process.env.STRATA_DEVICE ?? "interpreter") as "interpreter", graph });

/** Runs `body` on a graph of its own, with a session. */
export async function inGraph<T>(body: (session: tf.Session) => Promise<T>): Promise<T> {
  const graph = new tf.Graph();
  return graph.asDefault(async () => {
    using session = openSession(graph);
    return await body(session);
  });
}

/** The value of a tensor that depends on no variable. */
export async function evaluate(build: () => tf.Tensor): Promise<number[]> {
  const graph = new tf.Graph();
  const tensor = graph.asDefault(build);
  using session = openSession(graph);
  return numbersOf(await session.run(tensor));
}

/** The elements of what a run returned. */
export const numbersOf = (value: unknown): number[] =>
  Array.isArray(value)
    ? value.flatMap(numbersOf)
    : value instanceof tf.NdArray
      ? Array.from(value.data as Iterable<number>, Number)
      : [Number(value)];

/**
 * Asserts closeness to golden values: `within` relative to values above 1, absolute below. Two float32
 * computations of a short formula differ by a few units in the last place, 6e-8 each.
 */
export function assertClose(actual: unknown, expected: readonly number[], within: number, what: string): void {
  const values = numbersOf(actual);
  assert.equal(values.length, expected.length, `${what}: number of values`);
  values.forEach((value, i) => {
    const wanted = Number(expected[i]);
    const distance = Math.abs(value - wanted) / Math.max(1, Math.abs(wanted));
    assert.ok(
      Number.isNaN(wanted) ? Number.isNaN(value) : distance <= within,
      `${what}[${i}]: ${value}, Keras ${wanted}`,
    );
  });
}

/** The class before the variant: `"Huber delta 0.35"` is `Huber`. */
export const classNameOf = (title: string): string => title.split(" ")[0] ?? title;
