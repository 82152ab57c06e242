/**
 * @file `Layer`: weights made on first use and shared by every later one. Owns names and scopes, the lists
 * of weights, losses and updates, and nothing that only one kind of layer needs. Follows
 * `tensorflow/python/layers/base.py` of TensorFlow 1.x, and names operations as TensorFlow 1.4 and later do.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  DTypeError,
  describe,
  GraphError,
  isFloating,
  type OptionNames,
  type PartialShape,
  requireOptions,
  type Shape,
  sizeOf,
} from "../core/index.js";
import { type Graph, GraphKeys, type Operation, type Tensor } from "../graph/index.js";
import { tensorOf } from "../ops/define.js";
import type { InitializerFunction } from "../ops/initializers.js";
import type { Variable, VariableConstraint } from "../ops/variable.js";
import {
  getVariable,
  type Reuse,
  type VariableScope,
  variableScope,
  withVariableScope,
} from "../ops/variable-scope.js";
import type { WeightRegularizer } from "./regularizers.js";

/** What the constructors of layers take. */
export interface LayerOptions {
  /** Name of the layer, made unique (`dense`, `dense_1`) when it is first applied. Default: its kind. */
  readonly name?: string | undefined;
  /** Whether optimizers change its weights. Default true. */
  readonly trainable?: boolean | undefined;
  /** Element type of its weights. Default: that of the first input. */
  readonly dtype?: DType | undefined;
  /** Where its variables live, taken as it is and not made unique. Default: a new scope called `name`. */
  readonly scope?: string | VariableScope | undefined;
  /** Whether its variables exist already (`true`), are new (`false`), or either (`tf.AUTO_REUSE`). */
  readonly reuse?: Reuse | null | undefined;
  /** A penalty of each output, for REGULARIZATION_LOSSES. Default: none. */
  readonly activityRegularizer?: WeightRegularizer | null | undefined;
}

/** What the functions take that make a layer with weights and apply it at once. */
export interface LayerCallOptions {
  /** The scope of its variables, exactly. Default: the kind of layer, made unique (`dense`, `dense_1`). */
  readonly name?: string | VariableScope | undefined;
  /** Whether optimizers change its weights. Default true. */
  readonly trainable?: boolean | undefined;
  /** `true` to use the variables that an earlier layer of the same `name` made; or `tf.AUTO_REUSE`. */
  readonly reuse?: Reuse | null | undefined;
}

export const callOptions: OptionNames<LayerCallOptions> = { name: true, trainable: true, reuse: true };

/**
 * The constructor's options for a function's.
 * @param known the names that the function takes beside those of all
 * @throws ArgumentError for anything but an object, and for other names
 */
export function layerOptionsOf<T extends LayerCallOptions>(
  call: string,
  options: T,
  known: Readonly<Record<string, true>>,
): Omit<T, "name"> & LayerOptions {
  requireOptions(call, options, { ...callOptions, ...known });
  return { ...options, name: undefined, scope: options.name };
}

/** Options of {@link Layer.addWeight}. */
export interface WeightOptions {
  /** Every dimension. */
  readonly shape: readonly number[];
  /** Element type. Default: the layer's. */
  readonly dtype?: DType | undefined;
  /** Default: the variable scope's, else Glorot uniform. */
  readonly initializer?: InitializerFunction | null | undefined;
  /** Its result joins `losses` and REGULARIZATION_LOSSES, once, where the variable is new. */
  readonly regularizer?: WeightRegularizer | null | undefined;
  /** What optimizers bring its value back to after each of their updates. Default: the variable scope's. */
  readonly constraint?: VariableConstraint | null | undefined;
  /** Whether optimizers change it, if they change the layer at all. Default true. */
  readonly trainable?: boolean | undefined;
}

/**
 * Base of all layers, and of one's own: give it `build`, which makes weights with {@link addWeight}, and
 * `call`, which computes. `tf.layers.Layer`.
 */
export abstract class Layer {
  /** Whether optimizers change the weights. Setting it later changes the lists here, not the collections. */
  trainable: boolean;
  /** Penalties of this layer: of its weights, and of its outputs so far. Not added to your loss by themselves. */
  readonly losses: Tensor[] = [];
  /** Operations to run with each training step, such as moving averages. */
  readonly updates: Operation[] = [];
  /** The penalty of each output, if any. */
  readonly activityRegularizer: WeightRegularizer | null;
  private readonly trained: Variable[] = [];
  private readonly untrained: Variable[] = [];
  private readonly settings: LayerOptions;
  private captured: VariableScope | undefined;
  private ownDType: DType | undefined;
  private isBuilt = false;

  constructor(options: LayerOptions = {}) {
    requireOptions("a layer", options);
    this.settings = options;
    this.trainable = options.trainable ?? true;
    this.ownDType = options.dtype;
    this.activityRegularizer = options.activityRegularizer ?? null;
  }

  // ---- what one kind of layer says ----

  /** The name where none is given. Default: the class's, `MyLayer` as `my_layer`. */
  protected defaultName(): string {
    return snakeCase(this.constructor.name);
  }

  /** Checks an input, before anything is made. Default: anything goes. @throws ShapeError, DTypeError */
  protected checkInput(_inputs: Tensor): void {}

  /** Makes the weights, for inputs of this static shape. Called once, inside the layer's scope. Default: none. */
  protected build(_inputShape: PartialShape): void {}

  /** The outputs for some inputs. Called each time, inside the layer's scope. */
  protected abstract call(inputs: Tensor): Tensor;

  // ---- what users and kinds of layers call ----

  /**
   * The outputs for `inputs`. The first call makes the weights, every other shares them.
   * @throws ShapeError or DTypeError for inputs that do not fit
   * @throws GraphError for inputs of another graph than the first's
   */
  apply(inputs: Tensor): Tensor {
    return this.applyWith(inputs, (tensor) => this.call(tensor));
  }

  /** {@link apply} for a computation that takes more than the inputs. */
  protected applyWith(inputs: Tensor, compute: (inputs: Tensor) => Tensor): Tensor {
    const tensor = this.requireTensor(inputs);
    this.checkInput(tensor);
    this.ownDType ??= tensor.dtype;
    // Opened without callbacks, which keeps the stack short: an operation looks for its call site there.
    using _graph = tensor.graph.asDefault();
    this.captured ??= this.capture();
    const { originalNameScope: names } = this.captured;
    // Entering a variable scope again also opens a name scope; inside the layer's own it takes no name outside.
    using _own = tensor.graph.nameScope(names);
    using _variables = variableScope(this.captured, { reuse: this.isBuilt || (this.settings.reuse ?? null) });
    using _again = tensor.graph.nameScope(names);
    if (!this.isBuilt) this.buildOnce(tensor.partialShape);
    const outputs = compute(tensor);
    this.regularizeActivity(outputs);
    return outputs;
  }

  /**
   * A variable of the layer: new, or where the scope shares, the one that exists.
   * @throws as `tf.getVariable`
   */
  addWeight(name: string, options: WeightOptions): Variable {
    const { shape, initializer, regularizer, constraint, trainable = true } = options;
    const { graph } = this.scope;
    const known = new Set(graph.getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES));
    const variable = getVariable(name, {
      shape: shape as Shape,
      dtype: options.dtype ?? this.dtype ?? "float32",
      initializer,
      constraint,
      trainable: trainable && this.trainable,
    });
    (trainable ? this.trained : this.untrained).push(variable);
    if (regularizer && !known.has(variable))
      this.addLoss(graph.nameScope(`${name}/Regularizer`, () => regularizer(variable)));
    return variable;
  }

  /** Adds a penalty to `losses` and to REGULARIZATION_LOSSES; `null` for none. */
  addLoss(loss: Tensor | null | undefined): void {
    if (loss === null || loss === undefined) return;
    this.losses.push(loss);
    loss.graph.addToCollection(GraphKeys.REGULARIZATION_LOSSES, loss);
  }

  /** Adds an operation to `updates` and to UPDATE_OPS. */
  addUpdate(update: Operation): void {
    this.updates.push(update);
    update.graph.addToCollection(GraphKeys.UPDATE_OPS, update);
  }

  // ---- what it has ----

  /** Whether the weights exist. */
  get built(): boolean {
    return this.isBuilt;
  }
  /** The scope's name once applied, before that the name as given, or the kind of layer. */
  get name(): string {
    return this.captured?.name ?? this.baseName();
  }
  /** Prefix of its variables. @throws GraphError before the layer is applied */
  get scopeName(): string {
    return this.scope.name;
  }
  /** Element type of its weights; `undefined` before the layer is applied, unless it was given. */
  get dtype(): DType | undefined {
    return this.ownDType;
  }
  /** The graph it lives in. @throws GraphError before the layer is applied */
  get graph(): Graph {
    return this.scope.graph;
  }
  /** The weights that optimizers change. */
  get trainableWeights(): readonly Variable[] {
    return this.trainable ? [...this.trained] : [];
  }
  get nonTrainableWeights(): readonly Variable[] {
    return this.trainable ? [...this.untrained] : [...this.trained, ...this.untrained];
  }
  /** All weights, trained ones first. */
  get weights(): readonly Variable[] {
    return [...this.trained, ...this.untrained];
  }
  /** @see weights */
  get variables(): readonly Variable[] {
    return this.weights;
  }
  /** @see trainableWeights */
  get trainableVariables(): readonly Variable[] {
    return this.trainableWeights;
  }
  /** @see nonTrainableWeights */
  get nonTrainableVariables(): readonly Variable[] {
    return this.nonTrainableWeights;
  }
  /** The number of elements of all weights. @throws GraphError before the layer is applied */
  countParams(): number {
    if (!this.isBuilt) throw this.notYet("parameters");
    return this.weights.reduce((total, { shape }) => total + sizeOf(shape as readonly number[]), 0);
  }

  /** A weight that exists once the layer has been applied. @throws GraphError before */
  protected made<T>(weight: T | undefined, what: string): T {
    if (weight === undefined) throw this.notYet(what);
    return weight;
  }

  /** @throws DTypeError for inputs that weights cannot be learned for */
  protected requireFloating(inputs: Tensor): void {
    const dtype = this.ownDType ?? inputs.dtype;
    if (!isFloating(dtype))
      throw new DTypeError(`Unable to build layer ${this.name} with non-floating point dtype ${dtype}`, {
        op: inputs.op.name,
        createdAt: callSiteOf(captureCallSite()),
        hint: 'tf.cast(x, "float32") converts the inputs',
      });
  }

  // ---- scopes ----

  private baseName(): string {
    const { scope, name } = this.settings;
    return (typeof scope === "string" ? scope : scope?.name) ?? name ?? this.defaultName();
  }

  private get scope(): VariableScope {
    return this.made(this.captured, "scope");
  }

  private notYet(what: string): GraphError {
    return new GraphError(`Layer ${this.name} has no ${what} yet: they are made the first time it is applied.`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "call layer.apply(inputs) first",
    });
  }

  private requireTensor(inputs: unknown): Tensor {
    const tensor = tensorOf(inputs);
    if (tensor === undefined)
      throw new ArgumentError(`Layer ${this.name} takes a tensor, got ${describe(inputs)}`, {
        createdAt: callSiteOf(captureCallSite()),
        hint: "tf.constant() makes one of values, tf.placeholder() one that is fed",
      });
    if (this.captured !== undefined && tensor.graph !== this.captured.graph)
      throw new GraphError(`Input graph and Layer graph are not the same: ${tensor} is not from the passed-in graph.`, {
        op: tensor.op.name,
        createdAt: callSiteOf(captureCallSite()),
        hint: "a layer's weights live in one graph: make another layer for the other graph",
      });
    return tensor;
  }

  /** Opens the layer's scope for the first time, which settles its name. */
  private capture(): VariableScope {
    const { scope, reuse } = this.settings;
    const base = this.baseName();
    return withVariableScope(scope ?? (reuse ? base : null), (opened) => opened, { defaultName: base });
  }

  private buildOnce(inputShape: PartialShape): void {
    try {
      this.build(inputShape);
      this.isBuilt = true;
    } catch (error) {
      for (const list of [this.trained, this.untrained, this.losses]) list.length = 0;
      throw error;
    }
  }

  private regularizeActivity(outputs: Tensor): void {
    const { activityRegularizer: regularizer } = this;
    if (regularizer) this.addLoss(this.graph.nameScope("ActivityRegularizer", () => regularizer(outputs)));
  }
}

/** `MaxPooling2D` as `max_pooling2d`. */
const snakeCase = (name: string): string =>
  name
    .replace(/(.)([A-Z][a-z0-9]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
