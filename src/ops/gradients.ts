/**
 * @file Symbolic gradients: adds operations to the graph that compute derivatives, by walking back from
 * the differentiated tensors through each operation's own gradient function. Follows
 * `gradients_impl.py` of TensorFlow 1.3.
 */
import {
  ArgumentError,
  type DType,
  GradientError,
  isCompatible,
  isFloating,
  NdArray,
  type Shape,
} from "../core/index.js";
import {
  type GradientFunction,
  type GraphElementLike,
  gradientTypeAttribute,
  type Operation,
  Tensor,
} from "../graph/index.js";
import { addN } from "./add-n.js";
import { constantTensor, type NameOption, tensorOf } from "./define.js";
import { broadcastLike } from "./like.js";
import { Variable } from "./variable.js";

/** Options of {@link gradients}. */
export interface GradientOptions extends NameOption {
  /** Gradients arriving at the `ys`, one each, of their shapes and dtypes. Default, also for `null`: ones. */
  readonly gradYs?: readonly (Tensor | null)[] | Tensor | null;
  /** Tensors to take as constants: gradients arrive at them, but go no further. */
  readonly stopGradients?: readonly (Tensor | GraphElementLike)[];
}

const overrides = new Map<string, GradientFunction | null>();

/**
 * Gives an operation type a gradient function, or another one: `(op, ...outputGradients)` to the
 * gradients of the inputs, `null` where there is none. `tf.RegisterGradient`.
 */
export function registerGradient(type: string, gradient: GradientFunction | null): void {
  overrides.set(type, gradient);
}

/** `undefined` where the type has no gradient function, `null` where it lets none through. */
function gradientFunctionOf(op: Operation): GradientFunction | null | undefined {
  const named = op.attributes[gradientTypeAttribute] as string | undefined;
  if (named !== undefined && !overrides.has(named))
    throw new GradientError(`No gradient registered under '${named}', which operation '${op.name}' asks for`, {
      op: op.name,
      createdAt: op.createdAt,
      hint: `tf.registerGradient("${named}", …) before differentiating`,
    });
  const override = overrides.get(named ?? op.type);
  return override !== undefined ? override : op.definition.gradient;
}

type GradientList<T> = { -readonly [I in keyof T]: Tensor<DType, Shape> | null };

/**
 * The derivative of the sum of all elements of all `ys` with respect to each of `xs`: a list parallel
 * to `xs`, with `null` where no path connects them. Contributions of several paths are summed. The
 * result can be differentiated again.
 * @throws GradientError for an operation on the way that has no gradient
 */
export function gradients<const T extends readonly (Tensor | GraphElementLike)[]>(
  ys: Tensor | readonly Tensor[],
  xs: T | Tensor,
  options: GradientOptions = {},
): GradientList<T> {
  const targets = (Array.isArray(ys) ? ys : [ys]).map((y) => requireTensor(y, "ys"));
  const sources = (Array.isArray(xs) ? xs : [xs]).map((x: unknown) => requireTensor(x, "xs"));
  const [first] = targets;
  if (first === undefined) throw new ArgumentError("gradients() needs at least one tensor to differentiate");
  const { graph } = first;
  return graph.asDefault(() =>
    graph.nameScope(options.name ?? "gradients", () => new Backpropagation(targets, sources, options).run()),
  ) as GradientList<T>;
}

/** A variable stands for itself, not for one of its reads: gradients of all reads add up in it. */
function requireTensor(value: unknown, parameter: string): Tensor {
  const tensor = value instanceof Variable ? value.ref : tensorOf(value);
  if (tensor === undefined)
    throw new ArgumentError(`gradients(): every entry of ${parameter} must be a tensor or variable`);
  return tensor;
}

class Backpropagation {
  private readonly arriving = new Map<Tensor, Tensor[]>();
  private readonly stopped: ReadonlySet<Tensor>;
  /** Operations on a path from some x to some y. */
  private readonly between: ReadonlySet<Operation>;

  constructor(
    private readonly ys: readonly Tensor[],
    private readonly xs: readonly Tensor[],
    private readonly options: GradientOptions,
  ) {
    this.stopped = new Set((options.stopGradients ?? []).map((t) => requireTensor(t, "stopGradients")));
    this.between = operationsBetween(ys, xs, this.stopped);
  }

  run(): (Tensor | null)[] {
    const initial = initialGradients(this.ys, this.options.gradYs);
    this.ys.forEach((y, i) => {
      if (isFloating(y.dtype)) this.add(y, initial[i] ?? fillLike(y, 1));
    });
    // Inputs are older than the operations that read them, so descending ids visit every consumer first.
    for (const op of [...this.between].sort((a, b) => b.id - a.id)) this.propagate(op);
    return this.xs.map((x) => this.total(x));
  }

  private propagate(op: Operation): void {
    const outputGradients = op.outputs.map((output) => (this.stopped.has(output) ? null : this.total(output)));
    if (outputGradients.every((g) => g === null)) return;
    const gradient = gradientFunctionOf(op);
    if (gradient === null) return;
    if (gradient === undefined)
      throw new GradientError(`No gradient defined for operation '${op.name}' (op type: ${op.type})`, {
        op: op.name,
        createdAt: op.createdAt,
        hint: `tf.registerGradient("${op.type}", …) defines one; tf.stopGradient(x) ends the path before it`,
      });
    const filled = op.outputs.map((output, i) => outputGradients[i] ?? fillLike(output, 0));
    const inputGradients = op.graph.nameScope(`${op.name}_grad`, () => gradient(op, ...filled));
    if (inputGradients.length !== op.inputs.length)
      throw new GradientError(
        `Num gradients ${inputGradients.length} generated for op ${op} do not match num inputs ${op.inputs.length}`,
        { op: op.name, createdAt: op.createdAt, hint: "return one gradient per input, null where there is none" },
      );
    op.inputs.forEach((input, i) => {
      const g = inputGradients[i] ?? null;
      if (g === null || !isFloating(input.dtype)) return;
      requireFit(op, i, g);
      g.setShape(input.partialShape);
      this.add(input, g);
    });
  }

  private add(tensor: Tensor, gradient: Tensor): void {
    const list = this.arriving.get(tensor);
    if (list === undefined) this.arriving.set(tensor, [gradient]);
    else list.push(gradient);
  }

  private total(tensor: Tensor): Tensor | null {
    const list = this.arriving.get(tensor);
    if (list === undefined) return null;
    if (list.length > 1) this.arriving.set(tensor, [addN(list)]);
    return (this.arriving.get(tensor) as Tensor[])[0] ?? null;
  }
}

function operationsBetween(ys: readonly Tensor[], xs: readonly Tensor[], stopped: ReadonlySet<Tensor>): Set<Operation> {
  const fromYs = new Set<Operation>();
  const back = ys.map((y) => y.op);
  while (back.length > 0) {
    const op = back.pop() as Operation;
    if (fromYs.has(op)) continue;
    fromYs.add(op);
    for (const input of op.inputs) back.push(input.op);
  }
  const reached = new Set<Tensor>(xs);
  const between = new Set<Operation>();
  for (const op of [...fromYs].sort((a, b) => a.id - b.id)) {
    if (!op.inputs.some((input) => reached.has(input) && isFloating(input.dtype))) continue;
    between.add(op);
    for (const output of op.outputs) if (!stopped.has(output)) reached.add(output);
  }
  return between;
}

function initialGradients(ys: readonly Tensor[], given: GradientOptions["gradYs"]): readonly (Tensor | null)[] {
  if (given === undefined || given === null) return [];
  const list = given instanceof Tensor ? [given] : given;
  if (list.length !== ys.length)
    throw new ArgumentError(`Passed ${list.length} grad_ys for ${ys.length} ys`, {
      hint: "pass one gradient per y, null for ones",
    });
  return list.map((entry, i) => {
    const tensor = entry === null ? null : requireTensor(entry, "gradYs");
    const y = ys[i] as Tensor;
    if (tensor === null || (tensor.dtype === y.dtype && isCompatible(tensor.partialShape, y.partialShape)))
      return tensor;
    throw new GradientError(`Gradient ${tensor} does not fit ${y}: its dtype and shape must be the same`, {
      op: y.op.name,
      createdAt: y.op.createdAt,
    });
  });
}

function requireFit(op: Operation, index: number, gradient: Tensor): void {
  const input = op.inputs[index] as Tensor;
  if (gradient.dtype === input.dtype && isCompatible(gradient.partialShape, input.partialShape)) return;
  throw new GradientError(
    `Incompatible shapes between op input and calculated input gradient. Forward operation: ${op.name}. ` +
      `Input index: ${index}. Original input: ${input}. Calculated input gradient: ${gradient}`,
    { op: op.name, createdAt: op.createdAt, hint: `correct the gradient function of ${op.type}` },
  );
}

/** One number in the shape of a tensor and, for floats, its dtype. */
function fillLike(like: Tensor, value: number): Tensor {
  const scalar = constantTensor(NdArray.from(value, isFloating(like.dtype) ? like.dtype : "float32"));
  return like.partialShape?.length === 0 ? scalar : broadcastLike(scalar, like);
}
