/**
 * @file What one operation type is: a single object that says its name, how its outputs look, how it
 * is lowered to the kernel language, and how it is differentiated. The builder, the gradient engine, every
 * backend and the generic tests all read this object; `*.oracle.ts` beside it says how it is tested.
 */
import type { NdArray, PartialShape } from "../core/index.js";
import type { Lowering } from "../ir/lowering.js";
import type { Attributes, Operation, OutputSpec } from "./operation.js";
import type { Tensor } from "./tensor.js";

/** What shape inference sees: the symbolic inputs and the attributes. */
export interface InferContext {
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** Name of the operation being built, for messages. */
  readonly name: string;
  /** The shape of input `i`; `null` for unknown rank. */
  shape(i: number): PartialShape;
  /** The value of input `i` where it is known while building, else `undefined`. */
  constant(i: number): NdArray | undefined;
  /** Inference that needs words: throws a ShapeError in TensorFlow's form. */
  fail(what: string, hint?: string): never;
}

/** The gradient function: gradients of the outputs in, gradients of the inputs out (`null` = none). */
export type GradientFunction = (op: Operation, ...outputGradients: Tensor[]) => readonly (Tensor | null)[];

/** Concrete inputs on which the generic tests run an operation. */
export interface Sample {
  readonly inputs: readonly NdArray[];
  readonly attributes?: Attributes;
  /** Inputs that central differences must skip: kinks, integers, step functions. */
  readonly notDifferentiable?: readonly number[];
  /** Absolute tolerance factor where the default does not fit; say why beside it. */
  readonly tolerance?: number;
}

export interface OpDefinition {
  /** The operation's type, TensorFlow's name where it has one. */
  readonly name: string;
  /** Names of the inputs, for messages; the last may end in `...` when it repeats. */
  readonly inputs: readonly string[];
  /** Output dtypes and shapes from what is known while building. */
  readonly infer: (context: InferContext) => readonly OutputSpec[];
  /** How concrete outputs are computed. */
  readonly lower: Lowering;
  /** `null`: no gradient flows; `undefined`: differentiating is an error that names the operation. */
  readonly gradient?: GradientFunction | null;
  /** Runs at most once per `session.run` and must not be merged with an equal twin. */
  readonly stateful?: boolean;
  /** Inputs whose values decide output shapes: known when a program is specialized. */
  readonly shapeInputs?: readonly number[];
  /** The output's value while building, where the inputs' static shapes or values decide it. */
  readonly staticValue?: (op: Operation, valueOfTensor: (t: Tensor) => NdArray | undefined) => NdArray | undefined;
  /** Index of an input that is a variable this operation writes; `readsVariable` says if it also reads it. */
  readonly writes?: number;
}

const registry = new Map<string, OpDefinition>();

/** Adds a definition to the registry that tests, documents and graph import read. */
export function registerDefinition(definition: OpDefinition): void {
  if (registry.has(definition.name)) throw new Error(`Operation type ${definition.name} is defined twice`);
  registry.set(definition.name, definition);
}

/** Every operation type, by name. */
export const definitions = (): ReadonlyMap<string, OpDefinition> => registry;
