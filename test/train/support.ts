/** @file What the tests of `tf.train` share: sessions on the reference backend, closeness, temporary directories. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** Runs `body` with a directory of its own, which goes away afterwards. */
export async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "tensorstrata-train-"));
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
