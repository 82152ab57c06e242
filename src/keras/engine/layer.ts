/**
 * @file `Layer`: a function of tensors with weights of its own. Subclasses say how to make the weights
 * (`build`), what to compute (`call`) and how they were configured (`getConfig`). Follows `layer.py` of
 * Keras 3, over graph tensors. May import `runtime` and below.
 */
import {
  ArgumentError,
  type FloatDType,
  GraphError,
  isDType,
  type NdArray,
  type NumericDType,
  type Shape,
  ShapeError,
} from "../../core/index.js";
import { Graph, getDefaultGraph, type Operation, type Tensor } from "../../graph/index.js";
import { cast, identity, placeholder, shape, Variable, zeros } from "../../ops/index.js";
import { recordOf, requireAmong, shown } from "../arguments.js";
import type {
  Config,
  Constraint,
  ConstraintIdentifier,
  InitializerIdentifier,
  LayerStructure,
  Regularizer,
  RegularizerIdentifier,
} from "../contracts.js";
import { get, optionsOf, serializeOptional } from "../registry.js";
import { type CallContext, currentContext, maskOf, setMask, withContext } from "./call-context.js";
import { type InputSpec, requireCompatible } from "./input-spec.js";
import { requireKnownOptions } from "./layer-options.js";
import { autoName } from "./naming.js";
import { flatten, mapNested, type Nested, packLike, requireResult, requireTensors, type ShapesOf } from "./nested.js";
import { historyOf, Node } from "./node.js";
import { located } from "./place.js";
import { readWeights, writeWeights } from "./weights.js";

/** Options every layer takes. */
export interface LayerOptions {
  /** Name, unique within a model. Default: the class in snake_case with a counter. */
  readonly name?: string | null;
  /** Element type of weights and outputs. Default float32. */
  readonly dtype?: FloatDType;
  /** Whether training changes the weights. Default true. */
  readonly trainable?: boolean;
  /** A penalty on the outputs, added to the loss. */
  readonly activityRegularizer?: RegularizerIdentifier | null;
  /** Shape of the input without the batch: makes the layer the first of a `Sequential`. */
  readonly inputShape?: Shape;
  /** Shape of the input with the batch. */
  readonly batchInputShape?: Shape;
  /** `inputShape: [inputDim]`. */
  readonly inputDim?: number;
}

/** What `call` is told besides its inputs. */
export interface CallOptions {
  /** Whether the call is part of a training step. */
  readonly training: boolean;
  /** For each input which steps count, `null` where all do; one alone, not in a list, for one input. */
  readonly mask: Tensor | null | readonly (Tensor | null)[];
}

/** Options of {@link Layer.apply}. */
export interface ApplyOptions {
  /** Compute as in training: with dropout, with the statistics of the batch. Default false. */
  readonly training?: boolean;
  /** Replaces the masks that the inputs carry. */
  readonly mask?: Tensor | null | readonly (Tensor | null)[];
}

/** Options of {@link Layer.addWeight}. */
export interface WeightOptions {
  /** Name within the layer. Default `variable`. */
  readonly name?: string;
  /** Every dimension. */
  readonly shape: readonly number[];
  /** Default `glorot_uniform`. */
  readonly initializer?: InitializerIdentifier;
  /** A penalty of the weight, added to the loss. Default: none. */
  readonly regularizer?: RegularizerIdentifier | null;
  /** What the weight is brought back to after each update. Default: nothing. */
  readonly constraint?: ConstraintIdentifier | null;
  /** Whether optimizers change it. Default true. */
  readonly trainable?: boolean;
  /** Default: the layer's. */
  readonly dtype?: FloatDType;
}

/** A class of layers, as configs name it. */
export interface LayerClass {
  readonly className?: string;
  readonly name: string;
  fromConfig(config: Config): Layer<Nested, Nested>;
}

/** Any layer, whatever it takes and gives. */
export type AnyLayer = Layer<Nested, Nested>;

interface Penalty {
  readonly regularizer: Regularizer;
  loss?: Tensor;
}

/** Base of all layers. `I` is what it takes, `O` what it gives. */
export abstract class Layer<I extends Nested = Tensor, O extends Nested = Tensor> implements LayerStructure {
  /** Keras's name of the class, in configs and summaries; the class's own where a class says none. */
  static readonly className?: string;

  readonly name: string;
  readonly dtype: NumericDType;
  /** Whether masks of the inputs pass to the outputs. */
  supportsMasking = false;
  /** What the inputs must be like; one entry for each. */
  inputSpec: InputSpec | readonly InputSpec[] | null = null;
  readonly activityRegularizer: Regularizer | null;
  /** Shape of the input, batch included, where the options told it. */
  readonly batchInputShape: Shape | null;

  #built = false;
  #trainable: boolean;
  #scope: { readonly graph: Graph; readonly name: string } | undefined;
  readonly #nodes: Node<AnyLayer>[] = [];
  readonly #added: Variable[] = [];
  readonly #state: Variable[] = [];
  readonly #penalties = new Map<Variable, Penalty>();
  readonly #constraints = new Map<Variable, Constraint>();
  readonly #losses: Tensor[] = [];
  readonly #updates: Operation[] = [];

  /** @throws ArgumentError for options that are no record, or a name that layers cannot have */
  constructor(options: LayerOptions = {}) {
    recordOf(options, this.className);
    this.name = options.name ?? autoName(this.className);
    if (typeof this.name !== "string" || this.name === "" || this.name.includes("/"))
      throw new ArgumentError(`Invalid layer name ${shown(this.name)}`, { hint: "a name has letters, and no /" });
    requireKnownOptions(new.target, this.className, this.name, options);
    this.dtype = options.dtype ?? "float32";
    if (!isDType(this.dtype))
      throw new ArgumentError(`Invalid dtype of layer '${this.name}': ${shown(this.dtype)}`, {
        hint: '"float32" or "float64"; there are no policies of mixed precision',
      });
    this.#trainable = options.trainable ?? true;
    this.activityRegularizer = get("regularizer", options.activityRegularizer);
    this.batchInputShape = inputShapeOf(options);
  }

  // ---- what a subclass says ----

  /** Makes the weights, with {@link addWeight}. Called once, before the first `call`. */
  build(_inputShape: ShapesOf<I>): void {}

  /** The outputs, in the default graph. */
  call(_inputs: I, _options: CallOptions): O {
    throw new ArgumentError(`Layer ${this.className} does not have a \`call()\` method implemented.`, {
      hint: "a subclass of Layer or Model defines call(inputs, { training }) { … }",
    });
  }

  /** Static shapes of the outputs. Default: those of applying a copy of the layer in a graph of its own. */
  computeOutputShape(inputShape: ShapesOf<I>): ShapesOf<O> {
    return new Graph().asDefault(() => {
      const copy = (this.constructor as unknown as LayerClass).fromConfig(this.getConfig());
      const isOne = Array.isArray(inputShape) && inputShape.every((d) => d === null || typeof d === "number");
      const input = (shape: Shape): Tensor => placeholder(this.inputDType, shape);
      const inputs = isOne ? input(inputShape as Shape) : (inputShape as readonly Shape[]).map(input);
      return mapNested(copy.apply(inputs), (tensor) => tensor.shape) as ShapesOf<O>;
    });
  }

  /** Element type of inputs that the layer makes for itself. */
  protected get inputDType(): NumericDType {
    return this.dtype;
  }

  /** Masks of the outputs. Default: the first of the inputs' where the layer supports masks. */
  computeMask(_inputs: I, mask: CallOptions["mask"]): CallOptions["mask"] {
    if (!this.supportsMasking) return null;
    return Array.isArray(mask) ? (mask.find((m) => m !== null) ?? null) : mask;
  }

  /** How the layer was configured, under Keras's names: a subclass adds its options to these. */
  getConfig(): Config {
    const { name, trainable, dtype } = this;
    const penalty = serializeOptional(this.activityRegularizer);
    return { name, trainable, dtype, ...(penalty === null ? {} : { activity_regularizer: penalty }) };
  }

  /** A layer of a config that {@link getConfig} made; without weights. */
  static fromConfig(config: Config): AnyLayer {
    // biome-ignore lint/complexity/noThisInStatic: the class that the method is called on
    const construct = this as unknown as new (options: LayerOptions) => AnyLayer;
    return new construct(layerOptions(config));
  }

  // ---- what a subclass may use ----

  /** Makes a weight of this layer. @throws ArgumentError for a shape that is not fully known */
  protected addWeight(options: WeightOptions): Variable {
    const { shape, trainable = true, dtype = this.dtype as FloatDType } = options;
    if (shape.some((size) => typeof size !== "number"))
      throw new ShapeError(
        `Weight '${options.name}' of layer '${this.name}' has a shape with unknown sizes: [${shape}]`,
        {
          hint: "the layer's input must have a known size where a weight depends on it",
        },
      );
    const initializer = get("initializer", options.initializer ?? "glorot_uniform");
    const graph = getDefaultGraph();
    const variable: Variable = graph.nameScope(
      this.scopeIn(graph),
      () =>
        new Variable(() => requireResult(initializer(shape, { dtype }), "the initializer"), {
          name: options.name ?? "variable",
          trainable,
        }),
    );
    this.#added.push(variable);
    const regularizer = get("regularizer", options.regularizer);
    if (regularizer !== null) this.#penalties.set(variable, { regularizer });
    const constraint = get("constraint", options.constraint);
    if (constraint !== null) this.#constraints.set(variable, constraint);
    return variable;
  }

  /** Makes a variable that is no weight: what a layer carries from call to call. It begins with zeros. */
  protected addState({ name, shape }: { readonly name: string; readonly shape: readonly number[] }): Variable {
    const graph = getDefaultGraph();
    const initial = (): Tensor => zeros(shape, { dtype: this.dtype as "float32" }) as Tensor;
    const variable: Variable = graph.nameScope(
      this.scopeIn(graph),
      () => new Variable(initial, { name, trainable: false }),
    );
    this.#state.push(variable);
    return variable;
  }

  /** Adds a scalar to the loss of models that contain this layer; to be called in `call`. */
  protected addLoss(loss: Tensor): void {
    (currentContext()?.losses ?? this.#losses).push(loss);
  }

  /** Adds an operation to the training steps of models that contain this layer; to be called in `call`. */
  protected addUpdate(update: Operation): void {
    (currentContext()?.updates ?? this.#updates).push(update);
  }

  // ---- calling ----

  /**
   * Applies the layer to tensors; the first time it makes its weights. Within another layer's `call` the
   * two are one; elsewhere the call becomes a node that functional models can be made of.
   * @throws ShapeError for inputs the layer cannot take
   */
  apply(inputs: I, options: ApplyOptions = {}): O {
    try {
      return this.#apply(inputs, options);
    } catch (error) {
      throw located(error);
    }
  }
  #apply(inputs: I, options: ApplyOptions): O {
    requireAmong(["training", "mask"], options, `apply() of layer '${this.name}'`);
    const tensors = requireTensors(inputs, this.name) as I;
    const outer = currentContext();
    if (outer !== undefined) return this.invoke(tensors, options, outer);
    const context: CallContext = { training: options.training ?? false, losses: [], updates: [] };
    const outputs = this.invoke(tensors, options, context);
    this.#losses.push(...context.losses);
    this.#updates.push(...context.updates);
    // A tensor has one origin: what passed through unchanged becomes a tensor of its own.
    const own = packLike(
      outputs,
      flatten(outputs).map((tensor) => {
        if (historyOf(tensor) === undefined && !flatten(tensors).includes(tensor)) return tensor;
        const copy = tensor.graph.nameScope(this.scopeIn(tensor.graph), () => identity(tensor, { name: "output" }));
        const mask = maskOf(tensor);
        if (mask !== null && this.supportsMasking) setMask(copy, mask);
        return copy;
      }),
    ) as unknown as O;
    this.recordNode(tensors, own, options.training);
    return own;
  }

  /** @internal One call without a node, in a context. */
  invoke(given: I, options: ApplyOptions, outer: CallContext): O {
    const graph = flatten(given)[0]?.graph ?? getDefaultGraph();
    return graph.asDefault(() => {
      const inputs = this.#inLayerDType(given);
      const flat = flatten(inputs);
      this.#prepare(inputs);
      const training = options.training ?? outer.training;
      const context = training === outer.training ? outer : { ...outer, training };
      const carried = flat.map((_, i) => maskOf(flatten(given)[i] as Tensor));
      const mask = options.mask !== undefined ? options.mask : flat.length === 1 ? (carried[0] ?? null) : carried;
      return withContext(context, () =>
        graph.nameScope(this.scopeIn(graph), () => {
          const outputs = requireResult(this.call(inputs, { training, mask }), `call() of layer '${this.name}'`);
          const tensors = flatten(outputs);
          if (this.activityRegularizer !== null)
            for (const tensor of tensors) context.losses.push(perRow(this.activityRegularizer(tensor), tensor));
          this.#carryMasks(inputs, mask, tensors);
          return outputs;
        }),
      );
    });
  }

  /** @internal Remembers a call. */
  recordNode(inputs: Nested | null, outputs: Nested, training?: boolean): void {
    this.#nodes.push(new Node<AnyLayer>(this as unknown as AnyLayer, this.#nodes.length, inputs, outputs, training));
  }
  /** @internal Forgets the last call. */
  forgetNode(): void {
    this.#nodes.pop();
  }

  /** Floating inputs of another precision are converted; whole numbers are left to the layer. */
  #inLayerDType(inputs: I): I {
    const wanted = this.dtype;
    const fits = (tensor: Tensor): boolean => tensor.dtype === wanted || !tensor.dtype.startsWith("float");
    if (flatten(inputs).every(fits)) return inputs;
    return mapNested(inputs, (tensor) => (fits(tensor) ? tensor : (cast(tensor, wanted) as Tensor))) as unknown as I;
  }

  #prepare(inputs: I): void {
    const specs = (): readonly InputSpec[] | null => {
      const spec = this.inputSpec;
      return spec === null ? null : Array.isArray(spec) ? (spec as readonly InputSpec[]) : [spec as InputSpec];
    };
    const check = (): void => {
      const demanded = specs();
      if (demanded !== null) requireCompatible(demanded, flatten(inputs), this.name);
    };
    check();
    if (this.#built) return;
    // Weights have no batch: a wrong one is noticed before any is made.
    this.build(mapNested(inputs, (tensor) => tensor.shape) as ShapesOf<I>);
    this.#built = true;
    check();
  }

  #carryMasks(inputs: I, mask: CallOptions["mask"], outputs: readonly Tensor[]): void {
    const isOverridden = this.computeMask !== Layer.prototype.computeMask;
    const hasMask = Array.isArray(mask) ? mask.some((m) => m !== null) : mask !== null;
    if (!isOverridden && !(hasMask && this.supportsMasking)) return;
    const computed = this.computeMask(inputs, mask);
    const list = Array.isArray(computed)
      ? (computed as readonly (Tensor | null)[])
      : outputs.map(() => computed as Tensor | null);
    outputs.forEach((tensor, i) => {
      const one = list[i] ?? null;
      if (one !== null) setMask(tensor, one);
    });
  }

  /** @internal The name scope of the layer's operations; a layer stays in the graph it was first called in. */
  scopeIn(graph: Graph): string {
    if (this.#scope === undefined)
      this.#scope = { graph, name: graph.nameScope(this.name.replace(/[^A-Za-z0-9_.\\-]/g, "_"), (scope) => scope) };
    if (this.#scope.graph !== graph)
      throw new GraphError(`Layer '${this.name}' belongs to another graph.`, {
        hint: "make the layer anew in this graph; keras.backend.clearSession() makes older layers unusable",
      });
    return this.#scope.name;
  }

  // ---- weights ----

  /** Whether the weights were made. */
  get built(): boolean {
    return this.#built;
  }
  protected markBuilt(): void {
    this.#built = true;
  }

  get trainable(): boolean {
    return this.#trainable;
  }
  /** Also of the layers within. A compiled model follows at its next `compile`. */
  set trainable(value: boolean) {
    this.#trainable = value;
    for (const layer of this.sublayers()) layer.trainable = value;
  }

  /** @internal Sets `trainable` of this layer alone. */
  setOwnTrainable(value: boolean): void {
    this.#trainable = value;
  }

  /** @internal The layers among the properties of this one, in the order of the properties. */
  sublayers(): readonly AnyLayer[] {
    return propertiesOf(this).filter((value) => value instanceof Layer) as unknown as AnyLayer[];
  }

  /** The layer's own weights: added ones, and variables among its properties. */
  #own(): Variable[] {
    const found = propertiesOf(this).filter((value) => value instanceof Variable) as Variable[];
    return [...new Set([...this.#added, ...found])];
  }

  get trainableWeights(): Variable[] {
    if (!this.#trainable) return [];
    return unique(
      this,
      (layer) => layer.trainableWeights,
      this.#own().filter((weight) => weight.trainable),
    );
  }
  get nonTrainableWeights(): Variable[] {
    const own = this.#own();
    return unique(
      this,
      (layer) => layer.nonTrainableWeights,
      this.#trainable ? own.filter((w) => !w.trainable) : ordered(own),
    );
  }
  /** All weights, layer by layer; of each layer the trainable ones first. */
  get weights(): Variable[] {
    return unique(this, (layer) => layer.weights, ordered(this.#own()));
  }

  /** What the layer and those within carry from call to call beside their weights. */
  get stateVariables(): readonly Variable[] {
    return [...new Set([...this.#state, ...this.sublayers().flatMap((layer) => layer.stateVariables)])];
  }

  /** The admissible values of each weight that has a constraint. */
  get constraints(): ReadonlyMap<Variable, Constraint> {
    return new Map([...this.#constraints, ...this.sublayers().flatMap((layer) => [...layer.constraints])]);
  }
  /** The penalties of trainable weights, as scalars. */
  get regularizationLosses(): Tensor[] {
    if (!this.#trainable) return [];
    const own = [...this.#penalties].flatMap(([weight, penalty]) => {
      if (!weight.trainable) return [];
      penalty.loss ??= weight.graph.asDefault(() =>
        weight.graph.nameScope(this.scopeIn(weight.graph), () =>
          requireResult(penalty.regularizer(weight), "the regularizer"),
        ),
      );
      return [penalty.loss];
    });
    return [...new Set([...own, ...this.sublayers().flatMap((layer) => layer.regularizationLosses)])];
  }
  /** What calls added to the loss, and the penalties of weights. */
  get losses(): Tensor[] {
    const inner = this.sublayers().flatMap((layer) => layer.losses);
    return [...new Set([...this.#losses, ...inner, ...this.regularizationLosses])];
  }
  /** Operations that calls added to training steps. */
  get updates(): Operation[] {
    return [...new Set([...this.#updates, ...this.sublayers().flatMap((layer) => layer.updates)])];
  }

  /** Number of the weights' elements. @throws ArgumentError before they are made */
  countParams(): number {
    if (!this.built)
      throw new ArgumentError(
        `You tried to call \`count_params\` on layer '${this.name}', but the layer isn't built.`,
        { hint: "apply it to a tensor first, or tell the model its input shape" },
      );
    return this.weights.reduce((sum, weight) => sum + weight.shape.reduce<number>((n, d) => n * (d ?? 0), 1), 0);
  }
  /** The values of {@link weights}, in that order. */
  getWeights(): Promise<NdArray<NumericDType>[]> {
    return readWeights(this.weights);
  }
  /** Sets {@link weights}. @throws ArgumentError for another number of them; ShapeError; before any is set */
  setWeights(values: readonly NdArray[]): Promise<void> {
    return writeWeights(this.weights, values, `${this.className} '${this.name}'`);
  }

  // ---- what it is ----

  /** Keras's class name. */
  get className(): string {
    return classNameOf(this.constructor as unknown as LayerClass);
  }
  get inboundNodes(): readonly Node<AnyLayer>[] {
    return this.#nodes;
  }
  /** Input of the only call. @throws ArgumentError where there were none or several */
  get input(): I {
    return this.#onlyNode("input").inputs as I;
  }
  /** Output of the only call. @throws ArgumentError where there were none or several */
  get output(): O {
    return this.#onlyNode("output").outputs as O;
  }
  get outputShape(): Shape | readonly Shape[] | null {
    const [node] = this.#nodes;
    if (node === undefined) return null;
    const shapes = node.outputTensors.map((tensor) => tensor.shape);
    return shapes.length === 1 ? (shapes[0] ?? null) : shapes;
  }
  #onlyNode(what: string): Node<AnyLayer> {
    const [first, second] = this.#nodes;
    if (first === undefined)
      throw new ArgumentError(`The layer ${this.name} has never been called and thus has no defined ${what}.`);
    if (second !== undefined)
      throw new ArgumentError(
        `The layer '${this.name}' has multiple inbound nodes, hence "its ${what}" is ill-defined.`,
        {
          hint: `read inboundNodes[i].${what}s`,
        },
      );
    return first;
  }

  toString(): string {
    return `<${this.className} name=${this.name}, built=${this.built}>`;
  }
}

/** The name of a class of layers in configs. */
export const classNameOf = (type: LayerClass): string =>
  (Object.hasOwn(type, "className") ? type.className : undefined) ?? type.name;

/** A config's options as constructors take them. */
export function layerOptions<Options>(config: Config): Options {
  const { dtype, ...rest } = config;
  // Keras 3 writes a policy where earlier versions write a name.
  const policy = dtype as string | { readonly config?: { readonly name?: string } } | null | undefined;
  const name = typeof policy === "object" ? policy?.config?.name : policy;
  return optionsOf<Options>(name === undefined ? rest : { ...rest, dtype: name });
}

function inputShapeOf({ batchInputShape, inputShape, inputDim }: LayerOptions): Shape | null {
  if (batchInputShape !== undefined) return batchInputShape;
  if (inputShape !== undefined) return [null, ...inputShape];
  return inputDim === undefined ? null : [null, inputDim];
}

/** A penalty divided by the number of rows, so that it weighs the same in batches of every size. */
function perRow(given: Tensor, output: Tensor): Tensor {
  const penalty = requireResult(given, "the activity regularizer");
  const rows = output.partialShape?.[0];
  if (output.rank === 0 || rows === 0) return penalty;
  return penalty.div(rows ?? (cast(shape(output).at(0), penalty.dtype) as Tensor)) as Tensor;
}

/** The values of an object's properties, those of lists and records among them one by one. */
function propertiesOf(object: object): unknown[] {
  return Object.values(object).flatMap((value: unknown) => {
    if (Array.isArray(value)) return value as unknown[];
    const isRecord = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    return isRecord ? Object.values(value) : [value];
  });
}

const ordered = (weights: readonly Variable[]): Variable[] => [
  ...weights.filter((weight) => weight.trainable),
  ...weights.filter((weight) => !weight.trainable),
];

function unique(
  layer: { sublayers(): readonly AnyLayer[] },
  of: (layer: AnyLayer) => readonly Variable[],
  own: readonly Variable[],
): Variable[] {
  return [...new Set([...own, ...layer.sublayers().flatMap(of)])];
}
