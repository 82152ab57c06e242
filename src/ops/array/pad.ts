/** @file `pad`: a border of constants or mirror images. Follows `pad_op.cc` and `mirror_pad_op.cc` of TensorFlow 1.3. */
import { ArgumentError, type ArrayLike_, type DType, type PartialShape, type Shape } from "../../core/index.js";
import type { Attributes, InferContext, Tensor } from "../../graph/index.js";
import { compiled, type Expr, type LowerContext } from "../../ir/index.js";
import { defineOp, dtypeOf, type NameOption } from "../define.js";
import { knownNumbers, type ShapeArgument, shapeNumbers, shapeOperand } from "./shape-argument.js";

/** What fills the border: constants; mirror images without or with the edge itself. */
export type PadMode = "CONSTANT" | "REFLECT" | "SYMMETRIC";

interface Failing {
  readonly attributes: Attributes;
  fail(message: string, hint?: string): never;
}

/** `[before, after]` for each axis of extents that may be unknown. */
function borders(c: Failing, shape: Shape, numbers: readonly number[]): (readonly [number, number])[] {
  if (numbers.length !== 2 * shape.length)
    c.fail(`The first dimension of paddings must be the rank of inputs: ${numbers.length / 2} vs. ${shape.length}`);
  const { mode } = c.attributes as { mode: PadMode };
  return shape.map((extent, axis) => {
    const before = numbers[2 * axis] as number;
    const after = numbers[2 * axis + 1] as number;
    if (before < 0 || after < 0) c.fail(`Paddings must be non-negative: ${before}, ${after}`);
    if (extent !== null && mode === "REFLECT" && (before >= extent || after >= extent) && before + after > 0)
      c.fail(`paddings must be less than the dimension size: ${before}, ${after} not less than ${extent}`);
    if (extent !== null && mode === "SYMMETRIC" && (before > extent || after > extent))
      c.fail(`paddings must be no greater than the dimension size: ${before}, ${after} greater than ${extent}`);
    return [before, after] as const;
  });
}

function inferPad(c: InferContext): PartialShape {
  const given = c.shape(0);
  const rows = c.shape(1)?.[0] ?? null;
  const shape: PartialShape = given ?? (rows === null ? null : new Array<null>(rows).fill(null));
  const numbers = knownNumbers(c, 1);
  if (shape === null || numbers === undefined) return shape === null ? null : shape.map(() => null);
  const border = borders(c, shape, numbers);
  return shape.map((extent, axis) => {
    const [before, after] = border[axis] as readonly [number, number];
    return extent === null ? null : extent + before + after;
  });
}

/** The position of an entry of the padded axis in the axis itself; for constants it may lie outside. */
function sourceIndex(c: LowerContext, mode: PadMode, at: Expr, before: number, extent: number): Expr {
  const { e } = c;
  const index = e.sub(at, e.index(before));
  if (mode === "CONSTANT") return index;
  const edge = mode === "SYMMETRIC" ? 1 : 0;
  const belowZero = e.sub(e.index(-edge), index);
  const beyond = e.sub(e.index(2 * extent - 2 + edge), index);
  return e.select(e.lt(index, e.index(0)), belowZero, e.select(e.le(e.index(extent), index), beyond, index));
}

const padOp = defineOp({
  name: "Pad",
  inputs: ["tensor", "paddings"],
  shapeInputs: [1],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: inferPad(c) }],
  lower: compiled((c) => {
    const x = c.input(0);
    const { mode, constantValue } = c.attributes as { mode: PadMode; constantValue: number };
    const border = borders(c, x.shape, shapeNumbers(c, 1));
    const shape = x.shape.map((d, axis) => d + (border[axis] as readonly [number, number]).reduce((a, b) => a + b));
    const { e } = c;
    return [
      c.map(shape, x.dtype, (axes) => {
        const fillValue = e.constant(constantValue, x.dtype);
        if (x.shape.includes(0)) return fillValue;
        let inside = e.bool(true);
        const source = axes.map((at, axis) => {
          const extent = x.shape[axis] as number;
          const index = sourceIndex(c, mode, at, (border[axis] as readonly [number, number])[0], extent);
          inside = e.and(inside, e.within(index, 0, extent));
          return e.max(e.index(0), e.min(index, e.index(extent - 1)));
        });
        const element = c.load(x, source);
        return mode === "CONSTANT" ? e.select(inside, element, fillValue) : element;
      }),
    ];
  }),
  gradient: (op, dy) => [padGradOp.build([...op.inputs, dy], { mode: op.attributes.mode }), null],
});

const padGradOp = defineOp({
  name: "PadGrad",
  inputs: ["tensor", "paddings", "dy"],
  shapeInputs: [1],
  infer: (c) => [{ dtype: dtypeOf(c, 2), shape: c.shape(0) }],
  lower: compiled((c) => {
    const { shape } = c.input(0);
    const dy = c.input(2);
    const { mode } = c.attributes as { mode: PadMode };
    const before = borders(c, shape, shapeNumbers(c, 1)).map(([first]) => first);
    const { e } = c;
    if (mode === "CONSTANT")
      return [
        c.map(shape, dy.dtype, (axes) =>
          c.load(
            dy,
            axes.map((at, axis) => e.add(at, e.index(before[axis] as number))),
          ),
        ),
      ];
    return [
      c.scatter({
        combine: "add",
        shape,
        base: () => e.constant(0, dy.dtype),
        extents: dy.shape,
        indices: (axes) =>
          axes.map((at, axis) => sourceIndex(c, mode, at, before[axis] as number, shape[axis] as number)),
        update: (axes) => c.load(dy, axes),
      }),
    ];
  }),
  gradient: (op, ddy) => [
    null,
    null,
    padOp.build([ddy, op.inputs[1] as Tensor], { mode: op.attributes.mode, constantValue: 0 }),
  ],
});

/** Options of {@link pad}. */
export interface PadOptions extends NameOption {
  /** Default `CONSTANT`. */
  readonly mode?: PadMode | Lowercase<PadMode>;
  /** What fills the border in `CONSTANT` mode. Default 0. */
  readonly constantValues?: number;
}
/** A shape of the same rank with other extents. */
export type SameRank<S extends Shape> = { readonly [I in keyof S]: number | null };

/**
 * `tensor` with `paddings[axis][0]` entries before and `paddings[axis][1]` after each axis. `tf.pad`.
 * @throws ShapeError, or InvalidArgumentError when running, where a mirror image is longer than its axis
 */
export function pad<D extends DType, S extends Shape>(
  tensor: Tensor<D, S> | ArrayLike_,
  paddings: readonly (readonly (number | Tensor)[])[] | Tensor,
  options: PadOptions = {},
): Tensor<D, SameRank<S>> {
  const mode = (options.mode ?? "CONSTANT").toUpperCase();
  if (!["CONSTANT", "REFLECT", "SYMMETRIC"].includes(mode))
    throw new ArgumentError(`Unknown padding mode: ${mode}`, { hint: "use CONSTANT, REFLECT or SYMMETRIC" });
  const border = shapeOperand(paddings as unknown as ShapeArgument, "paddings");
  const attributes = { mode, constantValue: options.constantValues ?? 0 };
  return padOp.build([tensor, border], attributes, { name: options.name }) as Tensor<never, never>;
}
