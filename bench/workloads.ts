/**
 * @file What is measured, as data: networks, batches, matrix sizes. No participant knows more about a
 * workload than what stands here. Imports nothing.
 */

export type Layer =
  | { readonly kind: "dense"; readonly units: number; readonly activation?: Activation }
  /** Stride 1, padded to the input's size. */
  | { readonly kind: "conv"; readonly filters: number; readonly size: number; readonly activation?: Activation }
  /** The maximum of each 2×2 window. */
  | { readonly kind: "pool" };
export type Activation = "sigmoid" | "relu";

export interface Network {
  /** The shape of one example: `[784]`, or `[28, 28, 1]` as height, width, channels. */
  readonly input: readonly number[];
  readonly layers: readonly Layer[];
}

/** One step of gradient descent on softmax cross entropy, again and again over the same few batches. */
export interface TrainingWorkload {
  readonly letter: "a" | "b" | "c" | "d";
  readonly title: string;
  readonly network: Network;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly batches: number;
  /** After so many steps everybody's loss must be the same. */
  readonly checkSteps: number;
}

const dense = (units: number, activation?: Activation): Layer => ({ kind: "dense", units, activation });
const conv = (filters: number): Layer => ({ kind: "conv", filters, size: 5, activation: "relu" });
const pool: Layer = { kind: "pool" };

export const article: Network = { input: [784], layers: [dense(64, "sigmoid"), dense(10)] };

export const training: readonly TrainingWorkload[] = [
  {
    letter: "a",
    title: "784-64-10 sigmoid, batch 64",
    network: article,
    batchSize: 64,
    learningRate: 0.5,
    batches: 32,
    checkSteps: 32,
  },
  {
    letter: "b",
    title: "784-50-30-10 relu, batch 100",
    network: { input: [784], layers: [dense(50, "relu"), dense(30, "relu"), dense(10)] },
    batchSize: 100,
    learningRate: 0.1,
    batches: 32,
    checkSteps: 32,
  },
  {
    letter: "c",
    title: "784-512-512-10 relu, batch 128",
    network: { input: [784], layers: [dense(512, "relu"), dense(512, "relu"), dense(10)] },
    batchSize: 128,
    learningRate: 0.05,
    batches: 16,
    checkSteps: 16,
  },
  {
    letter: "d",
    title: "LeNet-style CNN (conv 5×5×32, pool, conv 5×5×64, pool, dense 1024, dense 10), batch 64",
    network: { input: [28, 28, 1], layers: [conv(32), pool, conv(64), pool, dense(1024, "relu"), dense(10)] },
    batchSize: 64,
    learningRate: 0.05,
    batches: 8,
    checkSteps: 2,
  },
];

/** Sides of the square matrices of workload e. */
export const matrixSizes: readonly number[] = [128, 256, 512, 1024, 2048];

/** Operations in the graphs of workload g. */
export const graphSizes: readonly number[] = [50, 500, 5000];

/** The weights of one layer that has any: shape as TensorFlow lays it out, and how many numbers feed one output. */
export interface Kernel {
  readonly shape: readonly number[];
  readonly fanIn: number;
}

/** The kernels of a network from input to output; each has a bias beside it, zero at the start. */
export function kernelsOf({ input, layers }: Network): readonly Kernel[] {
  const kernels: Kernel[] = [];
  let shape = [...input];
  for (const layer of layers) {
    const [height = 1, width = 1, channels = 1] = shape;
    if (layer.kind === "pool") shape = [height / 2, width / 2, channels];
    else if (layer.kind === "conv") {
      const fanIn = layer.size * layer.size * channels;
      kernels.push({ shape: [layer.size, layer.size, channels, layer.filters], fanIn });
      shape = [height, width, layer.filters];
    } else {
      const fanIn = shape.reduce((a, b) => a * b, 1);
      kernels.push({ shape: [fanIn, layer.units], fanIn });
      shape = [layer.units];
    }
  }
  return kernels;
}
