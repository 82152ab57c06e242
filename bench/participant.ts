/**
 * @file What takes part in a benchmark: one framework set up for one workload, in a process of its own.
 * `worker.ts` runs it; `measure.ts` tells it when.
 */

/** The network of a workload: dense layers with one activation, softmax cross entropy, plain gradient descent. */
export interface DenseWorkload {
  readonly name: string;
  /** Sizes from input to output. */
  readonly layers: readonly number[];
  readonly activation: "sigmoid" | "relu";
  readonly batchSize: number;
  readonly learningRate: number;
}

export const workloads = {
  raw: { name: "raw", layers: [784, 64, 10], activation: "sigmoid", batchSize: 64, learningRate: 0.5 },
  workshop: { name: "workshop", layers: [784, 50, 30, 10], activation: "relu", batchSize: 100, learningRate: 0.1 },
} as const satisfies Record<string, DenseWorkload>;
export type WorkloadName = keyof typeof workloads;

/** A framework ready to train. */
export interface Participant {
  readonly version: string;
  /** One training step on a prepared batch, weights updated when the promise resolves. */
  step(): Promise<void>;
  /** The loss on the same batch, to show that training really happens. */
  loss(): Promise<number>;
}
export type Prepare = (workload: DenseWorkload) => Promise<Participant>;

export interface Batch {
  readonly images: Float32Array;
  readonly labels: Float32Array;
}

/** A fixed batch: pixels in [0, 1), a class for each row. Every participant gets the same numbers. */
export function makeBatch({ layers, batchSize }: DenseWorkload): Batch {
  const inputs = layers[0] ?? 1;
  const classes = layers.at(-1) ?? 1;
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const images = Float32Array.from({ length: batchSize * inputs }, next);
  const labels = new Float32Array(batchSize * classes);
  for (let row = 0; row < batchSize; row++) labels[row * classes + Math.floor(next() * classes)] = 1;
  return { images, labels };
}

/** The same starting weights for everybody: uniform in ±1/√inputs. */
export function makeWeights({
  layers,
}: DenseWorkload): { readonly kernel: Float32Array; readonly shape: readonly [number, number] }[] {
  let state = 6789;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (2 * state) / 2 ** 32 - 1;
  };
  return layers.slice(1).map((units, i) => {
    const inputs = layers[i] as number;
    const kernel = Float32Array.from({ length: inputs * units }, () => next() / Math.sqrt(inputs));
    return { kernel, shape: [inputs, units] as const };
  });
}
