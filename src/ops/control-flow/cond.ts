/** @file Conditionals: one of two traced functions runs. Follows `control_flow_ops.cond` of TensorFlow 1.3. */
import { ArgumentError, DTypeError, isFloating, mergeShapes, ShapeError, tupled } from "../../core/index.js";
import {
  type BranchAttributes,
  capturesOf,
  type FunctionBody,
  getDefaultGraph,
  type Operation,
  type OutputSpec,
  type Tensor,
} from "../../graph/index.js";
import { defineOp, type NameOption, type TensorLike, tensorOf } from "../define.js";
import { gradients } from "../gradients.js";
import { drawnIn, type Structure, trace, withEnds } from "./trace.js";

const attributesOf = (op: Operation): BranchAttributes => op.attributes.block as BranchAttributes;

const condOp = defineOp({
  name: "If",
  inputs: ["pred", "captured..."],
  stateful: true,
  infer: ({ attributes }) => {
    const { whenTrue, whenFalse } = attributes.block as BranchAttributes;
    return whenTrue.outputs.map((a, i): OutputSpec => {
      const b = whenFalse.outputs[i] ?? null;
      const given = (a ?? b) as Tensor;
      const shape = a === null || b === null ? given.partialShape : (mergeUnknown(a, b) ?? null);
      return { dtype: given.dtype, shape };
    });
  },
  lower: { kind: "block" },
  gradient: (op, ...outputGradients) => branchGradient(op, outputGradients),
});

/** What two branches' static shapes have in common: a dimension that differs is unknown. */
function mergeUnknown(a: Tensor, b: Tensor): (number | null)[] | undefined {
  const [x, y] = [a.partialShape, b.partialShape];
  if (x === null || y === null || x.length !== y.length) return undefined;
  return x.map((d, i) => (d === y[i] ? d : null));
}

/**
 * Adds a conditional. What a branch draws is returned too (zeros where it did not run), so that the
 * gradient, which computes the branch again, can be given the same draws.
 */
function buildBranches(
  pred: Tensor,
  whenTrue: FunctionBody,
  whenFalse: FunctionBody,
  given: readonly Tensor[],
): readonly Tensor[] {
  const [a, b] = [drawnIn(whenTrue), drawnIn(whenFalse)].map((drawn, which) =>
    drawn.filter((tensor) => !(which === 0 ? whenTrue : whenFalse).inputs.includes(tensor)),
  ) as [Tensor[], Tensor[]];
  const absent = (drawn: readonly Tensor[]): null[] => drawn.map(() => null);
  const attributes: BranchAttributes = {
    kind: "branch",
    whenTrue: withEnds(whenTrue, whenTrue.inputs, [...whenTrue.outputs, ...a, ...absent(b)]),
    whenFalse: withEnds(whenFalse, whenFalse.inputs, [...whenFalse.outputs, ...absent(a), ...b]),
  };
  const operands = [pred, ...given, ...capturesOf([whenTrue, whenFalse])];
  const drawn = { whenTrue: a, whenFalse: b };
  const { outputs } = condOp.create(operands, { block: attributes, drawn }, { name: "If" });
  return outputs.slice(0, whenTrue.outputs.length);
}

/** Both branches again, each computing the gradients of what it captured. */
function branchGradient(op: Operation, outputGradients: readonly Tensor[]): (Tensor | null)[] {
  const { whenTrue, whenFalse } = attributesOf(op);
  const drawn = op.attributes.drawn as { readonly whenTrue: readonly Tensor[]; readonly whenFalse: readonly Tensor[] };
  const sources = op.inputs.slice(1);
  const bodies = [whenTrue, whenFalse].map((body) => gradientBody(body, sources, outputGradients));
  const [first, second] = bodies as [FunctionBody, FunctionBody];
  const needed = sources.map((_, i) => first.outputs[i] !== null || second.outputs[i] !== null);
  const only = (body: FunctionBody, inputs: readonly Tensor[]): FunctionBody =>
    withEnds(
      body,
      inputs,
      body.outputs.filter((_, i) => needed[i]),
    );
  // The draws of this run are the last outputs; the branches take them instead of drawing again.
  const draws = op.outputs.slice(op.outputs.length - drawn.whenTrue.length - drawn.whenFalse.length);
  const a = only(first, [...whenTrue.inputs, ...drawn.whenTrue]);
  const b = only(second, [...whenFalse.inputs, ...drawn.whenFalse]);
  if (a.outputs.length === 0) return op.inputs.map(() => null);
  const split = 1 + whenTrue.inputs.length;
  const given = [
    ...op.inputs.slice(1, split),
    ...draws.slice(0, drawn.whenTrue.length),
    ...op.inputs.slice(split, split + whenFalse.inputs.length),
    ...draws.slice(drawn.whenTrue.length),
  ];
  const outputs = buildBranches(op.inputs[0] as Tensor, a, b, given);
  let next = 0;
  return [null, ...needed.map((is) => (is ? (outputs[next++] as Tensor) : null))];
}

function gradientBody(
  body: FunctionBody,
  sources: readonly Tensor[],
  outputGradients: readonly Tensor[],
): FunctionBody {
  const { graph, outputs } = body;
  return graph.asDefault(() => {
    const ys: Tensor[] = [];
    const gradYs: Tensor[] = [];
    outputs.forEach((output, i) => {
      if (output === null || !isFloating(output.dtype)) return;
      ys.push(output);
      gradYs.push(graph.adopt(outputGradients[i] as Tensor));
    });
    const captured = sources.map((source) => graph.captures.get(source));
    const xs = captured.filter((x) => x !== undefined);
    const found = ys.length === 0 ? xs.map(() => null) : gradients(ys, xs, { gradYs });
    return withEnds(
      body,
      [],
      captured.map((x) => (x === undefined ? null : ((found[xs.indexOf(x)] as Tensor | null) ?? null))),
    );
  });
}

/** Options of {@link cond}. */
export interface CondOptions extends NameOption {
  /** Keep a list of one element a list. Default false. */
  readonly strict?: boolean;
}

/**
 * What `trueFn` returns where `pred` holds, else what `falseFn` returns. Both are called once, while
 * building; only operations created inside them are conditional. They return the same structure of
 * tensors with the same dtypes; a list of one element is unwrapped unless `strict`. `tf.cond`.
 * @throws ArgumentError for a JavaScript boolean, or branches of different structure
 * @throws DTypeError for branches of different dtypes
 */
export function cond<T extends Structure>(
  pred: Tensor<"bool"> | TensorLike,
  trueFn: () => T,
  falseFn: () => Structure,
  options: CondOptions = {},
): T {
  if (typeof pred === "boolean")
    throw new ArgumentError("pred must not be a Python bool", {
      hint: "use an if statement for a condition known while building, or a bool tensor",
    });
  const condition = tensorOf(pred);
  if (condition === undefined || condition.dtype !== "bool")
    throw new DTypeError(`pred must be a bool tensor, got ${condition ?? String(pred)}`);
  if (condition.partialShape !== null && condition.partialShape.length !== 0)
    throw new ShapeError(`pred must be a scalar, but has shape ${tupled(condition.partialShape)}`);
  const graph = condition.graph ?? getDefaultGraph();
  return graph.asDefault(() =>
    graph.nameScope(options.name ?? "cond", (scope) => {
      const name = scope.slice(0, -1);
      const a = trace(graph, `${name}/true`, [], trueFn, "what trueFn returns");
      const b = trace(graph, `${name}/false`, [], falseFn, "what falseFn returns");
      if (a.result.shape !== b.result.shape)
        throw new ArgumentError(
          `true_fn and false_fn must return the same structure: ${a.result.shape} and ${b.result.shape}`,
          { hint: "return the same nesting of tensors from both" },
        );
      a.body.outputs.forEach((output, i) => {
        const other = b.body.outputs[i] as Tensor;
        if (output !== null && output.dtype !== other.dtype)
          throw new DTypeError(
            `Outputs of true_fn and false_fn must have the same type: ${output.dtype}, ${other.dtype}`,
            { hint: "tf.cast() converts" },
          );
        if (output !== null && !fits(output, other))
          throw new ShapeError(`Outputs of true_fn and false_fn have ranks that differ: ${output} and ${other}`);
      });
      const outputs = buildBranches(condition, a.body, b.body, []);
      const packed = a.result.pack(outputs);
      const isSingle = Array.isArray(packed) && packed.length === 1 && options.strict !== true;
      return (isSingle ? packed[0] : packed) as T;
    }),
  );
}

const fits = (a: Tensor, b: Tensor): boolean => {
  const [x, y] = [a.partialShape, b.partialShape];
  return (
    x === null || y === null || (x.length === y.length && mergeShapes(x, y) !== undefined) || x.length === y.length
  );
};

/**
 * The result of the first function whose condition holds, else of `otherwise`. `tf.case`.
 * @param pairs conditions (bool scalars) and functions, tried in order
 */
export function switchCase<T extends Structure>(
  pairs: readonly (readonly [Tensor<"bool">, () => T])[],
  otherwise: () => T,
  options: NameOption = {},
): T {
  const [first, ...rest] = pairs;
  if (first === undefined) return otherwise();
  return cond(first[0], first[1], () => switchCase(rest, otherwise), { name: options.name ?? "case", strict: true });
}
