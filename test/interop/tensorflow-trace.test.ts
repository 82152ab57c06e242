/**
 * @file The first article's program, and one with dropout, Adam and a decaying rate, side by side with
 * TensorFlow itself (interop/trace.py): same seeds, same batches. Skipped where there is no Python with
 * TensorFlow; interop/setup.sh installs one.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as tf from "tensorstrata";
import { readDataSets } from "tensorstrata/datasets";

const steps = 100;
const batchSize = 64;

interface Trace {
  /** The trainable variables before training, base64 of float32. */
  readonly weights: readonly string[];
  readonly losses: readonly number[];
}

const interop = new URL("../../../interop/", import.meta.url);
const { findPython }: { findPython: () => { python: string } | { missing: string } } = await import(
  new URL("find-python.mjs", interop).href
);
const found = findPython();

type Loss = tf.Tensor<"float32", readonly []>;
type Build = (
  x: tf.Tensor<"float32", readonly [null, 784]>,
  y: tf.Tensor<"float32", readonly [null, 10]>,
) => {
  readonly loss: Loss;
  readonly train: tf.Operation;
};

function layer(x: tf.Tensor<"float32">, inputs: number, units: number, seed: number): tf.Tensor<"float32"> {
  const kernel = new tf.Variable(tf.truncatedNormal([inputs, units], { stddev: inputs ** -0.5, seed }));
  const bias = new tf.Variable(tf.zeros([units]));
  return tf.add(tf.matmul(x, kernel), bias) as tf.Tensor<"float32">;
}
const crossEntropy = (logits: tf.Tensor<"float32">, labels: tf.Tensor<"float32">): Loss =>
  tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels })) as Loss;

const programs: Readonly<Record<"raw" | "dropout", Build>> = {
  raw: (x, y) => {
    tf.setRandomSeed(7);
    const loss = crossEntropy(layer(tf.sigmoid(layer(x, 784, 64, 1)), 64, 10, 2), y);
    return { loss, train: new tf.train.GradientDescentOptimizer(0.5).minimize(loss) };
  },
  dropout: (x, y) => {
    const hidden = tf.nn.relu(layer(x, 784, 32, 11));
    const mask = tf.floor(tf.add(tf.randomUniform([batchSize, 32], { seed: 13 }), 0.5));
    const dropped = tf.multiply(tf.divide(hidden, 0.5) as tf.Tensor<"float32">, mask as tf.Tensor<"float32">);
    const loss = crossEntropy(layer(dropped as tf.Tensor<"float32">, 32, 10, 12), y);
    const globalStep = new tf.Variable(tf.constant(0, { dtype: "int32" }), { trainable: false });
    const rate = tf.train.exponentialDecay(0.01, globalStep, 10, 0.9);
    return { loss, train: new tf.train.AdamOptimizer(rate).minimize(loss, { globalStep }) };
  },
};

interface Batch {
  readonly images: Float32Array;
  readonly labels: Float32Array;
}

async function trace(build: Build, batches: readonly Batch[], device: "wasm" | "interpreter"): Promise<Trace> {
  return new tf.Graph().asDefault(async (graph) => {
    const x = tf.placeholder("float32", [null, 784]);
    const y = tf.placeholder("float32", [null, 10]);
    const { loss, train } = build(x, y);
    const variables = tf.trainableVariables();
    using session = new tf.Session({ graph, device });
    const initializer = tf.globalVariablesInitializer();
    await session.run(initializer);
    const initial = (await session.run(variables)) as tf.NdArray<"float32">[];
    const losses: number[] = [];
    for (const { images, labels } of batches) {
      const feeds = [
        [x, new tf.NdArray("float32", [batchSize, 784], images)],
        [y, new tf.NdArray("float32", [batchSize, 10], labels)],
      ] as const;
      losses.push(Number(await session.run(loss, feeds)));
      await session.run(train, feeds);
    }
    const bytes = initial.map(({ data }) =>
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
    );
    return { weights: bytes, losses };
  });
}

const floats = (base64: string): Float32Array => {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return new Float32Array(bytes.buffer);
};

describe("the same seeded program in TensorFlow", { skip: "missing" in found && found.missing }, () => {
  let directory = "";
  let batches: Batch[] = [];
  let theirs: Record<"raw" | "dropout", Trace>;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "tensorstrata-trace-"));
    const { train } = await readDataSets("sample", { oneHot: true, seed: 3, log: null });
    batches = Array.from({ length: steps }, () => {
      const { images, labels } = train.nextBatch(batchSize);
      return { images: Float32Array.from(images.data), labels: Float32Array.from(labels.data) };
    });
    const join_ = (pick: (batch: Batch) => Float32Array): Buffer =>
      Buffer.concat(batches.map((batch) => Buffer.from(pick(batch).buffer)));
    await writeFile(
      join(directory, "images.bin"),
      join_((b) => b.images),
    );
    await writeFile(
      join(directory, "labels.bin"),
      join_((b) => b.labels),
    );
    assert.ok("python" in found);
    const script = fileURLToPath(new URL("trace.py", interop));
    const { stdout } = await promisify(execFile)(found.python, [script, directory, String(steps)], {
      maxBuffer: 2 ** 26,
    });
    theirs = JSON.parse(stdout);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  for (const name of ["raw", "dropout"] as const)
    test(`${name}: equal initial weights, and ${steps} losses within 1e-4`, async (t) => {
      const ours = await trace(programs[name], batches, "wasm");
      assert.equal(ours.weights.length, theirs[name].weights.length);
      // The same Philox stream; single values may differ by the rounding of logarithm and sine in the C
      // library TensorFlow was built with, at most 3 units in the last place.
      let equal = 0;
      let total = 0;
      ours.weights.forEach((weights, i) => {
        const [a, b] = [floats(weights), floats(theirs[name].weights[i] as string)];
        assert.equal(a.length, b.length);
        a.forEach((value, j) => {
          total++;
          if (value === b[j]) equal++;
          assert.ok(
            Math.abs(value - (b[j] as number)) <= 3 * 2 ** -23 * Math.abs(value),
            `weight ${i}[${j}]: ${value} against ${b[j]}`,
          );
        });
      });
      assert.ok(equal / total > 0.95, `${equal} of ${total} initial weights have the same bits`);
      let worst = 0;
      ours.losses.forEach((loss, step) => {
        const expected = theirs[name].losses[step] as number;
        worst = Math.max(worst, Math.abs(loss - expected) / expected);
        assert.ok(Math.abs(loss - expected) <= 1e-4 * expected, `step ${step}: loss ${loss} against ${expected}`);
      });
      t.diagnostic(
        `${equal} of ${total} weights bit-equal; largest relative difference of a loss ${worst.toExponential(1)}`,
      );
    });

  test("the same program gives the same bits twice", async () => {
    const [first, second] = [
      await trace(programs.dropout, batches, "wasm"),
      await trace(programs.dropout, batches, "wasm"),
    ];
    assert.deepEqual(first, second);
  });
});
