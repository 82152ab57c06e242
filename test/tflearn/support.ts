/** @file What the TFLearn tests share: a graph for each test, an output that remembers, comparisons. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NdArray } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import type { OutputStream } from "../../src/platform/types.js";

/** A test with a default graph of its own, which lasts to the end of an asynchronous body. */
export function inGraph(name: string, body: () => Promise<void> | void): void {
  test(name, async () => {
    const scope = new tf.Graph().asDefault();
    try {
      await body();
    } finally {
      scope[Symbol.dispose]();
    }
  });
}

/** A stream that keeps what is written. */
export class Recorder implements OutputStream {
  text = "";
  readonly columns = undefined;
  readonly colorDepth = 1;
  constructor(readonly isTerminal = false) {}
  write(text: string): void {
    this.text += text;
  }
}

/** Every element within `tolerance` of what is expected, relative to it where that is above 1. */
export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-6): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [Number(actual[i]), Number(expected[i])];
    assert.ok(Math.abs(a - e) <= tolerance * Math.max(1, Math.abs(e)), `element ${i}: ${a} is not ${e}`);
  }
}

/** The elements of tensors in a session of their own, after initializing. */
export async function valuesOf(tensors: readonly tf.Tensor[], feeds: [tf.Tensor, number[] | number[][]][] = []) {
  using session = new tf.Session();
  await session.run([tf.globalVariablesInitializer()]);
  const values = (await session.run(tensors, feeds)) as readonly unknown[];
  return values.map((value) =>
    typeof value === "object" ? Array.from((value as NdArray).data as Float32Array) : [Number(value)],
  );
}
