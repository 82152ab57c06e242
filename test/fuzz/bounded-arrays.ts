/**
 * @file Evaluates the definitions of a program element by element, each element with the bound of its error:
 * reductions and products in any order of their terms. See `scalar-bounds.ts` for single operations.
 */
import { drawRandom, type RandomGenerators } from "../../src/backends/interpreter/random.js";
import { combineOp, reduceIdentity } from "../../src/compiler/evaluate.js";
import { allocateStorage, isFloating, NdArray, type NumericDType, sizeOf, stridesOf } from "../../src/core/index.js";
import type {
  ArgReduceDefinition,
  ContractionDefinition,
  Expr,
  RandomDefinition,
  ReduceDefinition,
  ScatterDefinition,
  Value,
  ValueId,
} from "../../src/ir/index.js";
import {
  type Bounded,
  boundBinary,
  boundCast,
  boundSelect,
  boundUnary,
  exact,
  rounded,
  unitRoundoff,
  unknown,
} from "./scalar-bounds.js";

/** A tensor with the error bound of every element. */
export interface BoundedArray {
  readonly array: NdArray<NumericDType>;
  readonly errors: Float64Array;
}

type Axes = Int32Array;
type Evaluator = (axes: Axes) => Bounded;
/** Finds a value that has been evaluated. */
export type Find = (id: ValueId) => BoundedArray;

/** Normal numbers are products of a logarithm's root and a sine. */
const normalUlps = 8;

/** Random numbers; uniform ones are the same bits everywhere. */
export function evaluateRandom(
  { shape, dtype }: Value,
  definition: RandomDefinition,
  generators: RandomGenerators,
): BoundedArray {
  const array = drawRandom(definition, shape, dtype, generators);
  const isNormal = definition.distribution === "normal" || definition.distribution === "truncatedNormal";
  const errors = Float64Array.from(array.data, (x: number) => (isNormal ? rounded(x, 0, dtype, normalUlps).error : 0));
  return { array, errors };
}

export const evaluateMap = ({ shape, dtype }: Value, body: Expr, find: Find): BoundedArray =>
  collect(shape, dtype, [], evaluatorOf(body, find));

/** Compiles an expression to a closure over bounded arrays. */
function evaluatorOf(root: Expr, find: Find, memo: Map<number, Evaluator> = new Map()): Evaluator {
  const known = memo.get(root.id);
  if (known !== undefined) return known;
  const made = makeEvaluator(root, find, (e) => evaluatorOf(e, find, memo));
  memo.set(root.id, made);
  return made;
}

function makeEvaluator(e: Expr, find: Find, compile: (e: Expr) => Evaluator): Evaluator {
  switch (e.kind) {
    case "constant": {
      const constant = exact(e.value);
      return () => constant;
    }
    case "axis": {
      const { axis } = e;
      return (axes) => exact(axes[axis] as number);
    }
    case "load": {
      const { array, errors } = find(e.value);
      const strides = stridesOf(array.shape);
      const indices = e.indices.map(compile);
      return (axes) => {
        let offset = 0;
        let certain = true;
        indices.forEach((index, i) => {
          const { value, error } = index(axes);
          if (error > 0) certain = false;
          offset += value * (strides[i] as number);
        });
        const value = array.data[offset];
        if (value === undefined || !certain) return unknown(value ?? 0);
        return { value, error: errors[offset] as number };
      };
    }
    case "unary": {
      const x = compile(e.x);
      return (axes) => boundUnary(e.op, x(axes), e.dtype);
    }
    case "binary": {
      const a = compile(e.a);
      const b = compile(e.b);
      return (axes) => boundBinary(e.op, a(axes), b(axes), e.a.dtype);
    }
    case "select": {
      const condition = compile(e.condition);
      const a = compile(e.a);
      const b = compile(e.b);
      return (axes) => boundSelect(condition(axes), a(axes), b(axes));
    }
    case "cast": {
      const x = compile(e.x);
      return (axes) => boundCast(x(axes), e.x.dtype, e.dtype);
    }
  }
}

function forEachPoint(extents: readonly number[], axes: Axes, first: number, visit: (position: number) => void): void {
  const total = sizeOf(extents);
  for (let position = 0; position < total; position++) {
    let rest = position;
    for (let i = extents.length - 1; i >= 0; i--) {
      const extent = extents[i] as number;
      axes[first + i] = rest % extent;
      rest = Math.floor(rest / extent);
    }
    visit(position);
  }
}

/** Evaluates every element of a shape; storing rounds once more. */
function collect(
  shape: readonly number[],
  dtype: NumericDType,
  extents: readonly number[],
  element: Evaluator,
): BoundedArray {
  const data = allocateStorage(dtype, sizeOf(shape));
  const errors = new Float64Array(sizeOf(shape));
  const axes = new Int32Array(shape.length + extents.length + 1);
  forEachPoint(shape, axes, 0, (position) => {
    const { value, error } = element(axes);
    data[position] = value;
    errors[position] = rounded(value, error, dtype).error;
  });
  return { array: new NdArray<NumericDType>(dtype, shape, data), errors };
}

export function evaluateReduce(
  { shape, dtype }: Value,
  { op, extents, body }: ReduceDefinition,
  find: Find,
): BoundedArray {
  const term = evaluatorOf(body, find);
  return collect(shape, dtype, extents, (axes) => {
    const terms: Bounded[] = [];
    forEachPoint(extents, axes, shape.length, () => terms.push(term(axes)));
    if (op === "sum") return boundSum(terms, dtype);
    if (op === "prod") return boundProduct(terms, dtype);
    if (op === "max" || op === "min") return boundExtreme(terms, op, dtype);
    return terms.reduce((all, t) => boundBinary(combineOp(op), all, t, dtype), exact(reduceIdentity(op, dtype)));
  });
}

/** A sum in any order: its rounding grows with the number and the magnitude of its terms. */
function boundSum(terms: readonly Bounded[], dtype: NumericDType): Bounded {
  const [only] = terms;
  if (only !== undefined && terms.length === 1) return only;
  if (!isFloating(dtype)) {
    const value = terms.reduce((total, t) => (dtype === "uint8" ? (total + t.value) & 255 : (total + t.value) | 0), 0);
    return terms.some(({ error }) => error > 0) ? unknown(value) : exact(value);
  }
  let value = 0;
  let magnitude = 0;
  let inherited = 0;
  for (const t of terms) {
    value += t.value;
    magnitude += Math.abs(t.value);
    inherited += t.error;
  }
  // Whole numbers add up without rounding in any order, while they are small.
  const limit = dtype === "float64" ? 2 ** 53 : 2 ** 24;
  if (inherited === 0 && magnitude <= limit && terms.every((t) => Number.isInteger(t.value))) return exact(value);
  if (!Number.isFinite(value)) return isCertainSum(terms, inherited) ? exact(value) : unknown(value);
  if (magnitude + inherited > 3e38 && dtype === "float32") return unknown(value);
  const rounding = 2 * unitRoundoff(dtype) * (terms.length + 4) * (magnitude + inherited);
  return { value, error: inherited + rounding + (magnitude === 0 ? 0 : 2 ** -126) };
}

/** A sum that is not a number whatever its order: one term is none, or is infinite while the others are moderate. */
function isCertainSum(terms: readonly Bounded[], inherited: number): boolean {
  if (!Number.isFinite(inherited)) return false;
  let finite = 0;
  for (const { value } of terms) if (Number.isFinite(value)) finite += Math.abs(value);
  return finite < 1e38;
}

function boundProduct(terms: readonly Bounded[], dtype: NumericDType): Bounded {
  let product = exact(1);
  let high = 1;
  let low = 1;
  for (const t of terms) {
    product = boundBinary("mul", product, t, dtype);
    high *= Math.max(1, Math.abs(t.value));
    low *= t.value === 0 ? 1 : Math.min(1, Math.abs(t.value));
  }
  if (!isFloating(dtype) || terms.length === 0) return product;
  // In another order a partial product may leave the range.
  if (!(high < 1e38) || low < 1e-37) return unknown(product.value);
  const rounding = 2 * unitRoundoff(dtype) * terms.length * Math.abs(product.value);
  return { value: product.value, error: product.error === 0 ? 0 : product.error + rounding };
}

function boundExtreme(terms: readonly Bounded[], op: "max" | "min", dtype: NumericDType): Bounded {
  const pick = op === "max" ? Math.max : Math.min;
  const identity = reduceIdentity(op, dtype);
  let value = identity;
  let low = identity;
  let high = identity;
  let certain = true;
  for (const t of terms) {
    if (!Number.isFinite(t.error)) certain = false;
    value = pick(value, t.value);
    low = pick(low, t.value - t.error);
    high = pick(high, t.value + t.error);
  }
  if (!certain) return unknown(value);
  return Number.isFinite(value) ? { value, error: Math.max(value - low, high - value) } : exact(value);
}

export function evaluateArgReduce(
  { shape }: Value,
  { which, extents, body }: ArgReduceDefinition,
  find: Find,
): BoundedArray {
  const term = evaluatorOf(body, find);
  return collect(shape, "int32", extents, (axes) => {
    const terms: Bounded[] = [];
    forEachPoint(extents, axes, shape.length, () => terms.push(term(axes)));
    let at = 0;
    terms.forEach(({ value }, i) => {
      const best = (terms[at] as Bounded).value;
      if (!Number.isNaN(best) && (Number.isNaN(value) || (which === "max" ? value > best : value < best))) at = i;
    });
    const winner = terms[at];
    if (winner === undefined) return exact(0);
    const isSafe = terms.every(
      (t, i) =>
        i === at ||
        (t.error === 0 && winner.error === 0) ||
        (!Number.isNaN(winner.value) && Math.abs(winner.value - t.value) > t.error + winner.error),
    );
    return isSafe ? exact(at) : unknown(at);
  });
}

export function evaluateContraction(
  { shape, dtype }: Value,
  { extents, a, b }: ContractionDefinition,
  find: Find,
): BoundedArray {
  const left = evaluatorOf(a, find);
  const right = evaluatorOf(b, find);
  return collect(shape, dtype, extents, (axes) => {
    const terms: Bounded[] = [];
    forEachPoint(extents, axes, shape.length, () => terms.push(boundBinary("mul", left(axes), right(axes), dtype)));
    return boundSum(terms, dtype);
  });
}

export function evaluateScatter(
  { shape, dtype }: Value,
  { combine, base, extents, indices, update }: ScatterDefinition,
  find: Find,
): BoundedArray {
  const start = collect(shape, dtype, [], evaluatorOf(base, find));
  const contributions = Array.from(start.array.data, (value: number, i): Bounded[] => [
    { value, error: start.errors[i] as number },
  ]);
  const memo = new Map<number, Evaluator>();
  const at = indices.map((index) => evaluatorOf(index, find, memo));
  const value = evaluatorOf(update, find, memo);
  const strides = stridesOf(shape);
  const axes = new Int32Array(extents.length + 1);
  let certain = true;
  forEachPoint(extents, axes, 0, () => {
    let offset = 0;
    for (let i = 0; i < at.length; i++) {
      const index = (at[i] as Evaluator)(axes);
      if (index.error > 0) certain = false;
      if (index.value < 0 || index.value >= (shape[i] as number)) return;
      offset += index.value * (strides[i] as number);
    }
    const list = contributions[offset] as Bounded[];
    if (combine === "assign") list.length = 0;
    list.push(value(axes));
  });
  return collect(shape, dtype, [], (point) => {
    const offset = strides.reduce((sum, stride, i) => sum + stride * (point[i] as number), 0);
    const total = boundSum(contributions[offset] as Bounded[], dtype);
    return certain ? total : unknown(total.value);
  });
}
