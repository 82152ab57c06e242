/**
 * @file What the layers share: scopes, the variables a layer makes and how it is found again, checks of
 * what comes in, and the static shapes of what goes out. Used by the files of this folder only.
 */
import {
  ArgumentError,
  bracketed,
  callSiteOf,
  captureCallSite,
  type Dimension,
  type DType,
  describe,
  isFloating,
  type OptionNames,
  type Shape,
  ShapeError,
} from "../../core/index.js";
import { Tensor } from "../../graph/index.js";
import { type Reuse, type Variable, type VariableScope, variableScope } from "../../ops/index.js";
import { type Activation, get as activationOf } from "../activations.js";
import { Collections, trackLayer } from "../collections.js";
import type { Initialization } from "../initializations.js";
import type { RegularizerLike } from "../regularizers.js";
import { type LayerVariableOptions, variable } from "../variables.js";

// ---- options ----

/** Options of layers that have variables. */
export interface VariableLayerOptions {
  /** Whether optimizers change the variables. Default true. */
  readonly trainable?: boolean;
  /** Whether `DNN.load` restores the variables. Default true. */
  readonly restore?: boolean;
  /** Share the variables of an earlier layer of the same `scope`. Default false. */
  readonly reuse?: Reuse;
  /** The scope of the variables; it overrides `name`, and is what layers share variables by. */
  readonly scope?: string | VariableScope | null;
  /** Name of the layer, made unique: `FullyConnected`, `FullyConnected_1`. */
  readonly name?: string;
}

export const variableOptions: OptionNames<VariableLayerOptions> = {
  trainable: true,
  restore: true,
  reuse: true,
  scope: true,
  name: true,
};

/** Options of layers with weights, biases and an activation. */
export interface WeightLayerOptions extends VariableLayerOptions {
  /** A name, or a function of a tensor. Default "linear". */
  readonly activation?: Activation;
  /** Whether to add a bias. Default true. */
  readonly bias?: boolean;
  /** How the weights start: a name, an initializer or values. */
  readonly weightsInit?: Initialization;
  /** How the bias starts. Default "zeros". */
  readonly biasInit?: Initialization;
  /** A penalty of the weights, which joins the loss: "L1", "L2" or a function. Default none. */
  readonly regularizer?: RegularizerLike | null;
  /** Times the penalty. Default 0.001. */
  readonly weightDecay?: number;
}

export const weightOptions: OptionNames<WeightLayerOptions> = {
  ...variableOptions,
  activation: true,
  bias: true,
  weightsInit: true,
  biasInit: true,
  regularizer: true,
  weightDecay: true,
};

/** Options of layers without variables. */
export interface NamedLayerOptions {
  /** Name of the layer. */
  readonly name?: string;
}

export const namedOptions: OptionNames<NamedLayerOptions> = { name: true };

// ---- building ----

/** What a layer's variables are made with, in its scope. */
export interface LayerScope {
  readonly scope: VariableScope;
  /** A variable of the layer; what is left out of the options comes from the layer's own. */
  variable(name: string, options: LayerVariableOptions): Variable;
}

/** A layer's output, with its scope beside its variables. */
export type WithScope<T extends Tensor, Parts> = T & Parts & { readonly scope: VariableScope };

/**
 * Builds a layer that has variables in its own variable scope, and records its output under its name.
 * `build` returns the output and what shall be found on it: `{ W, b }`.
 */
export function variableLayer<T extends Tensor, Parts extends object>(
  incoming: Tensor,
  defaultName: string,
  options: VariableLayerOptions,
  build: (layer: LayerScope) => readonly [output: T, parts: Parts],
): WithScope<T, Parts> {
  const { scope: given = null, name = defaultName, reuse = false, trainable, restore } = options;
  using opened = variableScope(given, { defaultName: name, values: [incoming], reuse });
  const { scope } = opened;
  const [output, parts] = build({
    scope,
    variable: (label, own) => {
      const made = variable(label, { trainable, restore, dtype: floatingDType(incoming), ...own }) as Variable;
      made.graph.addToCollection(`${Collections.LAYER_VARIABLES}/${scope.name}`, made);
      return made;
    },
  });
  trackLayer(scope.name, output);
  return Object.assign(output, parts, { scope });
}

/** Weights compute in the dtype of what comes in; whole numbers are looked up by float32 weights. */
const floatingDType = ({ dtype }: Tensor): DType => (isFloating(dtype) ? dtype : "float32");

/** Builds a layer without variables in a name scope, and records its output under its name. */
export function namedLayer<T extends Tensor>(incoming: Tensor, name: string, build: (scope: string) => T): T {
  const { graph } = incoming;
  return graph.asDefault(() => {
    const output = graph.nameScope(name, build);
    trackLayer(name, output);
    return output;
  });
}

/** The kernel and bias of a layer. */
export function weightsOf(
  layer: LayerScope,
  options: WeightLayerOptions & { readonly weightsInit: Initialization },
  shape: readonly number[],
  units: number,
): { readonly W: Variable; readonly b: Variable | null } {
  const { weightsInit, biasInit = "zeros", regularizer, weightDecay, bias = true } = options;
  const W = layer.variable("W", { shape, initializer: weightsInit, regularizer, weightDecay });
  return { W, b: bias ? layer.variable("b", { shape: [units], initializer: biasInit }) : null };
}

/** Applies an activation by identifier and records the result among the activations. */
export function activate(x: Tensor, activation: Activation = "linear"): Tensor {
  const activated = activationOf(activation)(x);
  activated.graph.addToCollection(Collections.ACTIVATIONS, activated);
  return activated;
}

// ---- checks ----

/** The tensor that comes in. @throws ArgumentError "Invalid incoming layer." */
export function requireTensor(incoming: unknown): asserts incoming is Tensor {
  if (incoming instanceof Tensor) return;
  throw new ArgumentError("Invalid incoming layer.", {
    createdAt: callSiteOf(captureCallSite()),
    hint: `pass the tensor of the layer before, such as tflearn.inputData({ shape: [null, 784] }), not ${describe(incoming)}`,
  });
}

/** The static shape of what comes in. @throws ShapeError "Incoming Tensor shape must be …-D" */
export function requireRank(incoming: unknown, accepts: (rank: number) => boolean, wanted: string): Shape {
  requireTensor(incoming);
  const { partialShape } = incoming;
  if (partialShape !== null && accepts(partialShape.length)) return partialShape;
  throw new ShapeError(`Incoming Tensor shape must be ${wanted}`, {
    op: incoming.op.name,
    createdAt: incoming.op.createdAt,
    hint: `its shape is ${bracketed(partialShape)}; tflearn.reshape() changes it`,
  });
}
export const requireMatrix = (incoming: unknown): Shape => requireRank(incoming, (rank) => rank > 1, "at least 2-D");
export const requirePictures = (incoming: unknown): Shape => requireRank(incoming, (rank) => rank === 4, "4-D");

/** Elements of one sample, all dimensions but the first. @throws ShapeError where one is not known */
export function sampleSize(incoming: Tensor): number {
  let size = 1;
  for (const extent of incoming.shape.slice(1)) size *= requireKnown(incoming, extent);
  return size;
}

/** The extent of the last axis. @throws ShapeError where it is not known */
export const lastExtent = (incoming: Tensor): number => requireKnown(incoming, incoming.shape.at(-1) ?? null);

function requireKnown(incoming: Tensor, extent: number | null): number {
  if (extent !== null) return extent;
  throw new ShapeError("The dimensions of a sample must be known to make weights for them", {
    op: incoming.op.name,
    createdAt: incoming.op.createdAt,
    hint: `the shape is ${bracketed(incoming.partialShape)}; only the first may be null`,
  });
}

/** A whole number above 0. @throws ArgumentError */
export function requireCount(value: number, what: string): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ArgumentError(`${what} must be a whole number above 0, got ${describe(value)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "pass a number such as 64",
  });
}

/** The tensors of a list. @throws ArgumentError for anything else */
export function requireTensors(list: unknown, what: string): asserts list is readonly Tensor[] {
  if (!Array.isArray(list))
    throw new ArgumentError(`${what} takes a list of tensors, got ${describe(list)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass an array: [first, second]",
    });
  for (const tensor of list) requireTensor(tensor);
}

/** Whole numbers, −1 where allowed. @throws ArgumentError */
export function requireSizes(sizes: unknown, what: string, least: number): void {
  if (Array.isArray(sizes) && sizes.every((size) => Number.isInteger(size) && (size as number) >= least)) return;
  throw new ArgumentError(`${what} is a list of whole numbers, got ${describe(sizes)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: least < 0 ? "pass an array such as [-1, 28, 28, 1]" : "pass an array such as [28, 28]",
  });
}

/** @throws ArgumentError for what is no function */
export function requireFunction(given: unknown, what: string): void {
  if (typeof given === "function") return;
  throw new ArgumentError(`${what} needs a function, not ${describe(given)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "pass one that takes a tensor and returns one: (x) => tf.nn.relu(x)",
  });
}

// ---- static shapes ----

/** The first dimension of a shape: that of the batch. */
export type Rows<S extends Shape> = S extends readonly [infer First extends Dimension, ...unknown[]] ? First : null;
/** The shape of a matrix of a row for each sample: a sample of higher rank is flattened. */
export type MatrixShape<S extends Shape, Columns extends Dimension> = S extends readonly [
  infer First extends Dimension,
  Dimension,
]
  ? readonly [First, Columns]
  : readonly [null, Columns];
