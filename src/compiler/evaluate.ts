/**
 * @file Evaluates expressions on the host, element by element. The specializer folds small constants
 * with it; the interpreter backend runs whole programs with it, and has what only that needs.
 */
import { allocateStorage, NdArray, type NumericDType, roundTo, sizeOf, stridesOf } from "../core/index.js";
import { binaryFunctions, convert, type Expr, type ReduceOp, unaryFunctions, type ValueId } from "../ir/index.js";

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
export function forEachPoint(
  extents: readonly number[],
  axes: Axes,
  first: number,
  visit: (position: number) => void,
): void {
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

export type Arrays = (value: ValueId) => NdArray<NumericDType>;

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
