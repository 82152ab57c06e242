/** @file Evaluates reductions, products and scatters on the host, element by element. */
import {
  type Arrays,
  combineOp,
  compileExpr,
  type Evaluator,
  evaluateMap,
  forEachPoint,
  reduceIdentity,
} from "../../compiler/evaluate.js";
import { allocateStorage, NdArray, type NumericDType, roundTo, sizeOf, stridesOf } from "../../core/index.js";
import {
  type ArgReduceDefinition,
  binaryFunctions,
  type ContractionDefinition,
  type ReduceDefinition,
  type ScatterDefinition,
} from "../../ir/index.js";

export function evaluateReduce(
  shape: readonly number[],
  dtype: NumericDType,
  { op, extents, body }: ReduceDefinition,
  arrayOf: Arrays,
): NdArray<NumericDType> {
  const evaluate = compileExpr(body, arrayOf);
  const combine = binaryFunctions(dtype)[combineOp(op)];
  const data = allocateStorage(dtype, sizeOf(shape));
  const axes = new Int32Array(shape.length + extents.length + 1);
  forEachPoint(shape, axes, 0, (position) => {
    let total = reduceIdentity(op, dtype);
    forEachPoint(extents, axes, shape.length, () => {
      total = combine(total, evaluate(axes));
    });
    data[position] = total;
  });
  return new NdArray<NumericDType>(dtype, shape, data);
}

export function evaluateArgReduce(
  shape: readonly number[],
  { which, extents, body }: ArgReduceDefinition,
  arrayOf: Arrays,
): NdArray<NumericDType> {
  const evaluate = compileExpr(body, arrayOf);
  const data = new Int32Array(sizeOf(shape));
  const axes = new Int32Array(shape.length + extents.length + 1);
  forEachPoint(shape, axes, 0, (position) => {
    let best = Number.NaN;
    let at = -1;
    forEachPoint(extents, axes, shape.length, (candidate) => {
      const value = evaluate(axes);
      const better = which === "max" ? value > best : value < best;
      if (at < 0 || (!Number.isNaN(best) && (better || Number.isNaN(value)))) {
        best = value;
        at = candidate;
      }
    });
    data[position] = Math.max(at, 0);
  });
  return new NdArray<NumericDType>("int32", shape, data);
}

export function evaluateContraction(
  shape: readonly number[],
  dtype: NumericDType,
  { extents, a, b }: ContractionDefinition,
  arrayOf: Arrays,
): NdArray<NumericDType> {
  const left = compileExpr(a, arrayOf);
  const right = compileExpr(b, arrayOf);
  const data = allocateStorage(dtype, sizeOf(shape));
  const axes = new Int32Array(shape.length + extents.length + 1);
  const integer = dtype === "int32";
  forEachPoint(shape, axes, 0, (position) => {
    let total = 0;
    forEachPoint(extents, axes, shape.length, () => {
      total = integer ? (total + Math.imul(left(axes), right(axes))) | 0 : total + left(axes) * right(axes);
    });
    data[position] = total;
  });
  return new NdArray<NumericDType>(dtype, shape, data);
}

export function evaluateScatter(
  shape: readonly number[],
  dtype: NumericDType,
  { combine, base, extents, indices, update }: ScatterDefinition,
  arrayOf: Arrays,
): NdArray<NumericDType> {
  const result = evaluateMap(shape, dtype, base, arrayOf);
  // Sums collect in float64 and are rounded once, like every sum of this evaluator.
  const totals = combine === "add" ? Float64Array.from(result.data) : result.data;
  const memo = new Map<number, Evaluator>();
  const at = indices.map((index) => compileExpr(index, arrayOf, memo));
  const value = compileExpr(update, arrayOf, memo);
  const strides = stridesOf(shape);
  const axes = new Int32Array(extents.length + 1);
  forEachPoint(extents, axes, 0, () => {
    let offset = 0;
    for (let i = 0; i < at.length; i++) {
      const index = (at[i] as Evaluator)(axes);
      if (index < 0 || index >= (shape[i] as number)) return;
      offset += index * (strides[i] as number);
    }
    totals[offset] = combine === "add" ? (totals[offset] as number) + value(axes) : value(axes);
  });
  if (totals !== result.data) result.data.set(totals.map(roundTo[dtype]));
  return result;
}
