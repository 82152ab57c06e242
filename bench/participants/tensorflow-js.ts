/** @file TensorFlow.js on its WebAssembly or plain JavaScript backend, with its own SGD optimizer. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type DenseWorkload, makeBatch, makeWeights, type Participant } from "../participant.js";
import { peersFolder } from "../peers.js";

interface PeerTensor {
  matMul(other: PeerTensor): PeerTensor;
  add(other: PeerTensor): PeerTensor;
  sigmoid(): PeerTensor;
  relu(): PeerTensor;
  sub(other: PeerTensor): PeerTensor;
  mul(other: PeerTensor): PeerTensor;
  mean(): PeerTensor;
  sum(axis?: number): PeerTensor;
  logSumExp(axis: number): PeerTensor;
  data(): Promise<Float32Array>;
  dispose(): void;
}
interface Peer {
  readonly version_core: string;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  tensor2d(values: Float32Array, shape: readonly number[]): PeerTensor;
  tensor1d(values: Float32Array): PeerTensor;
  variable(initial: PeerTensor): PeerTensor;
  tidy<T>(body: () => T): T;
  readonly train: { sgd(learningRate: number): { minimize(loss: () => PeerTensor): void } };
}

export async function prepare(workload: DenseWorkload, backend: "wasm" | "cpu"): Promise<Participant> {
  const require = createRequire(join(peersFolder, "package.json"));
  const load = async (name: string): Promise<unknown> => import(pathToFileURL(require.resolve(name)).href);
  const core = (await load("@tensorflow/tfjs-core")) as Peer & { readonly default?: Peer };
  const tf: Peer = core.default ?? core;
  const backendModule = (await load(`@tensorflow/tfjs-backend-${backend}`)) as {
    readonly default?: { setWasmPaths?(folder: string): void };
    setWasmPaths?(folder: string): void;
  };
  if (backend === "wasm") {
    const { setWasmPaths } = backendModule.default ?? backendModule;
    setWasmPaths?.(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
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
      const sums = hidden.matMul(W).add(b);
      return i === parameters.length - 1 ? sums : sums[activation]();
    }, x);
    // Softmax cross entropy with logits: log Σ exp(z) − Σ labels · z.
    return logits.logSumExp(1).sub(logits.mul(labels).sum(1)).mean();
  };
  const optimizer = tf.train.sgd(learningRate);
  return {
    version: `${tf.version_core} (${tf.getBackend()})`,
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
