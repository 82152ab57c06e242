/**
 * @file Inputs and outputs of layers: one tensor, a list, or a record by name, and the same structure of
 * shapes or values. Imports `core` and `graph`.
 */
import { ArgumentError, describe, type PartialShape, type Shape } from "../../core/index.js";
import { Tensor, typeName } from "../../graph/index.js";

/** What a layer takes or gives: a tensor, a list of tensors, or tensors by name. */
export type Nested = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor };

/** The structure of `N` with another type in place of the tensors. */
export type Mapped<N extends Nested, T> = N extends Tensor
  ? T
  : N extends readonly Tensor[]
    ? readonly T[]
    : { readonly [K in keyof N]: T };
/** The structure of `N`, of static shapes. */
export type ShapesOf<N extends Nested> = Mapped<N, Shape>;

/** The tensors of a structure in order; those of a record in the order of its keys. */
export function flatten(nested: Nested): Tensor[] {
  if (nested instanceof Tensor) return [nested];
  return Array.isArray(nested) ? [...nested] : Object.values(nested as { readonly [name: string]: Tensor });
}

/** The names of a record's entries; `null` for what is not a record. */
export const namesOf = (nested: Nested): string[] | null =>
  nested instanceof Tensor || Array.isArray(nested) ? null : Object.keys(nested);

/** A structure like `nested` of the values of a flat list. */
export function packLike<N extends Nested, T>(nested: N, flat: readonly T[]): Mapped<N, T> {
  const names = namesOf(nested);
  if (names !== null) return Object.fromEntries(names.map((name, i) => [name, flat[i]])) as Mapped<N, T>;
  return (nested instanceof Tensor ? flat[0] : [...flat]) as Mapped<N, T>;
}

/** A structure with a function applied to each tensor. */
export const mapNested = <N extends Nested, T>(nested: N, map: (tensor: Tensor, i: number) => T): Mapped<N, T> =>
  packLike(nested, flatten(nested).map(map));

/**
 * A structure of tensors from what a user passed: variables become their values.
 * @throws ArgumentError where something is not a tensor
 */
export function requireTensors(inputs: unknown, layer: string): Nested {
  const convert = (value: unknown): Tensor => {
    const like = value as { asTensor?: () => Tensor } | null;
    if (typeof like === "object" && like !== null && typeof like.asTensor === "function") return like.asTensor();
    if (value instanceof Tensor) return value;
    const shown = typeof value === "object" ? typeName(value) : describe(value);
    throw new ArgumentError(`Inputs to a layer should be tensors. Got ${shown} as input for layer '${layer}'.`, {
      hint: "apply layers to keras.input(…), to a placeholder, or to what another layer's apply() returned",
    });
  };
  if (Array.isArray(inputs)) return inputs.map(convert);
  const isRecord = typeof inputs === "object" && inputs !== null && Object.getPrototypeOf(inputs) === Object.prototype;
  if (isRecord) return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, convert(value)]));
  return convert(inputs);
}

/** What a user's function returned, if it is made of tensors. @throws ArgumentError where it is not */
export function requireResult<N extends Nested>(result: N, what: string): N {
  const isRecord = typeof result === "object" && result !== null;
  const parts: readonly unknown[] = result instanceof Tensor ? [result] : isRecord ? flatten(result) : [];
  if (parts.length > 0 && parts.every((part) => part instanceof Tensor)) return result;
  const shown = isRecord ? typeName(result) : describe(result);
  throw new ArgumentError(`What ${what} returns should be a tensor, or a list or record of tensors. Got ${shown}.`, {
    hint: "is there a `return`? Variables give their tensor by asTensor(), numbers by tf.constant()",
  });
}

/** A shape as Keras writes it: `(None, 784)`. */
export function pythonShape(shape: PartialShape): string {
  if (shape === null) return "<unknown>";
  const dimensions = shape.map((d) => d ?? "None");
  return dimensions.length === 1 ? `(${dimensions[0]},)` : `(${dimensions.join(", ")})`;
}
