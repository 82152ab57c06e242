/**
 * @file Training as a sequence of steps: how many, in which rounds, with which batches. Prints nothing and
 * knows no network. The same plan and data give the same batches again.
 */
import { ArgumentError, bracketed } from "../core/index.js";
import { type Batch, DataSet } from "../datasets/index.js";

export const PIXELS = 784;
export const CLASSES = 10;

/** How long to train: whole epochs over shuffled data, or a number of batches from an endless stream. */
export type Length = { readonly epochs: number } | { readonly steps: number };

/** How a network is trained; all that decides its numbers besides the data. */
export interface Plan {
  readonly batchSize: number;
  readonly seed: number;
  /** Epochs over shuffled data, or batches from an endless stream. */
  readonly unit: "epochs" | "steps";
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  /** Stretches of steps that are reported on by themselves: the epochs, or one that is everything. */
  readonly rounds: number;
}

/** The examples to learn from, in the order they were read. */
export type Examples = Batch<"float32", "float64">;

/** One step that has been taken. */
export interface Step {
  /** Steps taken, this one included. */
  readonly number: number;
  readonly round: number;
  /** Steps taken in this round, and how many it has. */
  readonly inRound: number;
  readonly roundSteps: number;
  /** Examples in this step's batch. */
  readonly examples: number;
  /** On this step's batch, before its update. */
  readonly loss: number;
  readonly accuracy: number;
  /** Whether the two are averages over the batches so far instead, as the network's level reports them. */
  readonly isAverage?: boolean;
  /** This step's batch, to look at once more; not where the level draws it by itself. */
  readonly batch?: Examples;
}

/** Takes each step as it ends, and says whether to go on. */
export type Watch = (step: Step) => Promise<boolean>;

/** Works out the number of steps. `limit` stops a plan of epochs early. */
export function planTraining(options: {
  readonly examples: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly unit: Plan["unit"];
  readonly length: Length;
}): Plan {
  const { examples, batchSize, seed, unit, length } = options;
  const stepsPerEpoch = Math.ceil(examples / batchSize);
  const totalSteps = "epochs" in length ? length.epochs * stepsPerEpoch : length.steps;
  const rounds = unit === "epochs" ? Math.ceil(totalSteps / stepsPerEpoch) : 1;
  return { batchSize, seed, unit, totalSteps, stepsPerEpoch, rounds };
}

/** @throws ArgumentError for examples that the networks do not take */
export function requireDigits({ images }: Batch, source: string): void {
  if (images.shape[1] === PIXELS) return;
  throw new ArgumentError(`The images in ${source} have shape ${bracketed(images.shape.slice(1))}, not [${PIXELS}]`, {
    hint: `the networks of this command take pictures of 28×28 pixels in ${CLASSES} classes`,
  });
}

/** The batches of a plan, in its order. */
export function* batchesOf(examples: Examples, plan: Plan): Generator<Examples> {
  // A data set of its own, so that its shuffling starts anew each time.
  const data = new DataSet(examples.images, examples.labels, { seed: plan.seed });
  let left = plan.totalSteps;
  while (left > 0) {
    const round = plan.unit === "epochs" ? data.batches(plan.batchSize) : [data.nextBatch(plan.batchSize)];
    for (const batch of round) {
      if (left-- === 0) return;
      yield batch;
    }
  }
}

/** Where the step of a number, from 1, stands. */
export function placeOf(number: number, { unit, totalSteps, stepsPerEpoch }: Plan) {
  if (unit === "steps") return { round: 1, inRound: number, roundSteps: totalSteps };
  const round = Math.ceil(number / stepsPerEpoch);
  const before = (round - 1) * stepsPerEpoch;
  return { round, inRound: number - before, roundSteps: Math.min(stepsPerEpoch, totalSteps - before) };
}
