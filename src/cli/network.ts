/**
 * @file What `strata train` needs of a network, whichever level of the library it is written with: tensors
 * to measure it by, and a way to train it. The networks themselves are in `networks.ts`.
 */
import type { Tensor } from "../graph/index.js";
import type { SummarizedModel } from "../keras/terminal/index.js";
import { argmax, cast, equal, placeholder, reduceMean } from "../ops/index.js";
import type { DeviceName, Feeds, Session } from "../runtime/index.js";
import { CLASSES, type Examples, type Length, PIXELS, type Plan, type Watch } from "./training.js";

/** A network in a graph. */
export interface Network {
  /** Rows of pixels, 0 to 1. */
  readonly pixels: Tensor<"float32", readonly [null, 784]>;
  /** One-hot rows. */
  readonly labels: Tensor<"float32", readonly [null, 10]>;
  /** Adds to the graph: how likely each class is for each row. Not before it is wanted, since it counts as an operation. */
  probabilities(): Tensor<"float32", readonly [null, 10]>;
  /** The class taken for each row. */
  readonly predictions: Tensor<"int32", readonly [null]>;
  readonly loss: Tensor<"float32", readonly []>;
  readonly accuracy: Tensor<"float32", readonly []>;
  /** Begins its training: every variable has its first value in the session, which the caller closes. */
  open(device: DeviceName | undefined): Promise<Learner>;
  /** The model it is, at levels that have models which describe themselves. */
  readonly model?: SummarizedModel;
}

/** A network with a session of its own. */
export interface Learner {
  readonly session: Session;
  /**
   * Trains, and tells `watch` of every step before the next begins. The same plan, data and seed of the
   * graph give the same steps again, bit for bit.
   */
  learn(examples: Examples, plan: Plan, watch: Watch): Promise<void>;
}

/** Adds a network to the default graph. */
export type Build = (learningRate: number) => Network;

/** A network and the settings its article trains it with. */
export interface Recipe {
  /** The layers in a few words. */
  readonly summary: string;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly length: Length;
  /** Loads the network's code, and the level of the library that it is written with. */
  load(): Promise<Build>;
}

/** Values for the network's placeholders. */
export const feedsOf = ({ pixels, labels }: Pick<Network, "pixels" | "labels">, batch: Examples): Feeds => [
  [pixels, batch.images],
  [labels, batch.labels],
];

/** Placeholders for a batch. */
export const inputs = (): Pick<Network, "pixels" | "labels"> => ({
  pixels: placeholder("float32", [null, PIXELS], { name: "pixels" }),
  labels: placeholder("float32", [null, CLASSES], { name: "labels" }),
});

/**
 * The class each row is taken for, and how often that is right.
 * @param scores logits or probabilities
 */
export function judge(
  scores: Tensor<"float32", readonly [null, 10]>,
  labels: Network["labels"],
): Pick<Network, "predictions" | "accuracy"> {
  const predictions = argmax(scores, 1);
  const correct = equal(predictions, argmax(labels, 1));
  return { predictions, accuracy: reduceMean(cast(correct, "float32")) };
}
