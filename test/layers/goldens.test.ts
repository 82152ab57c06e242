/**
 * @file Every layer against TensorFlow's own `tf.layers`: names, static shapes, outputs and gradients, on
 * every backend. The numbers are in `goldens.ts`.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { batchGoldens, type Golden, goldens } from "./goldens.js";
import { assertClose, backendNames, digest, inGraph, ramp } from "./support.js";

const { layers } = tf;

interface Case {
  /** Shape of the inputs that are fed. */
  readonly inputs: readonly number[];
  /** What the placeholder says of it. Default: all but the batch. */
  readonly known?: readonly (number | null)[];
  readonly build: (x: tf.Tensor<"float32">) => tf.Tensor;
}

const cases: Record<keyof typeof goldens, Case> = {
  dense: { inputs: [4, 5], build: (x) => layers.dense(x, 3, { activation: tf.nn.sigmoid }) },
  dense3: { inputs: [2, 3, 5], build: (x) => layers.dense(x, 4) },
  nobias: { inputs: [4, 5], build: (x) => layers.dense(x, 3, { useBias: false }) },
  conv1d: {
    inputs: [2, 9, 3],
    build: (x) => layers.conv1d(x, 4, 3, { strides: 2, padding: "same", activation: tf.nn.tanh }),
  },
  conv1dDilated: { inputs: [2, 9, 3], build: (x) => layers.conv1d(x, 2, 3, { dilationRate: 2 }) },
  conv2d: {
    inputs: [2, 7, 6, 3],
    build: (x) => layers.conv2d(x, 4, [3, 2], { strides: [2, 1], padding: "same", activation: tf.nn.relu }),
  },
  conv2dValid: { inputs: [2, 7, 6, 3], build: (x) => layers.conv2d(x, 2, 3) },
  conv2dDilated: { inputs: [2, 7, 6, 3], build: (x) => layers.conv2d(x, 2, 2, { dilationRate: [2, 3] }) },
  separable: {
    inputs: [2, 6, 6, 3],
    build: (x) => layers.separableConv2d(x, 4, 3, { depthMultiplier: 2, padding: "same", strides: 2 }),
  },
  transpose: { inputs: [2, 4, 3, 3], build: (x) => layers.conv2dTranspose(x, 2, 3, { strides: 2 }) },
  transposeSame: {
    inputs: [2, 4, 3, 3],
    build: (x) => layers.conv2dTranspose(x, 2, [2, 3], { strides: [3, 2], padding: "same" }),
  },
  transposeDynamic: {
    inputs: [2, 4, 3, 3],
    known: [null, null, null, 3],
    build: (x) => layers.conv2dTranspose(x, 2, 3, { strides: 2 }),
  },
  max2d: { inputs: [2, 7, 6, 3], build: (x) => layers.maxPooling2d(x, [2, 3], [2, 2]) },
  max2dSame: { inputs: [2, 7, 6, 3], build: (x) => layers.maxPooling2d(x, 3, 2, { padding: "same" }) },
  avg2dSame: { inputs: [2, 7, 6, 3], build: (x) => layers.averagePooling2d(x, 3, 2, { padding: "SAME" }) },
  max1d: { inputs: [2, 9, 3], build: (x) => layers.maxPooling1d(x, 2, 2) },
  avg1d: { inputs: [2, 9, 3], build: (x) => layers.averagePooling1d(x, 3, [2], { padding: "same" }) },
  avg1dFirst: {
    inputs: [2, 9, 4],
    build: (x) => layers.averagePooling1d(x, 2, 1, { dataFormat: "channels_first", name: "transposed" }),
  },
  flatten: { inputs: [2, 3, 4], build: (x) => layers.flatten(x) },
};

for (const [name, { inputs, known, build }] of Object.entries(cases)) {
  const golden: Golden = goldens[name as keyof typeof goldens];
  test(`${name}: names, shapes, values and gradients are TensorFlow's on ${backendNames.join(" and ")}`, async () => {
    await inGraph(async (graph) => {
      const x = tf.placeholder("float32", known ?? [null, ...inputs.slice(1)]) as tf.Tensor<"float32">;
      const y = build(x);
      const variables = tf.trainableVariables();
      // Transposed inputs are transposed outside the layer in the original.
      if (name !== "avg1dFirst") assert.equal(y.op.name, golden.name);
      assert.deepEqual(y.shape, golden.static);
      assert.deepEqual(
        variables.map((variable) => [variable.name, variable.shape]),
        golden.variables,
      );
      const loss = tf.reduceSum(tf.square(y)).mul(0.5);
      const gradients = tf.gradients(loss, [x, ...variables]) as tf.Tensor[];
      const assignments = variables.map((variable, i) =>
        variable.assign(ramp(variable.shape as readonly number[], 3 + 2 * i, 11)),
      );
      for (const device of backendNames) {
        using session = new tf.Session({ graph, device });
        await session.run(assignments.map(({ op }) => op));
        const [output, ...slopes] = (await session.run([y, ...gradients], [[x, ramp(inputs, 5, 13)]])) as unknown[];
        assertClose(digest(output, 0, -1), golden.output, `${device}: output`);
        for (const [i, slope] of slopes.entries())
          assertClose(digest(slope, 1), golden.gradients[i] as readonly number[], `${device}: gradient ${i}`);
      }
    });
  });
}

const batchCases: Record<keyof typeof batchGoldens, { inputs: readonly number[]; axis: number; training: boolean }> = {
  batch: { inputs: [4, 3], axis: -1, training: true },
  batch4: { inputs: [3, 4, 2, 3], axis: -1, training: true },
  batchAxis1: { inputs: [3, 2, 4, 5], axis: 1, training: true },
  moving: { inputs: [4, 3], axis: -1, training: false },
};

for (const [name, { inputs, axis, training }] of Object.entries(batchCases)) {
  const golden = batchGoldens[name as keyof typeof batchGoldens];
  for (const fed of [false, true])
    test(`batch normalization, ${name}, training ${fed ? "fed" : "fixed"}: TensorFlow's numbers`, async () => {
      await inGraph(async (graph) => {
        const x = tf.placeholder("float32", [null, ...inputs.slice(1)]) as tf.Tensor<"float32">;
        const phase = tf.placeholder("bool", []);
        const layer = new layers.BatchNormalization({ axis, momentum: 0.9 });
        const y = layer.apply(x, { training: fed ? phase : training });
        assert.deepEqual(y.shape, [null, ...inputs.slice(1)]);
        const { gamma, beta, movingMean, movingVariance } = layer;
        assert.ok(gamma !== null && beta !== null);
        const features = [inputs.at(axis) as number];
        const gradients = tf.gradients(tf.reduceSum(tf.square(y)).mul(0.5), [x, gamma, beta]) as tf.Tensor[];
        const start = [
          gamma.assign(ramp(features, 3, 11)),
          beta.assign(ramp(features, 5, 11)),
          movingMean.assign(ramp(features, 7, 11)),
          movingVariance.assign(tf.add(ramp(features, 9, 11), 0.6)),
        ];
        for (const device of backendNames) {
          using session = new tf.Session({ graph, device });
          const feeds: [tf.Tensor, unknown][] = [[x, ramp(inputs, 5, 13)]];
          if (fed) feeds.push([phase, training]);
          await session.run(start.map(({ op }) => op));
          const run = (fetches: unknown[]) => session.run(fetches as tf.Tensor[], feeds as never) as Promise<unknown[]>;
          const [output, ...slopes] = await run([y, ...gradients]);
          assertClose(digest(output, 0, -1), golden.output, `${device}: output`, 2 ** -14);
          // Of inputs the gradient is a difference of nearly equal sums, up to 1 / √0.001 times an output.
          for (const [i, slope] of slopes.entries())
            assertClose(
              digest(slope, 1),
              golden.gradients[i] as readonly number[],
              `${device}: gradient ${i}`,
              2 ** -13,
            );
          const before = (await run([movingMean, movingVariance])).map((v) => digest(v, 0));
          await run([...layer.updates]);
          const after = await run([movingMean, movingVariance]);
          if (training)
            for (const [i, moved] of after.entries())
              assertClose(
                Array.from((moved as tf.NdArray<"float32">).data),
                golden.moving[i] ?? [],
                `${device}: moving ${i}`,
              );
          else
            assert.deepEqual(
              after.map((v) => digest(v, 0)),
              before,
            );
        }
      });
    });
}
