/**
 * @file Support of the runtime and graph tests: errors held against what a user needs of them, arrays
 * as plain values, and host operations to stage runs with.
 */
import assert from "node:assert/strict";
import { describe } from "node:test";
import { type BackendName, backendNames } from "../../src/backends/index.js";
import { NdArray, type NumericDType, type PartialShape, StrataError } from "../../src/core/index.js";
import { compiled, type HostLowering } from "../../src/ir/index.js";
import { defineOp, type OpBuilder } from "../../src/ops/define.js";

/** Declares the tests of `body` once for each backend. */
export function onEveryBackend(body: (device: BackendName) => void): void {
  for (const device of backendNames) describe(`on ${device}`, () => body(device));
}

interface ExpectedError {
  readonly type: abstract new (...args: never[]) => StrataError;
  /** The first line: the whole of it as a string, or a pattern. */
  readonly says: string | RegExp;
  /** The file of the user's program that must be named as the origin. */
  readonly createdIn?: string;
  /** Words of the hint; `false` where none is due. */
  readonly hint?: RegExp | false;
}

/** Runs `body`, which must fail as described; returns the error. */
export async function assertFails(body: () => unknown, expected: ExpectedError): Promise<StrataError> {
  let error: unknown;
  try {
    await body();
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error !== undefined, `nothing was thrown, expected: ${expected.says}`);
  assert.ok(error instanceof StrataError, `not a StrataError: ${error}`);
  assert.equal(error.constructor.name, expected.type.name, error.message);
  const [first = ""] = error.message.split("\n");
  if (typeof expected.says === "string") assert.equal(first, expected.says);
  else assert.match(first, expected.says);
  if (expected.createdIn !== undefined) {
    assert.ok(
      error.createdAt?.includes(expected.createdIn),
      `created at ${error.createdAt}, not ${expected.createdIn}`,
    );
    assert.match(error.message, /^ {2}created at {2}\S+:\d+:\d+$/m);
  }
  if (expected.hint instanceof RegExp) assert.match(error.hint ?? "", expected.hint);
  else if (expected.hint === undefined) assert.ok((error.hint ?? "").length > 10, `no hint: ${error.message}`);
  return error;
}

/** Fetched values as nested arrays. */
export function plain(value: unknown): unknown {
  if (value instanceof NdArray) return value.toArray();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  return value;
}

/** Remembers how often each of the host operations below has run. */
export const hostRuns: string[] = [];

/** A host operation of one numeric operand, for tests. */
export const hostOp = (
  name: string,
  shape: PartialShape,
  run: (x: NdArray<NumericDType>) => NdArray,
  dtype: "float32" | "int32" | "string" = "float32",
): OpBuilder =>
  defineOp({
    name,
    inputs: ["x"],
    stateful: true,
    infer: () => [{ dtype, shape }],
    lower: {
      kind: "host",
      run: ([x], context) => {
        hostRuns.push(context.name);
        return [run(x as NdArray<NumericDType>)];
      },
    } satisfies HostLowering,
    gradient: null,
  });

/** The positive elements of a vector: a shape that depends on values. */
export const positives = hostOp("TestPositives", [null], (x) =>
  NdArray.from(
    Array.from(x.data).filter((v) => v > 0),
    "float32",
  ),
);

/** The operand as text. */
export const asText = hostOp("TestAsText", [], (x) => NdArray.from(`<${Array.from(x.data).join(" ")}>`), "string");

/** Joins texts. */
export const joinTexts: OpBuilder = defineOp({
  name: "TestJoinTexts",
  inputs: ["texts..."],
  infer: () => [{ dtype: "string", shape: [] }],
  lower: {
    kind: "host",
    run: (texts, context) => {
      hostRuns.push(context.name);
      return [NdArray.from(texts.map((t) => t.item()).join("+"))];
    },
  },
  gradient: null,
});

/** `count` sevens: its shape is known only once the value of its operand is. */
export const sevens: OpBuilder = defineOp({
  name: "TestSevens",
  inputs: ["count"],
  shapeInputs: [0],
  infer: (c) => {
    const count = c.constant(0);
    return [{ dtype: "float32", shape: [count === undefined ? null : (count.item() as number)] }];
  },
  lower: compiled((c) => [c.map([c.shapeValue(0).item() as number], "float32", () => c.e.constant(7, "float32"))]),
  gradient: null,
});
