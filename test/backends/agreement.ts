/**
 * @file Support of the backend tests: runs a graph on every backend, the WebAssembly one with and without
 * relaxed SIMD, and holds each against the reference that bounds the error of every element.
 */
import assert from "node:assert/strict";
import type { Device } from "../../src/backends/backend.js";
import { InterpreterDevice } from "../../src/backends/interpreter/device.js";
import { WasmDevice } from "../../src/backends/wasm/device.js";
import type { NdArray, NumericDType } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import { besideBounds, findDifference, newTally } from "../fuzz/compare.js";
import type { Run } from "../fuzz/graphs.js";
import { Random, type Style } from "../fuzz/random.js";

export const openDevices: Readonly<Record<string, () => Device>> = {
  interpreter: () => new InterpreterDevice(),
  wasm: () => new WasmDevice(() => undefined, { alikeFrom: 0 }),
  "wasm without relaxed SIMD": () => new WasmDevice(() => undefined, { relaxedSimd: false }),
};

/** Makes operands for a graph under test. */
export class Operands {
  readonly feeds = new Map<number, NdArray<NumericDType>>();
  readonly tensors: tf.Tensor[] = [];
  readonly variables: tf.Variable[] = [];

  constructor(private readonly random: Random) {}

  /** A fed tensor with random elements. */
  fed(dtype: NumericDType, shape: readonly number[], style: Style = "plain"): tf.Tensor {
    return this.given(this.random.values(dtype, shape, style));
  }
  /** A fed tensor with these elements. */
  given(value: NdArray<NumericDType>): tf.Tensor {
    const tensor = tf.placeholder(value.dtype, value.shape);
    this.feeds.set(this.tensors.length, value);
    this.tensors.push(tensor);
    return tensor;
  }
  variable(dtype: NumericDType, shape: readonly number[], style: Style = "plain"): tf.Variable {
    const made = new tf.Variable(this.random.values(dtype, shape, style));
    this.variables.push(made);
    return made;
  }
}

export interface Built {
  readonly fetch?: readonly tf.Tensor[];
  /** Operations that run beside the fetches. */
  readonly run?: readonly tf.Tensor[];
}
export interface AgreementOptions {
  readonly runs?: number;
  /** The share of elements of which the reference may know no bound. Default 0. */
  readonly unbounded?: number;
}

/** Fails unless what `build` fetches, and every variable after each run, is the same on every backend. */
export async function assertAgrees(
  what: string,
  build: (operands: Operands) => Built,
  { runs = 1, unbounded = 0 }: AgreementOptions = {},
): Promise<void> {
  const graph = new tf.Graph();
  const operands = new Operands(new Random(1));
  const { fetch = [], run = [] } = graph.asDefault(() => build(operands));
  const ids = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => from + i);
  const first = operands.tensors.length;
  const once: Run = {
    fetches: ids(fetch.length, first),
    targets: ids(run.length, first + fetch.length),
    feeds: operands.feeds,
  };
  const built = { graph, tensors: [...operands.tensors, ...fetch, ...run], variables: operands.variables };
  for (const [name, open] of Object.entries(openDevices)) {
    const tally = newTally();
    const difference = await findDifference(built, Array<Run>(runs).fill(once), () => besideBounds(open()), tally);
    assert.equal(difference?.what, undefined, `${what} on ${name}: ${difference?.what}`);
    assert.ok(
      tally.unbounded <= unbounded * tally.elements,
      `${what}: ${tally.unbounded} of ${tally.elements} elements have no bound`,
    );
  }
}
