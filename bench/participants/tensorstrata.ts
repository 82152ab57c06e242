/**
 * @file Tensorstrata through its public interface of level 1. The variant is `DEVICE`, or `DEVICE callable`
 * for the `sync` of `session.makeCallable` instead of `session.run`.
 */
import { readFileSync } from "node:fs";
import * as tf from "tensorstrata";
import { batchesOf, type LoadedTensor, load } from "../data.js";
import { checkedElements, type Participant, type Prepare, type Setup, type Task } from "../participant.js";
import type { Network } from "../workloads.js";

type Floats = tf.Tensor<"float32">;
type TaskOf<K extends Task["kind"]> = Extract<Task, { readonly kind: K }>;

const array = ({ shape, values }: LoadedTensor): tf.NdArray<"float32"> => new tf.NdArray("float32", shape, values);

export const prepare: Prepare = async (setup) => {
  // The engine reads the number of threads when a session opens.
  process.env.STRATA_THREADS = String(setup.threads);
  const { task } = setup;
  switch (task.kind) {
    case "fit":
      throw new Error("Keras's fit is in tensorstrata-keras.ts");
    case "train":
      return training(task, setup);
    case "predict":
      return prediction(task, setup);
    case "multiply":
      return product(task, setup);
    case "compile":
      return compilation(task, setup);
  }
};

async function training(task: TaskOf<"train">, setup: Setup): Promise<Participant> {
  const read = load(task.data);
  const x = tf.placeholder("float32", [null, ...task.network.input]) as Floats;
  const labels = tf.placeholder("float32", [null, 10]) as Floats;
  const logits = build(task.network, x, read);
  const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));
  const train = new tf.train.GradientDescentOptimizer(task.learningRate).minimize(loss);
  const session = await open(setup);
  const images = batchesOf(read("images"), task.batchSize).map(array);
  const classes = batchesOf(read("labels"), task.batchSize).map(array);
  const feeds = images.map((batch, i) => [[x, batch] as const, [labels, classes[i] as tf.NdArray<"float32">] as const]);
  const draw = task.shuffle === true ? drawing(task, read) : undefined;
  let next = 0;
  return {
    version: describe(session),
    step: () => {
      const step = next++ % feeds.length;
      if (draw === undefined) return session.run(train, feeds[step]);
      const [rows, truth] = draw(step);
      return session.run(train, [[x, rows] as const, [labels, truth] as const]);
    },
    check: async () => [Number(await session.run(loss, feeds[0]))],
  };
}

/** Batches of rows in an order that is drawn anew at the beginning of each epoch, from where the data lie. */
function drawing({ batchSize }: TaskOf<"train">, read: (name: string) => LoadedTensor) {
  const [images, labels] = [array(read("images")), array(read("labels"))];
  const order = Int32Array.from({ length: images.shape[0] ?? 0 }, (_, i) => i);
  return (step: number) => {
    if (step === 0) shuffle(order);
    const [begin, end] = [step * batchSize, (step + 1) * batchSize];
    return [tf.takeRows(images, order, begin, end), tf.takeRows(labels, order, begin, end)] as const;
  };
}

function shuffle(order: Int32Array): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    const other = order[j] as number;
    order[j] = order[i] as number;
    order[i] = other;
  }
}

async function prediction(task: TaskOf<"predict">, setup: Setup): Promise<Participant> {
  const read = load(task.data);
  const x = tf.placeholder("float32", [null, ...task.network.input]) as Floats;
  const probabilities = tf.nn.softmax(build(task.network, x, read));
  const session = await open(setup);
  const images = batchesOf(read("images"), 1).map(array);
  const feeds = images.map((image) => [[x, image] as const]);
  const ask = session.makeCallable(probabilities, [x]);
  const isCallable = setup.variant?.endsWith("callable") === true;
  // `sync` runs the program that an awaited call has brought about.
  if (isCallable) await ask(images[0] as tf.NdArray<"float32">);
  let next = 0;
  return {
    version: describe(session),
    step: isCallable
      ? () => ask.sync(images[next++ % images.length] as tf.NdArray<"float32">)
      : () => session.run(probabilities, feeds[next++ % feeds.length]),
    check: async () => [...((await ask(images[0] as tf.NdArray<"float32">)) as tf.NdArray<"float32">).data],
  };
}

async function product(task: TaskOf<"multiply">, setup: Setup): Promise<Participant> {
  const read = load(task.data);
  const [a, b] = [new tf.Variable(array(read("a"))), new tf.Variable(array(read("b")))];
  const c = new tf.Variable(tf.zeros([task.size, task.size]));
  const multiply = tf.assign(c, tf.matmul(a as Floats, b as Floats)).op;
  const session = await open(setup);
  return {
    version: describe(session),
    step: () => session.run(multiply),
    check: async () => {
      const { data } = (await session.run(c)) as tf.NdArray<"float32">;
      return checkedElements(task.size).map((i) => data[i] as number);
    },
  };
}

/** Layers of an affine map and an activation until the graph has the operations; the first run compiles them. */
function compilation(task: TaskOf<"compile">, setup: Setup): Participant {
  let graph: tf.Graph | undefined;
  return {
    version: version(),
    step: async () => {
      graph = new tf.Graph();
      await graph.asDefault(async (current) => {
        const x = tf.placeholder("float32", [16, 16]) as Floats;
        const W = tf.constant(new tf.NdArray("float32", [16, 16], new Float32Array(256).fill(1 / 16))) as Floats;
        let last: Floats = x;
        // A matrix product, an addition and an activation each time.
        while (current.getOperations().length < task.operations)
          last = tf.tanh(tf.add(tf.matmul(last, W), x) as Floats) as Floats;
        using session = new tf.Session({ graph: current, device: deviceOf(setup) });
        await session.run(last, [[x, new tf.NdArray("float32", [16, 16], new Float32Array(256).fill(0.5))]]);
      });
    },
    check: () => [graph?.getOperations().length ?? 0],
  };
}

/** The logits of a network whose kernels are in the data. */
function build(network: Network, x: Floats, read: (name: string) => LoadedTensor): Floats {
  let hidden = x;
  let rank = network.input.length;
  let index = 0;
  for (const layer of network.layers) {
    if (layer.kind === "pool") {
      hidden = tf.nn.maxPool(hidden, { ksize: 2, strides: 2, padding: "VALID" }) as Floats;
      continue;
    }
    const kernel = read(`kernel${index++}`);
    const W = new tf.Variable(array(kernel)) as unknown as Floats;
    const b = new tf.Variable(tf.zeros([kernel.shape.at(-1) ?? 0])) as unknown as Floats;
    if (layer.kind === "dense" && rank > 2) hidden = tf.reshape(hidden, [-1, kernel.shape[0] ?? 0]) as Floats;
    rank = kernel.shape.length;
    const sums =
      layer.kind === "conv" ? tf.nn.conv2d(hidden, W, { strides: 1, padding: "SAME" }) : tf.matmul(hidden, W);
    hidden = tf.add(sums as Floats, b) as Floats;
    if (layer.activation !== undefined) hidden = tf.nn[layer.activation](hidden) as Floats;
  }
  return hidden;
}

async function open(setup: Setup): Promise<tf.Session> {
  const session = new tf.Session({ device: deviceOf(setup) });
  await session.run(tf.globalVariablesInitializer());
  return session;
}

const deviceOf = ({ variant }: Setup): "wasm" | "native" => (variant?.startsWith("native") ? "native" : "wasm");

const describe = (session: tf.Session): string => `${version()} (${session.deviceName})`;

/** Of the package that is measured. */
export function version(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
