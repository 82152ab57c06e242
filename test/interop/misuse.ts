/** @file What the tests of misuse share: data that fit, data that do not, and what an error must tell. */
import assert from "node:assert/strict";
import * as tf from "tensorstrata";

export const X = [
  [1, 2, 3, 4],
  [2, 3, 4, 5],
  [3, 4, 5, 6],
];
export const Y = [
  [1, 0],
  [0, 1],
  [1, 0],
];
export const narrow = [[1, 2, 3]];
export const wide = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
export const notNumbers = [[Number.NaN, 1, 1, 1]];
export const none = (columns: number): tf.NdArray => tf.NdArray.zeros("float32", [0, columns]);

export interface Failure {
  readonly type: abstract new (...parameters: never[]) => Error;
  /** The original's words. */
  readonly says: RegExp;
  /** How to mend it, or where it was caused. */
  readonly helps: RegExp;
}
export const assertFails = async (call: () => unknown, { type, says, helps }: Failure, what: string): Promise<void> => {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  assert.ok(error instanceof type, `${what}: ${error === undefined ? "no error" : String(error)}`);
  const [first = "", ...rest] = error.message.split("\n");
  assert.match(first, says, what);
  assert.match(rest.join("\n"), helps, what);
};
