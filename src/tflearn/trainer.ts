/**
 * @file `Trainer`: the training loop over one or several `TrainOp`s, with its session and checkpoints.
 * Follows `helpers/trainer.py` of TFLearn. May import `train`, `runtime`, `platform` and below.
 */
import { platform } from "#platform";
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  describe,
  NdArray,
  type OptionNames,
  requireOptions,
  UnimplementedError,
} from "../core/index.js";
import { Random } from "../core/random.js";
import { type Graph, getDefaultGraph, type Operation, type Tensor } from "../graph/index.js";
import { globalVariables, localVariables, Variable, variablesInitializer } from "../ops/index.js";
import type { OutputStream } from "../platform/types.js";
import { type DeviceName, Session } from "../runtime/index.js";
import { type Callback, ChainCallback, StopIteration } from "./callbacks.js";
import { type CheckpointOptions, Checkpoints, type RestoreOptions } from "./checkpoints.js";
import { graphConfigOf } from "./config.js";
import { type AugmentationMap, type FeedMap, type PreprocessingMap, prepare } from "./data/flow.js";
import { countSamples, type FeedDict, feedMapsOf } from "./feeds.js";
import { ModelSaver } from "./model-saver.js";
import { rule, TermLogger } from "./term-logger.js";
import { nameApart, requireBatchSize, TrainOp, withoutDuplicates } from "./train-op.js";
import { TrainStep } from "./train-step.js";
import { initTrainingMode, isTraining } from "./training-mode.js";
import { initialState, type MutableState, randomRunId } from "./training-state.js";
import { meansOf, plainFlow, TrainingTask } from "./training-task.js";

/** Options of {@link Trainer}. */
export interface TrainerOptions extends CheckpointOptions {
  /** Default: the default graph. */
  readonly graph?: Graph;
  /** Largest global norm of the gradients; 0 leaves them as they are. Default 5. */
  readonly clipGradients?: number;
  /** How much is written for TensorBoard: nothing yet, so only 0 is accepted. Default 0. */
  readonly tensorboardVerbose?: 0;
  /** Shown as the log directory. Default "/tmp/tflearn_logs/". */
  readonly tensorboardDir?: string;
  /** Prefix of checkpoints: `<path>-<step>` at every snapshot. Its directory must exist. Default none. */
  readonly checkpointPath?: string | null;
  /** Prefix of the checkpoint of the best validation metric, which replaces the one before. Default none. */
  readonly bestCheckpointPath?: string | null;
  /** What a validation metric must exceed for a best checkpoint. Default 0. */
  readonly bestValAccuracy?: number;
  /** A session to train in; its variables must be initialized. Default: a new one, initialized. */
  readonly session?: Session | null;
  /** Where the session computes. Default: as `tf.Session`. */
  readonly device?: DeviceName;
  /** Where progress is printed; `null` for silence. Default: standard output. */
  readonly output?: OutputStream | null;
}

export const trainerOptions: OptionNames<TrainerOptions> = {
  graph: true,
  clipGradients: true,
  tensorboardVerbose: true,
  tensorboardDir: true,
  checkpointPath: true,
  bestCheckpointPath: true,
  maxCheckpoints: true,
  keepCheckpointEveryNHours: true,
  session: true,
  bestValAccuracy: true,
  device: true,
  output: true,
};

/** Options of {@link Trainer.fit}. */
export interface TrainerFitOptions {
  /** Default 10. */
  readonly nEpoch?: number;
  /** Data to validate on, for all operations or each; or a fraction of the training data, set apart at random. */
  readonly valFeedDicts?: FeedDict | readonly FeedDict[] | number | null;
  /** Compute and show the metric. Default false. */
  readonly showMetric?: boolean;
  /** Validate and save every so many steps. Default: not. */
  readonly snapshotStep?: number | null;
  /** Validate and save at the end of every epoch. Default true. */
  readonly snapshotEpoch?: boolean;
  /** Shuffle or not, whatever the operations say. */
  readonly shuffleAll?: boolean | null;
  /** What is done to each input's batches. Default: nothing. */
  readonly preprocessing?: PreprocessingMap;
  /** What is done to each input's training batches before that. Default: nothing. */
  readonly augmentation?: AugmentationMap;
  /** Operations to leave alone. */
  readonly exclTrainops?: readonly TrainOp[];
  /** Name of the run. Default: six random characters. */
  readonly runId?: string;
  /** What follows the training; an error from one ends it, {@link StopIteration} without failing. */
  readonly callbacks?: Callback | readonly Callback[];
  /** Seeds shuffling, the validation split and augmentation. Default: the seed of `initGraph`, else none. */
  readonly seed?: number;
}

/** Trains the operations of a graph. `tflearn.Trainer`. */
export class Trainer {
  readonly graph: Graph;
  /** What trains; where several have one name, they are numbered. */
  readonly trainOps: readonly TrainOp[];
  /** What is built for each of them. */
  readonly steps: readonly TrainStep[];
  /** Counts batches. */
  readonly globalStep: Variable;
  private current: Session;
  /** Resolves when the variables have their first values. */
  private readonly ready: Promise<unknown>;
  private readonly countStep: Operation;
  private readonly checkpoints: Checkpoints;
  private readonly initializer: Operation;
  private readonly state: MutableState = initialState();
  /** The mode the session was set to; `undefined` where others may have set it since. */
  private mode: boolean | undefined;
  private isFitting = false;
  private bestValAccuracy: number;

  /**
   * @throws as the optimizers, for a loss that depends on no variable
   * @throws UnimplementedError for a `tensorboardVerbose` above 0
   */
  constructor(
    trainOps: readonly TrainOp[] | TrainOp,
    private readonly options: TrainerOptions = {},
  ) {
    requireOptions("new Trainer", options, trainerOptions);
    requireNoSummaries(options.tensorboardVerbose ?? 0);
    this.graph = options.graph ?? getDefaultGraph();
    this.bestValAccuracy = options.bestValAccuracy ?? 0;
    this.trainOps = withoutDuplicates(requireTrainOps(trainOps));
    const built = this.graph.asDefault(() => {
      initTrainingMode();
      nameApart(this.trainOps);
      const globalStep = new Variable(NdArray.from(0, "float32"), {
        name: "Global_Step",
        trainable: false,
      }) as Variable;
      const countStep = globalStep.assignAdd(NdArray.from(1, "float32")).op;
      const steps = this.trainOps.map((op, i) => new TrainStep(op, i, options.clipGradients ?? 5));
      const initializer = variablesInitializer([...globalVariables(), ...localVariables()]);
      return { globalStep, countStep, steps, initializer, checkpoints: new Checkpoints(this.graph, options) };
    });
    this.globalStep = built.globalStep;
    this.countStep = built.countStep;
    this.steps = built.steps;
    this.initializer = built.initializer;
    this.checkpoints = built.checkpoints;
    this.current = options.session ?? this.openSession();
    // A session runs in the order of calls, so whatever is run next finds the variables initialized.
    this.ready = options.session ? Promise.resolve() : this.current.run(this.initializer);
    this.ready.catch(() => undefined);
  }

  /** The session; another one after `restore`. */
  get session(): Session {
    return this.current;
  }

  /**
   * Trains. One epoch is one pass over the data of the operation with the most batches; operations with
   * fewer begin again.
   * @param feedDicts data by placeholder: one for all operations, or one for each
   * @throws ArgumentError for data of no or different numbers of samples, or while another fit runs
   */
  async fit(feedDicts: FeedDict | readonly FeedDict[], options: TrainerFitOptions = {}): Promise<void> {
    requireOptions("fit", options);
    if (this.isFitting)
      throw new ArgumentError("This model is training already", { hint: "await the fit() that is running" });
    this.isFitting = true;
    try {
      await this.ready;
      this.mode = undefined;
      await this.train(feedMapsOf(feedDicts, this.graph), options);
    } finally {
      this.isFitting = false;
    }
  }

  private async train(feedDicts: FeedMap | readonly FeedMap[], options: TrainerFitOptions): Promise<void> {
    const { nEpoch = 10, callbacks = [] } = options;
    this.print(`${rule}\nRun id: ${options.runId ?? randomRunId()}\nLog directory: ${this.logDirectory}\n`);
    const tasks = await this.prepareTasks(feedDicts, options);
    const saver = this.modelSaver(options);
    const chain = new ChainCallback([...this.termLogger(tasks), saver]);
    for (const callback of isList(callbacks) ? callbacks : [callbacks]) chain.add(callback);
    const { state } = this;
    const batches = Math.max(0, ...tasks.map(({ flow }) => flow.batches));
    try {
      await chain.onTrainBegin(state);
      for (let epoch = 0; epoch < nEpoch; epoch++) {
        state.epoch++;
        state.stepTime = 0;
        for (const task of tasks) await task.settle();
        await chain.onEpochBegin(state);
        for (let batch = 0; batch < batches; batch++) await this.trainBatch(tasks, chain, options);
        await chain.onEpochEnd(state);
      }
    } catch (error) {
      if (!(error instanceof StopIteration)) throw error;
    } finally {
      for (const task of tasks) task.release();
      this.bestValAccuracy = saver.bestValAccuracy;
      await chain.onTrainEnd(state);
      await this.setMode(false);
    }
  }

  private async trainBatch(
    tasks: readonly TrainingTask[],
    chain: ChainCallback,
    options: TrainerFitOptions,
  ): Promise<void> {
    const { state } = this;
    const begun = platform.now();
    state.step++;
    state.globalLoss = 0;
    state.globalAcc = null;
    await chain.onBatchBegin(state);
    let snapshot = false;
    for (const [i, task] of tasks.entries()) {
      await chain.onSubBatchBegin(state);
      if (await this.trainTask(task, tasks.length, options)) snapshot = true;
      await chain.onSubBatchEnd(state, i);
    }
    state.stepTime += (platform.now() - begun) / 1000;
    await chain.onBatchEnd(state, snapshot);
  }

  /** One step of one operation, and its validation where one is due. @returns whether it was */
  private async trainTask(task: TrainingTask, count: number, options: TrainerFitOptions): Promise<boolean> {
    const { state } = this;
    await this.setMode(true);
    const { loss, metric, isEpochEnd } = await task.trainBatch();
    state.lossValue = loss;
    state.accValue = metric;
    state.globalLoss += loss;
    if (metric !== null) state.globalAcc = (state.globalAcc ?? 0) + metric / count;
    state.currentIter = task.flow.currentIter;
    state.valLoss = null;
    state.valAcc = null;
    state.validationMonitors = [];
    const { snapshotEpoch = true, snapshotStep = null } = options;
    const isDue =
      (isEpochEnd && (snapshotEpoch || Boolean(this.options.bestCheckpointPath))) ||
      (snapshotStep !== null && state.step % snapshotStep === 0);
    if (!isDue || task.validationFlow === null) return isDue;
    await this.setMode(false);
    const validation = await task.validate();
    state.valLoss = validation?.loss ?? null;
    state.valAcc = validation?.metric ?? null;
    state.validationMonitors = validation?.monitors ?? [];
    if (state.valAcc !== null && state.valAcc > state.bestAccuracy) state.bestAccuracy = state.valAcc;
    return true;
  }

  /**
   * One step on one batch for each operation.
   * @returns the losses before the step, without penalties; a bare number for a single operation
   */
  async fitBatch(
    feedDicts: FeedDict | readonly FeedDict[],
    options: Pick<TrainerFitOptions, "preprocessing" | "augmentation"> = {},
  ): Promise<number | number[]> {
    await this.ready;
    const { preprocessing = new Map(), augmentation = new Map() } = options;
    this.mode = undefined;
    await this.setMode(true);
    const losses: number[] = [];
    const maps = feedMapsOf(feedDicts, this.graph);
    try {
      for (const [i, { op, train }] of this.steps.entries()) {
        const feeds = oneOf(maps, i);
        countSamples(feeds, "training");
        await this.initializePreprocessing(feeds, preprocessing);
        const batch = prepare(feeds, { preprocessing, augmentation });
        const [loss] = await this.session.run([op.loss, train], [...batch]);
        losses.push(Number(loss));
      }
    } finally {
      await this.setMode(false);
    }
    const [single] = losses;
    return losses.length === 1 && single !== undefined ? single : losses;
  }

  /** Runs tensors on whole data at once, in prediction mode. */
  async predict(tensors: readonly Tensor[], feeds: FeedMap, preprocessing: PreprocessingMap): Promise<NdArray[]> {
    await this.enterPrediction();
    countSamples(feeds, "input");
    const values: readonly unknown[] = await this.session.run(tensors, [...prepare(feeds, { preprocessing })]);
    return values.map((value, i) =>
      value instanceof NdArray ? value : NdArray.from(value as number, tensors[i]?.dtype),
    );
  }

  /** Means of scalars over data, in batches weighted by their sizes. */
  async evaluate(
    scalars: readonly Tensor[],
    feeds: FeedMap,
    batchSize: number,
    preprocessing: PreprocessingMap,
  ): Promise<number[]> {
    await this.enterPrediction();
    const flow = plainFlow(feeds, requireBatchSize(batchSize), preprocessing);
    return meansOf(this.session, scalars, [...feeds.keys()])(flow);
  }

  // ---- checkpoints ----

  /** Saves all variables, to stay: no later checkpoint removes it. @returns the prefix of the checkpoint's files */
  async save(modelFile: string, globalStep?: number): Promise<string> {
    await this.ready;
    return this.checkpoints.save(this.session, modelFile, globalStep);
  }

  /**
   * Restores variables into a new session (the old one is closed), and the step with them. On any error
   * the old session stays as it is.
   */
  async restore(modelFile: string, options: RestoreOptions = {}): Promise<void> {
    await this.ready;
    if (options.createNewSession === false) await this.checkpoints.restore(this.session, modelFile, options);
    else {
      const fresh = this.openSession();
      try {
        await fresh.run(this.initializer);
        await this.checkpoints.restore(fresh, modelFile, options);
      } catch (error) {
        fresh.close();
        throw error;
      }
      this.current.close();
      this.current = fresh;
    }
    this.mode = undefined;
    this.state.step = Math.trunc(Number(await this.session.run(this.globalStep as Tensor)));
  }

  private openSession(): Session {
    const config = graphConfigOf(this.graph);
    const device = this.options.device ?? config.device;
    return new Session({
      graph: this.graph,
      ...(device === undefined ? {} : { device }),
      ...(config.numCores === undefined ? {} : { threads: config.numCores }),
    });
  }

  // ---- parts of a fit ----

  private async setMode(training: boolean): Promise<void> {
    if (this.mode === training) return;
    await isTraining(training, this.session);
    this.mode = training;
  }

  private async enterPrediction(): Promise<void> {
    await this.ready;
    // Between two batches of a fit, a callback may predict; the next batch sets the mode again.
    this.mode = undefined;
    await this.setMode(false);
  }

  private async prepareTasks(
    feedDicts: FeedMap | readonly FeedMap[],
    options: TrainerFitOptions,
  ): Promise<TrainingTask[]> {
    const { preprocessing = new Map(), augmentation = new Map(), exclTrainops = [] } = options;
    const { valFeedDicts = null } = options;
    const validation = isFeeds(valFeedDicts) ? feedMapsOf(valFeedDicts, this.graph) : valFeedDicts;
    const random = new Random(options.seed ?? graphConfigOf(this.graph).seed ?? null);
    const chosen = this.steps.filter(({ op }) => !exclTrainops.includes(op));
    const tasks: TrainingTask[] = [];
    for (const step of chosen) {
      const index = this.steps.indexOf(step);
      const feeds = oneOf(feedDicts, index);
      await this.initializePreprocessing(feeds, preprocessing);
      tasks.push(
        new TrainingTask({
          session: this.session,
          step,
          feeds,
          validation: typeof validation === "object" && validation !== null ? oneOf(validation, index) : validation,
          shuffle: options.shuffleAll ?? step.op.shuffle,
          showMetric: options.showMetric ?? false,
          random,
          preprocessing,
          augmentation,
          // The last operation of a batch counts it, in the same run.
          alsoRun: step === chosen.at(-1) ? [this.countStep] : [],
          keepsData: (options.nEpoch ?? 10) > 1,
        }),
      );
    }
    return tasks;
  }

  private async initializePreprocessing(feeds: FeedMap, preprocessing: PreprocessingMap): Promise<void> {
    for (const [key, steps] of preprocessing) {
      const data = feeds.get(key);
      if (data !== undefined) await steps.initialize(data, this.session, (line) => this.print(`${line}\n`));
    }
  }

  private modelSaver({ snapshotEpoch = true, snapshotStep = null }: TrainerFitOptions): ModelSaver {
    return new ModelSaver({
      save: (path, step) => this.checkpoints.save(this.session, path, step, step === undefined ? "best" : "snapshot"),
      checkpointPath: this.options.checkpointPath ?? null,
      bestCheckpointPath: this.options.bestCheckpointPath ?? null,
      bestValAccuracy: this.bestValAccuracy,
      snapshotStep,
      snapshotEpoch,
    });
  }

  private termLogger(tasks: readonly TrainingTask[]): TermLogger[] {
    if (this.output === null) return [];
    const logged = tasks.map(({ step, flow, validationFlow }) => ({
      name: step.op.name,
      metricName: step.op.metricName,
      trainingSamples: flow.samples,
      validationSamples: validationFlow?.samples ?? 0,
    }));
    return [new TermLogger(this.output, logged)];
  }

  private get output(): OutputStream | null {
    return this.options.output === undefined ? platform.stdout : this.options.output;
  }
  private print(text: string): void {
    this.output?.write(text);
  }
  private get logDirectory(): string {
    return (this.options.tensorboardDir ?? "/tmp/tflearn_logs").replace(/\/*$/, "/");
  }
}

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);
const isFeeds = (value: TrainerFitOptions["valFeedDicts"]): value is FeedDict | readonly FeedDict[] =>
  typeof value === "object" && value !== null;

function requireTrainOps(given: readonly TrainOp[] | TrainOp): readonly TrainOp[] {
  const list: unknown = given instanceof TrainOp ? [given] : given;
  if (Array.isArray(list) && list.every((op) => op instanceof TrainOp)) return list as readonly TrainOp[];
  throw new ArgumentError(`A Trainer takes training operations, got ${describe(given)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "pass new tflearn.TrainOp({ loss, optimizer }), or a list of them",
  });
}

/** The data of operation `index`. @throws ArgumentError where the list is shorter */
function oneOf(feeds: FeedMap | readonly FeedMap[], index: number): FeedMap {
  const found = isList(feeds) ? feeds[index] : feeds;
  if (found !== undefined) return found;
  throw new ArgumentError(`There is no data for training operation ${index}`, {
    hint: "pass one map of placeholders to data, or one for each operation",
  });
}

function requireNoSummaries(verbose: number): void {
  if (verbose === 0) return;
  throw new UnimplementedError(
    `tensorboardVerbose ${verbose} is not available: event files come with a later version`,
    {
      hint: "leave it out, and follow the training with a callback: its state has losses and metrics",
    },
  );
}
