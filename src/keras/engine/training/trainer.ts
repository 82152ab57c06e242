/**
 * @file The loops of `fit`, `evaluate` and `predict`. Follows `trainer.py` of Keras 3: metrics accumulate
 * over an epoch, the loss is the mean over its rows with the weights changing, validation comes last.
 */
import { ArgumentError, allocateStorage, NdArray, type NumericDType } from "../../../core/index.js";
import { ResidentData } from "../../../runtime/resident.js";
import { History } from "../../callbacks/history.js";
import { ProgbarLogger } from "../../callbacks/progbar-logger.js";
import type { Callback, CallbackParams, HistoryCallback, Logs, TrainedModel } from "../../contracts.js";
import { getSession } from "../session.js";
import { CallbackList } from "./callback-list.js";
import { type DataPlaces, isStream, rowsOf } from "./data.js";
import { checkLoopOptions } from "./loop-options.js";
import type { Batch, BatchOptions, BatchStream, Data, EvaluateOptions, FitOptions, PredictOptions } from "./options.js";
import {
  type Arrays,
  arrangeAll,
  arraySource,
  type BatchSource,
  limited,
  splitArrays,
  standardize,
  streamSource,
  weighed,
} from "./sources.js";
import type { SteppedModel, StepResult, Steps } from "./steps.js";

export interface LoopModel extends SteppedModel, Pick<TrainedModel, "stopTraining" | "initialEpoch"> {
  readonly places: DataPlaces;
}

const verbosity = (verbose: FitOptions["verbose"], otherwise: 0 | 1): 0 | 1 | 2 =>
  verbose === undefined ? otherwise : verbose === "auto" ? 1 : verbose;

/** Runs the steps of a compiled model over data. */
export class Trainer {
  constructor(
    private readonly model: LoopModel,
    private readonly asTrained: TrainedModel,
    private readonly steps: Steps,
  ) {}

  async fit(x: Data | BatchStream, y: Data | null | undefined, options: FitOptions): Promise<HistoryCallback> {
    checkLoopOptions("fit", options);
    const { epochs = 1 } = options;
    const { source, validation, resident } = this.sources(x, y, options);
    const callbacks = this.callbacks(
      options.callbacks,
      verbosity(options.verbose, 1),
      source,
      epochs,
      validation !== null,
    );
    const history = callbacks.callbacks.find((callback) => callback instanceof History) as HistoryCallback;
    try {
      await this.train(source, validation, callbacks, options, resident);
    } finally {
      resident?.release();
    }
    return history;
  }

  private async train(
    source: BatchSource,
    validation: BatchSource | null,
    callbacks: CallbackList,
    { epochs = 1, initialEpoch = 0, validationFreq = 1 }: FitOptions,
    resident: ResidentData | null,
  ): Promise<void> {
    const { model } = this;
    model.stopTraining = false;
    model.initialEpoch = null;
    let logs: Logs = {};
    await callbacks.call("onTrainBegin", {});
    const firstEpoch = model.initialEpoch ?? initialEpoch;
    for (let epoch = firstEpoch; epoch < epochs; epoch++) {
      await this.steps.reset();
      await resident?.settle();
      await callbacks.callAt("onEpochBegin", epoch, {});
      const mean = await this.pass("train", source, callbacks);
      if (mean.batches === 0)
        throw new ArgumentError(
          epoch === firstEpoch ? "The data has no batches." : `The data ran out after ${epoch - firstEpoch} epoch(s).`,
          { hint: "pass a function that returns a new iterator, such as a generator function, or set stepsPerEpoch" },
        );
      logs = mean.logs();
      if (validation !== null && isDue(validationFreq ?? 1, epoch))
        for (const [name, value] of Object.entries(await this.test(validation, callbacks))) logs[`val_${name}`] = value;
      await callbacks.callAt("onEpochEnd", epoch, logs);
      if (model.stopTraining) break;
    }
    if (firstEpoch < epochs) await this.steps.finalize();
    await callbacks.call("onTrainEnd", logs);
  }

  async evaluate(x: Data | BatchStream, y: Data | null | undefined, options: EvaluateOptions): Promise<Logs> {
    checkLoopOptions("evaluate", options);
    const { steps, sampleWeight, batchSize = this.defaultBatchSize } = options;
    requireNoWeights(x, sampleWeight);
    const source = limited(
      isStream(x)
        ? streamSource(x, () => this.model.places)
        : this.arrays(arrangeAll(this.model.places, x, y, sampleWeight), batchSize),
      steps,
    );
    return this.test(source, this.callbacks(options.callbacks, verbosity(options.verbose, 1), source));
  }

  async predict(x: Data | BatchStream, options: PredictOptions): Promise<NdArray[]> {
    checkLoopOptions("predict", options);
    const { steps, batchSize = this.defaultBatchSize } = options;
    const source = limited(
      isStream(x) ? streamSource(x, () => this.model.places) : this.arrays(arrangeAll(this.model.places, x), batchSize),
      steps,
    );
    const callbacks = this.callbacks(options.callbacks, verbosity(options.verbose, 0), source);
    await callbacks.call("onPredictBegin", {});
    const results: NdArray[][] = [];
    let batchIndex = 0;
    for await (const batch of source.epoch()) {
      await callbacks.callAt("onPredictBatchBegin", batchIndex, {});
      (await this.steps.predict(batch)).forEach((output, i) => {
        results[i] = results[i] ?? [];
        results[i].push(output);
      });
      await callbacks.callAt("onPredictBatchEnd", batchIndex++, {});
    }
    if (batchIndex === 0) throw new ArgumentError("The data to predict from has no batches.");
    await callbacks.call("onPredictEnd", {});
    return results.map(joinRows);
  }

  async trainOnBatch(x: Data, y: Data | null | undefined, options: BatchOptions): Promise<Logs> {
    checkLoopOptions("trainOnBatch", options);
    await this.steps.reset();
    const batch = standardize([x, y ?? null, options.sampleWeight ?? null], this.model.places, options.classWeight);
    return this.named(await this.steps.step("train", batch));
  }
  async testOnBatch(x: Data, y: Data | null | undefined, options: BatchOptions): Promise<Logs> {
    checkLoopOptions("testOnBatch", options);
    await this.steps.reset();
    const batch = standardize([x, y ?? null, options.sampleWeight ?? null], this.model.places);
    return this.named(await this.steps.step("test", batch));
  }
  predictOnBatch(x: Data): Promise<NdArray[]> {
    return this.steps.predict(standardize([x], this.model.places));
  }

  /**
   * The batches of one epoch, to its end or until training is to stop. Only what has to be waited for is: the
   * session gives the event loop its turns, and an `await` for each batch would cost as much as a small step.
   */
  private async pass(kind: "train" | "test", source: BatchSource, callbacks: CallbackList): Promise<RunningLoss> {
    const { steps, model } = this;
    const [begin, end] = batchHooks[kind];
    const isFollowed = callbacks.listens(end);
    const mean = new RunningLoss(steps);
    const batches = iteratorOf(source.epoch());
    let isOver = false;
    try {
      for (let index = 0; ; index++) {
        const pulled = batches.next();
        const next = pulled instanceof Promise ? await pulled : pulled;
        isOver = next.done === true;
        if (next.done === true) return mean;
        const begun = callbacks.callAt(begin, index, {});
        if (begun !== undefined) await begun;
        const stepped = steps.step(kind, next.value);
        mean.add(stepped instanceof Promise ? await stepped : stepped, next.value.size);
        const ended = isFollowed ? callbacks.callAt(end, index, mean.logs()) : undefined;
        if (ended !== undefined) await ended;
        if (kind === "train" && model.stopTraining) return mean;
      }
    } finally {
      if (!isOver) await batches.return?.();
    }
  }

  /** One round of testing, as part of `evaluate` or of an epoch. */
  private async test(source: BatchSource, callbacks: CallbackList): Promise<Logs> {
    await this.steps.reset();
    await callbacks.call("onTestBegin", {});
    const mean = await this.pass("test", source, callbacks);
    if (mean.batches === 0) throw new ArgumentError("The data to evaluate has no batches.");
    const logs = mean.logs();
    await callbacks.call("onTestEnd", logs);
    return logs;
  }

  private sources(
    x: Data | BatchStream,
    y: Data | null | undefined,
    options: FitOptions,
  ): {
    readonly source: BatchSource;
    readonly validation: BatchSource | null;
    readonly resident: ResidentData | null;
  } {
    const {
      epochs = 1,
      initialEpoch = 0,
      stepsPerEpoch,
      batchSize = this.defaultBatchSize,
      shuffle = true,
      seed,
      validationSplit = 0,
      validationData = null,
      sampleWeight,
      classWeight,
    } = options;
    const places = (): DataPlaces => this.model.places;
    const validationSize = options.validationBatchSize ?? batchSize;
    let held: BatchSource | null = null;
    if (isStream(validationData)) held = streamSource(validationData, places);
    else if (validationData !== null) {
      if (!Array.isArray(validationData) || validationData.length < 2 || validationData.length > 3)
        throw new ArgumentError(
          `validationData must be a list [x, y] or [x, y, sampleWeight], or a stream of batches.`,
          {
            hint: "fit(x, y, { validationData: [xTest, yTest] })",
          },
        );
      const [vx, vy, vw] = validationData;
      held = this.arrays(arrangeAll(places(), vx, vy, vw), validationSize);
    }
    let source: BatchSource;
    let resident: ResidentData | null = null;
    if (isStream(x)) {
      if (y !== null && y !== undefined)
        throw new ArgumentError(
          "When providing `x` as a stream of batches, `y` should not be passed: the stream yields [x, y].",
        );
      requireNoWeights(x, sampleWeight);
      if (validationSplit > 0)
        throw new ArgumentError("`validationSplit` is only supported for arrays.", { hint: "pass validationData" });
      source = streamSource(x, places, classWeight);
    } else {
      const all = arrangeAll(places(), x, y, sampleWeight);
      const [kept, last] = validationSplit > 0 && held === null ? splitArrays(all, validationSplit) : [all, null];
      // Classes are weighed in training alone.
      const train = classWeight === null || classWeight === undefined ? kept : weighed(kept, classWeight);
      if (last !== null) held = this.arrays(last, validationSize);
      const rowsToDraw = Math.min(rowsOf(train), (stepsPerEpoch ?? Infinity) * batchSize) * (epochs - initialEpoch);
      // Bringing data into the session costs about what one epoch gains by it.
      if (rowsToDraw > rowsOf(train)) resident = this.resident();
      source = this.arrays(train, batchSize, shuffle, seed ?? this.seed(), resident);
    }
    return {
      source: limited(source, stepsPerEpoch),
      validation: held && limited(held, options.validationSteps, { anew: true }),
      resident,
    };
  }

  /** The number of rows that the model's inputs are made for, if they are for one alone. */
  private get fixedRows(): number | null {
    return this.model.places.inputs?.[0]?.partialShape?.[0] ?? null;
  }
  private get defaultBatchSize(): number {
    return this.fixedRows ?? 32;
  }
  private seed(): number | undefined {
    return this.model.places.inputs?.[0]?.graph.seed ?? undefined;
  }
  private arrays(
    arrays: Arrays,
    batchSize: number,
    shuffle: boolean | "batch" = false,
    seed?: number,
    resident: ResidentData | null = null,
  ): BatchSource {
    requireFullBatches(arrays, batchSize, this.fixedRows);
    return arraySource(arrays, { batchSize, shuffle, seed, resident });
  }
  /** Room for the data beside the weights; `null` for a model that has no graph yet. */
  private resident(): ResidentData | null {
    const graph = this.model.places.inputs?.[0]?.graph;
    return graph === undefined ? null : new ResidentData(() => getSession(graph));
  }

  private callbacks(
    given: Callback | readonly Callback[] | null | undefined,
    verbose: 0 | 1 | 2,
    source: BatchSource,
    epochs?: number,
    doValidation = false,
  ): CallbackList {
    const params: CallbackParams = {
      epochs: epochs ?? 1,
      steps: source.steps,
      samples: source.samples,
      batchSize: source.batchSize,
      verbose,
      doValidation,
      metrics: this.steps.names,
    };
    const isFit = epochs !== undefined;
    const listed = given ?? [];
    const all: Callback[] = Array.isArray(listed) ? [...(listed as readonly Callback[])] : [listed as Callback];
    if (isFit && !all.some((callback) => callback instanceof History)) all.push(new History());
    if (verbose !== 0 && !all.some((callback) => callback instanceof ProgbarLogger)) all.push(new ProgbarLogger());
    return new CallbackList(all, this.asTrained, params);
  }

  private named({ values }: StepResult): Logs {
    return Object.fromEntries(this.steps.names.map((name, i) => [name, values[i] as number]));
  }
}

const batchHooks = {
  train: ["onTrainBatchBegin", "onTrainBatchEnd"],
  test: ["onTestBatchBegin", "onTestBatchEnd"],
} as const;

const iteratorOf = (batches: ReturnType<BatchSource["epoch"]>): Iterator<Batch> | AsyncIterator<Batch> =>
  Symbol.iterator in batches ? batches[Symbol.iterator]() : batches[Symbol.asyncIterator]();

/** Means of the losses over the rows so far, and the metrics, which accumulate by themselves. */
class RunningLoss {
  batches = 0;
  private rows = 0;
  private lossCount = 0;
  /** Sums of the losses, each weighed by its batch's rows; then the latest metrics. */
  private readonly totals: number[] = [];

  constructor(private readonly steps: Steps) {}

  add({ values, lossCount }: StepResult, rows: number): void {
    const { totals } = this;
    this.batches++;
    this.rows += rows;
    this.lossCount = lossCount;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      totals[i] = i < lossCount ? (totals[i] ?? 0) + value * rows : value;
    }
  }
  logs(): Logs {
    const { totals, rows, lossCount } = this;
    const logs: Logs = {};
    this.steps.names.forEach((name, i) => {
      const total = totals[i] as number;
      logs[name] = i < lossCount ? total / rows : total;
    });
    return logs;
  }
}

/** @throws ArgumentError for weights beside a stream, whose batches have their own */
function requireNoWeights(x: Data | BatchStream, sampleWeight: Data | null | undefined): void {
  if (isStream(x) && sampleWeight !== null && sampleWeight !== undefined)
    throw new ArgumentError(
      "When providing `x` as a stream of batches, `sampleWeight` should not be passed: the stream yields [x, y, sampleWeight].",
    );
}

/** @throws ArgumentError for batches that inputs made for batches of `rows` cannot take */
function requireFullBatches(arrays: Arrays, batchSize: number, rows: number | null): void {
  if (rows === null) return;
  if (batchSize !== rows)
    throw new ArgumentError(
      `The model's inputs are made for batches of ${rows} rows, but \`batch_size\` is ${batchSize}.`,
      {
        hint: `leave out batchSize, or make the model for batches of ${batchSize}`,
      },
    );
  const samples = arrays.inputs[0]?.shape[0] ?? 0;
  if (samples % rows !== 0)
    throw new ArgumentError(
      `A model whose inputs are made for batches of ${rows} rows takes a number of samples that can be divided by the batch size. Found: ${samples} samples`,
      { hint: "leave out the last ones, or fill them up" },
    );
}

const isDue = (frequency: number | readonly number[], epoch: number): boolean =>
  typeof frequency === "number" ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);

/** Outputs of batches as one array. */
function joinRows(parts: readonly NdArray[]): NdArray {
  const [first] = parts as readonly NdArray<NumericDType>[];
  if (first === undefined || parts.length === 1) return first as unknown as NdArray;
  const rows = parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0);
  const data = allocateStorage<NumericDType>(
    first.dtype,
    parts.reduce((sum, part) => sum + part.size, 0),
  );
  let at = 0;
  for (const part of parts as readonly NdArray<NumericDType>[]) {
    data.set(part.data, at);
    at += part.size;
  }
  return new NdArray<NumericDType>(first.dtype, [rows, ...first.shape.slice(1)], data);
}
