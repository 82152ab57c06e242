/** @file Class numbers and lengths as rows: `oneHot` and `sequenceMask`. Follows `one_hot_op.cc` of TensorFlow 1.3. */
import {
  type ArrayLike_,
  type Checked,
  type DType,
  DTypeError,
  normalizeAxis,
  type Ok,
  type OneHotShape,
  type PartialShape,
  type Shape,
  type ValueShape,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { compiled, type Expr } from "../../ir/index.js";
import type { Operand } from "../binary.js";
import { cast } from "../cast.js";
import {
  convertToTensor,
  defineOp,
  dtypeOf,
  type NameOption,
  requireSameDType,
  type TensorLike,
  tensorOf,
} from "../define.js";
import { reduceMax } from "../reduce.js";
import { withNameScope } from "../scopes.js";
import { int32Operand, numbersOf } from "./shape-argument.js";

interface Failing {
  readonly attributes: Readonly<Record<string, unknown>>;
  fail(message: string, hint?: string): never;
}

/** Where the new axis goes among `rank` axes and itself. */
function newAxis(c: Failing, rank: number): number {
  const axis = c.attributes.axis as number;
  return normalizeAxis(axis, rank + 1) ?? c.fail(`Expected axis to be -1 or between [0, ${rank + 1}), but got ${axis}`);
}

export function withAxis(shape: Shape, axis: number, extent: number | null): Shape {
  return [...shape.slice(0, axis), extent, ...shape.slice(axis)];
}

function requireDepth(c: Failing, depth: number): number {
  return depth >= 0 ? depth : c.fail(`depth must be non-negative, got: ${depth}`);
}

const oneHotOp = defineOp({
  name: "OneHot",
  inputs: ["indices", "depth", "on_value", "off_value"],
  shapeInputs: [1],
  infer: (c) => {
    const dtype = dtypeOf(c, 2);
    requireSameDType({ ...c, inputs: c.inputs.slice(2) }, { name: "OneHot", inputs: ["on_value", "off_value"] });
    const indices = c.shape(0);
    const depth = c.constant(1);
    if (indices === null) return [{ dtype, shape: null }];
    const extent = depth === undefined ? null : requireDepth(c, numbersOf(depth)[0] as number);
    return [{ dtype, shape: withAxis(indices, newAxis(c, indices.length), extent) }];
  },
  lower: compiled((c) => {
    const indices = c.input(0);
    const axis = newAxis(c, indices.shape.length);
    const depth = requireDepth(c, numbersOf(c.shapeValue(1))[0] as number);
    const { e } = c;
    return [
      c.map(withAxis(indices.shape, axis, depth) as number[], c.outputDType(0), (axes) => {
        const index = e.cast(
          c.load(
            indices,
            axes.filter((_, k) => k !== axis),
          ),
          "int32",
        );
        return e.select(e.eq(index, axes[axis] as Expr), c.load(c.input(2), []), c.load(c.input(3), []));
      }),
    ];
  }),
  gradient: null,
});

/** Options of {@link oneHot}. */
export interface OneHotOptions<Axis extends number, D extends DType> extends NameOption {
  /** What stands at each index. Default 1. */
  readonly onValue?: number | boolean | Tensor<D>;
  /** What stands elsewhere. Default 0. */
  readonly offValue?: number | boolean | Tensor<D>;
  /** Where the new axis goes. Default -1: last. */
  readonly axis?: Axis;
  /** Element type. Default: that of the values where they are tensors, else float32. */
  readonly dtype?: D;
}
type DepthOf<N> = N extends number ? N : number;

/**
 * A new axis of extent `depth`, along which `onValue` stands at each of the `indices` and `offValue`
 * elsewhere. An index outside `[0, depth)` gives `offValue` everywhere. `tf.one_hot`.
 */
export function oneHot<
  const I extends Operand,
  const N extends number | Tensor,
  const Axis extends number = -1,
  D extends DType = "float32",
>(
  indices: I,
  depth: Checked<N, OneHotShape<ValueShape<I>, DepthOf<N>, Axis>>,
  options: OneHotOptions<Axis, D> = {},
): Tensor<NoInfer<D>, Ok<OneHotShape<ValueShape<I>, DepthOf<N>, Axis>>> {
  const { onValue = 1, offValue = 0, axis = -1 } = options;
  const dtype = options.dtype ?? tensorOf(onValue)?.dtype ?? tensorOf(offValue)?.dtype ?? "float32";
  const name = options.name ?? "one_hot";
  const built = withNameScope(
    name,
    (scope) => {
      const known = tensorOf(indices);
      const classes = known?.dtype === "uint8" ? known : int32Operand(indices as TensorLike, "indices");
      const extent = int32Operand(depth as TensorLike, "depth");
      const value = (v: unknown, name_: string): Tensor => {
        const plain = dtype === "bool" && typeof v === "number" ? v !== 0 : v;
        return convertToTensor(plain as TensorLike, { dtype, name: name_ });
      };
      const values = [value(onValue, "on_value"), value(offValue, "off_value")];
      return oneHotOp.build([classes, extent, ...values], { axis }, { name: scope });
    },
    { values: [indices, depth] },
  );
  return built as Tensor<never, never>;
}

const sequenceMaskOp = defineOp({
  name: "SequenceMask",
  inputs: ["lengths", "maxlen"],
  shapeInputs: [1],
  infer: (c) => {
    const lengths = c.shape(0);
    const maxlen = c.constant(1);
    const extent = maxlen === undefined ? null : (numbersOf(maxlen)[0] as number);
    return [{ dtype: "bool", shape: lengths && ([...lengths, extent] as PartialShape) }];
  },
  lower: compiled((c) => {
    const lengths = c.input(0);
    const maxlen = numbersOf(c.shapeValue(1))[0] as number;
    return [
      c.map([...lengths.shape, maxlen], "bool", (axes) =>
        c.e.lt(axes.at(-1) as Expr, c.load(lengths, axes.slice(0, -1))),
      ),
    ];
  }),
  gradient: null,
});

/**
 * For each length a row of `maxlen` entries that are true up to the length, then false. Without
 * `maxlen` it is the greatest length. `tf.sequence_mask`.
 */
export function sequenceMask<D extends DType = "bool">(
  lengths: Tensor<"int32"> | ArrayLike_,
  maxlen?: number | Tensor,
  options: {
    /** Default bool. */
    readonly dtype?: D;
  } & NameOption = {},
): Tensor<NoInfer<D>> {
  if (options.dtype === "string") throw new DTypeError("a mask cannot hold strings");
  return withNameScope(
    options.name ?? "SequenceMask",
    () => {
      const counts = int32Operand(lengths, "lengths");
      const extent = maxlen === undefined ? reduceMax(counts) : maxlen;
      const mask = sequenceMaskOp.build([counts, int32Operand(extent as TensorLike, "maxlen")]);
      return cast(mask, options.dtype ?? "bool") as Tensor as Tensor<D>;
    },
    { values: [lengths, maxlen] },
  );
}
