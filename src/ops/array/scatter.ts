/** @file Writes into rows of variables: `scatterUpdate`, `scatterAdd`, `scatterSub`. Follows `scatter_op.cc` of TensorFlow 1.3. */
import { bracketed, type DType, isCompatible, type PartialShape, type Shape, sameShape } from "../../core/index.js";
import type { InferContext, OutputSpec, Tensor } from "../../graph/index.js";
import { compiled, type Expr } from "../../ir/index.js";
import {
  convertToTensor,
  defineOp,
  dtypeOf,
  type NameOption,
  type OpBuilder,
  requireSameDType,
  type TensorLike,
} from "../define.js";
import type { Variable } from "../variable.js";
import { checkIndices } from "./gather.js";
import { int32Operand } from "./shape-argument.js";

const wanted = (ref: Shape, indices: Shape): Shape => [...indices, ...ref.slice(1)];

function inferScatter(c: InferContext): OutputSpec[] {
  const [ref, indices, updates] = [c.shape(0), c.shape(1), c.shape(2)];
  requireSameDType(
    { ...c, inputs: [c.inputs[0] as Tensor, c.inputs[2] as Tensor] },
    { name: "Scatter", inputs: ["ref", "updates"] },
  );
  if (ref !== null && indices !== null && !isCompatible(updates, wanted(ref, indices)))
    failShapes(c, ref, indices, updates);
  return [{ dtype: dtypeOf(c, 0), shape: ref }];
}

function failShapes(
  c: { fail(message: string, hint?: string): never },
  ref: Shape,
  indices: Shape,
  updates: PartialShape,
): never {
  return c.fail(
    `Must have updates.shape = indices.shape + params.shape[1:], got updates.shape ${bracketed(updates)}, indices.shape ${bracketed(indices)}, params.shape ${bracketed(ref)}`,
    "give one row of the variable for each index",
  );
}

/* @__NO_SIDE_EFFECTS__ */
function defineScatter(name: string, combine: "update" | "add" | "sub"): OpBuilder {
  return defineOp({
    name,
    inputs: ["ref", "indices", "updates"],
    stateful: true,
    writes: 0,
    infer: inferScatter,
    lower: compiled((c) => {
      const [ref, indices, updates] = [c.input(0), c.input(1), c.input(2)];
      if (!sameShape(updates.shape, wanted(ref.shape, indices.shape) as number[]))
        failShapes(c, ref.shape, indices.shape, updates.shape);
      checkIndices(c, indices, ref.shape[0] as number);
      const rank = indices.shape.length;
      const delta = (at: readonly Expr[]): Expr => {
        const update = c.load(updates, at);
        return combine === "sub" ? c.e.sub(c.e.constant(0, updates.dtype), update) : update;
      };
      const after = c.scatter({
        combine: combine === "update" ? "assign" : "add",
        shape: ref.shape,
        base: (axes) => c.load(ref, axes),
        extents: updates.shape,
        indices: (at) => [c.load(indices, at.slice(0, rank)), ...at.slice(rank)],
        update: delta,
      });
      c.writeVariable(0, after);
      return [after];
    }),
  });
}

const scatterUpdateOp = defineScatter("ScatterUpdate", "update");
const scatterAddOp = defineScatter("ScatterAdd", "add");
const scatterSubOp = defineScatter("ScatterSub", "sub");

function build<D extends DType, S extends Shape>(
  op: OpBuilder,
  variable: Variable<D, S>,
  indices: TensorLike,
  updates: TensorLike,
  options: NameOption,
): Tensor<D, S> {
  const rows = convertToTensor(updates, { dtype: variable.dtype, name: "updates" });
  return op.build([variable.ref, int32Operand(indices, "indices"), rows], {}, options) as Tensor<D, S>;
}

/**
 * Replaces the rows `indices` of a variable; of equal indices the last counts. The result holds the
 * new value. `tf.scatter_update`.
 * @throws InvalidArgumentError when running, for an index outside the variable, which then keeps its value
 */
export function scatterUpdate<D extends DType, S extends Shape>(
  variable: Variable<D, S>,
  indices: TensorLike,
  updates: TensorLike,
  options: NameOption = {},
): Tensor<D, S> {
  return build(scatterUpdateOp, variable, indices, updates, options);
}
/** Adds to the rows `indices` of a variable; equal indices add up. @see scatterUpdate. `tf.scatter_add`. */
export function scatterAdd<D extends DType, S extends Shape>(
  variable: Variable<D, S>,
  indices: TensorLike,
  updates: TensorLike,
  options: NameOption = {},
): Tensor<D, S> {
  return build(scatterAddOp, variable, indices, updates, options);
}
/** Subtracts from the rows `indices` of a variable; equal indices add up. @see scatterUpdate. `tf.scatter_sub`. */
export function scatterSub<D extends DType, S extends Shape>(
  variable: Variable<D, S>,
  indices: TensorLike,
  updates: TensorLike,
  options: NameOption = {},
): Tensor<D, S> {
  return build(scatterSubOp, variable, indices, updates, options);
}
