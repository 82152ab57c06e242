/**
 * @file Where batches come from: arrays, drawn in any order, or a stream. Both give one epoch at a time.
 * Follows `array_data_adapter.py` and `generator_data_adapter.py` of Keras 3.
 */
import { ArgumentError, describe, type NdArray } from "../../../core/index.js";
import { Random } from "../../../core/random.js";
import type { ResidentData } from "../../../runtime/resident.js";
import { shown } from "../../arguments.js";
import { warn } from "../../callbacks/callback.js";
import {
  arrangeInputs,
  arrangeTargets,
  arrangeWeights,
  batchKey,
  type DataPlaces,
  rowsFrom,
  rowsOf,
  weighClasses,
} from "./data.js";
import type { Arrays, Batch, BatchArray, BatchData, BatchStream, Data, FitOptions } from "./options.js";

export interface BatchSource {
  /** Batches of an epoch; `null` where only their end tells. */
  readonly steps: number | null;
  readonly samples: number | null;
  readonly batchSize: number | null;
  /** Whether the batches can be had only once. */
  readonly isOnce: boolean;
  /** The batches of one epoch. A batch is valid until the next one is asked for. */
  epoch(): Iterable<Batch> | AsyncIterable<Batch>;
}

export type { Arrays };

export interface Drawing {
  readonly batchSize: number;
  readonly shuffle: boolean | "batch";
  readonly seed: number | null | undefined;
  /** Where data that are drawn in random order are kept for many epochs; `null`: where they are. */
  readonly resident?: ResidentData | null;
}

/** @throws ArgumentError for data without rows, or of different numbers of them */
export function arraySource(arrays: Arrays, { batchSize, shuffle, seed, resident = null }: Drawing): BatchSource {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new ArgumentError(`batchSize must be a whole number above 0, not ${batchSize}`);
  const rows = rowsOf(arrays);
  if (rows === 0)
    throw new ArgumentError("The data has no rows.", { hint: "pass arrays whose first axis is at least 1" });
  const random = shuffle === false ? null : new Random(seed);
  const key = batchKey(arrays);
  // Rows in their own order are copied as fast from where they are.
  const kept = random === null ? null : resident;
  for (const array of [...arrays.inputs, ...arrays.targets, ...arrays.weights]) if (array !== null) kept?.want(array);

  function* epoch(): Iterable<Batch> {
    const order =
      random === null ? null : shuffle === "batch" ? inChunks(random, rows, batchSize) : random.permutation(rows);
    for (let begin = 0; begin < rows; begin += batchSize) {
      const end = Math.min(begin + batchSize, rows);
      const part = (array: NdArray): BatchArray => rowsFrom(kept?.of(array) ?? array, order, begin, end);
      yield {
        inputs: arrays.inputs.map(part),
        targets: arrays.targets.map((array) => array && part(array)),
        weights: arrays.weights.map((array) => array && part(array)),
        size: end - begin,
        key,
      };
    }
  }
  return { steps: Math.ceil(rows / batchSize), samples: rows, batchSize, isOnce: false, epoch };
}

/** Batches in random order, their rows in the given one; what does not fill a batch stays at the end. */
function inChunks(random: Random, rows: number, batchSize: number): Int32Array {
  const full = Math.floor(rows / batchSize);
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  random.permutation(full).forEach((from, to) => {
    for (let i = 0; i < batchSize; i++) order[to * batchSize + i] = from * batchSize + i;
  });
  return order;
}

/**
 * A source that ends each epoch after `steps` batches. The next epoch goes on where the last one ended or, with
 * `anew`, begins with the first batch where the data can be had again. An epoch does not go beyond the end of the data:
 * it has fewer steps then, and says so.
 */
export function limited(
  source: BatchSource,
  steps: number | null | undefined,
  { anew = false }: { readonly anew?: boolean } = {},
): BatchSource {
  if (steps === null || steps === undefined) return source;
  if (!Number.isInteger(steps) || steps < 1)
    throw new ArgumentError(`The number of steps must be a whole number above 0, not ${steps}`);
  let current: AsyncIterator<Batch> | undefined;
  async function* epoch(): AsyncIterable<Batch> {
    if (anew && !source.isOnce) {
      await current?.return?.();
      current = undefined;
    }
    for (let step = 0, barren = 0; step < (steps as number); ) {
      current ??= iterate(source.epoch());
      const next = await current.next();
      if (next.done !== true) {
        step++;
        yield next.value;
        continue;
      }
      current = undefined;
      if (step > 0) return warnOfEnd(step, steps as number);
      // A stream that can be iterated only once has nothing more to give.
      if (++barren > 1) return;
    }
  }
  return { ...source, steps, epoch };
}

const warnOfEnd = (step: number, steps: number): void =>
  warn(
    `The data ran out after ${step} of the ${steps} steps asked for, and the epoch ends there. ` +
      "Give at least stepsPerEpoch × epochs batches, or ask for fewer steps.",
  );

async function* iterate(batches: Iterable<Batch> | AsyncIterable<Batch>): AsyncGenerator<Batch> {
  yield* batches;
}

type Iterators = Partial<Iterable<BatchData> & AsyncIterable<BatchData>>;
const isIterable = (value: unknown): value is Iterators => {
  if (typeof value !== "object" || value === null) return false;
  const { [Symbol.iterator]: each, [Symbol.asyncIterator]: later } = value as Iterators;
  return typeof each === "function" || typeof later === "function";
};

/** The batches of an iterable whose iterator a user may have written. @throws ArgumentError for what is no iterator */
function wellFormed(batches: Iterators): AsyncIterable<BatchData> {
  const fail = (must: string, value: unknown): never => {
    throw new ArgumentError(`The iterator of a stream of batches must ${must}, not ${shown(value)}.`, {
      hint: "a generator function makes iterators: function* () { yield [x, y]; }",
    });
  };
  type Result = IteratorResult<BatchData>;
  const checked = (result: Result): Result | Promise<Result> => {
    if (typeof result !== "object" || result === null) return fail("return objects from next()", result);
    const value = result.done === true ? undefined : (result.value as unknown);
    return value instanceof Promise ? value.then((batch: BatchData) => ({ value: batch })) : result;
  };
  return {
    [Symbol.asyncIterator]() {
      const { [Symbol.asyncIterator]: later } = batches;
      const iterator = typeof later === "function" ? later.call(batches) : batches[Symbol.iterator]?.();
      if (typeof iterator?.next !== "function") return fail("be an object with a method next()", iterator);
      return {
        next: async () => checked(await iterator.next()),
        return: async () => {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Batches of a user's iterable. */
export function streamSource(
  stream: BatchStream,
  places: () => DataPlaces,
  classWeight?: FitOptions["classWeight"],
): BatchSource {
  async function* epoch(): AsyncIterable<Batch> {
    const batches: unknown = await (typeof stream === "function" ? stream() : stream);
    if (!isIterable(batches))
      throw new ArgumentError(`A function that is to begin a stream of batches returned ${describe(batches)}.`, {
        hint: "return an iterable or asynchronous iterable, as a generator function does",
      });
    for await (const batch of wellFormed(batches)) yield standardize(batch, places(), classWeight);
  }
  // What is its own iterator does not begin again.
  const isOnce = typeof stream !== "function" && "next" in stream;
  return { steps: null, samples: null, batchSize: null, isOnce, epoch };
}

/** A batch as a user gives it, in the order of the model's inputs and outputs. */
export function standardize(batch: BatchData, places: DataPlaces, classWeight?: FitOptions["classWeight"]): Batch {
  if (!Array.isArray(batch) || batch.length < 1 || batch.length > 3)
    throw new ArgumentError("A batch must be a list [x], [x, y] or [x, y, sampleWeight].", {
      hint: "yield [x, y], also where there is one input only",
    });
  const [x, y, sampleWeight] = batch as readonly [Data, (Data | null)?, (Data | null)?];
  const arrays = arrangeAll(places, x, y, sampleWeight, classWeight);
  return { ...arrays, size: rowsOf(arrays) };
}

/** Data in the order of the model's inputs and outputs. */
export function arrangeAll(
  places: DataPlaces,
  x: Data,
  y?: Data | null,
  sampleWeight?: Data | null,
  classWeight?: FitOptions["classWeight"],
): Arrays {
  const inputs = arrangeInputs(x, places);
  const targets = arrangeTargets(y, places);
  const arrays = { inputs, targets, weights: arrangeWeights(sampleWeight, places) };
  return classWeight === null || classWeight === undefined ? arrays : weighed(arrays, classWeight);
}

/** Data whose rows also count by their class. @throws ArgumentError as {@link weighClasses} */
export const weighed = (arrays: Arrays, classWeight: NonNullable<FitOptions["classWeight"]>): Arrays => ({
  ...arrays,
  weights: weighClasses(arrays.targets, arrays.weights, classWeight),
});

/**
 * The rows to train on and the last ones to validate on.
 * @throws ArgumentError where either part would be empty
 */
export function splitArrays(arrays: Arrays, validationSplit: number): readonly [train: Arrays, validation: Arrays] {
  if (!(validationSplit > 0 && validationSplit < 1))
    throw new ArgumentError(`validationSplit must be between 0 and 1, not ${validationSplit}`);
  const rows = rowsOf(arrays);
  const at = Math.floor(rows * (1 - validationSplit));
  if (at === 0 || at === rows)
    throw new ArgumentError(
      `Training data contains ${rows} samples, which is not sufficient to split it into a validation and training set as specified by \`validation_split=${validationSplit}\`.`,
      { hint: "provide more data, or a different value for validationSplit" },
    );
  const part = (begin: number, end: number): Arrays => ({
    inputs: arrays.inputs.map((array) => array.rows(begin, end)),
    targets: arrays.targets.map((array) => array?.rows(begin, end) ?? null),
    weights: arrays.weights.map((array) => array?.rows(begin, end) ?? null),
  });
  return [part(0, at), part(at, rows)];
}
