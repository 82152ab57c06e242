/**
 * @file `whileLoop`, `scan`, `mapFn`, `foldl`, `foldr`: functions run again and again inside the compiled
 * program. Follows `control_flow_ops.while_loop` and `functional_ops.py` of TensorFlow 1.3.
 */
import {
  ArgumentError,
  DTypeError,
  isCompatible,
  mergeShapes,
  NdArray,
  type PartialShape,
  ShapeError,
  tupled,
} from "../../core/index.js";
import { type Graph, getDefaultGraph, type Tensor } from "../../graph/index.js";
import { add } from "../binary.js";
import { constantTensor, type NameOption } from "../define.js";
import { buildLoop } from "./loop.js";
import { type Flattened, flatten, type Structure, trace, withEnds } from "./trace.js";

/** Options of {@link whileLoop}. */
export interface WhileLoopOptions extends NameOption {
  /** Shapes, parallel to the loop variables, that hold in every step; `null` where a dimension varies. Default: the initial shapes. */
  readonly shapeInvariants?: readonly PartialShape[];
  /** Whether gradients may be asked for. Default true; they also need `maximumIterations`. */
  readonly backProp?: boolean;
  /** The loop ends after so many steps even if the condition still holds. */
  readonly maximumIterations?: number;
}

/**
 * Repeats `body` on the loop variables while `condition` holds. Both are called once, while building;
 * every variable keeps its dtype and shape. One variable is passed and returned bare, several as a list
 * or record. Gradients need `maximumIterations`, which bounds the memory for what the steps leave behind.
 * `tf.while_loop`.
 * @throws ArgumentError without loop variables, or when `body` returns another structure
 * @throws DTypeError, ShapeError when a variable changes its dtype or shape
 */
export function whileLoop<T extends Structure>(
  condition: (vars: T) => Tensor<"bool">,
  body: (vars: T) => T,
  loopVars: T,
  options: WhileLoopOptions = {},
): T {
  const { maximumIterations, backProp = true } = options;
  if (maximumIterations !== undefined && (!Number.isInteger(maximumIterations) || maximumIterations < 0))
    throw new ArgumentError(`maximumIterations must be a whole number, 0 or more, got ${maximumIterations}`);
  const initial = flatten(loopVars, "loop variables");
  if (initial.tensors.length === 0) throw new ArgumentError("No loop variables provided");
  const graph = initial.tensors[0]?.graph ?? getDefaultGraph();
  return inLoopScope(graph, options.name ?? "while", (name) => {
    const specs = initial.tensors.map((t, i) => ({
      dtype: t.dtype,
      shape: options.shapeInvariants?.[i] ?? t.partialShape,
    }));
    // The last carried value counts the steps.
    const counted = [...specs, { dtype: "int32" as const, shape: [] }];
    const unpack = (tensors: readonly Tensor[]): T => initial.pack(tensors) as T;
    const test = trace(
      graph,
      `${name}/condition`,
      counted,
      (inputs) => condition(unpack(inputs)),
      "what the condition returns",
    );
    requireBoolScalar(test.result);
    const step = trace(
      graph,
      `${name}/body`,
      counted,
      (inputs) => {
        const result = flatten(body(unpack(inputs)), "what the body returns");
        requireSameStructure(initial, result);
        return [...result.tensors, add(inputs[specs.length] as Tensor, 1)];
      },
      "what the body returns",
    );
    requireInvariant(
      initial,
      step.body.outputs.slice(0, -1) as Tensor[],
      specs.map((s) => s.shape),
    );
    const counter = constantTensor(NdArray.from(0, "int32"));
    const { finals } = buildLoop({
      body: step.body,
      condition: test.body,
      initial: [...initial.tensors, counter],
      sliced: [],
      steps: maximumIterations ?? null,
      backProp,
      name: "Loop",
    });
    return unpack(finals.slice(0, -1));
  });
}

const inLoopScope = <T>(graph: Graph, scopeName: string, build: (name: string) => T): T =>
  graph.asDefault(() => graph.nameScope(scopeName, (scope) => build(scope.slice(0, -1))));

function requireBoolScalar({ tensors }: Flattened): void {
  const [holds, ...rest] = tensors;
  if (holds === undefined || rest.length > 0 || holds.dtype !== "bool" || (holds.partialShape?.length ?? 0) !== 0)
    throw new ArgumentError(`The condition of whileLoop must return one bool scalar, got ${tensors.join(", ")}`);
}

function requireSameStructure(before: Flattened, after: Flattened): void {
  if (before.shape !== after.shape)
    throw new ArgumentError(
      `The two structures don't have the same nested structure: the loop variables are ${before.shape}, the body returns ${after.shape}`,
      { hint: "return from the body what it was given: the same nesting of tensors" },
    );
}

function requireInvariant(initial: Flattened, results: readonly Tensor[], shapes: readonly PartialShape[]): void {
  initial.tensors.forEach((before, i) => {
    const after = results[i] as Tensor;
    const details = { op: before.op.name, createdAt: before.op.createdAt };
    if (before.dtype !== after.dtype)
      throw new DTypeError(`Loop variable ${i} has dtype ${before.dtype} before a step and ${after.dtype} after it`, {
        ...details,
        hint: `tf.cast(x, "${before.dtype}") in the body`,
      });
    const invariant = shapes[i] ?? null;
    const known = after.partialShape;
    const fits =
      invariant === null ||
      (known !== null && isCompatible(invariant, known) && mergeShapes(invariant, known) !== undefined);
    if (!fits && known !== null)
      throw new ShapeError(
        `The shape for ${before.name} is not an invariant for the loop. It enters the loop with shape ${tupled(invariant)}, but has shape ${tupled(known)} after one iteration.`,
        { ...details, hint: "keep the shape, or say in shapeInvariants which dimensions vary" },
      );
  });
}

/** Options of {@link scan}, {@link foldl} and {@link foldr}. */
export interface ScanOptions<A extends Structure = Structure> extends NameOption {
  /** What the first step starts from; it also fixes the dtypes and shapes of the results. */
  readonly initializer: A;
  /** From the last element to the first. Default false. */
  readonly reverse?: boolean;
  /** Record what gradients need. Default true. */
  readonly backProp?: boolean;
}

/**
 * Combines the elements of the first axis of `elems` from left to right: each step's result is handed to
 * the next, and all of them are returned, stacked along a new first axis. `tf.scan`.
 */
export function scan<A extends Structure, E extends Structure>(
  fn: (accumulated: A, element: E) => A,
  elems: E,
  options: ScanOptions<A>,
): A {
  const { stacks, accumulated } = fold(fn, elems, options, "scan");
  return accumulated.pack(stacks) as A;
}

/** The last result of {@link scan}. `tf.foldl`. */
export function foldl<A extends Structure, E extends Structure>(
  fn: (accumulated: A, element: E) => A,
  elems: E,
  options: Omit<ScanOptions<A>, "reverse">,
): A {
  const { finals, accumulated } = fold(fn, elems, options, "foldl");
  return accumulated.pack(finals) as A;
}

/** {@link foldl} from the last element to the first. `tf.foldr`. */
export function foldr<A extends Structure, E extends Structure>(
  fn: (accumulated: A, element: E) => A,
  elems: E,
  options: Omit<ScanOptions<A>, "reverse">,
): A {
  const { finals, accumulated } = fold(fn, elems, { ...options, reverse: true }, "foldr");
  return accumulated.pack(finals) as A;
}

/** `fn` of each element of the first axis, the results stacked. `tf.map_fn`. */
export function mapFn<E extends Structure, R extends Structure>(
  fn: (element: E) => R,
  elems: E,
  options: NameOption = {},
): R {
  const elements = elementsOf(elems);
  const [first] = elements.tensors as [Tensor];
  return inLoopScope(first.graph, options.name ?? "map", (name) => {
    const step = trace(
      first.graph,
      `${name}/body`,
      elementSpecs(elements),
      (inputs) => fn(elements.pack(inputs) as E),
      "what fn returns",
    );
    const { stacks } = buildLoop({ body: step.body, initial: [], sliced: elements.tensors, steps: null, name: "Loop" });
    return step.result.pack(stacks) as R;
  });
}

function elementsOf(elems: Structure): Flattened {
  const elements = flatten(elems, "elems");
  if (elements.tensors.length === 0) throw new ArgumentError("elems needs at least one tensor");
  for (const tensor of elements.tensors)
    if (tensor.partialShape === null || tensor.partialShape.length === 0)
      throw new ShapeError(`elems must be tensors with a first axis to step through, got ${tensor}`);
  return elements;
}

const elementSpecs = ({ tensors }: Flattened) =>
  tensors.map((t) => ({ dtype: t.dtype, shape: (t.partialShape as readonly (number | null)[]).slice(1) }));

function fold<A extends Structure, E extends Structure>(
  fn: (accumulated: A, element: E) => A,
  elems: E,
  options: ScanOptions<A>,
  scopeName: string,
): { readonly finals: readonly Tensor[]; readonly stacks: readonly Tensor[]; readonly accumulated: Flattened } {
  const elements = elementsOf(elems);
  const [first] = elements.tensors as [Tensor];
  const initial = flatten(options.initializer, "the initializer");
  return inLoopScope(first.graph, options.name ?? scopeName, (name) => {
    const specs = [
      ...initial.tensors.map((t) => ({ dtype: t.dtype, shape: t.partialShape })),
      ...elementSpecs(elements),
    ];
    const count = initial.tensors.length;
    const step = trace(
      first.graph,
      `${name}/body`,
      specs,
      (inputs) => {
        const result = flatten(
          fn(initial.pack(inputs.slice(0, count)) as A, elements.pack(inputs.slice(count)) as E),
          "what fn returns",
        );
        requireSameStructure(initial, result);
        return [...result.tensors];
      },
      "what fn returns",
    );
    requireInvariant(
      initial,
      step.body.outputs as Tensor[],
      specs.map((s) => s.shape),
    );
    const body = withEnds(step.body, step.body.inputs, [...step.body.outputs, ...step.body.outputs]);
    const loop = buildLoop({
      body,
      initial: initial.tensors,
      sliced: elements.tensors,
      steps: null,
      reverse: options.reverse ?? false,
      backProp: options.backProp ?? true,
      name: "Loop",
    });
    return { ...loop, accumulated: initial };
  });
}
