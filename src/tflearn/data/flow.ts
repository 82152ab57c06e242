/**
 * @file Batches for training: takes samples in order or shuffled, augments and preprocesses them, and
 * counts epochs. Follows `data_flow.py` of TFLearn.
 */
import type { NdArray } from "../../core/index.js";
import type { Random } from "../../core/random.js";
import type { Tensor } from "../../graph/index.js";
import type { DataAugmentation } from "./augmentation.js";
import type { DataPreprocessing } from "./preprocessing.js";
import { gatherRows } from "./rows.js";

/** Data by the placeholder it is for. */
export type FeedMap = ReadonlyMap<Tensor, NdArray>;
export type PreprocessingMap = ReadonlyMap<Tensor, DataPreprocessing>;
export type AugmentationMap = ReadonlyMap<Tensor, DataAugmentation>;

export interface FeedFlowOptions {
  readonly batchSize: number;
  /** Which samples to use, in this order at first. */
  readonly indices: Int32Array;
  /** Shuffle before every epoch. */
  readonly shuffle: boolean;
  readonly random: Random;
  readonly preprocessing: PreprocessingMap;
  readonly augmentation: AugmentationMap;
}

/** Batches of one data set, again and again; the last of an epoch may be smaller. */
export class FeedFlow {
  readonly samples: number;
  /** Batches of an epoch. */
  readonly batches: number;
  /** Epochs that were completed. */
  epoch = 0;
  /** Samples of this epoch so far, counting the last batch that was taken. */
  currentIter = 0;
  private readonly order: Int32Array;
  private position: number;

  constructor(
    private readonly feeds: FeedMap,
    private readonly options: FeedFlowOptions,
  ) {
    this.order = options.indices;
    this.samples = this.order.length;
    this.batches = Math.ceil(this.samples / options.batchSize);
    this.position = this.samples;
  }

  /** The next batch; begins a new epoch where one is complete. */
  next(): FeedMap {
    const { batchSize, shuffle, random } = this.options;
    if (this.position >= this.samples) {
      if (shuffle) random.shuffle(this.order);
      this.position = 0;
    }
    const rows = this.order.subarray(this.position, this.position + batchSize);
    this.position += batchSize;
    this.currentIter = Math.min(this.position, this.samples);
    if (this.position >= this.samples) this.epoch++;
    return prepare(this.take(rows), this.options);
  }

  /** One epoch from its beginning, with the size of each batch. */
  *[Symbol.iterator](): IterableIterator<{ readonly batch: FeedMap; readonly size: number }> {
    this.position = this.samples;
    for (let i = 0; i < this.batches; i++) {
      const size = Math.min(this.options.batchSize, this.samples - i * this.options.batchSize);
      yield { batch: this.next(), size };
    }
  }

  private take(rows: Int32Array): FeedMap {
    return new Map(Array.from(this.feeds, ([key, data]) => [key, gatherRows(data, rows)]));
  }
}

/** A batch as it is fed: augmented, then preprocessed. */
export function prepare(
  batch: FeedMap,
  options: {
    readonly preprocessing: PreprocessingMap;
    readonly augmentation?: AugmentationMap;
    readonly random?: Random;
  },
): FeedMap {
  const { preprocessing, augmentation, random } = options;
  if (preprocessing.size === 0 && (augmentation?.size ?? 0) === 0) return batch;
  return new Map(
    Array.from(batch, ([key, data]) => {
      const augmented = augmentation?.get(key)?.apply(data, random) ?? data;
      return [key, preprocessing.get(key)?.apply(augmented) ?? augmented];
    }),
  );
}
