/**
 * @file Runs of a sweep, and what they amount to: training with a seed, accuracies, means and deviations,
 * and the choice between variants, which sees the validation examples alone. Prints nothing.
 */
import { platform } from "#platform";
import { DataSet } from "../datasets/index.js";
import { Graph } from "../graph/index.js";
import { globalVariablesInitializer, setRandomSeed } from "../ops/index.js";
import { type DeviceName, type Feeds, Session } from "../runtime/index.js";
import { buildVariant, type Variant, type VariantGraph } from "./sweep-variants.js";
import type { Examples } from "./training.js";

const BATCH_SIZE = 100;
const STEPS_A_TURN = 100;
/** Bounds the memory that measuring takes. */
const MEASURED_AT_ONCE = 5000;

/** What was measured of one variant with one seed. */
export interface Scores {
  readonly training: number;
  readonly validation: number;
  /** Whether the loss on the training examples ended as NaN or infinite. */
  readonly hasDiverged: boolean;
}

/** Mean and sample standard deviation; the deviation of a single value is NaN, for it is not known. */
export interface Statistics {
  readonly mean: number;
  readonly deviation: number;
}

/** A variant over all seeds. */
export interface Summary {
  readonly training: Statistics;
  readonly validation: Statistics;
  /** Training accuracy less validation accuracy, seed by seed: the generalization gap. */
  readonly gap: Statistics;
  /** Runs whose loss became NaN or infinite. */
  readonly diverged: number;
}

/** A trained variant. Holds a session until it is disposed. */
export class TrainedVariant implements Disposable {
  private constructor(
    private readonly session: Session,
    private readonly graph: VariantGraph,
  ) {}

  /** Trains on batches whose order, like the initial weights, depends on the seed and not on the variant. */
  static async train(
    variant: Variant,
    examples: Examples,
    options: { readonly steps: number; readonly seed: number; readonly device?: DeviceName | undefined },
  ): Promise<TrainedVariant> {
    const { steps, seed, device } = options;
    const graph = new Graph();
    const { initialize, ...parts } = graph.asDefault(() => {
      setRandomSeed(seed);
      // Made last, so that it initializes the optimizer's variables too.
      return { ...buildVariant(variant, steps), initialize: globalVariablesInitializer() };
    });
    const session = new Session({ graph, device });
    try {
      await session.run(initialize);
      const stream = new DataSet(examples.images, examples.labels, { seed });
      for (let step = 0; step < steps; step++) {
        // A process whose sweep is gone hears of it here.
        if (step % STEPS_A_TURN === 0) await platform.turn();
        await session.run(parts.train, feedsOf(parts, stream.nextBatch(BATCH_SIZE), variant.keepProb));
      }
      return new TrainedVariant(session, parts);
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Mean loss and accuracy on examples, with every unit kept. */
  async measure({ images, labels }: Examples): Promise<{ readonly loss: number; readonly accuracy: number }> {
    const { loss, accuracy } = this.graph;
    const count = images.shape[0] ?? 0;
    const sums = { loss: 0, accuracy: 0 };
    for (let begin = 0; begin < count; begin += MEASURED_AT_ONCE) {
      const end = Math.min(begin + MEASURED_AT_ONCE, count);
      const rows = { images: images.rows(begin, end), labels: labels.rows(begin, end) };
      const means = await this.session.run({ loss, accuracy }, feedsOf(this.graph, rows, 1));
      sums.loss += means.loss * (end - begin);
      sums.accuracy += means.accuracy * (end - begin);
    }
    return { loss: sums.loss / count, accuracy: sums.accuracy / count };
  }

  /** @param examples the two parts that a choice may look at */
  async score(examples: { readonly training: Examples; readonly validation: Examples }): Promise<Scores> {
    const training = await this.measure(examples.training);
    const validation = await this.measure(examples.validation);
    const hasDiverged = !Number.isFinite(training.loss);
    return { training: training.accuracy, validation: validation.accuracy, hasDiverged };
  }

  [Symbol.dispose](): void {
    this.session.close();
  }
}

function feedsOf(graph: VariantGraph, { images, labels }: Examples, kept: number | undefined): Feeds {
  const feeds: Feeds = [
    [graph.pixels, images],
    [graph.labels, labels],
  ];
  return graph.keepProb === undefined || kept === undefined ? feeds : [...feeds, [graph.keepProb, kept]];
}

/** Mean of values, and how far they lie from it: `sqrt(Σ(x − mean)² / (n − 1))`. */
export function statisticsOf(values: readonly number[]): Statistics {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** Brings the runs of one variant together, one for each seed. */
export function summarize(scores: readonly Scores[]): Summary {
  return {
    training: statisticsOf(scores.map(({ training }) => training)),
    validation: statisticsOf(scores.map(({ validation }) => validation)),
    gap: statisticsOf(scores.map(({ training, validation }) => training - validation)),
    diverged: scores.filter(({ hasDiverged }) => hasDiverged).length,
  };
}

/** Whether a summary beats the best so far: on validation alone, and the earlier variant wins a tie. */
export const isBetter = (candidate: Summary, best: Summary | undefined): boolean =>
  best === undefined || candidate.validation.mean > best.validation.mean;

/** Whether seeds move two variants' accuracies as much as the variants differ. Never so for a single seed. */
export const isWithinDeviation = (one: Summary, other: Summary): boolean =>
  Math.abs(one.validation.mean - other.validation.mean) <=
  Math.max(one.validation.deviation, other.validation.deviation);
