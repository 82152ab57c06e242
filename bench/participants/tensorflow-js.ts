/** @file TensorFlow.js on its WebAssembly or plain JavaScript backend, with its own SGD optimizer. */
import { batchesOf, type LoadedTensor, load } from "../data.js";
import type { Prepare } from "../participant.js";
import type { Network } from "../workloads.js";
import { folderOf, importPeer } from "./peer.js";

interface PeerTensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}
interface Peer {
  readonly version: { readonly "tfjs-core": string };
  enableProdMode(): void;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  tensor(values: Float32Array, shape: readonly number[]): PeerTensor;
  variable(initial: PeerTensor): PeerTensor;
  tidy<T>(body: () => T): T;
  matMul(a: PeerTensor, b: PeerTensor): PeerTensor;
  conv2d(x: PeerTensor, filter: PeerTensor, strides: number, padding: "same"): PeerTensor;
  maxPool(x: PeerTensor, size: number, strides: number, padding: "valid"): PeerTensor;
  reshape(x: PeerTensor, shape: readonly number[]): PeerTensor;
  add(a: PeerTensor, b: PeerTensor): PeerTensor;
  sigmoid(x: PeerTensor): PeerTensor;
  relu(x: PeerTensor): PeerTensor;
  softmax(x: PeerTensor): PeerTensor;
  readonly losses: { softmaxCrossEntropy(labels: PeerTensor, logits: PeerTensor): PeerTensor };
  readonly train: { sgd(learningRate: number): { minimize(loss: () => PeerTensor): void } };
}
interface WasmBackend {
  setWasmPaths(folder: string): void;
}

export const prepare: Prepare = async ({ task, variant = "cpu" }) => {
  const { peer: tf, seconds } = await importPeer<Peer>("@tensorflow/tfjs");
  tf.enableProdMode();
  if (variant === "wasm") {
    const name = "@tensorflow/tfjs-backend-wasm";
    (await importPeer<WasmBackend>(name)).peer.setWasmPaths(folderOf(name));
  }
  await tf.setBackend(variant);
  await tf.ready();
  if (task.kind !== "train" && task.kind !== "predict") throw new Error(`TensorFlow.js does not ${task.kind} here`);
  const read = load(task.data);
  const model = build(tf, task.network, read);
  const about = { version: `${tf.version["tfjs-core"]} (${tf.getBackend()})`, importSeconds: seconds };
  const tensor = ({ values, shape }: LoadedTensor): PeerTensor => tf.tensor(values, shape);
  let next = 0;

  if (task.kind === "predict") {
    const images = batchesOf(read("images"), 1);
    const ask = async (image: LoadedTensor): Promise<readonly number[]> => {
      const probabilities = tf.tidy(() => tf.softmax(model.logits(tensor(image))));
      const values = await probabilities.data();
      probabilities.dispose();
      return [...values];
    };
    return {
      ...about,
      step: () => ask(images[next++ % images.length] as LoadedTensor),
      check: () => ask(images[0] as LoadedTensor),
    };
  }

  const images = batchesOf(read("images"), task.batchSize);
  const labels = batchesOf(read("labels"), task.batchSize);
  const optimizer = tf.train.sgd(task.learningRate);
  const lossOn = (batch: number): PeerTensor =>
    tf.losses.softmaxCrossEntropy(
      tensor(labels[batch] as LoadedTensor),
      model.logits(tensor(images[batch] as LoadedTensor)),
    );
  return {
    ...about,
    step: async () => {
      const batch = next++ % images.length;
      tf.tidy(() => optimizer.minimize(() => lossOn(batch)));
      // Both backends compute at once; reading the last bias proves it.
      await model.lastBias.data();
    },
    check: async () => {
      const loss = tf.tidy(() => lossOn(0));
      const [value = Number.NaN] = await loss.data();
      loss.dispose();
      return [value];
    },
  };
};

function build(
  tf: Peer,
  network: Network,
  read: (name: string) => LoadedTensor,
): { logits(x: PeerTensor): PeerTensor; readonly lastBias: PeerTensor } {
  const trained = network.layers
    .filter(({ kind }) => kind !== "pool")
    .map((_, i) => {
      const { values, shape } = read(`kernel${i}`);
      const units = shape.at(-1) ?? 0;
      return {
        shape,
        W: tf.variable(tf.tensor(values, shape)),
        b: tf.variable(tf.tensor(new Float32Array(units), [units])),
      };
    });
  const logits = (x: PeerTensor): PeerTensor => {
    let hidden = x;
    let index = 0;
    for (const layer of network.layers) {
      if (layer.kind === "pool") {
        hidden = tf.maxPool(hidden, 2, 2, "valid");
        continue;
      }
      const { W, b, shape } = trained[index++] as (typeof trained)[number];
      const sums =
        layer.kind === "conv" ? tf.conv2d(hidden, W, 1, "same") : tf.matMul(tf.reshape(hidden, [-1, shape[0] ?? 0]), W);
      hidden = tf.add(sums, b);
      if (layer.activation !== undefined) hidden = tf[layer.activation](hidden);
    }
    return hidden;
  };
  return { logits, lastBias: (trained.at(-1) as (typeof trained)[number]).b };
}
