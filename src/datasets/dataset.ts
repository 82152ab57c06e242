/**
 * @file `DataSet`: examples with labels, handed out in batches. Imports core only. Shuffles an index,
 * not the data, and never writes to an array it has handed out.
 */
import { ArgumentError, type NdArray, type NumericDType, PickedRows, tupled } from "../core/index.js";
import { Random } from "../core/random.js";

/**
 * Some examples: `images` [n, …] and `labels` [n, …], row for row. A session takes them straight from the
 * data set; they are copied out of it when somebody reads their `data`.
 */
export interface Batch<I extends NumericDType = NumericDType, L extends NumericDType = NumericDType> {
  /** Pixels, `[n, 784]` or `[n, 28, 28, 1]`. */
  readonly images: NdArray<I>;
  /** Class numbers `[n]`, or one-hot rows `[n, 10]`. */
  readonly labels: NdArray<L>;
}

/** Options of {@link DataSet}. */
export interface DataSetOptions {
  /** Seeds this data set's own generator; without it every data set shuffles differently. */
  readonly seed?: number | undefined;
}

/** Options of {@link DataSet.nextBatch}. */
export interface BatchOptions {
  /** Whether to draw in random order. Default true. */
  readonly shuffle?: boolean | undefined;
}

/** Options of {@link DataSet.batches}. */
export interface EpochOptions extends BatchOptions {
  /** Order of this epoch alone, independent of what was drawn before; default the data set's generator. */
  readonly seed?: number | undefined;
}

/**
 * Examples with labels: `DataSet` of TensorFlow's MNIST tutorial.
 * {@link nextBatch} is its endless stream; {@link batches} is one plain epoch.
 */
export class DataSet<I extends NumericDType = NumericDType, L extends NumericDType = NumericDType> {
  readonly numExamples: number;
  /** As given; `#order` says in which order they are seen. */
  readonly #original: Batch<I, L>;
  #order: Int32Array;
  /** Images and labels in the current order, each once somebody has asked for it. */
  #orderedImages: NdArray<I> | undefined;
  #orderedLabels: NdArray<L> | undefined;
  readonly #generator: Random;
  #epochsCompleted = 0;
  #indexInEpoch = 0;

  /**
   * @param images [n, …], kept by reference
   * @param labels [n] or [n, …], kept by reference
   * @throws ArgumentError where there are not as many labels as images
   */
  constructor(images: NdArray<I>, labels: NdArray<L>, options: DataSetOptions = {}) {
    const [numExamples] = images.shape;
    if (numExamples === undefined || numExamples !== labels.shape[0])
      throw new ArgumentError(`images.shape: ${tupled(images.shape)} labels.shape: ${tupled(labels.shape)}`, {
        hint: "the first axis counts the examples and must agree",
      });
    this.numExamples = numExamples;
    this.#original = { images, labels };
    this.#orderedImages = images;
    this.#orderedLabels = labels;
    this.#order = Int32Array.from({ length: numExamples }, (_, i) => i);
    this.#generator = new Random(options.seed);
  }

  /**
   * All images, in the current order: {@link nextBatch} with shuffling replaces this array by a
   * permuted copy (made when it is read), so a reference taken earlier keeps its order.
   */
  get images(): NdArray<I> {
    this.#orderedImages ??= PickedRows.of(this.#original.images, this.#order, 0, this.numExamples);
    return this.#orderedImages;
  }

  /** All labels, row for row with {@link images}. */
  get labels(): NdArray<L> {
    this.#orderedLabels ??= PickedRows.of(this.#original.labels, this.#order, 0, this.numExamples);
    return this.#orderedLabels;
  }

  /** How often {@link nextBatch} has passed the end. */
  get epochsCompleted(): number {
    return this.#epochsCompleted;
  }

  /**
   * The next `batchSize` examples of an endless stream, as in TensorFlow 1.1 and later. The first call
   * shuffles; a batch that reaches past the end takes what is left, reshuffles, and goes on at the new
   * beginning, so every batch is full and such a batch may hold an example twice. An epoch counts as
   * completed when a batch reaches past its end, not when one ends exactly there.
   * @throws ArgumentError where `batchSize` is not a whole number above 0, or there are no examples
   */
  nextBatch(batchSize: number, { shuffle = true }: BatchOptions = {}): Batch<I, L> {
    this.#check("nextBatch", batchSize);
    if (shuffle && this.#epochsCompleted === 0 && this.#indexInEpoch === 0) this.#reshuffle();
    const order = new Int32Array(batchSize);
    for (let filled = 0; filled < batchSize; ) {
      if (this.#indexInEpoch === this.numExamples) {
        this.#epochsCompleted++;
        this.#indexInEpoch = 0;
        if (shuffle) this.#reshuffle();
      }
      const part = this.#order.subarray(this.#indexInEpoch, this.#indexInEpoch + batchSize - filled);
      order.set(part, filled);
      filled += part.length;
      this.#indexInEpoch += part.length;
    }
    return batchOf(this.#original, order, 0, batchSize);
  }

  /**
   * One epoch: every example exactly once, in batches of `batchSize`, the last one smaller where the
   * examples do not divide evenly. Leaves {@link nextBatch}, `images` and `epochsCompleted` alone.
   * @throws ArgumentError where `batchSize` is not a whole number above 0, or there are no examples
   */
  batches(batchSize: number, { shuffle = true, seed }: EpochOptions = {}): IterableIterator<Batch<I, L>> {
    this.#check("batches", batchSize);
    const generator = seed === undefined ? this.#generator : new Random(seed);
    return inBatches(this.#original, shuffle ? generator.permutation(this.numExamples) : this.#order, batchSize);
  }

  #check(method: string, batchSize: number): void {
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new ArgumentError(`${method}: the batch size must be a whole number above 0, not ${batchSize}`);
    if (this.numExamples === 0) throw new ArgumentError(`${method}: this data set has no examples`);
  }

  #reshuffle(): void {
    this.#order = this.#generator.permutation(this.numExamples);
    this.#orderedImages = undefined;
    this.#orderedLabels = undefined;
  }
}

function* inBatches<I extends NumericDType, L extends NumericDType>(
  examples: Batch<I, L>,
  order: Int32Array,
  batchSize: number,
): IterableIterator<Batch<I, L>> {
  for (let begin = 0; begin < order.length; begin += batchSize)
    yield batchOf(examples, order, begin, Math.min(begin + batchSize, order.length));
}

const batchOf = <I extends NumericDType, L extends NumericDType>(
  { images, labels }: Batch<I, L>,
  order: Int32Array,
  begin: number,
  end: number,
): Batch<I, L> => ({
  images: PickedRows.of(images, order, begin, end),
  labels: PickedRows.of(labels, order, begin, end),
});
