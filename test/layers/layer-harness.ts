/**
 * @file One test for each layer that is a function, of `tf.layers` and of TFLearn alike: shapes against running
 * ones, gradients against differences, training steps that change every weight, the same numbers on every backend.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { assertClose, backendNames, elements, inGraph, ramp } from "./support.js";

export interface LayerCase {
  /** The inputs' shape, with a batch. */
  readonly inputs: readonly number[];
  /** Whole numbers from 0 to below this instead of real ones. */
  readonly integers?: number;
  /** Adds the layer to the default graph, which is seeded. */
  readonly build: (x: tf.Tensor) => tf.Tensor;
  /** Trainable variables. Default none. */
  readonly weights?: number;
  /** Where the derivative jumps, or the inputs have none: no differences can be taken. */
  readonly isNotSmooth?: boolean;
}

/** The sum of a tensor's elements, each times a number of its own, so that none hides behind another. */
function weigh(y: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return tf.reduceSum(tf.multiply(y as tf.Tensor<"float32">, ramp(shape, 7, 11)) as tf.Tensor) as tf.Tensor;
}

/**
 * Declares the test of a layer.
 * @param setTraining turns a session's training mode on, where the level keeps it there
 */
export function runLayerTest(
  name: string,
  layerCase: LayerCase,
  setTraining: (session: tf.Session) => Promise<void> = async () => undefined,
): void {
  test(`${name}: shapes, gradients and training, alike on ${backendNames.join(" and ")}`, () =>
    inGraph(async (graph) => {
      tf.setRandomSeed(7);
      const { inputs, integers, build, weights = 0, isNotSmooth = false } = layerCase;
      const x = tf.placeholder(integers === undefined ? "float32" : "int32", [null, ...inputs.slice(1)]) as tf.Tensor;
      const y = build(x);
      const variables = tf.trainableVariables();
      assert.equal(variables.length, weights, variables.map(({ name }) => name).join());
      const given = integers === undefined ? ramp(inputs, 5, 13) : wholeNumbers(inputs, integers);

      const extents = (y.shape as readonly (number | null)[] | null) ?? assert.fail("the rank is known");
      assert.equal(extents[0], null, "the batch is left open");
      const penalties = tf.losses.getRegularizationLosses() as tf.Tensor<"float32", readonly []>[];
      const distance = tf.reduceMean(tf.square(tf.subtract(y as tf.Tensor<"float32">, 0.3) as tf.Tensor) as tf.Tensor);
      const loss = tf.addN([distance as tf.Tensor<"float32", readonly []>, ...penalties]) as tf.Tensor;
      const step = weights === 0 ? null : new tf.train.GradientDescentOptimizer(0.05).minimize(loss);
      const init = tf.globalVariablesInitializer();

      const found: number[][] = [];
      for (const device of backendNames) {
        using session = new tf.Session({ graph, device });
        await session.run(init);
        const output = (await session.run(y, [[x, given]])) as tf.NdArray;
        assert.deepEqual([null, ...output.shape.slice(1)], extents, "static shape against running");
        const numbers = [...elements(output)];
        await setTraining(session);
        numbers.push(...elements(await session.run(y, [[x, given]])));
        if (step !== null) {
          const before = await session.run(variables);
          const losses: number[] = [];
          for (let i = 0; i < 5; i++) {
            losses.push(...elements(await session.run(loss, [[x, given]])));
            await session.run(step, [[x, given]]);
          }
          const after = await session.run(variables);
          variables.forEach(({ name: variable }, i) => {
            assert.notDeepEqual(elements(after[i]), elements(before[i]), `${variable} learns`);
          });
          numbers.push(...losses);
        }
        assert.ok(numbers.every(Number.isFinite), `${device}: ${numbers}`);
        found.push(numbers);
      }
      if (!isNotSmooth) await checkGradients(init, x, given, y);
      for (const [i, numbers] of found.entries())
        assertClose(numbers, found[0] ?? [], `${backendNames[i]} against ${backendNames[0]}`);
    }));
}

/**
 * Derivatives along a direction against central differences. The differences err by the third derivative times
 * step² / 6 and by a rounding of the sum over the step: 4e-5 and 1e-5 of numbers about 1. A wrong term shows in tenths.
 */
async function checkGradients(init: tf.Operation, x: tf.Tensor, given: tf.NdArray, y: tf.Tensor): Promise<void> {
  using session = new tf.Session({ graph: y.graph });
  await session.run(init);
  const weighed = weigh(y, ((await session.run(y, [[x, given]])) as tf.NdArray).shape);
  const inputs = given.dtype === "float32" ? [x] : [];
  const sources = [...inputs, ...tf.trainableVariables()];
  const gradients = tf.gradients(weighed, sources as tf.Tensor[]);
  const size = 2 ** -6;
  for (const [i, source] of sources.entries()) {
    const value = (source === x ? given : await session.run(source as tf.Variable)) as tf.NdArray<"float32"> | number;
    const at = typeof value === "number" ? new tf.NdArray("float32", [], Float32Array.of(value)) : value;
    const direction = ramp(at.shape, 3, 7).data;
    const moved = async (by: number): Promise<number> => {
      const data = at.data.map((element, k) => element + by * (direction[k] as number));
      const there = new tf.NdArray("float32", at.shape, data);
      const feeds = source === x ? [[x, there] as const] : [[x, given] as const, [source, there] as const];
      return Number(await session.run(weighed, feeds as never));
    };
    const slope = ((await moved(size)) - (await moved(-size))) / (2 * size);
    const gradient = gradients[i] ?? assert.fail(`nothing flows to ${source.name}`);
    const parts = elements(await session.run(gradient as tf.Tensor, [[x, given]]));
    const along = parts.reduce((sum, part, k) => sum + part * (direction[k] as number), 0);
    assert.ok(
      Math.abs(slope - along) <= 2e-3 * Math.max(1, Math.abs(slope)),
      `${source.name}: ${along}, but differences give ${slope}`,
    );
  }
}

function wholeNumbers(shape: readonly number[], below: number): tf.NdArray<"int32"> {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return new tf.NdArray(
    "int32",
    shape,
    Int32Array.from({ length: size }, (_, i) => (i * 5) % below),
  );
}

/** That a level's layers have cases: names of its functions, less those that are no layers. */
export function testThatEachHasACase(level: object, cases: readonly string[], others: readonly string[]): void {
  test("every layer has a case", () => {
    const functions = Object.entries(level).flatMap(([name, value]) =>
      typeof value === "function" && /^[a-z]/.test(name) ? [name] : [],
    );
    const tested = new Set(cases.map((name) => name.split(",")[0]));
    assert.deepEqual(
      functions.filter((name) => !tested.has(name) && !others.includes(name)),
      [],
    );
    assert.deepEqual(
      others.filter((name) => !functions.includes(name) || tested.has(name)),
      [],
      "names that are no layers exist",
    );
  });
}
