/** @file Evenly spaced numbers: `range` and `linspace`. Follows `sequence_ops.cc` of TensorFlow 1.3. */
import { type DType, NdArray, type NumericDType } from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import { compiled } from "../../ir/index.js";
import { convertToTensor, defineOp, type NameOption, requireSameDType, tensorOf } from "../define.js";
import { withNameScope } from "../scopes.js";
import { int32Operand, numbersOf } from "./shape-argument.js";

interface Failing {
  fail(message: string, hint?: string): never;
}

/** How many numbers there are from `start` up to, not including, `limit`. */
function rangeLength(c: Failing, start: number, limit: number, delta: number): number {
  if (delta === 0) return c.fail("Requires delta != 0: 0");
  if (delta > 0 ? start > limit : start < limit)
    return c.fail(
      `Requires start ${delta > 0 ? "<=" : ">="} limit when delta ${delta > 0 ? ">" : "<"} 0: ${start}/${limit}`,
      "a falling range needs a negative delta",
    );
  return Math.max(0, Math.ceil((limit - start) / delta));
}

export const onlyElement = (value: NdArray): number => (value.data as Float64Array)[0] as number;

const rangeOp = defineOp({
  name: "Range",
  inputs: ["start", "limit", "delta"],
  shapeInputs: [0, 1, 2],
  infer: (c: InferContext) => {
    const dtype = requireSameDType(c, { name: "Range", inputs: ["start", "limit", "delta"] });
    const [start, limit, delta] = [0, 1, 2].map((i) => c.constant(i));
    if (start === undefined || limit === undefined || delta === undefined) return [{ dtype, shape: [null] }];
    return [{ dtype, shape: [rangeLength(c, onlyElement(start), onlyElement(limit), onlyElement(delta))] }];
  },
  lower: compiled((c) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => onlyElement(c.shapeValue(i))) as [number, number, number];
    const dtype = c.outputDType(0);
    const { e } = c;
    return [
      c.map([rangeLength(c, start, limit, delta)], dtype, ([i]) =>
        e.add(e.constant(start, dtype), e.mul(e.cast(i ?? e.index(0), dtype), e.constant(delta, dtype))),
      ),
    ];
  }),
  gradient: null,
  staticValue: (op, known) => {
    const [start, limit, delta] = op.inputs.map((input) => known(input));
    const [length] = op.output.partialShape ?? [];
    if (start === undefined || limit === undefined || delta === undefined || length == null || length > 64)
      return undefined;
    const numbers = Array.from({ length }, (_, i) => onlyElement(start) + i * onlyElement(delta));
    return NdArray.from(numbers, op.output.dtype);
  },
});

/** Options of {@link range}. */
export interface RangeOptions<D extends DType> extends NameOption {
  /** Element type. Default: int32 where all numbers are whole, else float32. */
  readonly dtype?: D;
}
type RangeNumber = number | Tensor;

/** The static shape of a range of whole numbers known while building. */
type RangeShape<N> = N extends number ? readonly [N] : readonly [number | null];
/** Element types a range of such numbers may have. */
type RangeDType<N> = N extends { readonly dtype: infer D extends DType }
  ? D
  : number extends N
    ? "int32" | "float32"
    : `${N & number}` extends `${string}.${string}`
      ? "float32"
      : "int32";

/**
 * Numbers from 0, or `start`, up to, not including, `limit` in steps of `delta` (1). `tf.range`.
 * The numbers decide the shape: where they are computed, they are computed before the rest of the run.
 * @throws ShapeError, or InvalidArgumentError when running, for a delta of 0 or one that leads away from `limit`
 */
export function range<const N extends RangeNumber, D extends DType = RangeDType<N>>(
  limit: N,
  options?: RangeOptions<D>,
): Tensor<NoInfer<D>, RangeShape<N>>;
export function range<const A extends RangeNumber, const B extends RangeNumber, D extends DType = RangeDType<A | B>>(
  start: A,
  limit: B,
  options?: RangeOptions<D>,
): Tensor<NoInfer<D>, readonly [number | null]>;
export function range<
  const A extends RangeNumber,
  const B extends RangeNumber,
  const C extends RangeNumber,
  D extends DType = RangeDType<A | B | C>,
>(start: A, limit: B, delta: C, options?: RangeOptions<D>): Tensor<NoInfer<D>, readonly [number | null]>;
export function range(...given: readonly (RangeNumber | RangeOptions<DType> | undefined)[]): Tensor {
  const isNumber = (x: unknown): x is RangeNumber => typeof x === "number" || tensorOf(x) !== undefined;
  const numbers = given.filter(isNumber);
  const options = (given.find((x) => x !== undefined && !isNumber(x)) ?? {}) as RangeOptions<DType>;
  const [start, limit, delta] = numbers.length === 1 ? [0, numbers[0], 1] : [numbers[0], numbers[1], numbers[2] ?? 1];
  const tensors = numbers.map(tensorOf).filter((t) => t !== undefined);
  const whole = numbers.every((x) => typeof x !== "number" || Number.isInteger(x));
  const dtype = options.dtype ?? tensors[0]?.dtype ?? (whole ? "int32" : "float32");
  return withNameScope(
    options.name ?? "range",
    (scope) => {
      const operand = (x: RangeNumber | undefined, name: string) => convertToTensor(x as RangeNumber, { dtype, name });
      const operands = [operand(start, "start"), operand(limit, "limit"), operand(delta, "delta")];
      return rangeOp.build(operands, {}, { name: scope });
    },
    { values: tensors },
  );
}

const linSpaceOp = defineOp({
  name: "LinSpace",
  inputs: ["start", "stop", "num"],
  shapeInputs: [2],
  infer: (c) => {
    const dtype = (c.inputs[0] as Tensor).dtype;
    const num = c.constant(2);
    return [{ dtype, shape: [num === undefined ? null : requirePositive(c, numbersOf(num)[0] as number)] }];
  },
  lower: compiled((c) => {
    const num = requirePositive(c, numbersOf(c.shapeValue(2))[0] as number);
    const start = c.load(c.input(0), []);
    const stop = c.load(c.input(1), []);
    const { e } = c;
    const { dtype } = start;
    const step = e.div(e.sub(stop, start), e.constant(Math.max(num - 1, 1), dtype));
    return [c.map([num], dtype as NumericDType, ([i]) => e.add(start, e.mul(step, e.cast(i ?? e.index(0), dtype))))];
  }),
  gradient: null,
});

function requirePositive(c: Failing, num: number): number {
  return num > 0 ? num : c.fail(`Requires num > 0: ${num}`);
}

/** `num` evenly spaced numbers from `start` to `stop`, both included. `tf.linspace`. */
export function linspace<const N extends number | Tensor, D extends "float32" | "float64" = "float32">(
  start: number | Tensor<D>,
  stop: number | Tensor<D>,
  num: N,
  options: {
    /** Element type. Default float32. */
    readonly dtype?: D;
  } & NameOption = {},
): Tensor<NoInfer<D>, RangeShape<N>> {
  const dtype = options.dtype ?? tensorOf(start)?.dtype ?? tensorOf(stop)?.dtype ?? "float32";
  const ends = [start, stop].map((x) => convertToTensor(x, { dtype }));
  return linSpaceOp.build([...ends, int32Operand(num, "num")], {}, { name: options.name }) as Tensor<never, never>;
}
