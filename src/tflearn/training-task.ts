/**
 * @file `TrainingTask`: the work of one training operation during one fit: its batches, its steps and its
 * validations. Made and driven by `Trainer`.
 */
import { ArgumentError, NdArray } from "../core/index.js";
import { Random } from "../core/random.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { Variable } from "../ops/index.js";
import type { Callable, Session } from "../runtime/index.js";
import { ResidentData } from "../runtime/resident.js";
import { type AugmentationMap, FeedFlow, type FeedMap, type PreprocessingMap } from "./data/flow.js";
import { countSamples } from "./feeds.js";
import type { TrainStep } from "./train-step.js";

export interface TrainingTaskOptions {
  readonly session: Session;
  readonly step: TrainStep;
  readonly feeds: FeedMap;
  /** Data to validate on, or the fraction of `feeds` to set apart. */
  readonly validation: FeedMap | number | null;
  readonly shuffle: boolean;
  readonly showMetric: boolean;
  readonly random: Random;
  readonly preprocessing: PreprocessingMap;
  readonly augmentation: AugmentationMap;
  /** Operations to run with every step. */
  readonly alsoRun: readonly Operation[];
  /** Whether the data are gone through often enough to keep them in the session meanwhile. */
  readonly keepsData: boolean;
}

export interface Validation {
  readonly loss: number;
  readonly monitors: readonly number[];
  /** `null` where it is not shown. */
  readonly metric: number | null;
}

export class TrainingTask {
  readonly step: TrainStep;
  readonly flow: FeedFlow;
  /** `null` where there is nothing to validate on. */
  readonly validationFlow: FeedFlow | null;
  private readonly keys: readonly Tensor[];
  private readonly resident: ResidentData | null;
  private readonly train: Callable<readonly [Variable, Variable | readonly [], readonly Operation[]]>;
  private readonly measure: ((flow: FeedFlow) => Promise<number[]>) | null;

  /** @throws ArgumentError for data of no or different numbers of samples, or a fraction that leaves none */
  constructor(options: TrainingTaskOptions) {
    const { session, step, feeds, random, preprocessing, augmentation, shuffle, showMetric } = options;
    const { op } = step;
    this.step = step;
    this.keys = [...feeds.keys()];
    const [indices, held] = divide(feeds, options.validation, random);
    this.resident = options.keepsData ? new ResidentData(() => session) : null;
    const { resident } = this;
    const { batchSize } = op;
    this.flow = new FeedFlow(feeds, { batchSize, indices, shuffle, random, preprocessing, augmentation, resident });
    const validationFeeds = held === null ? options.validation : feeds;
    this.validationFlow =
      validationFeeds === null || typeof validationFeeds === "number"
        ? null
        : plainFlow(validationFeeds, op.validationBatchSize, preprocessing, held ?? undefined);
    const shown = showMetric && step.averageMetric !== null ? step.averageMetric : ([] as const);
    this.train = session.makeCallable([step.averageLoss, shown, [step.train, ...options.alsoRun]] as const, this.keys);
    const measured = [op.loss, ...op.validationMonitors, ...(showMetric && op.metric !== null ? [op.metric] : [])];
    this.measure =
      this.validationFlow === null ? null : meansOf(session, measured, [...(validationFeeds as FeedMap).keys()]);
  }

  /** One step on the next batch; `metric` is `null` where it is not shown. */
  async trainBatch(): Promise<{
    readonly loss: number;
    readonly metric: number | null;
    readonly isEpochEnd: boolean;
  }> {
    const epoch = this.flow.epoch;
    const [loss, metric] = await this.train(...this.flow.nextFeeds(this.keys));
    return {
      loss: Number(loss),
      metric: Array.isArray(metric) ? null : Number(metric),
      isEpochEnd: this.flow.epoch !== epoch,
    };
  }

  /** To be called before each epoch. */
  async settle(): Promise<void> {
    await this.resident?.settle();
  }
  /** To be called when the fit is over. */
  release(): void {
    this.resident?.release();
  }

  /** The means over the validation data, in batches weighted by their sizes. */
  async validate(): Promise<Validation | null> {
    if (this.measure === null || this.validationFlow === null) return null;
    const [loss = Number.NaN, ...others] = await this.measure(this.validationFlow);
    const count = this.step.op.validationMonitors.length;
    return { loss, monitors: others.slice(0, count), metric: others[count] ?? null };
  }
}

/** Which samples train, and which are set apart where the validation is a fraction. */
function divide(
  feeds: FeedMap,
  validation: FeedMap | number | null,
  random: Random,
): readonly [training: Int32Array, held: Int32Array | null] {
  const total = countSamples(feeds, "training");
  const all = Int32Array.from({ length: total }, (_, i) => i);
  if (typeof validation !== "number") return [all, null];
  const split = Math.trunc(total * (1 - validation));
  if (!(split >= 1 && split < total))
    throw new ArgumentError(`A fraction of ${validation} of ${total} samples leaves none to train or validate on`, {
      hint: "choose a fraction between 0 and 1, such as 0.1",
    });
  random.shuffle(all);
  return [all.slice(0, split), all.slice(split)];
}

/** Samples in their order, as they are predicted. */
export function plainFlow(
  feeds: FeedMap,
  batchSize: number,
  preprocessing: PreprocessingMap,
  rows?: Int32Array,
): FeedFlow {
  const count = countSamples(feeds, "validation");
  const indices = rows ?? Int32Array.from({ length: count }, (_, i) => i);
  const random = new Random(0);
  return new FeedFlow(feeds, { batchSize, indices, shuffle: false, random, preprocessing, augmentation: new Map() });
}

/** A function that gives the means of scalars over an epoch, in batches weighted by their sizes. */
export function meansOf(
  session: Session,
  scalars: readonly Tensor[],
  keys: readonly Tensor[],
): (flow: FeedFlow) => Promise<number[]> {
  const run = session.makeCallable(scalars, keys);
  return async (flow) => {
    const sums: number[] = scalars.map(() => 0);
    for (const { values: fed, size } of flow.epochFeeds(keys)) {
      const values: readonly unknown[] = await run(...fed);
      values.forEach((value, i) => {
        sums[i] = (sums[i] as number) + Number(value instanceof NdArray ? value.item() : value) * size;
      });
    }
    return sums.map((sum) => sum / flow.samples);
  };
}
