/** @file How models are put together: in a row, as graphs, as classes, and with operations of level 1. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { ArgumentError, UnimplementedError } from "../../../src/core/index.js";
import * as tf from "../../../src/index.js";
import type { CallOptions } from "../../../src/keras/engine/layer.js";
import {
  backend,
  initializers,
  input,
  layers as L,
  Layer,
  Model,
  models,
  Sequential,
} from "../../../src/keras/index.js";
import { assertFails } from "../../runtime/support.js";
import { assertClose, numbersOf } from "../layers/support.js";
import { numbers } from "./models.js";

beforeEach(() => backend.clearSession());

describe("Sequential", () => {
  test("the first layer's inputDim makes the weights at once", () => {
    const model = new Sequential();
    model.add(new L.Dense(64, { activation: "sigmoid", inputDim: 784 }));
    model.add(new L.Dense(10, { activation: "softmax" }));
    assert.equal(model.countParams(), 50_890);
    assert.deepEqual(model.outputShape, [null, 10]);
    assert.deepEqual(
      model.layers.map(({ name }) => name),
      ["dense", "dense_1"],
    );
    assert.deepEqual(
      model.weights.map((weight) => weight.op.name),
      ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"],
    );
  });

  test("without an input it waits for the first data", async () => {
    const model = new Sequential([new L.Dense(3), new L.Dense(2)]);
    assert.equal(model.built, false);
    assert.deepEqual((await model.predict(numbers([5, 4]))).shape, [5, 2]);
    assert.deepEqual(
      model.weights.map(({ shape }) => shape),
      [[4, 3], [3], [3, 2], [2]],
    );
  });

  test("build() takes a shape with the batch", () => {
    const model = new Sequential([new L.Flatten(), new L.Dense(3)]);
    model.build([null, 2, 4]);
    assert.equal(model.countParams(), 27);
  });

  test("pop() takes the last layer off", async () => {
    const model = new Sequential([new L.Dense(3, { inputDim: 4 }), new L.Dense(2)]);
    await model.predict(numbers([1, 4]));
    assert.equal(model.pop().name, "dense_1");
    assert.deepEqual((await model.predict(numbers([1, 4]))).shape, [1, 3]);
    model.add(new L.Dense(5));
    assert.deepEqual((await model.predict(numbers([1, 4]))).shape, [1, 5]);
  });

  test("a model within a model shares its weights", async () => {
    const inner = new Sequential([new L.Dense(3, { inputDim: 4 })]);
    const outer = new Sequential([inner, new L.Dense(2)]);
    assert.deepEqual(outer.weights.slice(0, 2), inner.weights);
    const x = numbers([3, 4]);
    const hidden = await inner.predict(x);
    const last = outer.layers[1] as Layer;
    const [kernel, bias] = (await last.getWeights()) as [tf.NdArray, tf.NdArray];
    using session = new tf.Session({ graph: new tf.Graph() });
    const expected = session.graph.asDefault(() =>
      tf.add(
        tf.matmul(tf.constant(hidden) as tf.Tensor, tf.constant(kernel) as tf.Tensor) as tf.Tensor,
        tf.constant(bias) as tf.Tensor,
      ),
    );
    const value = (await session.run(expected as tf.Tensor)) as tf.NdArray;
    assertClose(numbersOf(await outer.predict(x)), numbersOf(value), 1e-6, "outputs");
  });

  test("classes of the likeliest output, or of an output above a half", async () => {
    const model = new Sequential([new L.Activation("linear", { inputShape: [3] })]);
    const classes = await model.predictClasses([
      [0.1, 0.7, 0.2],
      [0.5, 0.2, 0.3],
    ]);
    assert.deepEqual([classes.dtype, classes.toArray()], ["int32", [1, 0]]);
    const binary = new Sequential([new L.Activation("linear", { inputShape: [1] })]);
    assert.deepEqual((await binary.predictClasses([[0.5], [0.6]])).toArray(), [[0], [1]]);
    assert.deepEqual((await binary.predictProba([[0.5]])).toArray(), [[0.5]]);
  });

  test("summary() counts the parameters of article 1's network", () => {
    const model = new Sequential([new L.Dense(64, { inputDim: 784 }), new L.Dense(10)]);
    const lines: string[] = [];
    model.summary({ printFn: (line) => lines.push(line) });
    assert.match(lines.join("\n"), /dense \(Dense\).*\(None, 64\).*50,240[\s\S]*Total params: 50,890 \(198\.79 KB\)/);
  });

  test("what is no layer, a name that is taken, an empty pop", async () => {
    const model = new Sequential([new L.Dense(2, { name: "twin", inputDim: 3 })]);
    await assertFails(() => model.add("dense" as never), {
      type: tf.errors.ArgumentError,
      says: "Only instances of `keras.Layer` can be added to a Sequential model. Received: string",
    });
    await assertFails(() => model.add(new L.Dense(2, { name: "twin" })), {
      type: tf.errors.ArgumentError,
      says: "All layers should have unique names, but 'twin' is the name of two.",
    });
    assert.equal(model.layers.length, 1);
    model.pop();
    assert.throws(() => model.pop(), /There are no layers in the model/);
  });

  test("a layer that does not fit leaves the model as it was", async () => {
    const model = new Sequential([new L.Dense(2, { inputDim: 3 })]);
    await assertFails(() => model.add(new L.Conv2D(4, 3)), {
      type: tf.errors.ShapeError,
      says: /^Input 0 of layer "conv2d" is incompatible with the layer: expected ndim=4, found ndim=2/,
    });
    assert.deepEqual((await model.predict(numbers([1, 3]))).shape, [1, 2]);
  });
});

describe("Model", () => {
  test("a shared layer is called twice and has one kernel", () => {
    const [a, b] = [input({ shape: [4] }), input({ shape: [4] })];
    const shared = new L.Dense(3);
    const model = new Model({ inputs: [a, b], outputs: L.add([shared.apply(a), shared.apply(b)]) });
    assert.equal(shared.inboundNodes.length, 2);
    assert.equal(model.countParams(), 15);
    assert.throws(() => shared.output, /The layer 'dense' has multiple inbound nodes/);
  });

  test("inputs by name, and outputs as a record", async () => {
    const [a, b] = [input({ shape: [2], name: "a" }), input({ shape: [2], name: "b" })];
    const model = new Model({ inputs: { a, b }, outputs: { sum: L.add([a, b]), difference: L.subtract([a, b]) } });
    const { sum, difference } = await model.predict({ b: [[1, 2]], a: [[10, 20]] });
    assert.deepEqual(sum.toArray(), [[11, 22]]);
    assert.deepEqual(difference.toArray(), [[9, 18]]);
    assert.deepEqual(model.outputNames, ["sum", "difference"]);
  });

  test("operations of level 1 between layers, and a placeholder as the input", async () => {
    const x = tf.placeholder("float32", [null, 3], { name: "pixels" });
    const hidden = new L.Dense(2, { kernelInitializer: "ones" }).apply(tf.multiply(x, 2) as tf.Tensor);
    const model = new Model({ inputs: x as tf.Tensor, outputs: tf.add(hidden, 1) as tf.Tensor });
    assert.deepEqual((await model.predict([[1, 2, 3]])).toArray(), [[13, 13]]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    await model.trainOnBatch([[1, 2, 3]], [[0, 0]]);
    assert.notDeepEqual((await model.predict([[1, 2, 3]])).toArray(), [[13, 13]]);
    assert.deepEqual(
      model.layers.map(({ className }) => className),
      ["InputLayer", "Dense"],
    );
    assert.throws(() => model.getConfig(), /made by an operation between layers/);
  });

  test("a part of a model, from a tensor within it", async () => {
    const x = input({ shape: [3] });
    const hidden = new L.Dense(2, { kernelInitializer: "ones" }).apply(x);
    const y = new L.Dense(1, { kernelInitializer: "ones" }).apply(hidden);
    const tail = new Model({ inputs: hidden, outputs: y });
    assert.deepEqual((await tail.predict([[1, 2]])).toArray(), [[3]]);
    const features = new Model({ inputs: x, outputs: hidden });
    assert.deepEqual((await features.predict([[1, 2, 3]])).toArray(), [[6, 6]]);
  });

  test("dropout acts in training alone, unless the call said so", async () => {
    const x = input({ shape: [50] });
    const usual = new Model({ inputs: x, outputs: new L.Dropout(0.5).apply(x) });
    const always = new Model({ inputs: x, outputs: new L.Dropout(0.5).apply(x, { training: true }) });
    const ones = new tf.NdArray("float32", [1, 50], new Float32Array(50).fill(1));
    assert.deepEqual(numbersOf(await usual.predict(ones)), numbersOf(ones));
    assert.deepEqual([...new Set(numbersOf(await always.predict(ones)))].sort(), [0, 2]);
  });

  test("outputs that do not come from the inputs", async () => {
    const [a, b] = [input({ shape: [2] }), input({ shape: [2], name: "lost" })];
    await assertFails(() => new Model({ inputs: a, outputs: L.add([a, b]) }), {
      type: tf.errors.ArgumentError,
      says: /^Graph disconnected: cannot find parent for tensor .* of input 'lost'/,
    });
    await assertFails(() => new Model({ inputs: a, outputs: tf.zeros([2, 2]) as tf.Tensor }), {
      type: tf.errors.ArgumentError,
      says: /does not depend on the model's inputs/,
    });
  });

  test("getLayer() by name and place", () => {
    const model = new Sequential([new L.Dense(2, { name: "first", inputDim: 3 })]);
    assert.equal(model.getLayer("first"), model.getLayer(0));
    assert.throws(() => model.getLayer("second"), /No such layer: second\. Existing layers are: \[first\]/);
    assert.throws(() => model.getLayer(1), /model only has 1 layers/);
    // @ts-expect-error options are not what it takes
    assert.throws(() => model.getLayer({ index: 0 }), /takes the name of a layer or its index[\s\S]*getLayer\(0\)/);
  });

  test("weights are read and set in one piece", async () => {
    const model = new Sequential([new L.Dense(2, { inputDim: 3 }), new L.Dense(1)]);
    const weights = await model.getWeights();
    assert.deepEqual(
      weights.map(({ shape }) => shape),
      [[3, 2], [2], [2, 1], [1]],
    );
    const changed = weights.map(
      ({ shape, size }) => new tf.NdArray("float32", shape, new Float32Array(size).fill(0.5)),
    );
    await model.setWeights(changed);
    assert.deepEqual((await model.predict([[1, 1, 1]])).toArray(), [[2.5]]);
    await assertFails(() => model.setWeights(changed.slice(1)), {
      type: tf.errors.ArgumentError,
      says: /with a weight list of length 3, but it was expecting 4 weights/,
    });
    const wrong = [...changed.slice(0, 3), numbers([7])];
    await assertFails(() => model.setWeights(wrong), {
      type: tf.errors.ShapeError,
      says: /^Weight 3 \(dense_1\/bias\).*\(7,\)/,
    });
    assert.deepEqual((await model.predict([[1, 1, 1]])).toArray(), [[2.5]]);
  });

  test("frozen layers keep their weights from the next compile on", async () => {
    const frozen = new L.Dense(2, { inputDim: 3 });
    const model = new Sequential([frozen, new L.Dense(1)]);
    frozen.trainable = false;
    model.compile({ optimizer: "sgd", loss: "mse" });
    const before = await model.getWeights();
    await model.trainOnBatch(numbers([4, 3]), numbers([4, 1]));
    const after = await model.getWeights();
    assert.deepEqual(
      before.map((weight, i) => weight.equals(after[i] as tf.NdArray)),
      [true, true, false, false],
    );
    assert.equal(model.trainableWeights.length, 2);
    model.trainable = false;
    assert.deepEqual([model.trainableWeights.length, model.nonTrainableWeights.length], [0, 4]);
  });

  test("a model frozen within another one still trains as it was compiled", async () => {
    const judge = new Sequential([new L.BatchNormalization({ inputShape: [2] }), new L.Dense(3), new L.Dense(1)]);
    judge.compile({ optimizer: "sgd", loss: "mse" });
    judge.trainable = false;
    const maker = new L.Dense(2);
    const noise = input([2]);
    const both = new Model({ inputs: noise, outputs: judge.apply(maker.apply(noise)) });
    both.compile({ optimizer: "sgd", loss: "mse" });
    const changed = async (layer: { getWeights(): Promise<tf.NdArray[]> }, train: () => Promise<unknown>) => {
      const before = await layer.getWeights();
      await train();
      return (await layer.getWeights()).map((weight, i) => !weight.equals(before[i] as tf.NdArray));
    };
    const [x, y] = [numbers([4, 2]), numbers([4, 1])];
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await changed(judge, () => judge.trainOnBatch(x, y)), new Array(8).fill(true));
      assert.deepEqual(await changed(judge, () => both.trainOnBatch(x, y)), new Array(8).fill(false));
      assert.deepEqual(await changed(maker, () => both.trainOnBatch(x, y)), [true, true]);
    }
    assert.equal(judge.trainable, false, "flags stay as they were set");
    // The next compile sees them as they are.
    judge.compile({ optimizer: "sgd", loss: "mse" });
    assert.deepEqual(await changed(judge, () => judge.trainOnBatch(x, y)), new Array(8).fill(false));
  });
});

class Scale extends Layer {
  factor: tf.Variable | null = null;
  override build(inputShape: tf.Shape): void {
    this.factor = this.addWeight({
      name: "factor",
      shape: [inputShape.at(-1) as number],
      initializer: "ones",
      regularizer: "l2",
    });
  }
  override call(x: tf.Tensor, { training }: CallOptions): tf.Tensor {
    if (training) this.addLoss(tf.multiply(tf.reduceSum(x), 0) as tf.Tensor);
    return tf.multiply(x, this.factor as tf.Tensor) as tf.Tensor;
  }
}

class TwoLayers extends Model<tf.Tensor, tf.Tensor> {
  private readonly hidden = new L.Dense(4, { activation: "relu" });
  private readonly dropout = new L.Dropout(0.5);
  private readonly ends = { last: new L.Dense(1) };
  override call(x: tf.Tensor, { training }: CallOptions): tf.Tensor {
    return this.ends.last.apply(this.dropout.apply(this.hidden.apply(x), { training }));
  }
}

describe("classes of one's own", () => {
  test("a layer with a weight, a penalty and a loss", async () => {
    const scale = new Scale();
    const model = new Sequential([input({ shape: [3] }), scale]);
    assert.deepEqual(
      scale.weights.map((weight) => weight.op.name),
      ["scale/factor"],
    );
    model.compile({ optimizer: "sgd", loss: "mse" });
    const x = numbers([2, 3]);
    // 0.01 · Σ 1² is all there is of the loss.
    assert.ok(Math.abs(((await model.evaluate(x, x, { verbose: 0 })) as number) - 0.03) < 1e-7);
    await model.trainOnBatch(x, x);
    assertClose(numbersOf((await model.getWeights())[0] as tf.NdArray), [0.9998, 0.9998, 0.9998], 1e-6, "factor");
  });

  test("its config needs the class to come back", async () => {
    const model = new Sequential([input({ shape: [3] }), new Scale({ name: "mine" })]);
    const json = models.modelToJSON(model);
    backend.clearSession();
    await assertFails(() => models.modelFromJSON(json), {
      type: tf.errors.ArgumentError,
      says: "Could not locate class 'Scale'.",
    });
    const again = models.modelFromJSON(json, { customObjects: { Scale } });
    assert.equal(again.layers[0]?.name, "mine");
    assert.equal(models.modelToJSON(again), json);
  });

  test("a model of its own finds its layers, learns its inputs from data, and trains", async () => {
    const model = new TwoLayers();
    model.compile({ optimizer: "sgd", loss: "mse" });
    const x = numbers([8, 3]);
    const history = await model.fit(x, numbers([8, 1]), { epochs: 2, verbose: 0 });
    assert.equal(history.history.loss?.length, 2);
    assert.deepEqual(
      model.layers.map(({ name }) => name),
      ["dense", "dropout", "dense_1"],
    );
    assert.deepEqual(
      model.weights.map(({ shape }) => shape),
      [[3, 4], [4], [4, 1], [1]],
    );
    assert.deepEqual((await model.predict(x)).shape, [8, 1]);
    assert.equal(model.kind, "subclass");
  });

  test("a layer without call() says so", async () => {
    class Empty extends Layer {}
    await assertFails(() => new Empty().apply(input({ shape: [1] })), {
      type: tf.errors.ArgumentError,
      says: "Layer Empty does not have a `call()` method implemented.",
    });
  });
});

describe("with level 1", () => {
  test("a training loop of one's own over Keras layers", async () => {
    const x = tf.placeholder("float32", [null, 4]) as tf.Tensor;
    const y = tf.placeholder("float32", [null, 1]) as tf.Tensor;
    // Not every draw of weights halves its loss in thirty steps.
    const drawn = (seed: number) => ({ kernelInitializer: new initializers.GlorotUniform({ seed }) });
    const model = new Sequential([
      new L.Dense(8, { activation: "tanh", inputDim: 4, ...drawn(1) }),
      new L.Dense(1, drawn(2)),
    ]);
    const loss = tf.reduceMean(tf.square(tf.subtract(model.apply(x, { training: true }), y) as tf.Tensor)) as tf.Tensor;
    const train = new tf.train.AdamOptimizer(0.05).minimize(loss, { varList: model.trainableWeights });
    using session = new tf.Session();
    await session.run(tf.globalVariablesInitializer());
    backend.setSession(session);
    const feeds = [
      [x, numbers([16, 4])],
      [y, numbers([16, 1], 1)],
    ] as const;
    const before = Number(await session.run(loss, feeds));
    for (let step = 0; step < 30; step++) await session.run(train, feeds);
    const after = Number(await session.run(loss, feeds));
    assert.ok(after < before / 2, `${before} became ${after}`);
    // The model is asked in the same session, with what the loop has learned.
    const predicted = numbersOf(await model.predict(numbers([16, 4])));
    const error = predicted.reduce((sum, p, i) => sum + (p - Number(numbers([16, 1], 1).data[i])) ** 2, 0) / 16;
    assert.ok(Math.abs(error - after) < 1e-5);
  });

  test("options of compile that are misspelt, or have no meaning here, say so where no compiler did", async () => {
    const model = new Sequential([new L.Dense(1, { inputDim: 2 })]);
    const fails = (
      options: object,
      type: typeof ArgumentError | typeof UnimplementedError,
      says: string,
      hint: RegExp,
    ) => assertFails(() => model.compile(options), { type, says, hint });
    await fails(
      { optimiser: "sgd" },
      ArgumentError,
      "compile() has no option 'optimiser'",
      /did you mean 'optimizer'\?/,
    );
    await fails({ runEagerly: true }, UnimplementedError, "compile() takes no 'runEagerly'", /interpreter/);
    await fails(
      { stepsPerExecution: 8 },
      UnimplementedError,
      "compile() takes no 'stepsPerExecution'",
      /leave the option/,
    );
    const harmless: object = { loss: "mse", runEagerly: false, jitCompile: "auto", stepsPerExecution: 1 };
    model.compile(harmless);
  });
});
