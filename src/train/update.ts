/**
 * @file `defineUpdate`: what an optimizer's update of one variable needs to say. Each is one operation
 * under TensorFlow's name (`ApplyAdam`), which reads the variable and its slots as they are at that
 * moment of the run, so that two updates in one run both take effect. May import `ops` and below.
 */
import { bracketed, mergeShapes, type PartialShape, sameShape } from "../core/index.js";
import type { Attributes, InferContext, Operation, OutputSpec } from "../graph/index.js";
import { compiled, type Expr, type ExpressionBuilder, type LowerContext, type TensorValue } from "../ir/index.js";
import {
  defineOp,
  dtypeOf,
  type NameOption,
  requireFloating,
  requireSameDType,
  type TensorLike,
} from "../ops/define.js";

/** One element of an update: from the elements and scalars it may read, by name. */
type Formula<Name extends string> = (
  e: ExpressionBuilder,
  x: Readonly<Record<Name, Expr>>,
  attributes: Attributes,
) => Expr;

interface UpdateSpec<Input extends string, Derived extends string> {
  /** TensorFlow's operation type. */
  readonly name: string;
  /** Inputs in TensorFlow's order. `var` and what `steps` names are variables, `grad` has their shape, others are scalars. */
  readonly inputs: readonly (Input | "grad")[];
  /** Scalars computed once per run from the scalar inputs. */
  readonly derived?: Readonly<Record<Derived, Formula<Input>>>;
  /** New values of the variables, one after another: each formula sees the new values of those before it. */
  readonly steps: { readonly [V in Input]?: Formula<Input | Derived | "grad"> };
}

/** A kind of update. */
export interface Update<Input extends string> {
  /** Adds the operation that updates; variables are given as {@link Variable.ref}. */
  apply(
    operands: Readonly<Record<Input | "grad", TensorLike>>,
    attributes?: Attributes,
    options?: NameOption,
  ): Operation;
}

/** Registers an update as an operation type. */
/* @__NO_SIDE_EFFECTS__ */
export function defineUpdate<const Input extends string, const Derived extends string = never>(
  spec: UpdateSpec<Input, Derived>,
): Update<Input> {
  const variables = Object.keys(spec.steps);
  const isScalar = (input: string): boolean => input !== "grad" && !variables.includes(input);
  const op = defineOp({
    name: spec.name,
    inputs: spec.inputs,
    stateful: true,
    writes: spec.inputs.indexOf("var" as Input),
    infer: (c) => inferUpdate(c, spec.name, spec.inputs, isScalar),
    lower: compiled((c) => lowerUpdate(c, spec as UpdateSpec<string, string>, isScalar)),
  });
  return {
    apply: (operands, attributes = {}, options = {}) =>
      op.create(
        spec.inputs.map((input) => operands[input]),
        attributes,
        options,
      ),
  };
}

function inferUpdate(
  c: InferContext,
  name: string,
  inputs: readonly string[],
  isScalar: (input: string) => boolean,
): OutputSpec[] {
  requireSameDType(c, { name, inputs });
  requireFloating(c, name);
  let shape: PartialShape = null;
  for (const [i, input] of inputs.entries()) {
    const own = c.shape(i);
    if (isScalar(input)) {
      if (own !== null && own.length > 0) c.fail(`${input} is not a scalar: ${bracketed(own)}`);
      continue;
    }
    const merged = mergeShapes(shape, own);
    if (merged === undefined) return c.fail(differ(input, shape, own));
    shape = merged;
  }
  return [{ dtype: dtypeOf(c, 0), shape }];
}

const differ = (input: string, expected: PartialShape, found: PartialShape): string =>
  `var and ${input} do not have the same shape ${bracketed(expected)} ${bracketed(found)}`;

function lowerUpdate(
  c: LowerContext,
  spec: UpdateSpec<string, string>,
  isScalar: (input: string) => boolean,
): TensorValue[] {
  const values = new Map(spec.inputs.map((input, i) => [input, c.input(i)]));
  const target = values.get("var") as TensorValue;
  for (const [input, { shape }] of values)
    if (isScalar(input) ? shape.length > 0 : !sameShape(shape, target.shape))
      c.fail(isScalar(input) ? `${input} is not a scalar: ${bracketed(shape)}` : differ(input, target.shape, shape));

  const elements = (axes: readonly Expr[]): Record<string, Expr> =>
    Object.fromEntries(
      Array.from(values, ([input, value]) => [input, c.load(value, value.shape.length === 0 ? [] : axes)]),
    );
  const scalars = Object.fromEntries(
    Array.from(values)
      .filter(([input]) => isScalar(input))
      .map(([input, value]) => [input, c.load(value, [])]),
  );
  for (const [name, formula] of Object.entries(spec.derived ?? {}))
    values.set(
      name,
      c.map([], target.dtype, () => formula(c.e, scalars, c.attributes)),
    );
  for (const [variable, formula] of Object.entries(spec.steps)) {
    if (formula === undefined) continue;
    const updated = c.map(target.shape, target.dtype, (axes) => formula(c.e, elements(axes), c.attributes));
    values.set(variable, updated);
    c.writeVariable(spec.inputs.indexOf(variable), updated);
  }
  return [values.get("var") as TensorValue];
}
