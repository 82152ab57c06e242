/**
 * @file Recurrent layers against NumPy in float64 (tolerance 2e-6), on every backend; masks, states,
 * names, gradients and training.
 */
import assert from "node:assert/strict";
import { NdArray } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import * as tflearn from "../../src/tflearn/index.js";
import { expectType } from "../ops/expect-type.js";
import { assertClose, inGraph, valuesOf } from "./support.js";

const x = NdArray.from(
  [
    [
      [0.5, -1],
      [1, 0.25],
      [-0.5, 0.75],
      [0.1, 0.2],
    ],
    [
      [1, 1],
      [0, -0.5],
      [0, 0],
      [0, 0],
    ],
  ],
  "float32",
);
/** Weights in (−0.5, 0.5) that every language computes alike. */
const weights = (start: number) => (shape: readonly number[]) => {
  const [rows = 0, columns = 0] = shape;
  const data = Float32Array.from({ length: rows * columns }, (_, i) => ((i * 0.37 + start) % 1) - 0.5);
  return tf.constant(new NdArray("float32", shape, data));
};
/** As {@link weights}, for the two matrices of a GRU. */
const gruWeights = (shape: readonly number[]) => weights(shape[1] === 6 ? 0.3 : 0.4)(shape);

const input = () => tflearn.inputData({ shape: [null, 4, 2] });
type Recurrent = (x: tf.Tensor, units: number, options: object) => tf.Tensor;
const layers: Record<"simpleRnn" | "lstm" | "gru", Recurrent> = {
  simpleRnn: tflearn.simpleRnn as unknown as Recurrent,
  lstm: tflearn.lstm as unknown as Recurrent,
  gru: tflearn.gru as unknown as Recurrent,
};
const settings = {
  simpleRnn: { weightsInit: weights(0.1) },
  lstm: { weightsInit: weights(0.2) },
  gru: { weightsInit: gruWeights },
} as const;

const plain = {
  simpleRnn: [0.447632147, 0.614522779, 0.404753943, 0.472119264, 0.60457353, 0.38026444],
  lstm: [0.055532964, -0.021894246, -0.098299016, 0.011458352, 0.013071621, -0.062332146],
  gru: [-0.022483057, 0.088446835, -0.097799667, -0.021529523, 0.045439348, -0.075351851],
};
/** The last outputs of the second row, which ends after two steps. */
const masked = {
  simpleRnn: [0.519118794, 0.612830628, 0.333494596],
  lstm: [-0.008799402, 0.032288536, -0.089593811],
  gru: [-0.025409627, 0.092406928, -0.130944217],
};
const firstOfSecondRow = {
  simpleRnn: [0.334033073, 0.512497396, 0.687831331],
  lstm: [0.017158119, -0.04371544, -0.120843009],
  gru: [-0.023440245, 0.179687239, -0.202879004],
};

for (const device of ["interpreter", "wasm"] as const)
  inGraph(`${device}: outputs, sequences and masks are NumPy's`, async () => {
    for (const kind of ["simpleRnn", "lstm", "gru"] as const) {
      const feed = input();
      const build = (options: object): tf.Tensor => layers[kind](feed, 3, { ...settings[kind], ...options });
      const fetches = [
        build({}),
        build({ dynamic: true }),
        build({ returnSeq: true }),
        build({ returnSeq: true, dynamic: true }),
      ];
      using session = new tf.Session({ device });
      await session.run(tf.globalVariablesInitializer());
      const values = (await session.run(fetches, [[feed, x]])) as readonly NdArray[];
      const [last = [], dynamic = [], sequence = [], dynamicSequence = []] = values.map((v) =>
        Array.from(v.data as Float32Array),
      );
      assertClose(last, plain[kind]);
      assertClose(dynamic, [...plain[kind].slice(0, 3), ...masked[kind]]);
      assertClose(sequence.slice(12, 15), firstOfSecondRow[kind]);
      assertClose(sequence.slice(21), plain[kind].slice(3));
      assertClose(dynamicSequence.slice(12), [...firstOfSecondRow[kind], ...masked[kind], 0, 0, 0, 0, 0, 0]);
      assert.deepEqual(values[2]?.shape, [2, 4, 3]);
    }
  });

inGraph("states, names and types", async () => {
  const feed = input();
  const [output, [c, h]] = tflearn.lstm(feed, 3, { ...settings.lstm, returnState: true });
  expectType<tf.Tensor<"float32", readonly [null, 3]>["shape"]>()(output.shape);
  const sequence = tflearn.gru(feed, 3, { returnSeq: true });
  expectType<tf.Tensor<"float32", readonly [null, 4, 3]>["shape"]>()(sequence.shape);
  assert.deepEqual(
    [output.W, sequence.W, sequence.b].flat().map(({ name }) => name),
    [
      "LSTM/LSTM/BasicLSTMCell/Linear/Matrix:0",
      "GRU/GRU/GRUCell/Gates/Linear/Matrix:0",
      "GRU/GRU/GRUCell/Candidate/Linear/Matrix:0",
      "GRU/GRU/GRUCell/Gates/Linear/Bias:0",
      "GRU/GRU/GRUCell/Candidate/Linear/Bias:0",
    ],
  );
  assert.equal(tflearn.variables.getLayerVariablesByName("GRU").length, 4);
  using session = new tf.Session();
  await session.run(tf.globalVariablesInitializer());
  const [out, memory, hidden] = (await session.run([output, c, h], [[feed, x]])) as readonly NdArray[];
  assert.ok(out?.equals(hidden as NdArray));
  assertClose(
    memory?.data as Float32Array,
    [0.105420955, -0.043667709, -0.193239603, 0.022662456, 0.02637081, -0.123023483],
  );
  assert.throws(() => tflearn.lstm(feed, 3, { initialState: h }), /The initial state has 2 tensors, but 1 were given/);
  assert.throws(() => tflearn.gru(feed, 3, { dropout: "half" as never }), /Invalid dropout type/);
  assert.throws(() => tflearn.lstm(tflearn.flatten(feed), 3), /Incoming Tensor shape must be 3-D/);
});

inGraph("gradients agree with central differences", async () => {
  for (const kind of ["simpleRnn", "lstm", "gru"] as const) {
    const feed = input();
    const output = layers[kind](feed, 3, { ...settings[kind], dynamic: true });
    const loss = tf.reduceSum(tf.square(output)) as tf.Tensor;
    const [gradient] = tf.gradients(loss, [feed]) as readonly tf.Tensor[];
    using session = new tf.Session();
    await session.run(tf.globalVariablesInitializer());
    const slopes = (await session.run(gradient as tf.Tensor, [[feed, x]])) as NdArray<"float32">;
    const h = 1e-2;
    for (const place of [0, 5, 8, 11]) {
      const at = async (by: number): Promise<number> => {
        const moved = x.data.slice() as Float32Array;
        moved[place] = (moved[place] as number) + by;
        return Number(await session.run(loss, [[feed, new NdArray("float32", x.shape, moved)]]));
      };
      const expected = ((await at(h)) - (await at(-h))) / (2 * h);
      // A float32 loss of about 1, differenced over 0.02: 1e-7/0.02, and the curvature's h².
      assertClose([slopes.data[place] as number], [expected], 2e-4);
    }
  }
});

inGraph("a network with an embedding and an LSTM learns which word comes first", async () => {
  tf.setRandomSeed(2);
  const sentences = Array.from({ length: 64 }, (_, i) => [1 + (i % 4), 1 + ((i * 7) % 5), i % 3 === 0 ? 0 : 2, 0]);
  const kinds = sentences.map(([first = 0]) => (first > 2 ? [1, 0] : [0, 1]));
  const ids = tflearn.inputData({ shape: [null, 4] });
  const vectors = tflearn.embedding(ids, 6, 4, { weightsInit: "xavier" });
  const state = tflearn.lstm(vectors, 8, { dropout: 0.9, dynamic: true });
  const output = tflearn.fullyConnected(state, 2, { activation: "softmax" });
  const model = new tflearn.DNN(tflearn.regression(output, { learningRate: 0.05 }), { output: null });
  await model.fit(sentences, kinds, { nEpoch: 20, batchSize: 16, seed: 3 });
  const [accuracy = 0] = await model.evaluate(sentences, kinds);
  assert.ok(accuracy > 0.95, `accuracy ${accuracy}`);
});

/** Weights that are small and all different. */
const spreadOut = (shape: readonly number[]): tf.Tensor => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from({ length: size }, (_, i) => (((7 * i) % 11) - 5) / 10);
  return tf.constant(new NdArray("float32", shape, values)) as tf.Tensor;
};
const threeSteps = (scale: number): NdArray<"float32"> =>
  new NdArray(
    "float32",
    [2, 3, 2],
    Float32Array.from({ length: 12 }, (_, i) => (((5 * i) % 7) - 3) * scale),
  );

inGraph("a bidirectional layer is a layer forward and a layer backward, side by side", async () => {
  const x = tf.constant(threeSteps(0.3)) as tf.Tensor;
  const turned = tf.reverse(x, [1]) as tf.Tensor;
  const weightsInit = spreadOut;
  const cells = [
    ["lstm", tflearn.lstm, () => new tflearn.BasicLSTMCell(2, { weightsInit, forgetBias: 0.5 }), { forgetBias: 0.5 }],
    ["gru", tflearn.gru, () => new tflearn.GRUCell(2, { weightsInit }), {}],
    ["rnn", tflearn.simpleRnn, () => new tflearn.BasicRNNCell(2, { weightsInit }), { activation: "tanh" }],
  ] as const;
  for (const [name, layer, cell, own] of cells) {
    const one = (input: tf.Tensor): tf.Tensor =>
      (layer as typeof tflearn.lstm)(input, 2, { ...(own as object), weightsInit, returnSeq: true }) as tf.Tensor;
    const backward = tf.reverse(one(turned), [1]) as tf.Tensor;
    const expected = tf.concat([one(x), backward], 2) as tf.Tensor;
    const whole = tflearn.bidirectionalRnn(x, cell(), cell(), { returnSeq: true });
    const last = tflearn.bidirectionalRnn(x, cell(), cell());
    assert.deepEqual(whole.shape, [2, 3, 4]);
    assert.deepEqual(last.shape, [2, 4]);
    const [all, found, end] = await valuesOf([expected, whole, last]);
    assertClose(found as number[], all as number[], 1e-6);
    assertClose(end as number[], [...(all as number[]).slice(8, 12), ...(all as number[]).slice(20, 24)], 1e-6);
    assert.ok(
      (whole as tflearn.Bidirectional).W.every((variable) => variable.op.name.startsWith("BiRNN")),
      name,
    );
  }
});

inGraph("a dynamic bidirectional layer reads each row backward from its own end", async () => {
  const padded = threeSteps(0.3);
  padded.data.set([0, 0, 0, 0], 8); // the second row has one step
  const cell = () => new tflearn.BasicLSTMCell(2, { weightsInit: spreadOut });
  const options = { dynamic: true, returnStates: true } as const;
  const x = tf.constant(padded) as tf.Tensor;
  const [last, forward, backward] = tflearn.bidirectionalRnn(x, cell(), cell(), options);
  const [sequence] = tflearn.bidirectionalRnn(x, cell(), cell(), { ...options, returnSeq: true });
  const short = tf.slice(x, [1, 0, 0], [1, 1, 2]) as tf.Tensor;
  const [alone, shortForward, shortBackward] = tflearn.bidirectionalRnn(short, cell(), cell(), { returnStates: true });
  const [c, h] = backward as readonly tf.Tensor[];
  const fetched = await valuesOf([
    ...[last, alone, sequence],
    ...[(forward as readonly tf.Tensor[])[1], (shortForward as readonly tf.Tensor[])[1]],
    ...[c, (shortBackward as readonly tf.Tensor[])[0], h],
  ] as tf.Tensor[]);
  const [end = [], single = [], all = [], fw = [], shortFw = [], cells = [], shortCells = [], hidden = []] = fetched;
  assertClose(end.slice(4), single, 1e-6);
  assertClose(fw.slice(2), shortFw, 1e-6);
  assertClose(cells.slice(2), shortCells, 1e-6);
  // Behind the end of a row there is nothing, and its state is that of its own steps.
  assert.deepEqual(all.slice(16), new Array(8).fill(0));
  assertClose(hidden.slice(2), all.slice(14, 16), 1e-6);
});

inGraph("cells that do not fit, and a network of two directions that learns", async () => {
  tflearn.initGraph({ seed: 2 });
  const cell = () => new tflearn.BasicLSTMCell(4);
  const x = tflearn.inputData({ shape: [null, 6] });
  const embedded = tflearn.embedding(x, 9, 4);
  const same = cell();
  assert.throws(() => tflearn.bidirectionalRnn(embedded, same, same), /got one twice\n.*created at.*\n.*fix/);
  assert.throws(
    () => tflearn.bidirectionalRnn(embedded, cell(), new tflearn.GRUCell(3)),
    /number of units must match!\n.*\n.*4 and 3/,
  );
  const read = tflearn.bidirectionalRnn(embedded, cell(), cell());
  const output = tflearn.fullyConnected(tflearn.dropout(read, 0.9), 2, { activation: "softmax" });
  const model = new tflearn.DNN(tflearn.regression(output, { optimizer: "adam", learningRate: 0.05, batchSize: 10 }), {
    output: null,
  });
  // Whether there are more ids above 4 than below.
  const rows = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 6 }, (_, t) => 1 + (((i * 31 + t * 17 + i * t * 5) % 7) % 4) + (i % 2) * 4),
  );
  const labels = tflearn.dataUtils.toCategorical(
    rows.map((_, i) => i % 2),
    2,
  );
  await model.fit(rows, labels, { nEpoch: 15, seed: 1 });
  const [accuracy = 0] = await model.evaluate(rows, labels);
  assert.ok(accuracy > 0.95, `accuracy ${accuracy}`);
});
