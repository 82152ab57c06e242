/**
 * @file The other forms of batch normalization, two training steps each on every backend: fused against
 * TensorFlow 2.21's `tf.compat.v1.nn.fused_batch_norm`; renormalization against Ioffe's formulas (2017) in
 * float64 with gradients by `tf.GradientTape`, neither correction having one. Inputs are ramps as below.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "tensorstrata";
import { assertClose, backendNames, digest, elements, inGraph, ramp } from "./support.js";

const { layers } = tf;

interface Case {
  readonly shape: readonly number[];
  readonly options: tf.layers.BatchNormalizationOptions;
  readonly output: readonly number[];
  /** Of half the sum of the squared outputs, by inputs, gamma and beta. */
  readonly gradients: readonly (readonly number[])[];
  /** What the layer keeps after the second step, in the order of its weights. */
  readonly kept: readonly (readonly number[])[];
}

const cases: Readonly<Record<string, Case>> = {
  fused: {
    shape: [3, 4, 2, 3],
    options: { fused: true },
    output: [0.327273511, 15.6835857, 0.2416237, 0.388500839],
    gradients: [
      [0, 0.00155292507, 0.000432873843],
      [-12.6131804, 136.737384, -4.20183563],
      [0.327274531, 238.052236, 0.109091014],
    ],
    kept: [
      [0.0089230768, 0.0132179484, 0.0100128203],
      [0.826496657, 0.825897434, 0.8270262],
    ],
  },
  renorm: {
    shape: [4, 3],
    options: { renorm: true, renormMomentum: 0.8 },
    output: [-0.239197034, 3.17058084, 0.0985973264, 0.58522486],
    gradients: [
      [0, 0.000221180101, 0.00100851465],
      [-2.88190383, 7.54160892, -0.765900503],
      [-0.239197034, 8.08968491, 0.053508155],
    ],
    kept: [
      [-0.02541453, 0.028431624, 0.015055556],
      [0.8193819, 0.81670612, 0.83288781],
      [-0.020461538, 0.048769231, 0.038],
      [0.36],
      [0.094008785, 0.073279252, 0.12298753],
      [0.36],
    ],
  },
  "renorm within bounds": {
    shape: [3, 4, 2, 3],
    options: { renorm: true, renormMomentum: 0.5, renormClipping: { rmin: 0.98, rmax: 1.001, dmax: 0.02 } },
    output: [0.072, 15.9200668, 0.233315356, 0.391503933],
    gradients: [
      [0, 0.00155818955, 0.000430242322],
      [-12.6772517, 142.447943, -4.17588184],
      [0.072, 243.764928, 0.024],
    ],
    kept: [
      [0.0050555556, 0.011166667, 0.007],
      [0.82564926, 0.82526785, 0.82649469],
      [0.047435897, 0.058653846, 0.049038462],
      [0.75],
      [0.2184798, 0.2135135, 0.22007387],
      [0.75],
    ],
  },
};

/** The inputs of a step, from 0. */
const inputsOf = (shape: readonly number[], step: number): tf.NdArray<"float32"> => {
  const start = ramp(shape, 5 + 2 * step, 13);
  return new tf.NdArray(
    "float32",
    shape,
    Float32Array.from(start.data, (value) => value + 0.1 * step),
  );
};

for (const [name, { shape, options, output, gradients, kept }] of Object.entries(cases))
  for (const fed of [false, true])
    test(`batch normalization, ${name}, training ${fed ? "fed" : "fixed"}`, async () => {
      await inGraph(async (graph) => {
        const x = tf.placeholder("float32", [null, ...shape.slice(1)]) as tf.Tensor<"float32">;
        const phase = tf.placeholder("bool", []);
        const layer = new layers.BatchNormalization({ momentum: 0.9, ...options });
        const y = layer.apply(x, { training: fed ? phase : true });
        const { gamma, beta, weights } = layer;
        assert.ok(gamma !== null && beta !== null);
        const slopes = tf.gradients(tf.reduceSum(tf.square(y)).mul(0.5), [x, gamma, beta]) as tf.Tensor[];
        const init = tf.globalVariablesInitializer();
        const start = [gamma.assign(ramp([3], 3, 11)), beta.assign(ramp([3], 5, 11))];
        for (const device of backendNames) {
          using session = new tf.Session({ graph, device });
          await session.run(init);
          await session.run(start.map(({ op }) => op));
          const feedsOf = (step: number, training: boolean) => {
            const feeds: [tf.Tensor, unknown][] = [[x, inputsOf(shape, step)]];
            if (fed) feeds.push([phase, training]);
            return feeds as never;
          };
          const state = async (): Promise<number[][]> =>
            ((await session.run(weights.slice(2) as tf.Variable[])) as unknown[]).map(elements);
          await session.run([...layer.updates], feedsOf(0, true));
          if (fed) {
            const before = await state();
            await session.run([...layer.updates], feedsOf(1, false));
            // The averages of averages divide by a weight that does not move either.
            (await state()).forEach((now, i) => {
              assertClose(now, before[i] ?? [], `${device}: no training leaves ${weights[i + 2]?.op.name}`);
            });
          }
          const [value, ...found] = (await session.run([y, ...slopes], feedsOf(1, true))) as unknown[];
          // Outputs of float32 moments: 1/√variance magnifies their roundings up to thirtyfold.
          assertClose(digest(value, 0, -1), output, `${device}: output`, 2 ** -14);
          found.forEach((slope, i) => {
            assertClose(digest(slope, 1), gradients[i] ?? [], `${device}: gradient ${i}`, 2 ** -12);
          });
          await session.run([...layer.updates], feedsOf(1, true));
          (await state()).forEach((now, i) => {
            assertClose(now, kept[i] ?? [], `${device}: ${weights[i + 2]?.op.name}`);
          });
        }
      });
    });

test("options that do not go together are errors in the original's words", () => {
  inGraph(() => {
    assert.throws(
      () => new layers.BatchNormalization({ fused: true, renorm: true }),
      /batch renorm, which is not supported fused/,
    );
    assert.throws(
      () => new layers.BatchNormalization({ renorm: true, renormClipping: { rMax: 2 } as never }),
      (error: Error) =>
        error instanceof tf.errors.ArgumentError &&
        /renorm_clipping \{"rMax":2\} contains keys not in \('rmax', 'rmin', 'dmax'\)/.test(error.message),
    );
    assert.throws(
      () => new layers.BatchNormalization({ renorm: true, renormMomentum: 2 }),
      /renormMomentum must be in \[0, 1\]/,
    );
    const rows = tf.placeholder("float32", [null, 5]);
    assert.throws(() => layers.batchNormalization(rows, { fused: true }), /rank 4, with axis 1 or 3/);
  });
});
