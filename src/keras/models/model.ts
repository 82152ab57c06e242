/**
 * @file `Model`: layers grouped into one that can be trained, evaluated, asked and written down. Follows
 * `model.py` and `trainer.py` of Keras 3. May import `engine` and `layers`.
 */
import { ArgumentError, describe, NdArray, type Shape } from "../../core/index.js";
import { Tensor } from "../../graph/index.js";
import { placeholder, type Variable } from "../../ops/index.js";
import { Optimizer as NativeTrainOptimizer } from "../../train/index.js";
import { recordOf, requireNoMore } from "../arguments.js";
import type {
  Config,
  HistoryCallback,
  Logs,
  Metric,
  ModelStructure,
  NodeStructure,
  Optimizer,
  SerializedObject,
  TrainedModel,
} from "../contracts.js";
import { type CallContext, currentContext } from "../engine/call-context.js";
import { type AnyLayer, type CallOptions, Layer, type LayerOptions, layerOptions } from "../engine/layer.js";
import { serializeLayer } from "../engine/layer-registry.js";
import { flatten, type Mapped, type Nested, namesOf, packLike } from "../engine/nested.js";
import { historyOf } from "../engine/node.js";
import { setValues } from "../engine/session.js";
import { checkCompileOptions } from "../engine/training/compile-options.js";
import { type DataPlaces, isStream } from "../engine/training/data.js";
import { checkLosses } from "../engine/training/losses.js";
import { checkMetrics } from "../engine/training/metrics.js";
import { NativeOptimizer } from "../engine/training/native-optimizer.js";
import type {
  BatchArray,
  BatchOptions,
  BatchStream,
  CompileOptions,
  Data,
  EvaluateOptions,
  FitOptions,
  PredictOptions,
} from "../engine/training/options.js";
import { type Forward, Steps } from "../engine/training/steps.js";
import { Trainer } from "../engine/training/trainer.js";
import { get } from "../registry.js";
import { printSummary, type SummaryOptions } from "../terminal/index.js";
import { compileConfig } from "./compile-config.js";
import { type FunctionalConfig, networkConfig, networkFromConfig } from "./config.js";
import { Network } from "./network.js";
import {
  type LoadWeightsOptions,
  namesOfLayers,
  refuseWholeModel,
  requireWeightsPath,
  VariableFile,
  weightsByPlace,
  weightsIn,
} from "./weight-files.js";

/** Options of all models. */
export interface ModelOptions extends Pick<LayerOptions, "name" | "trainable" | "dtype"> {}
/** What a functional {@link Model} is made of. */
export interface FunctionalOptions<I extends Nested, O extends Nested> extends ModelOptions {
  /** Where the model begins: results of `keras.input`, placeholders, or tensors between layers. */
  readonly inputs: I;
  /** Where it ends: made from the inputs by applying layers. */
  readonly outputs: O;
}

interface Compiled {
  readonly options: CompileOptions;
  readonly optimizer: Optimizer;
  readonly steps: Steps;
  readonly trainer: Trainer;
}

/** What `predict` returns: an array, or as many as there are outputs. */
export type Predicted<O extends Nested> = Mapped<O, NdArray>;

/**
 * A model: `new Model({ inputs, outputs })` of tensors that layers were applied to, or a subclass with a
 * `call` of its own.
 */
export class Model<I extends Nested = Nested, O extends Nested = Tensor> extends Layer<I, O> implements TrainedModel {
  static override readonly className: string = "Functional";

  /** Set by a callback to end `fit` after the current batch. */
  stopTraining = false;
  /** Set by a callback in `onTrainBegin` to begin with a later epoch. */
  initialEpoch: number | null = null;
  #network: Network | null = null;
  #compiled: Compiled | null = null;
  #uncompiled: Steps | null = null;
  #forward = new Map<boolean, Forward>();
  /** Inputs of a subclassed model, made for the first data. */
  #ownInputs: Nested | null = null;
  #outputNames: readonly string[] | null = null;
  readonly #weightFile = new VariableFile();
  readonly #stateFile = new VariableFile();

  /** @throws ArgumentError where the outputs do not come from the inputs, or two layers share a name */
  constructor(options: FunctionalOptions<I, O> | ModelOptions = {}) {
    if ((options as unknown) instanceof Tensor || Array.isArray(options))
      throw new ArgumentError("Model takes its inputs and outputs by name.", {
        hint: "new keras.Model({ inputs, outputs })",
      });
    const { inputs, outputs, ...rest } = recordOf(options, "Model") as FunctionalOptions<I, O>;
    if (new.target === Model) {
      const { name: _n, trainable: _t, dtype: _d, ...others } = rest;
      requireNoMore(others, "Model", ["inputs", "outputs", "name", "trainable", "dtype"]);
    }
    super(rest);
    if ("inputs" in options || "outputs" in options) this.setNetwork(new Network(inputs, outputs));
  }

  /** @internal Makes the model compute what lies between some tensors. */
  protected setNetwork(network: Network | null): void {
    this.#network = network;
    this.forget();
    if (network === null) return;
    this.markBuilt();
    this.inputSpec = network.inputTensors.map(({ partialShape }) =>
      partialShape === null
        ? {}
        : {
            ndim: partialShape.length,
            axes: Object.fromEntries(partialShape.slice(1).map((d, i) => [String(i + 1), d])),
          },
    );
  }
  protected get network(): Network | null {
    return this.#network;
  }
  /** Drops programs that were made before a change. */
  protected forget(): void {
    this.#forward.clear();
    this.#uncompiled = null;
    this.#outputNames = null;
    if (this.#compiled !== null) this.#compiled = this.#prepare(this.#compiled.options, this.#compiled.optimizer);
  }

  // ---- as a layer ----

  override call(inputs: I, options: CallOptions): O {
    const network = this.#network;
    if (network === null) return super.call(inputs, options);
    const names = namesOf(inputs);
    const ordered =
      names === null ? flatten(inputs) : network.inputNames.map((name) => byName(inputs, name, network.inputNames));
    const context: CallContext = currentContext() ?? { training: options.training, losses: [], updates: [] };
    return network.run(ordered, context) as O;
  }

  override sublayers(): readonly AnyLayer[] {
    return this.#network?.layers ?? super.sublayers();
  }
  /** The layers of the model, those far from the output first; of a subclassed one, its properties. */
  get layers(): readonly AnyLayer[] {
    return this.sublayers();
  }
  get kind(): ModelStructure["kind"] {
    return this.#network === null ? "subclass" : "functional";
  }
  get nodes(): readonly NodeStructure[] {
    return this.#network?.nodes ?? [];
  }
  /** The tensors the model begins with. @throws ArgumentError for a subclassed model that saw no data yet */
  get inputs(): readonly Tensor[] {
    const nested = this.#network?.inputs ?? this.#ownInputs;
    if (nested === null)
      throw new ArgumentError(`The model '${this.name}' has no inputs yet.`, { hint: "apply it, or fit it, first" });
    return flatten(nested);
  }
  /** The tensors the model ends with. @throws ArgumentError for a subclassed model */
  get outputs(): readonly Tensor[] {
    if (this.#network === null) throw new ArgumentError(`The model '${this.name}' has no outputs of its own.`);
    return this.#network.outputTensors;
  }
  override get input(): I {
    return this.#network === null ? super.input : (this.#network.inputs as I);
  }
  override get output(): O {
    return this.#network === null ? super.output : (this.#network.outputs as O);
  }
  override get outputShape(): Shape | readonly Shape[] | null {
    if (this.#network === null) return super.outputShape;
    const shapes = this.#network.outputTensors.map((tensor) => tensor.shape);
    return shapes.length === 1 ? (shapes[0] ?? null) : shapes;
  }
  /** Names of the outputs: of the layers that make them, or the keys of a record. */
  get outputNames(): readonly string[] {
    const forward = this.#forward.get(false) ?? this.#forward.get(true);
    if (this.#outputNames !== null) return this.#outputNames;
    const nested = this.#network?.outputs ?? forward?.outputs;
    if (nested === undefined) return [];
    const tensors = flatten(nested);
    const names = namesOf(nested) ?? tensors.map((tensor, i) => historyOf(tensor)?.layer.name ?? `output_${i + 1}`);
    // Two outputs of one layer are told apart by a number, as in Keras 2.
    this.#outputNames = names.map((name, i) =>
      names.indexOf(name) === i ? name : `${name}_${names.slice(0, i).filter((other) => other === name).length}`,
    );
    return this.#outputNames;
  }

  /** A layer by name, or by its place in {@link layers}. @throws ArgumentError where there is none */
  getLayer(key: string | number): AnyLayer {
    const { layers } = this;
    if (typeof key !== "string" && typeof key !== "number")
      throw new ArgumentError(`getLayer() takes the name of a layer or its index, got ${describe(key)}`, {
        hint: 'model.getLayer("dense"), or model.getLayer(0)',
      });
    const found = typeof key === "number" ? layers[key] : layers.find(({ name }) => name === key);
    if (found === undefined)
      throw new ArgumentError(
        typeof key === "number"
          ? `Was asked to retrieve layer at index ${key} but model only has ${layers.length} layers.`
          : `No such layer: ${key}. Existing layers are: [${layers.map(({ name }) => name).join(", ")}].`,
      );
    return found;
  }

  // ---- compiling ----

  /**
   * Sets what the model is trained for. Layers' `trainable` counts as it is now.
   * @throws ArgumentError for an unknown option, optimizer, loss or metric
   * @throws UnimplementedError for `runEagerly` and others of Keras's options that have no meaning here
   */
  compile(options: CompileOptions = {}): void {
    checkCompileOptions(options);
    const { optimizer: given = "rmsprop" } = options;
    checkLosses(options.loss);
    checkMetrics(options);
    if ((given as unknown) === null)
      throw new ArgumentError("Could not interpret optimizer identifier: null", {
        hint: 'optimizer: "adam"; or leave it out for "rmsprop"',
      });
    const optimizer = given instanceof NativeTrainOptimizer ? new NativeOptimizer(given) : get("optimizer", given);
    (optimizer as Optimizer).checkOptions?.();
    this.#forward.clear();
    this.#compiled = this.#prepare(options, optimizer);
  }
  #prepare(options: CompileOptions, optimizer: Optimizer | null): Compiled {
    const steps = new Steps(this as unknown as Model, options, optimizer);
    return {
      options,
      optimizer: optimizer as Optimizer,
      steps,
      trainer: new Trainer(this as unknown as Model, this, steps),
    };
  }
  #requireCompiled(method: string): Compiled {
    if (this.#compiled === null)
      throw new ArgumentError(`You must call \`compile()\` before calling \`${method}()\`.`, {
        hint: 'model.compile({ optimizer: "sgd", loss: "mse" })',
      });
    return this.#compiled;
  }
  /** The optimizer of `compile`; `null` before it. */
  get optimizer(): Optimizer | null {
    return this.#compiled?.optimizer ?? null;
  }
  /** The options of `compile`; `null` before it. */
  get compileOptions(): CompileOptions | null {
    return this.#compiled?.options ?? null;
  }
  /** `loss`, with several outputs the loss of each, then the metrics: the order of `evaluate`. */
  get metricsNames(): readonly string[] {
    return this.#compiled?.steps.names ?? ["loss"];
  }
  get metrics(): readonly Metric[] {
    return this.#compiled?.steps.metrics ?? [];
  }

  // ---- training ----

  /**
   * Trains for some epochs and returns the history of losses and metrics.
   * @param x data, or a stream of batches `[x, y]`
   * @param y targets; none where `x` is a stream
   * @throws ArgumentError, ShapeError for data that do not fit the model or each other
   */
  fit(x: Data, y: Data | null, options?: FitOptions): Promise<HistoryCallback>;
  fit(x: BatchStream, options?: FitOptions): Promise<HistoryCallback>;
  async fit(x: Data | BatchStream, y?: Data | FitOptions | null, options?: FitOptions): Promise<HistoryCallback> {
    const { trainer } = this.#requireCompiled("fit");
    const [targets, rest] = argumentsOf<FitOptions>(x, y, options);
    return trainer.fit(x, targets, rest);
  }

  /**
   * The loss, or a list of the loss and the metrics in the order of {@link metricsNames}; with `returnDict`
   * a record by name. The loss includes penalties of weights.
   */
  evaluate(x: Data, y: Data | null, options: EvaluateOptions & { readonly returnDict: true }): Promise<Logs>;
  evaluate(x: Data, y: Data | null, options?: EvaluateOptions): Promise<number | number[]>;
  evaluate(x: BatchStream, options: EvaluateOptions & { readonly returnDict: true }): Promise<Logs>;
  evaluate(x: BatchStream, options?: EvaluateOptions): Promise<number | number[]>;
  async evaluate(
    x: Data | BatchStream,
    y?: Data | EvaluateOptions | null,
    options?: EvaluateOptions,
  ): Promise<Logs | number | number[]> {
    const { trainer } = this.#requireCompiled("evaluate");
    const [targets, rest] = argumentsOf<EvaluateOptions>(x, y, options);
    const logs = await trainer.evaluate(x, targets, rest);
    return rest.returnDict === true ? logs : listed(logs);
  }

  /** {@link fit} of a stream of batches, under Keras 2's name. */
  fitGenerator(stream: BatchStream, options: FitOptions = {}): Promise<HistoryCallback> {
    return this.fit(stream, options);
  }
  /** {@link evaluate} of a stream of batches, under Keras 2's name. */
  evaluateGenerator(stream: BatchStream, options: EvaluateOptions = {}): Promise<number | number[]> {
    return this.evaluate(stream, options);
  }
  /** {@link predict} of a stream of batches, under Keras 2's name. */
  predictGenerator(stream: BatchStream, options: PredictOptions = {}): Promise<Predicted<O>> {
    return this.predict(stream, options);
  }

  /** The outputs for all rows. Needs no `compile`. */
  async predict(x: Data | BatchStream, options: PredictOptions = {}): Promise<Predicted<O>> {
    return this.#shaped(await this.#runner().predict(x, options));
  }

  /** One update by one batch; the loss and metrics of that batch before it, as `evaluate` gives them. */
  trainOnBatch(x: Data, y: Data | null, options: BatchOptions & { readonly returnDict: true }): Promise<Logs>;
  trainOnBatch(x: Data, y?: Data | null, options?: BatchOptions): Promise<number | number[]>;
  async trainOnBatch(x: Data, y?: Data | null, options: BatchOptions = {}): Promise<Logs | number | number[]> {
    const logs = await this.#requireCompiled("trainOnBatch").trainer.trainOnBatch(x, y, options);
    return options.returnDict === true ? logs : listed(logs);
  }
  /** The loss and metrics of one batch. */
  testOnBatch(x: Data, y: Data | null, options: BatchOptions & { readonly returnDict: true }): Promise<Logs>;
  testOnBatch(x: Data, y?: Data | null, options?: BatchOptions): Promise<number | number[]>;
  async testOnBatch(x: Data, y?: Data | null, options: BatchOptions = {}): Promise<Logs | number | number[]> {
    const logs = await this.#requireCompiled("testOnBatch").trainer.testOnBatch(x, y, options);
    return options.returnDict === true ? logs : listed(logs);
  }
  /** The outputs for one batch. */
  async predictOnBatch(x: Data): Promise<Predicted<O>> {
    return this.#shaped(await this.#runner().predictOnBatch(x));
  }
  /** Makes the metrics forget what they have seen. */
  async resetMetrics(): Promise<void> {
    await this.#compiled?.steps.reset();
  }

  #runner(): Trainer {
    if (this.#compiled !== null) return this.#compiled.trainer;
    this.#uncompiled ??= new Steps(this as unknown as Model, {}, null);
    return new Trainer(this as unknown as Model, this, this.#uncompiled);
  }
  #shaped(outputs: readonly NdArray[]): Predicted<O> {
    const structure = this.#network?.outputs ?? this.#forward.get(false)?.outputs;
    return packLike((structure ?? []) as O, outputs) as Predicted<O>;
  }

  // ---- what the training loops ask ----

  /** @internal */
  get places(): DataPlaces {
    const nested = this.#network?.inputs ?? this.#ownInputs;
    const inputs = nested === null ? null : flatten(nested);
    const names = nested === null ? null : namesOf(nested);
    const outputs = this.outputNames;
    return {
      inputs,
      inputNames:
        inputs === null ? null : (names ?? this.#network?.inputNames ?? inputs.map((_, i) => `input_${i + 1}`)),
      outputNames: outputs.length === 0 ? null : outputs,
    };
  }

  /** @internal The model on its inputs, applied once for training and once for the rest. */
  forward(training: boolean, data: readonly BatchArray[]): Forward {
    const known = this.#forward.get(training);
    if (known !== undefined) return known;
    const inputs = this.inputsFor(data);
    const context: CallContext = { training, losses: [], updates: [] };
    const outputs = this.invoke(inputs as I, { training }, context);
    const made = { inputs: flatten(inputs), outputs, losses: context.losses, updates: context.updates };
    this.#forward.set(training, made);
    return made;
  }

  /** Tensors that data are fed to; made for the first data where the model has none. */
  protected inputsFor(data: readonly BatchArray[]): Nested {
    if (this.#network !== null) return this.#network.inputs;
    this.#ownInputs ??= this.#makeInputs(data);
    return this.#ownInputs;
  }
  #makeInputs(data: readonly BatchArray[]): Nested {
    const inputs = data.map(({ dtype, shape }, i) =>
      placeholder(dtype, [null, ...shape.slice(1)], { name: `input_${i + 1}` }),
    );
    return inputs.length === 1 ? (inputs[0] as Tensor) : inputs;
  }

  // ---- files ----

  /**
   * Writes the weights as a TensorFlow checkpoint: `path` is the prefix of its files, whose directory must
   * exist. `model.save_weights` of Keras.
   * @throws UnimplementedError for Keras's own endings, `.keras` and `.h5`
   * @throws ArgumentError for a model without weights yet, or a directory that is not there
   */
  async saveWeights(path: string): Promise<void> {
    requireWeightsPath(path);
    const model = this as unknown as AnyLayer;
    await this.#weightFile.save(weightsByPlace(model), path, [namesOfLayers(model)]);
  }
  /**
   * Reads what {@link saveWeights} of a model of the same architecture wrote. All weights change or, on any
   * error, none. `model.load_weights` of Keras.
   * With `byName`, those layers change whose names are in the file; with `skipMismatch`, those that fit.
   * @throws UnimplementedError for Keras's own endings, `.keras` and `.h5`
   * @throws NotFoundError, DataLossError, InvalidArgumentError for files that are absent, damaged, or of other weights
   * @throws ArgumentError, ShapeError with either: where no layer is in the file, or one has other shapes
   */
  async loadWeights(path: string, options: LoadWeightsOptions = {}): Promise<void> {
    const { byName = false, skipMismatch = false, ...rest } = recordOf(options, "loadWeights()");
    requireNoMore(rest, "loadWeights()", ["byName", "skipMismatch"]);
    requireWeightsPath(path);
    const model = this as unknown as AnyLayer;
    if (byName || skipMismatch) await new VariableFile().load(await weightsIn(path, model, options), path);
    else await this.#weightFile.load(weightsByPlace(model), path);
  }
  /** Not available: `model.save` of Keras. @throws UnimplementedError always, with what to do instead */
  async save(path: string): Promise<void> {
    refuseWholeModel(path);
  }
  /** @internal */
  checkSavePath(path: string, weightsOnly: boolean): void {
    if (!weightsOnly) refuseWholeModel(path);
    requireWeightsPath(path);
  }
  /** @internal */
  async saveTrainingState(path: string): Promise<void> {
    await this.#stateFile.save(this.#trainingState(), path);
  }
  /** @internal */
  async loadTrainingState(path: string): Promise<void> {
    await this.#stateFile.load(this.#trainingState(), path);
  }
  /** The weights, and what the optimizer keeps where it can say so beforehand. */
  #trainingState(): Map<string, Variable> {
    const state = weightsByPlace(this as unknown as AnyLayer);
    const { optimizer } = this;
    if (optimizer?.build === undefined) return state;
    optimizer.build(this.#compiled?.steps.trainableWeights ?? this.trainableWeights);
    for (const [i, variable] of optimizer.variables().entries()) state.set(`optimizer/vars/${i}`, variable);
    return state;
  }

  // ---- configs ----

  /** The architecture, under Keras's names. @throws ArgumentError for a subclassed model that does not define it */
  override getConfig(): Config {
    const { name, trainable, dtype } = this;
    if (this.#network === null) return { name, trainable, dtype };
    return { name, trainable, ...networkConfig(this.#network) };
  }
  static override fromConfig(config: Config): AnyLayer {
    if (!("layers" in config && "input_layers" in config)) {
      // biome-ignore lint/complexity/noThisInStatic: the class that the method is called on
      return super.fromConfig(config);
    }
    const { name, trainable } = layerOptions<ModelOptions>({ name: config.name, trainable: config.trainable ?? true });
    const { inputs, outputs } = networkFromConfig(config as unknown as FunctionalConfig);
    // biome-ignore lint/complexity/noThisInStatic: the class that the method is called on
    const construct = this as unknown as new (options: FunctionalOptions<Nested, Nested>) => Model<Nested, Nested>;
    return new construct({ name: name ?? null, trainable: trainable ?? true, inputs, outputs }) as unknown as AnyLayer;
  }

  /** The config and how the model was compiled, as `modelFromJSON` reads them; `modelToJSON` writes the text. */
  toJSON(): SerializedObject {
    const compiled = this.getCompileConfig();
    return {
      ...serializeLayer(this as unknown as AnyLayer),
      ...(compiled === null ? {} : { compile_config: compiled }),
    };
  }

  /** Prints the layers with the shapes of their outputs and their numbers of parameters. */
  summary(options: SummaryOptions = {}): void {
    printSummary(this, options);
  }

  /** Zeros as the state of every stateful layer within. `model.reset_states` of Keras 2. */
  async resetStates(): Promise<void> {
    await setValues(
      this.stateVariables.map((state) => [
        state,
        NdArray.zeros(state.dtype as "float32", state.shape as readonly number[]),
      ]),
    );
  }

  /** How the model was compiled, as configs carry it; `null` where it was not, or cannot be written. */
  getCompileConfig(): Config | null {
    return this.#compiled === null ? null : compileConfig(this.#compiled.options, this.#compiled.optimizer);
  }
}

function byName(inputs: Nested, name: string, names: readonly string[]): Tensor {
  const found = (inputs as { readonly [name: string]: Tensor })[name];
  if (found === undefined) throw new ArgumentError(`Missing input "${name}". Expected the following keys: [${names}]`);
  return found;
}

/** Where `x` is a stream, the second argument is the options. */
function argumentsOf<Options extends object>(
  x: unknown,
  y: unknown,
  options: Options | undefined,
): readonly [Data | null, Options] {
  return options === undefined && isStream(x)
    ? [null, (y ?? {}) as Options]
    : [(y ?? null) as Data | null, options ?? ({} as Options)];
}

/** The loss alone, or a list where there is more. */
function listed(logs: Logs): number | number[] {
  const values = Object.values(logs);
  return values.length === 1 ? (values[0] as number) : values;
}
