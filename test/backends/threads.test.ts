/** @file Several threads: the same bits as one, on every backend that has them, whatever the kernels; and what closing leaves behind. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Device } from "../../src/backends/index.js";
import { NativeDevice } from "../../src/backends/native/device.js";
import { WasmDevice } from "../../src/backends/wasm/device.js";
import { NdArray, type NumericDType } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import { platform } from "../../src/platform/node.js";
import { compileGraph } from "../compiler/support.js";

const toolchain = platform.toolchain();
const silent = (): void => undefined;

let started = 0;
const startThread = (source: string) => {
  started++;
  return platform.startThread?.(source);
};

/** A device whose programs are shared from the second run on, as far as that is a matter of work done. */
const openers: Record<string, (threads: number) => Device> = {
  wasm: (threads) => new WasmDevice(silent, { threads, startThread, threadsAfter: 1, alikeFrom: 0 }),
  ...("missing" in toolchain
    ? {}
    : {
        native: (threads) =>
          new NativeDevice({ debug: silent, warn: assert.fail, toolchain, compileAfter: 0, threads, alikeFrom: 0 }),
      }),
};

const random = (shape: readonly number[], seed: number): NdArray<"float32"> => {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return new NdArray("float32", shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next));
};

/** Programs with enough work to be shared: what they compute, and shapes of their feeds. */
const programs: Record<
  string,
  { readonly shapes: readonly (readonly number[])[]; build(...feeds: tf.Tensor[]): tf.Tensor[] }
> = {
  "products with ragged edges": {
    shapes: [
      [131, 517],
      [517, 203],
    ],
    build: (a, b) => [
      tf.nn.relu(tf.matmul(a as tf.Tensor, b as tf.Tensor)),
      tf.matmul(tf.transpose(b as tf.Tensor), b as tf.Tensor),
    ],
  },
  "transposed operands": {
    shapes: [
      [515, 260],
      [199, 515],
    ],
    build: (a, b) => [tf.matmul(a as tf.Tensor, b as tf.Tensor, { transposeA: true, transposeB: true })],
  },
  "convolution, pooling and their gradients": {
    shapes: [
      [16, 20, 20, 7],
      [5, 5, 7, 18],
    ],
    build: (image, filter) => {
      const y = tf.nn.maxPool(
        tf.nn.relu(
          tf.nn.conv2d(image as tf.Tensor<"float32">, filter as tf.Tensor<"float32">, { strides: 1, padding: "SAME" }),
        ),
        { ksize: 2, strides: 2, padding: "SAME" },
      );
      return [y, ...(tf.gradients(tf.reduceSum(tf.square(y)), [image, filter] as tf.Tensor[]) as tf.Tensor[])];
    },
  },
  "elementwise chains, softmax and reductions along either axis": {
    shapes: [[1001, 999]],
    build: (x) => [
      tf.sigmoid(tf.multiply(tf.exp(x as tf.Tensor), x as tf.Tensor)),
      tf.nn.softmax(x as tf.Tensor),
      tf.reduceSum(x as tf.Tensor, { axis: 0 }),
      tf.reduceMax(x as tf.Tensor, { axis: 1 }),
      tf.argmax(x as tf.Tensor, 1),
      tf.reduceMean(x as tf.Tensor),
    ],
  },
};

/** Runs a program until its threads are at work, and returns the last results. */
async function resultsOf(device: Device, name: keyof typeof programs): Promise<NdArray<NumericDType>[]> {
  const { shapes, build } = programs[name] as (typeof programs)[string];
  const graph = new tf.Graph();
  const { program, feeds } = graph.asDefault(() => {
    const feeds = shapes.map((shape) => tf.placeholder("float32", shape) as tf.Tensor);
    return { feeds, program: compileGraph({ fetches: build(...feeds), feeds }).program };
  });
  const executable = await device.compile(program);
  const values = feeds.map((_, i) => random(shapes[i] as number[], 17 + i));
  let results: NdArray<NumericDType>[] = [];
  for (let run = 0; run < 8; run++) {
    await executable.prepare?.();
    results = executable.run(values);
    await new Promise((resolve) => setTimeout(resolve, run < 4 ? 60 : 0));
  }
  return results;
}

for (const [backend, open] of Object.entries(openers))
  describe(`threads of ${backend}`, () => {
    const alone = open(1);
    const teams = [2, 5].map((threads) => ({ threads, device: open(threads) }));
    after(() => {
      for (const device of [alone, ...teams.map((team) => team.device)]) device.close();
    });
    for (const name of Object.keys(programs))
      test(`${name}: the same bits for 1, 2 and 5 threads`, async () => {
        const expected = await resultsOf(alone, name);
        for (const { threads, device } of teams) {
          const results = await resultsOf(device, name);
          results.forEach((result, i) => {
            assert.deepEqual(result, expected[i], `result ${i} on ${threads} threads`);
          });
        }
      });
  });

test("WebAssembly really had its threads: one less than asked for each session", () => {
  assert.equal(started, 1 + 4);
});
