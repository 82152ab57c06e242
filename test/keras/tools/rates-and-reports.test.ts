/** @file Callbacks that change the learning rate, end the training or send its values away. */
import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ArgumentError, OpError, UnimplementedError } from "../../../src/core/index.js";
import { Graph } from "../../../src/graph/index.js";
import {
  type Callback,
  LambdaCallback,
  LearningRateScheduler,
  ReduceLROnPlateau,
  RemoteMonitor,
  TensorBoard,
  TerminateOnNaN,
} from "../../../src/keras/callbacks/index.js";
import type { Logs, TrainedModel } from "../../../src/keras/contracts.js";
import { getSession, getValue } from "../../../src/keras/engine/session.js";
import { backend, layers, Sequential } from "../../../src/keras/index.js";
import { SGD } from "../../../src/keras/optimizers/index.js";
import { constant, Variable } from "../../../src/ops/index.js";
import { ModelStandIn, outputOf, train } from "./stand-ins.js";

/** Trains with a learning rate of 0.5 at first. @returns the rates that were logged */
async function rates(callback: Callback, epochs: readonly Logs[]): Promise<number[]> {
  const graph = new Graph();
  const learningRate = graph.asDefault(() => new Variable(0.5, { name: "learning_rate", dtype: "float32" }));
  const model = Object.assign(new ModelStandIn(), {
    optimizer: { learningRate } as unknown as TrainedModel["optimizer"],
  });
  const logged: number[] = [];
  const reader = new LambdaCallback({
    onEpochEnd: async (_, logs) => {
      logged.push(logs?.learning_rate ?? Number.NaN);
      assert.ok(Number.isFinite((await getValue(learningRate)).data[0]));
    },
  });
  try {
    await train(model, [callback, reader], epochs);
  } finally {
    getSession(graph).close();
  }
  return logged;
}
const losses = (...values: number[]): Logs[] => values.map((value) => ({ val_loss: value }));

test("the scheduler is given the epoch and the rate, sets and logs the new one", async () => {
  const asked: [number, number][] = [];
  const scheduler = new LearningRateScheduler(
    (epoch, rate) => {
      asked.push([epoch, rate]);
      return rate / 2;
    },
    { verbose: 1 },
  );
  let logged: number[] = [];
  const { out } = await outputOf(async () => {
    logged = await rates(scheduler, losses(1, 1));
  });
  assert.deepEqual(
    [asked, logged],
    [
      [
        [0, 0.5],
        [1, 0.25],
      ],
      [0.25, 0.125],
    ],
  );
  assert.match(out, /^\nEpoch 1: LearningRateScheduler setting learning rate to 0\.25\.\n\nEpoch 2: /);
});

test("a schedule that returns no number is an error", async () => {
  const broken = new LearningRateScheduler((() => undefined) as unknown as () => number);
  await assert.rejects(
    rates(broken, losses(1)),
    (error) => error instanceof ArgumentError && /epoch 0/.test(error.message),
  );
});

test("a learning rate with a schedule of its own, and no optimizer, are refused", async () => {
  const graph = new Graph();
  const learningRate = graph.asDefault(() => constant(0.1));
  const optimizer = { learningRate } as unknown as TrainedModel["optimizer"];
  const run = (model: ModelStandIn) => train(model, [new LearningRateScheduler(() => 1)], [{ loss: 1 }]);
  await assert.rejects(run(Object.assign(new ModelStandIn(), { optimizer })), /schedule of its own/);
  await assert.rejects(run(new ModelStandIn()), /has none[\s\S]*compile/);
});

test("a plateau halves the rate; after that it rests, and it keeps to the least rate", async () => {
  const options = { factor: 0.5, patience: 2 };
  // Logged is the rate of the epoch, before what it led to.
  assert.deepEqual(
    await rates(new ReduceLROnPlateau(options), losses(1, 1, 1, 1, 1, 1)),
    [0.5, 0.5, 0.5, 0.25, 0.25, 0.125],
  );
  assert.deepEqual(
    await rates(new ReduceLROnPlateau({ ...options, cooldown: 2 }), losses(1, 1, 1, 1, 1, 1, 1)),
    [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125],
  );
  assert.deepEqual(
    await rates(new ReduceLROnPlateau({ ...options, patience: 1, minLr: 0.25 }), losses(1, 1, 1, 1)),
    [0.5, 0.5, 0.25, 0.25],
  );
  assert.deepEqual(
    await rates(new ReduceLROnPlateau({ ...options, patience: 1 }), losses(1, 0.5, 0.25)),
    [0.5, 0.5, 0.5],
  );
  assert.throws(() => new ReduceLROnPlateau({ factor: 1 }), ArgumentError);
});

test("with Keras 2's decay, a plateau lowers the rate that each step divides", async () => {
  backend.clearSession();
  const model = new Sequential([new layers.Dense(1, { inputDim: 1, useBias: false, kernelInitializer: "ones" })]);
  model.compile({ loss: "mse", optimizer: new SGD({ learningRate: 0.1, decay: 0.5 }) });
  // No change counts as an improvement, so that every epoch but the first lowers the rate.
  const plateau = new ReduceLROnPlateau({ monitor: "loss", factor: 0.5, patience: 1, minDelta: 100 });
  const { history } = await model.fit([[1]], [[0]], { epochs: 4, verbose: 0, callbacks: plateau });
  const expected = [0.1, 0.1, 0.05, 0.025];
  const logged = history.learning_rate ?? [];
  assert.deepEqual(logged, expected.map(Math.fround));
  // The loss is w², and each epoch is one step.
  const weight = expected.reduce((w, rate, step) => w - (rate / (1 + 0.5 * step)) * 2 * w, 1);
  const [kernel] = await model.getWeights();
  // A few roundings of float32.
  assert.ok(Math.abs(Number(kernel?.data[0]) - weight) < 1e-6, `${kernel?.data[0]} is not ${weight}`);
});

test("a loss that is not finite ends the training", async () => {
  const model = new ModelStandIn();
  const callback = new TerminateOnNaN();
  callback.setModel(model.asTrained);
  callback.onTrainBatchEnd(0, { loss: 1 });
  assert.equal(model.stopTraining, false);
  const { out } = await outputOf(() => callback.onTrainBatchEnd(3, { loss: Number.POSITIVE_INFINITY }));
  assert.deepEqual([out, model.stopTraining], ["Batch 3: Invalid loss, terminating training\n", true]);
  assert.throws(() => new TerminateOnNaN({ raiseError: true }).onTrainBatchEnd(3, { loss: Number.NaN }), OpError);
});

test("the remote monitor posts a form or JSON, and warns where nobody listens", async () => {
  const requests: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      requests.push({ url: request.url, headers: request.headers, body });
      response.end("noted");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new RemoteMonitor({ root }).onEpochEnd(2, { loss: 0.5 });
  await new RemoteMonitor({ root, path: "/x", sendAsJson: true, headers: { "x-key": "k" } }).onEpochEnd(2, {
    loss: 0.5,
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual(
    requests.map(({ url }) => url),
    ["/publish/epoch/end/", "/x"],
  );
  assert.equal(new URLSearchParams(requests[0]?.body).get("data"), '{"epoch":2,"loss":0.5}');
  assert.deepEqual([requests[1]?.body, requests[1]?.headers["x-key"]], ['{"epoch":2,"loss":0.5}', "k"]);
  const { err } = await outputOf(() => new RemoteMonitor({ root }).onEpochEnd(0, {}));
  assert.equal(err, `Warning: Could not reach RemoteMonitor root server at ${root}\n`);
});

test("what is not available says what is", () => {
  assert.throws(
    () => new TensorBoard(),
    (error) => error instanceof UnimplementedError && /CSVLogger/.test(error.message),
  );
});
