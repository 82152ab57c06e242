/** @file The largest entries of the last axis. Follows `topk_op.cc` and `in_topk_op.cc` of TensorFlow 1.3. */
import {
  ArgumentError,
  type ArrayLike_,
  bracketed,
  type DType,
  DTypeError,
  isFloating,
  type Shape,
} from "../../core/index.js";
import type { InferContext, OutputSpec, Tensor } from "../../graph/index.js";
import { compiled, type Expr, type ExpressionBuilder } from "../../ir/index.js";
import {
  convertToTensor,
  defineOp,
  dtypeOf,
  type NameOption,
  requireFloating,
  requireRank,
  type TensorLike,
  tensorOf,
} from "../define.js";
import { requireAccepted } from "../reduce-op.js";

const numeric: readonly DType[] = ["float32", "float64", "int32", "uint8"];

// ---- moving entries along the last axis; each is the gradient of the other ----

/** Entries of the last axis of `input` at `indices`, row by row. */
const takeLastOp = defineOp({
  name: "TakeLast",
  inputs: ["input", "indices"],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: c.shape(1) }],
  lower: compiled((c) => {
    const x = c.input(0);
    const indices = c.input(1);
    return [
      c.map(indices.shape, x.dtype, (at) => {
        const index = clamp(c.e, c.load(indices, at), x.shape.at(-1) as number);
        return c.load(x, [...at.slice(0, -1), index]);
      }),
    ];
  }),
  gradient: (node, dy) => {
    const [input, indices] = node.inputs as readonly [Tensor, Tensor];
    return [putLastOp.build([dy, indices, input]), null];
  },
});

/** Zeros like `like`, with `input` added at `indices` of the last axis, row by row. */
const putLastOp = defineOp({
  name: "PutLast",
  inputs: ["input", "indices", "like"],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: c.shape(2) }],
  lower: compiled((c) => {
    const x = c.input(0);
    const indices = c.input(1);
    return [
      c.scatter({
        combine: "add",
        shape: c.input(2).shape,
        base: () => c.e.constant(0, x.dtype),
        extents: indices.shape,
        indices: (at) => [...at.slice(0, -1), c.load(indices, at)],
        update: (at) => c.load(x, at),
      }),
    ];
  }),
  gradient: (node, dy) => [takeLastOp.build([dy, node.inputs[1] as Tensor]), null, null],
});

const clamp = (e: ExpressionBuilder, index: Expr, extent: number): Expr =>
  e.max(e.index(0), e.min(index, e.index(extent - 1)));

// ---- top k ----

function inferTopK(c: InferContext): OutputSpec[] {
  const dtype = requireAccepted(c, "TopKV2", numeric);
  const k = c.attributes.k as number;
  const shape = c.shape(0);
  if (shape === null)
    return [
      { dtype, shape: null },
      { dtype: "int32", shape: null },
    ];
  const last = shape.at(-1);
  if (last === undefined) return c.fail("Shape must be at least rank 1 but is rank 0");
  if (last !== null && last < k) c.fail(`input must have last dimension >= k = ${k} but is ${last}`);
  const found = [...shape.slice(0, -1), k];
  return [
    { dtype, shape: found },
    { dtype: "int32", shape: found },
  ];
}

const topKOp = defineOp({
  name: "TopKV2",
  inputs: ["input"],
  infer: inferTopK,
  lower: compiled((c) => {
    const { e } = c;
    const x = c.input(0);
    const k = c.attributes.k as number;
    const count = x.shape.at(-1) ?? 0;
    if (x.shape.length === 0) c.fail("input must be >= 1-D, got shape []");
    if (count < k) c.fail(`input must have at least k columns. Had ${count}, needed ${k}`);
    // An entry's place is the number of entries that come before it; NaN comes first, as in arg reductions.
    const isMissing = (value: Expr): Expr => (isFloating(x.dtype) ? e.ne(value, value) : e.bool(false));
    const places = c.reduce("sum", x.shape, [count], (at, [j]) => {
      const mine = c.load(x, at);
      const other = c.load(x, [...at.slice(0, -1), j as Expr]);
      const larger = e.or(e.gt(other, mine), e.and(isMissing(other), e.not(isMissing(mine))));
      const equal = e.or(e.eq(other, mine), e.and(isMissing(other), isMissing(mine)));
      const earlier = e.and(equal, e.lt(j as Expr, at.at(-1) as Expr));
      return e.cast(e.or(larger, earlier), "int32");
    });
    const place = (update: (at: readonly Expr[]) => Expr, zero: Expr) =>
      c.scatter({
        combine: "assign",
        shape: [...x.shape.slice(0, -1), k],
        base: () => zero,
        extents: x.shape,
        indices: (at) => [...at.slice(0, -1), c.load(places, at)],
        update,
      });
    return [place((at) => c.load(x, at), e.constant(0, x.dtype)), place((at) => at.at(-1) as Expr, e.index(0))];
  }),
  gradient: (node, dValues) => [putLastOp.build([dValues, node.outputs[1] as Tensor, node.inputs[0] as Tensor])],
});

/** Options of {@link topK}. */
export interface TopKOptions extends NameOption {
  /** Whether the values must come in descending order. They always do. */
  readonly sorted?: boolean;
}
/** The last axis shrinks to `K`. */
export type TopKShape<S extends Shape, K extends number> = S extends readonly [
  ...infer Outer extends Shape,
  number | null,
]
  ? readonly [...Outer, K]
  : Shape;

/**
 * The `k` largest entries of the last axis, largest first, and their positions (int32); of equals the
 * first comes first. `tf.nn.top_k`.
 * @param k default 1
 * @throws ArgumentError for a negative k, ShapeError where the last axis is shorter
 */
export function topK<D extends DType, S extends Shape, const K extends number = 1>(
  input: Tensor<D, S> | ArrayLike_,
  k?: K,
  options: TopKOptions = {},
): { values: Tensor<D, TopKShape<S, K>>; indices: Tensor<"int32", TopKShape<S, K>> } {
  const count = k ?? 1;
  if (!Number.isInteger(count) || count < 0)
    throw new ArgumentError(`Need k >= 0, got ${count}`, { hint: "k is a whole number" });
  const [values, indices] = topKOp.create([input as TensorLike], { k: count }, { name: options.name }).outputs;
  return { values, indices } as never;
}

// ---- in top k ----

const inTopKOp = defineOp({
  name: "InTopK",
  inputs: ["predictions", "targets"],
  infer: (c) => {
    requireFloating(c, "InTopK");
    if (dtypeOf(c, 1) !== "int32")
      throw new DTypeError(
        `Value passed to parameter 'targets' of op 'InTopK' has DataType ${dtypeOf(c, 1)} not in list of allowed values: int32`,
        { op: c.name, createdAt: c.inputs[1]?.op.createdAt, hint: 'targets are class numbers: tf.cast(x, "int32")' },
      );
    const predictions = requireRank(c, 0, 2);
    const targets = requireRank(c, 1, 1);
    const [rows, count] = [predictions?.[0] ?? null, targets?.[0] ?? null];
    if (rows !== null && count !== null && rows !== count)
      c.fail(`Dimensions must be equal, but are ${rows} and ${count}`, "one target for each row of predictions");
    return [{ dtype: "bool", shape: [rows ?? count] }];
  },
  lower: compiled((c) => {
    const { e } = c;
    const predictions = c.input(0);
    const targets = c.input(1);
    const [rows = 0, classes = 0] = predictions.shape;
    if (predictions.shape.length !== 2 || targets.shape.length !== 1 || targets.shape[0] !== rows)
      c.fail(
        `First dimension of predictions ${bracketed(predictions.shape)} must match length of targets ${bracketed(targets.shape)}`,
      );
    if (classes === 0) return [c.map([rows], "bool", () => e.bool(false))];
    const k = e.index(c.attributes.k as number);
    const larger = c.reduce("sum", [rows], [classes], ([row], [j]) => {
      const target = clamp(e, c.load(targets, [row as Expr]), classes);
      const score = c.load(predictions, [row as Expr, target]);
      return e.cast(e.gt(c.load(predictions, [row as Expr, j as Expr]), score), "int32");
    });
    const decided = c.reduce("all", [rows], [classes], ([row], [j]) => {
      const score = c.load(predictions, [row as Expr, j as Expr]);
      return e.lt(e.abs(score), e.like(score, Number.POSITIVE_INFINITY));
    });
    return [
      c.map([rows], "bool", (row) => {
        const target = c.load(targets, row);
        const exists = e.and(e.ge(target, e.index(0)), e.lt(target, e.index(classes)));
        return e.and(e.and(exists, c.load(decided, row)), e.lt(c.load(larger, row), k));
      }),
    ];
  }),
  gradient: null,
});

/**
 * For each row, whether the target's score is among the `k` largest: fewer than `k` are strictly larger, so
 * ties help. False where a score is not finite or the target is no class. `tf.nn.in_top_k`.
 * @param predictions scores, `[rows, classes]`
 * @param targets class numbers, `[rows]`, int32
 */
export function inTopK<S extends Shape>(
  predictions: Tensor<DType, S> | ArrayLike_,
  targets: Tensor | ArrayLike_,
  k: number,
  options: NameOption = {},
): Tensor<"bool", S extends readonly [infer Rows extends number | null, number | null] ? readonly [Rows] : Shape> {
  if (!Number.isInteger(k)) throw new ArgumentError(`k must be a whole number, got ${k}`);
  const classes = tensorOf(targets) ?? convertToTensor(targets, { dtype: "int32" });
  return inTopKOp.build([predictions as TensorLike, classes], { k }, options) as Tensor<"bool", never>;
}
