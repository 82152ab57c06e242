/**
 * @file Preprocessing: what is done to every batch before it is fed, in training and in prediction.
 * Statistics of the whole data are computed at the first fit and kept in variables, so that checkpoints
 * have them. Follows `data_preprocessing.py` of TFLearn.
 */
import { ArgumentError, bracketed, castArray, NdArray, ShapeError, sizeOf } from "../../core/index.js";
import { getDefaultGraph } from "../../graph/index.js";
import { Variable } from "../../ops/index.js";
import type { Session } from "../../runtime/index.js";
import { getValue, setValue } from "../variables.js";
import { inverseSquareRoot } from "./eigen.js";
import { crop } from "./images.js";
import { mapElements, sampleShape, samplesOf, spread, stackSamples } from "./rows.js";

const epsilon = 1e-8;

/** A change of a batch `[samples, …]`: returns a new array, of as many samples. */
export type BatchFunction = (batch: NdArray) => NdArray;
/** One number for all elements, or one for each channel. */
export type Statistic = number | readonly number[];
/** Takes the lines that tell of long computations. */
export type Log = (line: string) => void;

/** A statistic of the data, with the variables that checkpoints keep it in. */
class Statistics {
  private readonly stored: Variable;
  private readonly isStored: Variable;
  /** What to compute where nothing is known; `undefined` where nobody needs it. */
  compute: ((dataset: NdArray, log: Log) => NdArray) | undefined;
  value: NdArray | undefined;

  constructor(private readonly name: string) {
    this.stored = new Variable(NdArray.from(0, "float32"), {
      name,
      trainable: false,
      validateShape: false,
    }) as Variable;
    this.isStored = new Variable(false, { name: `${name}_r`, trainable: false }) as Variable;
  }

  /** Takes the value of a session, where it has one. */
  async restore(session: Session): Promise<boolean> {
    const known = await getValue(this.isStored, session);
    if (known.data[0] !== 1) return false;
    this.value = await getValue(this.stored, session);
    return true;
  }

  /** Stores what was given, or else restores, or else computes. */
  async initialize(dataset: NdArray, session: Session, log: Log): Promise<void> {
    if (this.compute === undefined) return;
    if (this.value === undefined && (await this.restore(session))) return;
    this.value ??= this.compute(dataset, log);
    await setValue(this.stored, this.value, session);
    await setValue(this.isStored, true, session);
  }

  /** @throws ArgumentError before it is known */
  require(): NdArray {
    if (this.value !== undefined) return this.value;
    throw new ArgumentError(`Preprocessing needs the ${this.name} of the data, which is not known yet`, {
      hint: "fit() computes it and load() restores it; or give it where the step is added",
    });
  }
}

/**
 * A list of steps for `inputData({ dataPreprocessing })`. Make it before the layers, in their graph.
 * `tflearn.DataPreprocessing`.
 */
export class DataPreprocessing {
  private readonly steps: BatchFunction[] = [];
  protected readonly mean: Statistics;
  protected readonly std: Statistics;
  protected readonly principal: Statistics;

  /** @param name scope of the variables */
  constructor(name = "DataPreprocessing") {
    const make = (): readonly Statistics[] => ["mean", "std", "pc"].map((label) => new Statistics(label));
    const [mean, std, principal] = getDefaultGraph().nameScope(name, make) as [Statistics, Statistics, Statistics];
    this.mean = mean;
    this.std = std;
    this.principal = principal;
  }

  /** Every step in the order of adding. @throws ArgumentError where a statistic is not known yet */
  apply(batch: NdArray): NdArray {
    return this.steps.reduce((changed, step) => step(changed), batch);
  }

  /** Computes and stores the statistics that steps need and nobody gave. A `DNN` calls it before training. */
  async initialize(dataset: NdArray, session: Session, log: Log = () => {}): Promise<void> {
    for (const statistic of [this.mean, this.std, this.principal]) await statistic.initialize(dataset, session, log);
  }

  /** Takes the statistics of a session whose variables were restored. */
  async restoreParams(session: Session): Promise<void> {
    for (const statistic of [this.mean, this.std, this.principal]) await statistic.restore(session);
  }

  /** Any function of a batch. */
  addCustomPreprocessing(func: BatchFunction): this {
    if (typeof func !== "function") throw new ArgumentError("addCustomPreprocessing needs a function of a batch");
    return this.addStep(func);
  }

  /** Subtracts from each sample its mean, over the sample's first axis. */
  addSamplewiseZeroCenter(): this {
    return this.addStep((batch) => samplewise(batch, behindFirst(batch), (value, { mean }) => value - mean));
  }

  /** Divides each sample by its standard deviation, over the sample's first axis. */
  addSamplewiseStdnorm(): this {
    return this.addStep((batch) => samplewise(batch, behindFirst(batch), (value, { std }) => value / (std + epsilon)));
  }

  /** Subtracts one mean from all samples. @param mean default: that of the training data */
  addFeaturewiseZeroCenter({ mean }: { readonly mean?: Statistic } = {}): this {
    return this.addFeaturewise(this.mean, mean, false, "mean", "addFeaturewiseZeroCenter", (value, m) => value - m);
  }

  /** Divides all samples by one standard deviation. @param std default: that of the training data */
  addFeaturewiseStdnorm({ std }: { readonly std?: Statistic } = {}): this {
    return this.addFeaturewise(
      this.std,
      std,
      false,
      "std",
      "addFeaturewiseStdnorm",
      (value, s) => value / (s + epsilon),
    );
  }

  /**
   * Whitens: multiplies each flattened sample by `U·diag(1/√(λ + 1e−8))·Uᵀ` of the data's second moments,
   * divided (as in the original) by the size of a sample.
   * @param pc that matrix, where it is known
   */
  addZcaWhitening({ pc }: { readonly pc?: NdArray | readonly (readonly number[])[] } = {}): this {
    this.principal.value = pc === undefined ? undefined : NdArray.from(pc as NdArray, "float32");
    this.principal.compute = (dataset, log) => {
      log("---------------------------------");
      log("Preprocessing... PCA over all dataset (this may take long)...");
      return principalComponents(dataset);
    };
    return this.addStep((batch) => whiten(batch, this.principal.require()));
  }

  protected addStep(step: BatchFunction): this {
    this.steps.push(step);
    return this;
  }

  protected addFeaturewise(
    statistic: Statistics,
    given: Statistic | undefined,
    perChannel: boolean,
    which: "mean" | "std",
    method: string,
    change: (value: number, by: number) => number,
  ): this {
    statistic.value = given === undefined ? undefined : NdArray.from(given as number, "float32");
    statistic.compute = (dataset, log) => {
      log("---------------------------------");
      log(`Preprocessing... Calculating ${which} over all dataset (this may take long)...`);
      const computed = featurewise(dataset, which, perChannel);
      const label = which === "mean" ? "Mean" : "STD";
      log(`${label}: ${computed} (To avoid repetitive computation, add it to argument '${which}' of \`${method}\`)`);
      return computed;
    };
    return this.addStep((batch) => {
      const by = statistic.require();
      requireChannels(batch, by);
      return mapElements(batch, (value, at) => change(value, by.data[at % by.size] as number));
    });
  }
}

interface PerChannel {
  /** One statistic for each channel in place of one for all. Default false. */
  readonly perChannel?: boolean;
}

/** {@link DataPreprocessing} of pictures `[height, width, channels]`. `tflearn.ImagePreprocessing`. */
export class ImagePreprocessing extends DataPreprocessing {
  /** Pixels of 0 to 255 as numbers of 0 to 1. */
  addImageNormalization(): this {
    return this.addStep((batch) => mapElements(batch, (value) => value / 255));
  }

  /** The middle of each picture, `[height, width]`. @throws ShapeError for a larger shape than the picture */
  addCropCenter(shape: readonly [height: number, width: number]): this {
    return this.addStep((batch) => {
      const { height, width, channels } = pictureSize(batch);
      const [toHeight, toWidth] = shape;
      if (toHeight > height || toWidth > width)
        throw new ShapeError(`Cannot crop ${toHeight}×${toWidth} from pictures of ${height}×${width}`);
      const [top, left] = [Math.trunc((height - toHeight) / 2), Math.trunc((width - toWidth) / 2)];
      const cropped = samplesOf(batch).map(
        (data) => crop({ data, height, width, channels }, top, left, toHeight, toWidth).data,
      );
      return stackSamples(cropped, [toHeight, toWidth, ...sampleShape(batch).slice(2)]);
    });
  }

  /** Subtracts from each picture its mean. */
  override addSamplewiseZeroCenter({ perChannel = false }: PerChannel = {}): this {
    return this.addStep((batch) =>
      samplewise(batch, perChannel ? lastOf(batch) : 1, (value, { mean }) => value - mean),
    );
  }

  /** Divides each picture by its standard deviation. */
  override addSamplewiseStdnorm({ perChannel = false }: PerChannel = {}): this {
    return this.addStep((batch) =>
      samplewise(batch, perChannel ? lastOf(batch) : 1, (value, { std }) => value / (std + epsilon)),
    );
  }

  /** Subtracts one mean, or one for each channel, from all pictures. */
  override addFeaturewiseZeroCenter({
    mean,
    perChannel = false,
  }: { readonly mean?: Statistic } & PerChannel = {}): this {
    return this.addFeaturewise(
      this.mean,
      mean,
      perChannel,
      "mean",
      "addFeaturewiseZeroCenter",
      (value, m) => value - m,
    );
  }

  /**
   * Divides all pictures by one standard deviation, or one for each channel: as in the original, the mean
   * of the standard deviations of the pictures.
   */
  override addFeaturewiseStdnorm({ std, perChannel = false }: { readonly std?: Statistic } & PerChannel = {}): this {
    return this.addFeaturewise(
      this.std,
      std,
      perChannel,
      "std",
      "addFeaturewiseStdnorm",
      (value, s) => value / (s + epsilon),
    );
  }
}

// ---- statistics ----

const lastOf = (batch: NdArray): number => batch.shape.at(-1) ?? 1;
/** Elements of a sample behind its first axis: each has a mean of its own. */
const behindFirst = (batch: NdArray): number => sizeOf(batch.shape.slice(2));

function pictureSize(batch: NdArray) {
  const [height, width, channels = 1] = sampleShape(batch);
  if (height === undefined || width === undefined)
    throw new ShapeError(`Pictures are [batch, height, width, channels], got ${bracketed(batch.shape)}`);
  return { height, width, channels };
}

function requireChannels(batch: NdArray, { size }: NdArray): void {
  if (size === 1 || size === lastOf(batch)) return;
  throw new ShapeError(`There are ${size} numbers for the ${lastOf(batch)} channels of ${bracketed(batch.shape)}`, {
    hint: "give one number, or one for each channel",
  });
}

/** Changes each element by mean and deviation of its sample: element i belongs to group i modulo `groups`. */
function samplewise(
  batch: NdArray,
  groups: number,
  change: (value: number, statistics: { readonly mean: number; readonly std: number }) => number,
): NdArray {
  const changed = samplesOf(batch).map((sample) => {
    const statistics = Array.from({ length: groups }, (_, group) => spread(sample, group, groups));
    return sample.map((value, at) => change(value, statistics[at % groups] as { mean: number; std: number }));
  });
  return stackSamples(changed, sampleShape(batch));
}

function featurewise(dataset: NdArray, which: "mean" | "std", perChannel: boolean): NdArray {
  const values = castArray(dataset, "float32").data;
  if (!perChannel) return NdArray.from(spread(values)[which], "float32");
  const channels = lastOf(dataset);
  const samples = samplesOf(dataset);
  const means = Array.from({ length: channels }, (_, channel) => {
    const each = samples.map((sample) => spread(sample, channel, channels)[which]);
    return each.reduce((sum, value) => sum + value / each.length, 0);
  });
  return NdArray.from(means, "float32");
}

/** The whitening matrix of samples, `[elements, elements]`. */
function principalComponents(dataset: NdArray): NdArray<"float32"> {
  const samples = samplesOf(dataset);
  const size = sizeOf(sampleShape(dataset));
  const moments = new Float64Array(size * size);
  for (const sample of samples)
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++)
        (moments[i * size + j] as number) += ((sample[i] as number) * (sample[j] as number)) / size;
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) moments[j * size + i] = moments[i * size + j] as number;
  return new NdArray("float32", [size, size], Float32Array.from(inverseSquareRoot(moments, size, epsilon)));
}

function whiten(batch: NdArray, matrix: NdArray): NdArray {
  const size = sizeOf(sampleShape(batch));
  if (matrix.size !== size * size)
    throw new ShapeError(`The whitening matrix is ${bracketed(matrix.shape)}, but samples have ${size} elements`);
  const weights = matrix.data as Float32Array;
  const whitened = samplesOf(batch).map((sample) => {
    const sums = new Float64Array(size);
    sample.forEach((value, i) => {
      for (let j = 0; j < size; j++) (sums[j] as number) += value * (weights[i * size + j] as number);
    });
    return Float32Array.from(sums);
  });
  return stackSamples(whitened, sampleShape(batch));
}
