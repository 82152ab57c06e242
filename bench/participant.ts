/**
 * @file What takes part: one framework set up for one task, in a process of its own. A worker reads
 * requests from its standard input and answers on its standard output, one JSON a line; `worker.ts` does
 * so for Node, `participants/worker.py` for Python. Imports types alone.
 */
import type { DataFile } from "./data.js";
import type { Network } from "./workloads.js";

/** What a participant is to do in each of its steps. */
export type Task =
  /**
   * One training step, fed from host memory; checked by the loss on the first batch. With `shuffle`, its batch is
   * rows that are drawn in a new order each epoch, which Tensorstrata's level 1 knows alone.
   */
  | ({ readonly kind: "train"; readonly shuffle?: boolean } & Training)
  /** One epoch of Keras's `fit` over all batches; checked like `train`. */
  | ({ readonly kind: "fit"; readonly shuffle: boolean } & Training)
  /** The probabilities of one image, fed and fetched; checked by those of the first. */
  | { readonly kind: "predict"; readonly network: Network; readonly data: DataFile }
  /** C = A·B, all three kept where the framework has them; checked by some elements of C. */
  | { readonly kind: "multiply"; readonly size: number; readonly data: DataFile }
  /** Building and compiling a graph of so many operations, once; checked by its size. */
  | { readonly kind: "compile"; readonly operations: number };

export interface Training {
  readonly network: Network;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly data: DataFile;
}
export type TaskKind = Task["kind"];

/** What a worker is started with. */
export interface Setup {
  readonly task: Task;
  readonly threads: number;
  /** Which backend or way of calling, where a participant has several. */
  readonly variant?: string;
}

/** A framework that is ready to work. */
export interface Participant {
  readonly version: string;
  /** Training steps in one call of {@link step}. Default 1. */
  readonly stepsPerCall?: number;
  /** Seconds that importing the framework took, where the participant imports it itself. */
  readonly importSeconds?: number;
  /** The work; done when it returns, or when its promise resolves. */
  step(): Promise<unknown> | unknown;
  /** Numbers that must be the same for everybody who did the same steps. */
  check(): Promise<readonly number[]> | readonly number[];
}
export type Prepare = (setup: Setup) => Promise<Participant>;

export type Request =
  /** So many steps, rounded up to whole calls; with the time of each call, where asked for. */
  { readonly run: number; readonly each?: boolean } | { readonly check: true } | { readonly memory: true };

export type Reply =
  | { readonly ready: { readonly version: string; readonly importSeconds: number } }
  /** By the clock, and by all processors together. */
  | {
      readonly seconds: number;
      readonly cpuSeconds: number;
      readonly steps: number;
      readonly each?: readonly number[];
    }
  | { readonly checked: readonly number[] }
  /** The largest resident set of the process so far. */
  | { readonly peakBytes: number }
  | { readonly failed: string };

/** The elements of a product that are compared: corners, and some in between. */
export const checkedElements = (size: number): readonly number[] =>
  [0, size - 1, size * (size >> 1) + 7, size * (size - 1), size * size - 1].filter((i) => i < size * size);

/** The float64 product of row and column for each of {@link checkedElements}. */
export function productElements(a: Float32Array, b: Float32Array, size: number): readonly number[] {
  return checkedElements(size).map((index) => {
    const [row, column] = [Math.floor(index / size), index % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += (a[row * size + k] as number) * (b[k * size + column] as number);
    return sum;
  });
}
