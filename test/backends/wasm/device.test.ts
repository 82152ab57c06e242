/** @file The WebAssembly device as a session's memory: growth, variables that change size, failures, repeatability. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { WasmDevice } from "../../../src/backends/wasm/device.js";
import { NdArray, type NumericDType } from "../../../src/core/index.js";
import * as tf from "../../../src/index.js";
import { Executor } from "../../../src/runtime/executor.js";

const openDevice = (relaxedSimd = true): WasmDevice => new WasmDevice(() => undefined, { relaxedSimd });
const inGraph = <T>(body: () => T): T => new tf.Graph().asDefault(body);
const floats = (...data: number[]): NdArray<"float32"> => NdArray.from(data, "float32") as NdArray<"float32">;

test("memory grows under programs and variables that exist already", async () => {
  const device = openDevice();
  const executor = new Executor(device);
  const { v, big, sum, x } = inGraph(() => {
    const x = tf.placeholder("float32", [null]);
    const v = new tf.Variable(floats(1, 2, 3));
    const big = new tf.Variable(tf.zeros([1_500_000]));
    return { v, big, x, sum: tf.add(tf.reduceSum(tf.exp(tf.multiply(x, 0))), tf.reduceSum(v)) };
  });
  const run = (values: NdArray<NumericDType>) => executor.run([sum], [], [{ tensor: x, value: values }]);
  await executor.run([], [v.initializer], []);
  assert.equal((await run(floats(1, 2)))[0]?.item(), 8);
  const before = device.bytes;
  await executor.run([], [big.initializer], []);
  assert.equal((await run(NdArray.zeros("float32", [2_000_000]) as NdArray<NumericDType>))[0]?.item(), 2_000_006);
  assert.ok(before < 4_000_000 && device.bytes > 4 * 3_500_000, `${before} bytes grew to ${device.bytes}`);
  assert.equal((await run(floats(1, 2)))[0]?.item(), 8);
  assert.deepEqual(device.readVariable(v.op.name)?.toArray(), [1, 2, 3]);
  assert.equal(device.readVariable(big.op.name)?.size, 1_500_000);
  device.close();
});

test("running the same programs again does not grow the memory", async () => {
  const device = openDevice();
  const executor = new Executor(device);
  const { v, update } = inGraph(() => {
    const v = new tf.Variable(tf.ones([100, 100]));
    return { v, update: v.assign(tf.matmul(v, tf.multiply(v, 0.01)) as tf.Tensor<"float32", [100, 100]>) };
  });
  await executor.run([], [v.initializer], []);
  await executor.run([], [update.op], []);
  const { bytes } = device;
  for (let i = 0; i < 200; i++) await executor.run([], [update.op], []);
  assert.equal(device.bytes, bytes);
  device.close();
});

test("a variable that changes its size, there and back", async () => {
  const device = openDevice();
  const executor = new Executor(device);
  const { v, x, grow, read } = inGraph(() => {
    const v = new tf.Variable(tf.constant(floats(1, 2)), { validateShape: false });
    const x = tf.placeholder("float32", [null]);
    const grow = tf.assign(v, tf.concat([v, x], 0), { validateShape: false });
    return { v, x, grow, read: tf.multiply(v, 10) };
  });
  const feed = (value: NdArray<NumericDType>) => [{ tensor: x, value }];
  await executor.run([], [v.initializer], []);
  assert.deepEqual((await executor.run([read], [], []))[0]?.toArray(), [10, 20]);
  await executor.run([], [grow.op], feed(floats(3)));
  await executor.run([], [grow.op], feed(floats(4, 5)));
  assert.deepEqual((await executor.run([read], [], []))[0]?.toArray(), [10, 20, 30, 40, 50]);
  assert.deepEqual(device.readVariable(v.op.name)?.toArray(), [1, 2, 3, 4, 5]);
  await executor.run([], [v.initializer], []);
  assert.deepEqual((await executor.run([read], [], []))[0]?.toArray(), [10, 20]);
  device.close();
});

test("a check that fails leaves variables and generators as they were", async () => {
  const { v, w, at, picked, draw } = inGraph(() => {
    const [v, w] = [new tf.Variable(floats(1, 2, 3, 4)), new tf.Variable(floats(9, 9, 9, 9))];
    const at = tf.placeholder("int32", [1]);
    const draw = tf.randomUniform([4], { seed: 5 });
    const updates = [v.assignAdd(draw), w.assign(tf.reverse(v, [0]))];
    const picked = tf.withControlDependencies(updates, () => tf.gather(tf.constant([1, 2, 3]), at));
    return { v, w, at, picked, draw };
  });
  const afterRuns = async (...indices: number[]): Promise<unknown[]> => {
    const device = openDevice();
    const executor = new Executor(device);
    await executor.run([], [v.initializer, w.initializer], []);
    const state = (): unknown[] => [v, w].map((x) => device.readVariable(x.op.name)?.toArray());
    const before = state();
    let drawn: NdArray | undefined;
    for (const index of indices) {
      const value = NdArray.from([index], "int32") as NdArray<NumericDType>;
      const running = executor.run([picked, draw], [], [{ tensor: at, value }]);
      if (index < 3) [, drawn] = await running;
      else {
        await assert.rejects(running, /not in \[0, 3\)/);
        assert.deepEqual(state(), before);
      }
    }
    const after = state();
    device.close();
    return [...after, drawn?.toArray()];
  };
  const undisturbed = await afterRuns(2);
  assert.notDeepEqual(undisturbed[0], [1, 2, 3, 4]);
  assert.deepEqual(await afterRuns(3, 7, 2), undisturbed);
});

/** A network with dropout and random weights, trained for a few steps: every bit of its weights. */
async function trainOnce(relaxedSimd: boolean): Promise<readonly number[]> {
  const device = openDevice(relaxedSimd);
  const executor = new Executor(device);
  const graph = new tf.Graph();
  const { variables, step } = graph.asDefault(() => {
    tf.setRandomSeed(7);
    const x = tf.randomNormal([17, 13]);
    const w = new tf.Variable(tf.truncatedNormal([13, 9], { stddev: 0.3 }));
    const b = new tf.Variable(tf.zeros([9]));
    const hidden = tf.nn.dropout(tf.tanh(tf.add(tf.matmul(x, w), b)), 0.8);
    const step = new tf.train.AdamOptimizer(0.05).minimize(tf.reduceMean(tf.square(hidden)));
    return { variables: tf.globalVariables(), step };
  });
  await executor.run(
    [],
    variables.map((v) => v.initializer),
    [],
  );
  for (let i = 0; i < 5; i++) await executor.run([], [step], []);
  const bits = variables.flatMap((v) => {
    const { data } = device.readVariable(v.op.name) as NdArray<"float32">;
    return [...new Uint32Array(data.buffer, data.byteOffset, data.length)];
  });
  device.close();
  return bits;
}

test("the same seeded program gives the same bits, with relaxed SIMD and without", async () => {
  for (const relaxedSimd of [true, false]) {
    const bits = await trainOnce(relaxedSimd);
    assert.ok(new Set(bits).size > 100);
    assert.deepEqual(await trainOnce(relaxedSimd), bits);
  }
});

test("a closed device says so", async () => {
  const device = openDevice();
  const executor = new Executor(device);
  const x = inGraph(() => tf.add(tf.constant(floats(1, 2)), tf.randomUniform([2])));
  await executor.run([x], [], []);
  device.close();
  assert.equal(device.bytes, 0);
  await assert.rejects(executor.run([x], [], []), /closed/);
});
