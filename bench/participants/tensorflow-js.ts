/** @file TensorFlow.js on its WebAssembly or plain JavaScript backend, with its own SGD optimizer. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type DenseWorkload, makeBatch, makeWeights, type Participant } from "../participant.js";
import { peersFolder } from "../peers.js";

interface PeerTensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}
interface WasmBackend {
  setWasmPaths(folder: string): void;
}
interface Peer {
  readonly version: { readonly "tfjs-core": string };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  tensor2d(values: Float32Array, shape: readonly number[]): PeerTensor;
  tensor1d(values: Float32Array): PeerTensor;
  variable(initial: PeerTensor): PeerTensor;
  tidy<T>(body: () => T): T;
  matMul(a: PeerTensor, b: PeerTensor): PeerTensor;
  add(a: PeerTensor, b: PeerTensor): PeerTensor;
  sub(a: PeerTensor, b: PeerTensor): PeerTensor;
  mul(a: PeerTensor, b: PeerTensor): PeerTensor;
  sigmoid(x: PeerTensor): PeerTensor;
  relu(x: PeerTensor): PeerTensor;
  mean(x: PeerTensor): PeerTensor;
  sum(x: PeerTensor, axis: number): PeerTensor;
  logSumExp(x: PeerTensor, axis: number): PeerTensor;
  readonly train: { sgd(learningRate: number): { minimize(loss: () => PeerTensor): void } };
}

export async function prepare(workload: DenseWorkload, backend: "wasm" | "cpu"): Promise<Participant> {
  const require = createRequire(join(peersFolder, "package.json"));
  const load = async (name: string): Promise<unknown> => import(pathToFileURL(require.resolve(name)).href);
  const loaded = (await load("@tensorflow/tfjs")) as Peer & { readonly default?: Peer };
  const tf: Peer = loaded.default ?? loaded;
  if (backend === "wasm") {
    const name = "@tensorflow/tfjs-backend-wasm";
    const module = (await load(name)) as { readonly default?: WasmBackend } & WasmBackend;
    (module.default ?? module).setWasmPaths(`${dirname(require.resolve(name))}/`);
  }
  await tf.setBackend(backend);
  await tf.ready();
  const { batchSize, layers, activation, learningRate } = workload;
  const batch = makeBatch(workload);
  const x = tf.tensor2d(batch.images, [batchSize, layers[0] as number]);
  const labels = tf.tensor2d(batch.labels, [batchSize, layers.at(-1) as number]);
  const parameters = makeWeights(workload).map(({ kernel, shape }) => ({
    W: tf.variable(tf.tensor2d(kernel, shape)),
    b: tf.variable(tf.tensor1d(new Float32Array(shape[1]))),
  }));
  const lossOf = (): PeerTensor => {
    const logits = parameters.reduce((hidden, { W, b }, i) => {
      const sums = tf.add(tf.matMul(hidden, W), b);
      return i === parameters.length - 1 ? sums : tf[activation](sums);
    }, x);
    // Softmax cross entropy with logits: log Σ exp(z) − Σ labels · z.
    return tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(logits, labels), 1)));
  };
  const optimizer = tf.train.sgd(learningRate);
  return {
    version: `${tf.version["tfjs-core"]} (${tf.getBackend()})`,
    step: async () => {
      tf.tidy(() => optimizer.minimize(lossOf));
      // The wasm and cpu backends compute at once; reading one number proves it.
      const first = parameters.at(-1)?.b;
      await first?.data();
    },
    loss: async () => {
      const loss = tf.tidy(lossOf);
      const [value = Number.NaN] = await loss.data();
      loss.dispose();
      return value;
    },
  };
}
