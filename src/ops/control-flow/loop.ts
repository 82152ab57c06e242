/**
 * @file The operation behind `whileLoop` and `scan`, and its gradient: a loop that runs backwards over the
 * states the forward one recorded, computing each step again.
 */
import { GradientError, isFloating } from "../../core/index.js";
import {
  capturesOf,
  constantValue,
  type FunctionBody,
  type LoopAttributes,
  type Operation,
  type OutputSpec,
  type Tensor,
} from "../../graph/index.js";
import { zerosLike } from "../array/index.js";
import { add } from "../binary.js";
import { defineOp, type NameOption } from "../define.js";
import { gradients } from "../gradients.js";
import { drawnIn, withEnds } from "./trace.js";

/** Outputs of a loop in groups: final values, rows the user asked for, rows recorded for the gradient. */
interface Groups {
  readonly carried: number;
  readonly stacked: number;
  /** Tensors of the body whose value in each step the gradient needs. */
  readonly recorded: readonly Tensor[];
}
const attributesOf = (op: Operation): LoopAttributes => op.attributes.block as LoopAttributes;
const groupsOf = (op: Operation): Groups => op.attributes.groups as Groups;

export const loopOp = defineOp({
  name: "Loop",
  inputs: ["initial...", "sliced...", "count", "captured..."],
  stateful: true,
  infer: ({ attributes, inputs }) => {
    const { body, carriedCount, slicedCount, steps } = attributes.block as LoopAttributes;
    const rows = slicedCount > 0 ? (inputs[carriedCount]?.partialShape?.[0] ?? null) : steps;
    return body.outputs.map((tensor, i): OutputSpec => {
      const { dtype, partialShape } = tensor as Tensor;
      if (i < carriedCount) return { dtype, shape: (body.inputs[i] as Tensor).partialShape };
      return { dtype, shape: partialShape === null ? null : [rows, ...partialShape] };
    });
  },
  lower: { kind: "block" },
  gradient: (op, ...outputGradients) => loopGradient(op, outputGradients),
});

export interface LoopSpec extends NameOption {
  /** Inputs: carried values, then slices; outputs: next carried values, then rows to stack. */
  readonly body: FunctionBody;
  readonly condition?: FunctionBody | null;
  readonly initial: readonly Tensor[];
  readonly sliced: readonly Tensor[];
  /** At most so many steps; `null`: no limit, and nothing can be stacked or differentiated. */
  readonly steps: number | null;
  readonly count?: Tensor | null;
  readonly reverse?: boolean;
  /** Record what gradients need. Default true where the number of steps has a limit. */
  readonly backProp?: boolean;
}

export interface LoopResult {
  readonly finals: readonly Tensor[];
  readonly stacks: readonly Tensor[];
}

/** Adds a loop to the graph. */
export function buildLoop(spec: LoopSpec): LoopResult {
  const { initial, sliced, steps, condition = null, count = null, reverse = false, backProp = true } = spec;
  const carried = initial.length;
  const stacked = spec.body.outputs.length - carried;
  const records = backProp && (steps !== null || sliced.length > 0);
  const recorded = records ? recordedTensors(spec.body, carried) : [];
  const body = withEnds(spec.body, spec.body.inputs, [...spec.body.outputs, ...recorded]);
  const attributes: LoopAttributes = {
    kind: "loop",
    body,
    condition,
    carriedCount: carried,
    slicedCount: sliced.length,
    steps,
    hasCount: count !== null,
    reverse,
  };
  const groups: Groups = { carried, stacked, recorded };
  const operands = [...initial, ...sliced, ...(count === null ? [] : [count]), ...capturesOf([body, condition])];
  const { outputs } = loopOp.create(operands, { block: attributes, groups }, { name: spec.name });
  return { finals: outputs.slice(0, carried), stacks: outputs.slice(carried, carried + stacked) };
}

/** The values at the start of a step, and what is drawn anew in each. */
const recordedTensors = (body: FunctionBody, carried: number): Tensor[] => [
  ...body.inputs.slice(0, carried),
  ...drawnIn(body),
];

function loopGradient(op: Operation, outputGradients: readonly Tensor[]): (Tensor | null)[] {
  const { body, carriedCount, slicedCount, steps, condition, hasCount, reverse } = attributesOf(op);
  const { stacked, recorded } = groupsOf(op);
  if (recorded.length === 0)
    throw new GradientError(`No gradient defined for operation '${op.name}': it does not record its steps`, {
      op: op.name,
      createdAt: op.createdAt,
      hint: "give whileLoop a maximumIterations, and leave backProp on",
    });
  const { graph } = body;
  const sources = op.inputs.slice(carriedCount + slicedCount + (hasCount ? 1 : 0));
  const floats = (tensors: readonly Tensor[]): number[] => tensors.flatMap((t, i) => (isFloating(t.dtype) ? [i] : []));
  const carriedInputs = body.inputs.slice(0, carriedCount);
  const slicedInputs = body.inputs.slice(carriedCount);
  const next = body.outputs.slice(0, carriedCount) as Tensor[];
  const rows = body.outputs.slice(carriedCount, carriedCount + stacked) as Tensor[];
  const carriedFloats = floats(carriedInputs);
  const slicedFloats = floats(slicedInputs);
  const rowFloats = floats(rows);
  // Second derivatives also arrive at the recorded states.
  const stateRows = carriedFloats.map((i) => outputGradients[carriedCount + stacked + i] as Tensor);
  const stateFloats = carriedFloats.flatMap((_, j) => (isZeros(stateRows[j] as Tensor) ? [] : [j]));

  // One step backwards, in the graph of the body: gradients of its ends with respect to its beginnings.
  const step = graph.asDefault(() =>
    graph.nameScope("backward", () => {
      const arriving = carriedFloats.map((i) => argumentLike(graph, carriedInputs[i] as Tensor, "arriving"));
      const rowGradients = rowFloats.map((i) => argumentLike(graph, rows[i] as Tensor, "row_gradient"));
      const stateGradients = stateFloats.map((j) =>
        argumentLike(graph, carriedInputs[carriedFloats[j] as number] as Tensor, "state_gradient"),
      );
      const inside = sources.map((source) => graph.captures.get(source));
      const captured = inside.flatMap((x, i) => (x !== undefined && isFloating(x.dtype) ? [{ x, i }] : []));
      const ys = [...carriedFloats.map((i) => next[i] as Tensor), ...rowFloats.map((i) => rows[i] as Tensor)];
      const xs = [
        ...carriedFloats.map((i) => carriedInputs[i] as Tensor),
        ...slicedFloats.map((i) => slicedInputs[i] as Tensor),
        ...captured.map(({ x }) => x),
      ];
      const found = gradients(ys, xs, { gradYs: [...arriving, ...rowGradients] }) as (Tensor | null)[];
      const at = (i: number): Tensor => found[i] ?? zerosLike(xs[i] as Tensor);
      const backState = carriedFloats.map((_, j) => {
        const extra = stateGradients[stateFloats.indexOf(j)];
        return extra === undefined ? at(j) : (add(at(j), extra) as Tensor);
      });
      const backSliced = slicedFloats.map((_, i) => at(carriedFloats.length + i));
      const capturedFrom = carriedFloats.length + slicedFloats.length;
      const used = captured.flatMap(({ x, i }, j) =>
        found[capturedFrom + j] === null ? [] : [{ x, i, g: at(capturedFrom + j) }],
      );
      const sums = used.map(({ x }) => argumentLike(graph, x, "sum"));
      const added = used.map(({ g }, j) => add(sums[j] as Tensor, g) as Tensor);
      return { arriving, rowGradients, stateGradients, backState, backSliced, used, sums, added };
    }),
  );

  const recordings = op.outputs.slice(carriedCount + stacked);
  const backBody = withEnds(
    body,
    [...step.arriving, ...step.sums, ...recorded, ...slicedInputs, ...step.rowGradients, ...step.stateGradients],
    [...step.backState, ...step.added, ...step.backSliced],
  );
  const initial = [
    ...carriedFloats.map((i) => outputGradients[i] as Tensor),
    ...step.used.map(({ i }) => zerosLike(sources[i] as Tensor)),
  ];
  const sliced = [
    ...recordings,
    ...op.inputs.slice(carriedCount, carriedCount + slicedCount),
    ...rowFloats.map((i) => outputGradients[carriedCount + i] as Tensor),
    ...stateFloats.map((j) => stateRows[j] as Tensor),
  ];
  // Where a condition ended the loop, its last carried value has counted the steps.
  const given = hasCount ? (op.inputs[carriedCount + slicedCount] as Tensor) : null;
  const trips = condition === null ? given : (op.outputs[carriedCount - 1] as Tensor);
  const { finals, stacks } = buildLoop({
    body: backBody,
    initial,
    sliced,
    steps,
    count: trips,
    reverse: !reverse,
    name: "Loop",
  });
  const result: (Tensor | null)[] = op.inputs.map(() => null);
  carriedFloats.forEach((i, j) => {
    result[i] = finals[j] ?? null;
  });
  slicedFloats.forEach((i, j) => {
    result[carriedCount + i] = stacks[j] ?? null;
  });
  step.used.forEach(({ i }, j) => {
    result[op.inputs.length - sources.length + i] = finals[carriedFloats.length + j] ?? null;
  });
  return result;
}

const argumentLike = (graph: FunctionBody["graph"], like: Tensor, name: string): Tensor =>
  graph.argument(like.dtype, like.partialShape, name);

/** Whether a gradient is the zeros that stand for "nothing arrived". */
const isZeros = ({ op }: Tensor): boolean => {
  const [filled] = op.inputs;
  const value = op.type === "BroadcastLike" && filled !== undefined ? constantValue(filled) : undefined;
  return value?.size === 1 && value.data[0] === 0;
};
