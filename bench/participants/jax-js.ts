/**
 * @file jax-js on WebAssembly: the gradient and the update in one jitted function. Its arrays are counted:
 * passing one gives it away, and `.ref` keeps it.
 */
import { batchesOf, type LoadedTensor, load } from "../data.js";
import type { Participant, Prepare } from "../participant.js";
import { kernelsOf, type Network } from "../workloads.js";
import { importPeer, versionOf } from "./peer.js";

interface PeerArray {
  readonly ref: PeerArray;
  reshape(shape: readonly number[]): PeerArray;
  transpose(axes?: readonly number[]): PeerArray;
  add(other: PeerArray): PeerArray;
  sub(other: PeerArray): PeerArray;
  mul(other: PeerArray | number): PeerArray;
  data(): Promise<Float32Array>;
}
type Weights = readonly { readonly W: PeerArray; readonly b: PeerArray }[];
interface Peer {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): void;
  jit<F extends (...values: never[]) => unknown>(body: F): F;
  grad<W, R extends unknown[]>(body: (first: W, ...rest: R) => PeerArray): (first: W, ...rest: R) => W;
  blockUntilReady(tree: unknown): Promise<unknown>;
  readonly tree: { ref<T>(tree: T): T };
  readonly numpy: {
    array(values: Float32Array): PeerArray;
    matmul(a: PeerArray, b: PeerArray): PeerArray;
    max(x: PeerArray, axes: readonly number[]): PeerArray;
    sum(x: PeerArray, axis?: number): PeerArray;
    mean(x: PeerArray): PeerArray;
  };
  readonly nn: {
    sigmoid(x: PeerArray): PeerArray;
    relu(x: PeerArray): PeerArray;
    softmax(x: PeerArray): PeerArray;
    logSoftmax(x: PeerArray): PeerArray;
  };
  readonly lax: {
    conv(x: PeerArray, kernel: PeerArray, strides: readonly number[], padding: "SAME"): PeerArray;
  };
}

export const prepare: Prepare = async ({ task }) => {
  const name = "@jax-js/jax";
  const { peer: jax, seconds } = await importPeer<Peer>(name);
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  if (task.kind !== "train" && task.kind !== "predict") throw new Error(`jax-js does not ${task.kind} here`);
  const about = { version: `${versionOf(name)} (wasm)`, importSeconds: seconds };
  const read = load(task.data);
  const array = ({ values, shape }: LoadedTensor): PeerArray => jax.numpy.array(values).reshape(shape);
  let weights: Weights = task.network.layers
    .filter(({ kind }) => kind !== "pool")
    .map((_, i) => {
      const kernel = read(`kernel${i}`);
      const units = kernel.shape.at(-1) ?? 0;
      return {
        W: asItLikes(array(kernel), kernel.shape, i, task.network),
        b: jax.numpy.array(new Float32Array(units)),
      };
    });
  await jax.blockUntilReady(jax.tree.ref(weights));
  const logits = forward(jax, task.network);
  let next = 0;

  if (task.kind === "predict") {
    const images = batchesOf(read("images"), 1);
    const probabilities = jax.jit((w: Weights, x: PeerArray) => jax.nn.softmax(logits(w, x)));
    const ask = async (image: LoadedTensor): Promise<readonly number[]> => [
      ...(await probabilities(jax.tree.ref(weights), array(image)).data()),
    ];
    return {
      ...about,
      step: () => ask(images[next++ % images.length] as LoadedTensor),
      check: () => ask(images[0] as LoadedTensor),
    };
  }

  const images = batchesOf(read("images"), task.batchSize);
  const labels = batchesOf(read("labels"), task.batchSize);
  const lossOf = (w: Weights, x: PeerArray, y: PeerArray): PeerArray =>
    jax.numpy.mean(jax.numpy.sum(jax.nn.logSoftmax(logits(w, x)).mul(y), 1)).mul(-1);
  const gradient = jax.grad(lossOf);
  const step = jax.jit((w: Weights, x: PeerArray, y: PeerArray): Weights => {
    const gradients = gradient(jax.tree.ref(w), x, y);
    return w.map(({ W, b }, i) => {
      const { W: dW, b: db } = gradients[i] as Weights[number];
      return { W: W.sub(dW.mul(task.learningRate)), b: b.sub(db.mul(task.learningRate)) };
    });
  });
  const loss = jax.jit(lossOf);
  const participant: Participant = {
    ...about,
    step: async () => {
      const batch = next++ % images.length;
      weights = step(weights, array(images[batch] as LoadedTensor), array(labels[batch] as LoadedTensor));
      await jax.blockUntilReady(weights);
    },
    check: async () => [
      ...(await loss(jax.tree.ref(weights), array(images[0] as LoadedTensor), array(labels[0] as LoadedTensor)).data()),
    ],
  };
  return participant;
};

/**
 * Convolutions want channels first, and kernels as output, input, height, width. They lie so from the start, and so
 * do the rows of the dense layer behind them: a step need not turn them around.
 */
function asItLikes(kernel: PeerArray, shape: readonly number[], index: number, network: Network): PeerArray {
  if (shape.length === 4) return kernel.transpose([3, 2, 0, 1]);
  const before = kernelsOf(network)[index - 1]?.shape;
  if (before?.length !== 4) return kernel;
  const [rows = 0, units = 0] = shape;
  const channels = before[3] ?? 1;
  const side = Math.sqrt(rows / channels);
  return kernel.reshape([side, side, channels, units]).transpose([2, 0, 1, 3]).reshape([rows, units]);
}

const forward =
  (jax: Peer, network: Network) =>
  (weights: Weights, x: PeerArray): PeerArray => {
    let shape = [...network.input];
    const isImage = shape.length === 3;
    // With one channel the numbers stay where they are.
    let hidden = isImage ? x.reshape([-1, shape[2] ?? 1, shape[0] ?? 1, shape[1] ?? 1]) : x;
    let index = 0;
    for (const layer of network.layers) {
      const [height = 1, width = 1, channels = 1] = shape;
      if (layer.kind === "pool") {
        const windows = hidden.reshape([-1, channels, height / 2, 2, width / 2, 2]);
        hidden = jax.numpy.max(windows, [3, 5]);
        shape = [height / 2, width / 2, channels];
        continue;
      }
      const { W, b } = weights[index++] as Weights[number];
      if (layer.kind === "conv") {
        const sums = jax.lax.conv(hidden, W, [1, 1], "SAME");
        hidden = sums.add(b.reshape([1, layer.filters, 1, 1]));
        shape = [height, width, layer.filters];
      } else {
        const rows = shape.length === 3 ? hidden.reshape([-1, height * width * channels]) : hidden;
        hidden = jax.numpy.matmul(rows, W).add(b);
        shape = [layer.units];
      }
      if (layer.activation !== undefined) hidden = jax.nn[layer.activation](hidden);
    }
    return hidden;
  };
