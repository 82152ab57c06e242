/**
 * @file Evaluates definitions on the host, element by element. The specializer folds small constants
 * with it; the interpreter backend runs whole programs with it.
 */
import { allocateStorage, NdArray, type NumericDType, roundTo, sizeOf, stridesOf } from "../core/index.js";
import {
  type ArgReduceDefinition,
  binaryFunctions,
  type ContractionDefinition,
  convert,
  type Expr,
  type ReduceDefinition,
  type ReduceOp,
  type ScatterDefinition,
  unaryFunctions,
  type ValueId,
} from "../ir/index.js";

/** Axis values while an expression is evaluated, indexed by axis number. */
type Axes = Int32Array;
export type Evaluator = (axes: Axes) => number;

/** Compiles an expression to a closure over the arrays that `arrayOf` finds. */
export function compileExpr(
  root: Expr,
  arrayOf: (value: ValueId) => NdArray<NumericDType>,
  memo: Map<number, Evaluator> = new Map(),
): Evaluator {
  const known = memo.get(root.id);
  if (known !== undefined) return known;
  const compile = (e: Expr): Evaluator => compileExpr(e, arrayOf, memo);
  const make = (): Evaluator => {
    const e = root;
    switch (e.kind) {
      case "constant": {
        const { value } = e;
        return () => value;
      }
      case "axis": {
        const { axis } = e;
        return (axes) => axes[axis] as number;
      }
      case "load": {
        const array = arrayOf(e.value);
        const { data } = array;
        const strides = stridesOf(array.shape);
        const indices = e.indices.map(compile);
        return (axes) => {
          let offset = 0;
          for (let i = 0; i < indices.length; i++) offset += (indices[i] as Evaluator)(axes) * (strides[i] as number);
          return data[offset] as number;
        };
      }
      case "unary": {
        const f = unaryFunctions[e.op];
        const x = compile(e.x);
        if (e.dtype === "float32" || e.dtype === "float64") return (axes) => f(x(axes));
        const round = roundTo[e.dtype];
        return (axes) => round(f(x(axes)));
      }
      case "binary": {
        const f = binaryFunctions(e.a.dtype)[e.op];
        const a = compile(e.a);
        const b = compile(e.b);
        if (e.dtype !== "uint8") return (axes) => f(a(axes), b(axes));
        return (axes) => f(a(axes), b(axes)) & 255;
      }
      case "select": {
        const condition = compile(e.condition);
        const a = compile(e.a);
        const b = compile(e.b);
        return (axes) => (condition(axes) !== 0 ? a(axes) : b(axes));
      }
      case "cast": {
        const x = compile(e.x);
        const from = e.x.dtype;
        const to = e.dtype;
        return (axes) => convert(x(axes), from, to);
      }
    }
  };
  const evaluator = make();
  memo.set(root.id, evaluator);
  return evaluator;
}

/** Calls `visit` for every point of the box `extents`, in row-major order, with `axes` set from `first` on. */
function forEachPoint(extents: readonly number[], axes: Axes, first: number, visit: (position: number) => void): void {
  const total = sizeOf(extents);
  const rank = extents.length;
  for (let i = 0; i < rank; i++) axes[first + i] = 0;
  for (let position = 0; position < total; position++) {
    visit(position);
    for (let i = rank - 1; i >= 0; i--) {
      const next = (axes[first + i] as number) + 1;
      if (next < (extents[i] as number)) {
        axes[first + i] = next;
        break;
      }
      axes[first + i] = 0;
    }
  }
}

type Arrays = (value: ValueId) => NdArray<NumericDType>;

export function evaluateMap(
  shape: readonly number[],
  dtype: NumericDType,
  body: Expr,
  arrayOf: Arrays,
): NdArray<NumericDType> {
  const evaluate = compileExpr(body, arrayOf);
  const data = allocateStorage(dtype, sizeOf(shape));
  const axes = new Int32Array(Math.max(shape.length, 1));
  forEachPoint(shape, axes, 0, (position) => {
    data[position] = evaluate(axes);
  });
  return new NdArray<NumericDType>(dtype, shape, data);
}

/** Where each reduction starts; with no elements it ends there too. */
export function reduceIdentity(op: ReduceOp, dtype: NumericDType): number {
  switch (op) {
    case "sum":
    case "any":
      return 0;
    case "prod":
    case "all":
      return 1;
    case "max":
      return dtype === "int32" ? -2147483648 : dtype === "uint8" || dtype === "bool" ? 0 : Number.NEGATIVE_INFINITY;
    case "min":
      return dtype === "int32" ? 2147483647 : dtype === "uint8" ? 255 : dtype === "bool" ? 1 : Number.POSITIVE_INFINITY;
  }
}

const reduceWith = { sum: "add", prod: "mul", max: "max", min: "min", any: "or", all: "and" } as const;
/** The scalar primitive that combines two partial results of a reduction. */
export const combineOp = (op: ReduceOp): (typeof reduceWith)[ReduceOp] => reduceWith[op];

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
