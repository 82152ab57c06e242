/**
 * @file `stridedSlice` and the indexing method `x.at(0, [1, 3], "...")` made of it. Follows
 * `strided_slice_op_util.cc` of TensorFlow 1.3, masks included.
 */
import { type ArrayLike_, type DType, NdArray, normalizeAxis, type PartialShape } from "../../core/index.js";
import { type Attributes, constantValue, type InferContext, type Operation, type Tensor } from "../../graph/index.js";
import { compiled, type LowerContext } from "../../ir/index.js";
import { defineOp, dtypeOf, type NameOption } from "../define.js";
import { type AxisRegion, type Region, readRegion, regionShape, writeRegion } from "./region.js";
import {
  describeAsShape,
  knownNumbers,
  knownShape,
  numbersOf,
  type ShapeArgument,
  shapeNumbers,
  shapeOperand,
} from "./shape-argument.js";

interface Failing {
  fail(message: string, hint?: string): never;
}
/** `begin:end:stride` of one entry of the specification, as far as known; a masked end is `null`. */
interface Bounds {
  readonly begin: number | null | undefined;
  readonly end: number | null | undefined;
  readonly stride: number | undefined;
}
/** What one entry of the specification does, in the order of the result's axes. */
type Step =
  | { readonly kind: "newAxis" }
  | { readonly kind: "index"; readonly axis: number; readonly at: number | undefined }
  | { readonly kind: "slice"; readonly axis: number; readonly bounds: Bounds };

interface Specification {
  readonly length: number;
  readonly begin: readonly number[] | undefined;
  readonly end: readonly number[] | undefined;
  readonly strides: readonly number[] | undefined;
}

const whole: Bounds = { begin: null, end: null, stride: 1 };
const bit = (attributes: Attributes, mask: string, i: number): boolean =>
  (((attributes[mask] as number | undefined) ?? 0) & (1 << i)) !== 0;

/** Lays the specification out over the axes of a tensor of `rank` axes. */
function stepsOf(c: Failing, spec: Specification, attributes: Attributes, rank: number): Step[] {
  const entries = Array.from({ length: spec.length }, (_, i) => i);
  const ellipses = entries.filter((i) => bit(attributes, "ellipsisMask", i));
  if (ellipses.length > 1) c.fail("Multiple ellipses in slice spec not allowed");
  const consumed = entries.filter((i) => !bit(attributes, "newAxisMask", i) && !ellipses.includes(i)).length;
  if (consumed > rank)
    c.fail(
      `Index out of range using input dim ${rank}; input has only ${rank} dims`,
      "give at most one entry for each axis",
    );
  const steps: Step[] = [];
  let axis = 0;
  const takeRest = (): void => {
    for (let n = rank - consumed; n > 0; n--) steps.push({ kind: "slice", axis: axis++, bounds: whole });
  };
  for (const i of entries) {
    if (ellipses.includes(i)) takeRest();
    else if (bit(attributes, "newAxisMask", i)) steps.push({ kind: "newAxis" });
    else if (bit(attributes, "shrinkAxisMask", i)) steps.push({ kind: "index", axis: axis++, at: spec.begin?.[i] });
    else {
      const stride = spec.strides?.[i];
      if (stride === 0) c.fail(`strides[${i}] must be non-zero`);
      const begin = bit(attributes, "beginMask", i) ? null : spec.begin?.[i];
      const end = bit(attributes, "endMask", i) ? null : spec.end?.[i];
      steps.push({ kind: "slice", axis: axis++, bounds: { begin, end, stride } });
    }
  }
  if (ellipses.length === 0) takeRest();
  return steps;
}

/** Which entries of an axis `begin:end:stride` takes; bounds outside the axis are brought inside. */
function takenEntries(extent: number, bounds: Required<Bounds>): AxisRegion {
  const { begin, end } = bounds;
  const step = bounds.stride as number;
  const [lowest, highest] = step > 0 ? [0, extent] : [-1, extent - 1];
  const inside = (i: number): number => Math.max(lowest, Math.min(highest, i < 0 ? i + extent : i));
  const start = begin == null ? (step > 0 ? lowest : highest) : inside(begin);
  const stop = end == null ? (step > 0 ? highest : lowest) : inside(end);
  return { start, step, extent: Math.max(0, Math.ceil((stop - start) / step)) };
}

function takenEntry(c: Failing, axis: number, extent: number, at: number): AxisRegion {
  const start = normalizeAxis(at, extent);
  if (start === undefined)
    return c.fail(
      `slice index ${at} of dimension ${axis} out of bounds.`,
      `indices run from ${-extent} to ${extent - 1}`,
    );
  return { start, step: 1, extent: 1 };
}

function regionOf(c: Failing, shape: readonly number[], spec: Specification, attributes: Attributes): Region {
  const steps = stepsOf(c, spec, attributes, shape.length);
  const axes: AxisRegion[] = [];
  for (const step of steps)
    if (step.kind === "index") axes.push(takenEntry(c, step.axis, shape[step.axis] as number, step.at as number));
    else if (step.kind === "slice") axes.push(takenEntries(shape[step.axis] as number, step.bounds));
  const layout = steps.flatMap((step) => (step.kind === "index" ? [] : [step.kind === "newAxis" ? null : step.axis]));
  return { axes, layout };
}

function inferStridedSlice(c: InferContext): PartialShape {
  const shape = c.shape(0);
  const [begin, end, strides] = [1, 2, 3].map((i) => knownNumbers(c, i));
  const length = begin?.length ?? c.shape(1)?.[0] ?? null;
  if (shape === null || length === null) return null;
  const spec = { length, begin, end, strides };
  return stepsOf(c, spec, c.attributes, shape.length).flatMap((step): (number | null)[] => {
    if (step.kind === "newAxis") return [1];
    const extent = shape[step.axis] as number | null;
    if (step.kind === "index") {
      if (extent !== null && step.at !== undefined) takenEntry(c, step.axis, extent, step.at);
      return [];
    }
    const { bounds } = step;
    if (extent === null || bounds.begin === undefined || bounds.end === undefined || bounds.stride === undefined)
      return [null];
    return [takenEntries(extent, bounds).extent];
  });
}

function specificationOf(c: LowerContext): Specification {
  const [begin = [], end = [], strides = []] = [1, 2, 3].map((i) => shapeNumbers(c, i));
  if (begin.length !== end.length || begin.length !== strides.length)
    c.fail("Expected begin, end, and strides to be 1D equal size tensors");
  return { length: begin.length, begin, end, strides };
}

/** The region of a vector of known length, where the specification is known while building. */
function knownRegion(op: Operation, known: (t: Tensor) => NdArray | undefined): Region | undefined {
  const [x, ...bounds] = op.inputs as readonly [Tensor, ...Tensor[]];
  const length = x.partialShape?.length === 1 ? (x.partialShape[0] as number | null) : null;
  const [begin, end, strides] = bounds.map((input) => known(input));
  if (length === null || begin === undefined || end === undefined || strides === undefined) return undefined;
  const spec = { length: begin.size, begin: numbersOf(begin), end: numbersOf(end), strides: numbersOf(strides) };
  // What is out of range failed in `infer` already.
  return regionOf({ fail: () => undefined as never }, [length], spec, op.attributes);
}

function pickKnown(elements: PartialShape, region: Region): PartialShape {
  const [axis] = region.axes;
  if (elements === null || axis === undefined) return null;
  return Array.from({ length: axis.extent }, (_, i) => elements[axis.start + i * axis.step] ?? null);
}

const inputs = ["input", "begin", "end", "strides"];

const stridedSliceOp = defineOp({
  name: "StridedSlice",
  inputs,
  shapeInputs: [1, 2, 3],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: inferStridedSlice(c) }],
  lower: compiled((c) => {
    const x = c.input(0);
    return [readRegion(c, x, regionOf(c, x.shape, specificationOf(c), c.attributes))];
  }),
  gradient: (op, dy) => [stridedSliceGradOp.build([...op.inputs, dy], op.attributes), null, null, null],
  staticValue: (op, known) => {
    const [x] = op.inputs as readonly [Tensor];
    const region = x.dtype === "int32" ? knownRegion(op, known) : undefined;
    if (region === undefined) return undefined;
    const value = known(x);
    const picks = pickKnown(value === undefined ? knownShape(x) : numbersOf(value), region);
    if (picks === null || picks.includes(null)) return undefined;
    return new NdArray("int32", regionShape(region), Int32Array.from(picks as number[]));
  },
});
describeAsShape("StridedSlice", (op) => {
  const region = knownRegion(op, constantValue);
  return region === undefined || region.layout.length !== 1
    ? null
    : pickKnown(knownShape(op.inputs[0] as Tensor), region);
});

const stridedSliceGradOp = defineOp({
  name: "StridedSliceGrad",
  inputs: [...inputs, "dy"],
  shapeInputs: [1, 2, 3],
  infer: (c) => [{ dtype: dtypeOf(c, 4), shape: c.shape(0) }],
  lower: compiled((c) => {
    const { shape } = c.input(0);
    return [writeRegion(c, c.input(4), shape, regionOf(c, shape, specificationOf(c), c.attributes))];
  }),
  gradient: (op, ddy) => {
    const spec = op.inputs.slice(1, 4);
    return [null, null, null, null, stridedSliceOp.build([ddy, ...spec], op.attributes)];
  },
});

/** Options of {@link stridedSlice}. */
export interface StridedSliceOptions extends NameOption {
  /** Bit i: ignore `begin[i]` and start at the end that the stride comes from. */
  readonly beginMask?: number;
  /** Bit i: ignore `end[i]` and go on to the last entry. */
  readonly endMask?: number;
  /** Bit i, at most one: this entry stands for all axes that no other entry names. */
  readonly ellipsisMask?: number;
  /** Bit i: a new axis of extent 1. */
  readonly newAxisMask?: number;
  /** Bit i: take the one entry `begin[i]` and drop the axis. */
  readonly shrinkAxisMask?: number;
}

/**
 * Entries of `input` from `begin` to `end` (exclusive) in `strides` (default all 1) along its leading
 * axes; negative positions count from the end. `tf.strided_slice`.
 * @throws ShapeError, or InvalidArgumentError when running, for an index outside its axis
 */
export function stridedSlice<D extends DType>(
  input: Tensor<D> | ArrayLike_,
  begin: ShapeArgument,
  end: ShapeArgument,
  strides?: ShapeArgument,
  options: StridedSliceOptions = {},
): Tensor<D> {
  const { name: _, ...masks } = options;
  const owner = options.name ?? "strided_slice";
  const from = shapeOperand(begin, "begin", owner);
  const length = Array.isArray(from) ? from.length : ((from as Tensor).shape[0] as number);
  const to = shapeOperand(end, "end", owner);
  const steps = shapeOperand(strides ?? new Array<number>(length).fill(1), "strides", owner);
  return stridedSliceOp.build([input, from, to, steps], masks, { name: owner }) as Tensor<D>;
}

type Position = number | Tensor;
/**
 * One entry of an index: a position, which drops the axis; `[begin, end]` or `[begin, end, stride]`
 * with `null` for an open end; `":"` for a whole axis; `"..."` for all axes not named; `"newAxis"`.
 */
export type IndexEntry =
  | Position
  | readonly [begin: Position | null, end: Position | null, stride?: number]
  | ":"
  | "..."
  | "newAxis";

/**
 * The entries of a tensor that an index picks: `at(x, 0, [1, 3], "...")` is Python's `x[0, 1:3, ...]`.
 * @throws ShapeError, or InvalidArgumentError when running, for a position outside its axis
 */
export function at<D extends DType>(x: Tensor<D>, ...index: readonly IndexEntry[]): Tensor<D> {
  const begin: Position[] = [];
  const end: Position[] = [];
  const strides: number[] = [];
  let [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] = [0, 0, 0, 0, 0];
  index.forEach((entry, i) => {
    const flag = 1 << i;
    const isSpan = Array.isArray(entry);
    const [from, to, stride] = (isSpan ? entry : [null, null]) as readonly [Position | null, Position | null, number?];
    const position = typeof entry === "string" || isSpan ? null : (entry as Position);
    if (position !== null) shrinkAxisMask |= flag;
    else if (entry === "...") ellipsisMask |= flag;
    else if (entry === "newAxis") newAxisMask |= flag;
    else {
      if (from === null) beginMask |= flag;
      if (to === null) endMask |= flag;
    }
    begin.push(position ?? from ?? 0);
    end.push(position ?? to ?? 0);
    strides.push(stride ?? 1);
  });
  return stridedSlice(x, begin, end, strides, { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask });
}
