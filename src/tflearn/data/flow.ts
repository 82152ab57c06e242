/**
 * @file Batches for training: takes samples in order or shuffled, augments and preprocesses them, and
 * counts epochs. Follows `data_flow.py` of TFLearn.
 */
import type { NdArray } from "../../core/index.js";
import type { Random } from "../../core/random.js";
import type { Tensor } from "../../graph/index.js";
import { type FeedValue, takeRows } from "../../runtime/index.js";
import type { ResidentData } from "../../runtime/resident.js";
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
  /** Where samples that are fed as they are lie; `null`: where they were given. */
  readonly resident?: ResidentData | null;
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
    if (this.isPlain) for (const data of feeds.values()) options.resident?.want(data);
  }

  /** Whether samples are fed as they are. */
  private get isPlain(): boolean {
    const { preprocessing, augmentation } = this.options;
    return preprocessing.size === 0 && augmentation.size === 0;
  }

  /** The next batch; begins a new epoch where one is complete. */
  next(): FeedMap {
    const { begin, end } = this.advance();
    const rows = this.order.subarray(begin, end);
    return prepare(new Map(Array.from(this.feeds, ([key, data]) => [key, gatherRows(data, rows)])), this.options);
  }

  /** {@link next} as it is fed: samples that need no preparation are taken from where they lie. */
  nextFeeds(keys: readonly Tensor[]): FeedValue[] {
    const { resident = null } = this.options;
    if (!this.isPlain || [...this.feeds.values()].some(({ dtype }) => dtype === "string")) {
      const batch = this.next();
      return keys.map((key) => batch.get(key) as NdArray);
    }
    const { begin, end } = this.advance();
    return keys.map((key) => {
      const data = this.feeds.get(key) as NdArray;
      return takeRows(resident?.of(data) ?? data, this.order, begin, end);
    });
  }

  /** The part of the order that the next batch takes. */
  private advance(): { readonly begin: number; readonly end: number } {
    const { batchSize, shuffle, random } = this.options;
    if (this.position >= this.samples) {
      if (shuffle) random.shuffle(this.order);
      this.position = 0;
    }
    const begin = this.position;
    this.position += batchSize;
    this.currentIter = Math.min(this.position, this.samples);
    if (this.position >= this.samples) this.epoch++;
    return { begin, end: this.currentIter };
  }

  /** One epoch from its beginning, as it is fed, with the size of each batch. */
  *epochFeeds(keys: readonly Tensor[]): IterableIterator<{ readonly values: FeedValue[]; readonly size: number }> {
    this.position = this.samples;
    for (let i = 0; i < this.batches; i++) {
      const size = Math.min(this.options.batchSize, this.samples - i * this.options.batchSize);
      yield { values: this.nextFeeds(keys), size };
    }
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
