/**
 * @file Core layers: inputs, fully connected layers, dropout, reshaping. Follows `layers/core.py` of
 * TFLearn. Each takes and returns tensors of the graph, to be mixed with any other code.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type Dimension,
  type DType,
  describe,
  type OptionNames,
  requireOptions,
  type Shape,
  ShapeError,
} from "../../core/index.js";
import { getDefaultGraph, Tensor } from "../../graph/index.js";
import {
  add,
  cast,
  concat,
  constantInitializer,
  placeholder as makePlaceholder,
  matmul,
  multiply,
  nn,
  oneHot,
  randomNormal,
  reshape as reshapeTensor,
  type ShapeArgument,
  sigmoid,
  subtract,
  tile,
  type Variable,
  where,
} from "../../ops/index.js";
import type { Activation } from "../activations.js";
import { get as activationOf } from "../activations.js";
import { Collections, trackLayer } from "../collections.js";
import type { DataAugmentation } from "../data/augmentation.js";
import type { DataPreprocessing } from "../data/preprocessing.js";
import { getTrainingMode } from "../training-mode.js";
import {
  activate,
  type MatrixShape,
  type NamedLayerOptions,
  namedLayer,
  namedOptions,
  type Rows,
  requireCount,
  requireFunction,
  requireMatrix,
  requireSizes,
  requireTensor,
  requireTensors,
  sampleSize,
  type VariableLayerOptions,
  variableLayer,
  variableOptions,
  type WeightLayerOptions,
  type WithScope,
  weightOptions,
  weightsOf,
} from "./layer.js";

// ---- inputs ----

/** Options of {@link inputData}. */
export interface InputDataOptions<D extends DType = DType, S extends Shape = Shape> extends NamedLayerOptions {
  /** Dimensions, the first for the batch. With two or more, a `null` for the batch is added where it is missing. */
  readonly shape?: S;
  /** A placeholder to use in place of a new one. */
  readonly placeholder?: Tensor<D, S>;
  /** Default float32. */
  readonly dtype?: D;
  /** What is done to every batch, in training and prediction. */
  readonly dataPreprocessing?: DataPreprocessing | null;
  /** What is done to training batches alone, before the preprocessing. */
  readonly dataAugmentation?: DataAugmentation | null;
}

const inputOptions: OptionNames<InputDataOptions> = {
  ...namedOptions,
  shape: true,
  placeholder: true,
  dtype: true,
  dataPreprocessing: true,
  dataAugmentation: true,
};

/** A shape with its batch dimension: added in front where there are several and the first is a number. */
export type InputShape<S extends Shape> = S extends readonly [infer First extends Dimension, Dimension, ...unknown[]]
  ? [First] extends [number]
    ? readonly [null, ...S]
    : S
  : S;

/**
 * The input of a network: a placeholder `<name>/X`, or the one given. A `DNN` feeds its data in the order
 * in which inputs were made. `tflearn.input_data`.
 * @throws ArgumentError without shape and placeholder
 */
export function inputData<D extends DType = "float32", const S extends Shape = Shape>(
  options: InputDataOptions<D, S>,
): Tensor<D, InputShape<S>> {
  requireOptions("inputData", options, inputOptions);
  const { shape, dtype = "float32", name = "InputData" } = options;
  if (options.placeholder !== undefined) requireTensor(options.placeholder);
  else if (shape === undefined)
    throw new ArgumentError("Either a `shape` or `placeholder` argument is required to consruct an input layer.", {
      createdAt: callSiteOf(captureCallSite()),
      hint: "tflearn.inputData({ shape: [null, 784] })",
    });
  const graph = options.placeholder?.graph ?? getDefaultGraph();
  const made = graph.asDefault((): Tensor => {
    const input = (options.placeholder ??
      graph.nameScope(name, () => makePlaceholder(dtype, withBatch(shape ?? []), { name: "X" }))) as Tensor;
    graph.addToCollection(Collections.INPUTS, input);
    trackLayer(name, input);
    graph.addToCollection(Collections.DATA_PREP, options.dataPreprocessing ?? null);
    graph.addToCollection(Collections.DATA_AUG, options.dataAugmentation ?? null);
    return input;
  });
  return made as Tensor<D, never>;
}

/** What is no list is left for the placeholder to complain of. */
const withBatch = (shape: Shape): Shape =>
  Array.isArray(shape) && shape.length > 1 && shape[0] !== null ? [null, ...shape] : shape;

/** Several targets for one network: placeholders by name, each of `shape`. `tflearn.multi_target_data`. */
export function multiTargetData(
  names: readonly string[],
  shape: Shape,
  options: NamedLayerOptions & {
    /** Element type of the placeholders. Default float32. */
    readonly dtype?: DType;
  } = {},
): Tensor {
  const graph = getDefaultGraph();
  requireOptions("multiTargetData", options, { ...namedOptions, dtype: true });
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== "string"))
    throw new ArgumentError(`multiTargetData needs a list of names, got ${describe(names)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: 'pass the name of each target: ["first", "second"]',
    });
  return graph.nameScope(options.name ?? "MultiTargetData", () => {
    const targets = names.map((name) => {
      const target = graph.nameScope(name, () =>
        makePlaceholder(options.dtype ?? "float32", requireKnownRank(shape), { name: "Y" }),
      ) as Tensor;
      graph.addToCollection(Collections.TARGETS, target);
      return target;
    });
    return concat(targets, 0) as Tensor;
  });
}

const requireKnownRank = (shape: Shape | null | undefined): Shape => {
  if (shape !== null && shape !== undefined) return shape;
  throw new ArgumentError("multiTargetData needs the shape of the targets", {
    createdAt: callSiteOf(captureCallSite()),
    hint: "the first dimension is the batch's: [null, 10]",
  });
};

// ---- fully connected ----

/** The variables of a layer, on the tensor it returns. */
export interface Weights {
  /** The weights. */
  readonly W: Variable;
  /** `null` without a bias. */
  readonly b: Variable | null;
}

/**
 * `activation(x·W + b)` with `W` [inputs, nUnits]. Samples of higher rank are flattened.
 * `tflearn.fully_connected`.
 * @param incoming [batch, …], two axes or more
 * @param options.weightsInit default "truncated_normal": standard deviation 0.02
 * @throws ShapeError for fewer axes, or a sample whose size is not known
 */
export function fullyConnected<D extends DType, S extends Shape, const N extends number>(
  incoming: Tensor<D, S>,
  nUnits: N,
  options: WeightLayerOptions = {},
): WithScope<Tensor<D, MatrixShape<S, N>>, Weights> {
  requireOptions("fullyConnected", options, weightOptions);
  const rank = requireMatrix(incoming).length;
  const inputs = sampleSize(incoming);
  const units = requireCount(nUnits, "fullyConnected: the number of units");
  return variableLayer(incoming, "FullyConnected", options, (layer) => {
    const { weightsInit = "truncated_normal" } = options;
    const parts = weightsOf(layer, { ...options, weightsInit }, [inputs, units], units);
    const flat: Tensor = rank > 2 ? reshapeTensor(incoming as Tensor, [-1, inputs]) : incoming;
    const product: Tensor = matmul(flat, parts.W as Tensor);
    const biased: Tensor = parts.b === null ? product : nn.biasAdd(product, parts.b as Tensor);
    return [activate(biased, options.activation) as Tensor<D, never>, parts];
  });
}

/** Options of {@link singleUnit}. */
export interface SingleUnitOptions extends VariableLayerOptions {
  /** Default "linear". */
  readonly activation?: Activation;
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * One weight and one bias for each input of a linear regression: `activation(x·W + b)`, elementwise.
 * All weights start at one normally distributed number, and all biases at another. `tflearn.single_unit`.
 * @param incoming [samples]; other shapes are flattened
 */
export function singleUnit<D extends DType>(
  incoming: Tensor<D>,
  options: SingleUnitOptions = {},
): WithScope<Tensor<D, readonly [null]>, Weights> {
  requireOptions("singleUnit", options, { ...variableOptions, activation: true, bias: true });
  requireTensor(incoming);
  const size = sampleSize(incoming);
  const oneNumber = (shape: readonly number[]): Tensor => tile(randomNormal([1]), [...shape]) as Tensor;
  return variableLayer(incoming, "Linear", options, (layer) => {
    const W = layer.variable("W", { shape: [size], initializer: oneNumber });
    const b = options.bias === false ? null : layer.variable("b", { shape: [size], initializer: oneNumber });
    const flat: Tensor = (incoming.rank ?? 0) > 1 ? reshapeTensor(incoming as Tensor, [-1]) : incoming;
    const scaled: Tensor = multiply(flat, W as Tensor);
    const shifted: Tensor = b === null ? scaled : add(scaled, b as Tensor);
    return [activate(shifted, options.activation) as Tensor<D, never>, { W, b }];
  });
}

/** Options of {@link highway}. */
export interface HighwayOptions extends Omit<WeightLayerOptions, "bias"> {
  /** Keep probability of the transform gate. Default: no dropout. */
  readonly transformDropout?: number | null;
}

/**
 * A fully connected highway layer: `H·T + x·(1 − T)` with `H = activation(x·W + b)` and the gate
 * `T = σ(x·W_T + b_T)`, whose bias starts at −1. `tflearn.highway`.
 * @param nUnits the size of a sample, which the layer keeps
 * @throws ShapeError where the size differs
 */
export function highway<D extends DType, S extends Shape, const N extends number>(
  incoming: Tensor<D, S>,
  nUnits: N,
  options: HighwayOptions = {},
): WithScope<Tensor<D, MatrixShape<S, N>>, Weights & { readonly W_t: Variable; readonly b_t: Variable }> {
  const { bias: _, ...known } = weightOptions;
  requireOptions("highway", options, { ...known, transformDropout: true });
  const rank = requireMatrix(incoming).length;
  const inputs = sampleSize(incoming);
  requireCount(nUnits, "highway: the number of units");
  if (inputs !== nUnits)
    throw new ShapeError(`highway: a sample has ${inputs} elements, but the layer ${nUnits} units`, {
      op: incoming.op.name,
      createdAt: incoming.op.createdAt,
      hint: "the layer adds its input to its output, so they need one size: put a fullyConnected() before it",
    });
  return variableLayer(incoming, "FullyConnectedHighway", options, (layer) => {
    const { weightsInit = "truncated_normal", transformDropout = null } = options;
    const { W, b } = weightsOf(layer, { ...options, weightsInit, bias: true }, [inputs, nUnits], nUnits);
    const gateWeights = layer.variable("W_T", { shape: [inputs, nUnits], initializer: weightsInit });
    const gateBias = layer.variable("b_T", { shape: [nUnits], initializer: constantInitializer(-1) });
    const x: Tensor = rank > 2 ? reshapeTensor(incoming as Tensor, [-1, inputs]) : incoming;
    const affine = (weights: Tensor, bias: Tensor): Tensor => nn.biasAdd(matmul(x, weights) as Tensor, bias) as Tensor;
    const transformed = activationOf(options.activation ?? "linear")(affine(W as Tensor, b as unknown as Tensor));
    const gate = sigmoid(affine(gateWeights as Tensor, gateBias as Tensor));
    const open: Tensor = transformDropout === null ? gate : dropout(gate, transformDropout);
    const carried: Tensor = multiply(x, subtract(1, open) as Tensor);
    const result: Tensor = add(multiply(transformed, open) as Tensor, carried);
    layer.scope.graph.addToCollection(Collections.ACTIVATIONS, result);
    return [result as Tensor<D, never>, { W, b, W_t: gateWeights, b_t: gateBias }];
  });
}

// ---- without variables ----

/** Options of {@link dropout}. */
export interface DropoutOptions extends NamedLayerOptions {
  /** Shape of the random mask, which broadcasts to the input. Default: the input's. */
  readonly noiseShape?: ShapeArgument | null;
  /** Seed of the draws. Default: from the graph's. */
  readonly seed?: number | null;
}

/**
 * While training, keeps each element with probability `keepProb`, scaled by its inverse; the input itself
 * otherwise. `tflearn.dropout`.
 * @param keepProb the probability to keep: 0.8 drops a fifth
 * @throws ArgumentError for a probability outside (0, 1]
 */
export function dropout<D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  keepProb: number | Tensor,
  options: DropoutOptions = {},
): Tensor<D, S> {
  requireOptions("dropout", options, { ...namedOptions, noiseShape: true, seed: true });
  requireTensor(incoming);
  const { noiseShape, seed, name = "Dropout" } = options;
  return namedLayer(incoming, name, () => {
    const dropped = nn.dropout(incoming as Tensor, keepProb, { noiseShape, seed });
    // A known probability of 1 drops nothing.
    if (dropped === incoming) return incoming;
    return chooseByMode(dropped, incoming) as Tensor<D, S>;
  });
}

/** One of two tensors of one shape, by the training mode. */
function chooseByMode(training: Tensor, otherwise: Tensor): Tensor {
  const chosen: Tensor = where(getTrainingMode(), training, otherwise);
  chosen.setShape(otherwise.partialShape);
  return chosen;
}

/** A tensor under another shape; a list is joined along the first axis before. `tflearn.reshape`. */
export function reshape<D extends DType>(
  incoming: Tensor<D> | readonly Tensor<D>[],
  newShape: readonly number[],
  options: NamedLayerOptions = {},
): Tensor<D> {
  requireOptions("reshape", options, namedOptions);
  const given: unknown = incoming;
  const [first] = Array.isArray(given) ? (given as readonly unknown[]) : [given];
  requireTensor(first);
  if (Array.isArray(given)) requireTensors(given, "reshape");
  requireSizes(newShape, "reshape: the new shape", -1);
  return namedLayer(first, options.name ?? "Reshape", () => {
    const x: Tensor = incoming instanceof Tensor ? incoming : (concat([...incoming] as Tensor[], 0) as Tensor);
    return reshapeTensor(x, newShape as readonly number[]) as Tensor as Tensor<D>;
  });
}

/** Samples as rows: `[batch, elements]`. `tflearn.flatten`. @throws ShapeError for fewer than two axes */
export function flatten<D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  options: NamedLayerOptions = {},
): Tensor<D, MatrixShape<S, number>> {
  requireOptions("flatten", options, namedOptions);
  requireMatrix(incoming);
  return reshape(incoming as Tensor<D>, [-1, sampleSize(incoming)], {
    name: options.name ?? "Flatten",
  }) as unknown as Tensor<D, MatrixShape<S, number>>;
}

/** An activation as a layer of its own. `tflearn.activation`. */
export function activation<D extends DType, S extends Shape>(
  incoming: Tensor<D, S>,
  by: Activation = "linear",
  options: NamedLayerOptions = {},
): Tensor<D, S> {
  requireOptions("activation", options, namedOptions);
  requireTensor(incoming);
  const activated = activationOf(by)(incoming);
  trackLayer(options.name ?? "activation", activated);
  return activated as Tensor<D, S>;
}

/**
 * Any function of tensors as a layer, in a name scope of its own. `tflearn.custom_layer`.
 * @param customFn called with what comes in and the options, whose `name` is the scope's
 */
export function customLayer<T, R, O extends NamedLayerOptions = NamedLayerOptions>(
  incoming: T,
  customFn: (incoming: T, options: O) => R,
  options: O = {} as O,
): R {
  requireOptions("customLayer", options);
  requireFunction(customFn, "customLayer");
  const [first] = Array.isArray(incoming) ? (incoming as readonly unknown[]) : [incoming];
  const graph = first instanceof Tensor ? first.graph : getDefaultGraph();
  return graph.asDefault(() => graph.nameScope(options.name ?? "CustomLayer", () => customFn(incoming, options)));
}

/** Options of {@link oneHotEncoding}. */
export interface OneHotEncodingOptions extends NamedLayerOptions {
  /** Default 1. */
  readonly onValue?: number;
  /** Default 0. */
  readonly offValue?: number;
}

/** Class numbers as rows of float32: `[batch]` becomes `[batch, nClasses]`. `tflearn.one_hot_encoding`. */
export function oneHotEncoding<S extends Shape, const N extends number>(
  target: Tensor<DType, S>,
  nClasses: N,
  options: OneHotEncodingOptions = {},
): Tensor<"float32", readonly [...S, N]> {
  requireOptions("oneHotEncoding", options, { ...namedOptions, onValue: true, offValue: true });
  requireTensor(target);
  requireCount(nClasses, "oneHotEncoding: the number of classes");
  const { onValue = 1, offValue = 0, name = "OneHotEncoding" } = options;
  return namedLayer(target, name, () => {
    const classes = (target.dtype === "int32" ? target : cast(target, "int32")) as Tensor<"int32">;
    const encoded = oneHot(classes, nClasses as number, { onValue, offValue, dtype: "float32" });
    return encoded as Tensor as Tensor<"float32", readonly [...S, N]>;
  });
}

/** The first dimension of what {@link inputData} made, for code that builds on it. */
export type BatchOf<T extends Tensor> = T extends Tensor<DType, infer S extends Shape> ? Rows<S> : never;
