/** @file `Sequential`: a model whose layers are applied one after the other. Follows `sequential.py` of Keras 3. */
import { ArgumentError, NdArray, type NumericDType, type Shape } from "../../core/index.js";
import { Tensor, typeName } from "../../graph/index.js";
import type { Config, ModelStructure, SerializedObject } from "../contracts.js";
import { type AnyLayer, type CallOptions, Layer, layerOptions } from "../engine/layer.js";
import { deserializeLayer, serializeLayer } from "../engine/layer-registry.js";
import type { Nested } from "../engine/nested.js";
import { historyOf } from "../engine/node.js";
import type { Data, PredictOptions } from "../engine/training/options.js";
import { InputLayer, input } from "../layers/input.js";
import { Model, type ModelOptions } from "./model.js";
import { Network, requireDistinctNames } from "./network.js";

/** A layer that takes and gives one tensor. Those of other kinds are refused when they are applied. */
type Stackable = AnyLayer | Layer<Tensor, Tensor> | Layer<readonly Tensor[], Tensor> | Tensor;

export class Sequential extends Model<Tensor, Tensor> {
  static override readonly className: string = "Sequential";

  readonly #stack: AnyLayer[] = [];
  #start: InputLayer | null = null;
  /** The output of each layer of the stack, once the input is known. */
  #outputs: Tensor[] = [];

  /** @param layers added one by one: see {@link add} */
  constructor(layers: readonly Stackable[] = [], options: ModelOptions = {}) {
    super(options);
    if (!Array.isArray(layers))
      throw new ArgumentError(`Sequential takes a list of layers. Received: ${typeName(layers)}`, {
        hint: "new keras.Sequential([new keras.layers.Dense(10)])",
      });
    for (const layer of layers as readonly Stackable[]) this.add(layer);
  }

  /**
   * Appends a layer. The first one says by `inputShape` or `inputDim` what the model takes; else the first
   * data do. `keras.input(…)` may come first instead.
   * @throws ArgumentError for what is no layer, or a name that is taken
   */
  add(layer: Stackable): void {
    const added = asLayer(layer);
    if (added instanceof InputLayer) {
      if (this.#stack.length > 0 || this.#start !== null)
        throw new ArgumentError(
          `Sequential model '${this.name}' has already been configured to use input shape ${this.#start?.outputShape}.`,
          {
            hint: "an input comes first, and there is one",
          },
        );
      this.#start = added;
      return;
    }
    requireDistinctNames([...this.#stack, added]);
    if (this.#stack.length === 0 && this.#start === null) this.#start = startOf(added);
    this.#stack.push(added);
    if (this.#start === null) return;
    try {
      this.#extend();
    } catch (error) {
      this.#stack.pop();
      throw error;
    }
  }

  /** Removes the last layer and returns it. @throws ArgumentError where there is none */
  pop(): AnyLayer {
    const layer = this.#stack.pop();
    if (layer === undefined) throw new ArgumentError("There are no layers in the model.");
    if (this.#outputs.length > this.#stack.length) {
      this.#outputs.pop();
      layer.forgetNode();
    }
    this.#connect();
    return layer;
  }

  /** Makes the weights for inputs of a shape, batch included. @throws ArgumentError where another is known */
  override build(inputShape: Shape): void {
    if (this.#stack.length === 0)
      throw new ArgumentError(`Sequential model ${this.name} cannot be built because it has no layers.`, {
        hint: "call model.add(layer)",
      });
    if (this.#start !== null) return;
    const dtype = inputDTypeOf(this.#stack[0] as AnyLayer);
    this.#start = historyOf(input({ batchShape: inputShape, dtype }))?.layer as InputLayer;
    try {
      this.#extend();
    } catch (error) {
      // Other inputs may fit: the model knows no shape, as before.
      for (const [i] of this.#outputs.entries()) this.#stack[i]?.forgetNode();
      this.#outputs.length = 0;
      this.#start = null;
      throw error;
    }
  }

  /** Applies the layers that were not applied yet. */
  #extend(): void {
    while (this.#outputs.length < this.#stack.length) {
      const layer = this.#stack[this.#outputs.length] as AnyLayer;
      const before = this.#outputs.at(-1) ?? (this.#start as InputLayer).output;
      const output = before.graph.asDefault(() => layer.apply(before));
      if (!(output instanceof Tensor)) {
        layer.forgetNode();
        throw new ArgumentError(
          `All layers in a Sequential model should have a single output tensor, but ${layer} has several.`,
          {
            hint: "use keras.Model({ inputs, outputs })",
          },
        );
      }
      this.#outputs.push(output);
    }
    this.#connect();
  }
  #connect(): void {
    const output = this.#outputs.at(-1);
    this.setNetwork(this.#start === null || output === undefined ? null : new Network(this.#start.output, output));
  }

  override get layers(): readonly AnyLayer[] {
    return [...this.#stack];
  }
  override sublayers(): readonly AnyLayer[] {
    return this.#stack;
  }
  override get kind(): ModelStructure["kind"] {
    return "sequential";
  }
  override get built(): boolean {
    return this.network !== null;
  }

  override call(inputs: Tensor, options: CallOptions): Tensor {
    if (this.network === null) this.build(inputs.shape);
    return super.call(inputs, options);
  }
  protected override inputsFor(data: readonly NdArray[]): Nested {
    if (this.network === null) this.build([null, ...(data[0]?.shape.slice(1) ?? [])]);
    return super.inputsFor(data);
  }

  /** The class of each row: the place of the largest output, or whether the only one is above a half. int32. */
  async predictClasses(x: Data, options: PredictOptions = {}): Promise<NdArray<"int32">> {
    const probabilities = (await this.predict(x, options)) as NdArray<NumericDType>;
    const { data, shape } = probabilities;
    const width = shape.at(-1) ?? 1;
    if (width === 1)
      return new NdArray(
        "int32",
        shape,
        Int32Array.from(data, (p) => (p > 0.5 ? 1 : 0)),
      );
    const classes = new Int32Array(probabilities.size / width);
    for (let row = 0; row < classes.length; row++) {
      let best = 0;
      for (let k = 1; k < width; k++) if ((data[row * width + k] ?? 0) > (data[row * width + best] ?? 0)) best = k;
      classes[row] = best;
    }
    return new NdArray("int32", shape.slice(0, -1), classes);
  }
  /** What `predict` returns, under Keras 2's name. */
  predictProba(x: Data, options: PredictOptions = {}): Promise<NdArray> {
    return this.predict(x, options);
  }

  override getConfig(): Config {
    const { name, trainable, dtype } = this;
    const start = this.#start === null ? [] : [serializeLayer(this.#start as unknown as AnyLayer)];
    const built = this.#start === null ? {} : { build_input_shape: this.#start.outputShape };
    return { name, trainable, dtype, layers: [...start, ...this.#stack.map(serializeLayer)], ...built };
  }
  static override fromConfig(config: Config): AnyLayer {
    // Keras 2 writes the list of layers alone.
    const list = (Array.isArray(config) ? config : config.layers) as readonly SerializedObject[];
    const { name, trainable, dtype } = layerOptions<ModelOptions>(
      Array.isArray(config)
        ? {}
        : { name: config.name, trainable: config.trainable ?? true, dtype: config.dtype ?? "float32" },
    );
    const model = new Sequential(list.map(deserializeLayer), { name: name ?? null, dtype: dtype ?? "float32" });
    const shape = config.build_input_shape as Shape | undefined;
    if (shape !== undefined && shape !== null && !model.built && list.length > 0) model.build(shape);
    if (trainable === false) model.trainable = false;
    return model as unknown as AnyLayer;
  }
}

function asLayer(layer: Stackable): AnyLayer {
  const found = layer instanceof Tensor ? historyOf(layer)?.layer : layer;
  if (layer instanceof Tensor && !(found instanceof InputLayer))
    throw new ArgumentError(`The added tensor ${layer} is not an input.`, {
      hint: "add layers, and keras.input(…) first",
    });
  if (!(found instanceof Layer))
    throw new ArgumentError(
      `Only instances of \`keras.Layer\` can be added to a Sequential model. Received: ${typeName(layer)}`,
      {
        hint: "model.add(new keras.layers.Dense(10))",
      },
    );
  return found as AnyLayer;
}

/** The input that a first layer tells of, or has. */
function startOf(layer: AnyLayer): InputLayer | null {
  const inner = layer instanceof Model && layer.built ? layer.inputs[0]?.partialShape : undefined;
  const shape = layer.batchInputShape ?? inner ?? null;
  if (shape === null) return null;
  const name = `${layer.name}_input`;
  return new InputLayer({ batchShape: shape, dtype: inputDTypeOf(layer), name });
}

const inputDTypeOf = (layer: AnyLayer): NumericDType =>
  (layer as unknown as { readonly inputDType: NumericDType }).inputDType;
