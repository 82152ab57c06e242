/**
 * @file `Optimizer`: what all optimizers share. Gradients in, one operation out that updates every
 * variable and then counts the step. Follows `optimizer.py` of TensorFlow 1.3. May import `ops` and below.
 */
import {
  ArgumentError,
  type DType,
  DTypeError,
  describe,
  isCompatible,
  isFloating,
  type NumericDType,
  type OptionNames,
  requireOptions,
  ShapeError,
  tupled,
} from "../core/index.js";
import { type Graph, GraphKeys, type Operation, Tensor, typeName } from "../graph/index.js";
import { constant, group } from "../ops/basic.js";
import { cast } from "../ops/cast.js";
import { convertToTensor, type NameOption, tensorOf } from "../ops/define.js";
import { gradients } from "../ops/gradients.js";
import { Variable } from "../ops/variable.js";
import { createSlot, filledLike } from "./slots.js";

/** A number, or a scalar tensor evaluated at every step: a placeholder, a decay. */
export type Hyperparameter = number | Tensor;
/** A gradient with the variable it belongs to; `null` where the loss does not depend on it. */
export type GradientAndVariable = readonly [gradient: Tensor | null, variable: Variable];

/** Options of {@link Optimizer.computeGradients}. */
export interface ComputeGradientsOptions {
  /** What to differentiate by. Default: the trainable variables of the loss's graph. */
  readonly varList?: readonly Variable[];
  /** The gradient that arrives at the loss. Default: ones. */
  readonly gradLoss?: Tensor;
}
/** Options of {@link Optimizer.applyGradients}. */
export interface ApplyGradientsOptions extends NameOption {
  /** Counts the steps: incremented by 1 after all variables are updated. */
  readonly globalStep?: Variable | null;
}
/** Options of {@link Optimizer.minimize}. */
export interface MinimizeOptions extends ComputeGradientsOptions, ApplyGradientsOptions {}
const minimizeOptions: OptionNames<MinimizeOptions> = { varList: true, gradLoss: true, name: true, globalStep: true };

/**
 * Base of the optimizers. A subclass names its hyper-parameters and slots, and applies one gradient.
 * All reads of a run take place before its updates, so there is nothing like `gate_gradients`.
 */
export abstract class Optimizer {
  private readonly slots = new Map<string, Map<Variable, Variable>>();
  private readonly scalars = new Map<string, Tensor>();
  private scope = "";

  /**
   * @param name scope of the operations, and suffix of the slots' names
   * @param hyperparameters numbers or scalar tensors, by the name of the constants made of them
   */
  protected constructor(
    readonly name: string,
    private readonly hyperparameters: Readonly<Record<string, Hyperparameter>>,
  ) {
    if (name === "")
      throw new ArgumentError("Must specify the optimizer name", { hint: "leave it out for the default" });
  }

  /**
   * The operation of one training step: {@link computeGradients}, then {@link applyGradients}.
   * Running it gives `null`.
   * @param loss what to make small; any shape, its elements are summed
   * @throws ArgumentError where there is no variable, or none the loss depends on
   * @throws DTypeError for a loss or variable that is not floating
   */
  minimize(loss: Tensor, options: MinimizeOptions = {}): Operation {
    requireOptions("minimize", options, minimizeOptions);
    const pairs = this.computeGradients(loss, options);
    if (pairs.every(([gradient]) => gradient === null))
      throw new ArgumentError(
        `No gradients provided for any variable, check your graph for ops that do not support gradients, between variables [${pairs.map(([, variable]) => variable).join(", ")}] and loss ${loss}.`,
        {
          op: loss.op.name,
          createdAt: loss.op.createdAt,
          hint: "the loss must be computed from the variables by differentiable operations; argmax, comparisons and casts to integers are not",
        },
      );
    return this.applyGradients(pairs, options);
  }

  /**
   * The gradients of a loss with their variables, to be clipped or otherwise changed before
   * {@link applyGradients}. The first half of {@link minimize}.
   * @throws as {@link minimize}, except that all gradients may be `null`
   */
  computeGradients(loss: Tensor, options: ComputeGradientsOptions = {}): [Tensor | null, Variable][] {
    const tensor = tensorOf(loss);
    if (tensor === undefined)
      throw new ArgumentError(`The loss must be a tensor, got ${describe(loss)}`, {
        hint: "pass the tensor itself, before session.run()",
      });
    requireFloating(tensor);
    const { varList, gradLoss } = options;
    if (gradLoss !== undefined) requireFloating(gradLoss);
    const variables = varList ?? tensor.graph.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES);
    for (const variable of variables) requireVariable(variable);
    if (variables.length === 0)
      throw new ArgumentError("No variables to optimize.", {
        hint: "make a tf.Variable the loss depends on, with trainable left at true, or pass varList",
      });
    for (const variable of variables) requireFloating(variable);
    // By the variable itself, so that every reading of it counts, not only the usual one.
    const refs = variables.map((variable) => variable.ref);
    const computed: readonly (Tensor | null)[] = gradients(tensor, refs, { gradYs: gradLoss ?? null });
    return variables.map((variable, i) => [computed[i] ?? null, variable]);
  }

  /**
   * The operation that applies gradients: the second half of {@link minimize}. It joins the
   * collection `GraphKeys.TRAIN_OP`. Pairs whose gradient is `null` are skipped. A variable with a
   * constraint is brought back to what it admits right after its update.
   * @throws ArgumentError without pairs, or where every gradient is `null`
   * @throws ShapeError for a constraint that gives a value of another shape
   */
  applyGradients(gradientsAndVariables: Iterable<GradientAndVariable>, options: ApplyGradientsOptions = {}): Operation {
    const pairs = [...gradientsAndVariables];
    if (pairs.length === 0) throw new ArgumentError("No variables provided.", { hint: "pass computeGradients(loss)" });
    const present = pairs.flatMap(([gradient, variable]) => {
      requireVariable(variable);
      if (gradient === null) return [];
      const tensor = tensorOf(gradient);
      if (tensor === undefined) throw new ArgumentError(`Gradient must be a Tensor or null: ${describe(gradient)}`);
      requireFloating(tensor);
      return [{ gradient: tensor, variable }];
    });
    const [first] = present;
    if (first === undefined)
      throw new ArgumentError(
        `No gradients provided for any variable: [${pairs.map(([, variable]) => variable).join(", ")}].`,
        { hint: "the loss does not depend on these variables" },
      );
    const { graph } = first.variable;
    return graph.asDefault(() => {
      this.createSlots(present.map(({ variable }) => variable));
      return graph.nameScope(options.name ?? this.name, (scope) => {
        this.scope = scope;
        this.scalars.clear();
        const updates = present.map(({ gradient, variable }) =>
          graph.nameScope(`update_${variable.op.name}`, () =>
            constrained(variable, this.applyDense(gradient, variable)),
          ),
        );
        const { globalStep } = options;
        const trained = globalStep
          ? countStep(graph, this.finish(updates, "update"), globalStep, scope)
          : this.finish(updates, scope);
        const collection = graph.getCollectionRef(GraphKeys.TRAIN_OP);
        if (!collection.includes(trained)) collection.push(trained);
        return trained;
      });
    });
  }

  /** The slot of a variable, or `null` where it has none of that name. */
  getSlot(variable: Variable, name: string): Variable | null {
    return this.slots.get(name)?.get(variable) ?? null;
  }
  /** The names that {@link getSlot} knows, sorted. */
  getSlotNames(): string[] {
    return [...this.slots.keys()].sort();
  }
  /** All variables this optimizer made. */
  variables(): Variable[] {
    return [...this.slots.values()].flatMap((slot) => [...slot.values()]);
  }

  // ---- what a subclass says ----

  /** Makes the variables the updates need, once per trained variable. Default: none. */
  protected createSlots(_variables: readonly Variable[]): void {}

  /** The operation that applies one gradient to its variable. */
  protected abstract applyDense(gradient: Tensor, variable: Variable): Operation;

  /** One operation named `name` that is done after all updates. */
  protected finish(updates: readonly Operation[], name: string): Operation {
    return group(...updates, { name });
  }

  // ---- what a subclass may use ----

  /** Makes a slot of one value throughout, unless the variable has it. */
  protected createSlot(variable: Variable, name: string, value: number): void {
    const known = this.slots.get(name) ?? new Map<Variable, Variable>();
    this.slots.set(name, known);
    if (!known.has(variable))
      known.set(
        variable,
        createSlot(variable, this.name, () => filledLike(variable, value)),
      );
  }

  /** A slot as the operand of an update. */
  protected slotRef(variable: Variable, name: string): Tensor {
    const slot = this.getSlot(variable, name);
    if (slot === null) throw new ArgumentError(`${this.name} has no slot '${name}' for ${variable}`);
    return slot.ref;
  }

  /** A hyper-parameter as a scalar of the variable's dtype; made once in each `applyGradients`. */
  protected scalar(name: string, variable: Variable): Tensor {
    const { dtype, graph } = variable;
    const key = `${name}:${dtype}`;
    const known = this.scalars.get(key);
    if (known !== undefined) return known;
    const value = this.hyperparameters[name];
    if (value === undefined) throw new ArgumentError(`${this.name} has no hyper-parameter '${name}'`);
    const made = graph.nameScope(this.scope, () => scalarOf(value, dtype, name));
    this.scalars.set(key, made);
    return made;
  }
}

/** A hyper-parameter as a tensor of `dtype`. */
export function scalarOf(value: Hyperparameter, dtype: DType, name: string): Tensor {
  const tensor = tensorOf(value);
  return tensor === undefined ? convertToTensor(value, { dtype: dtype as NumericDType, name }) : cast(tensor, dtype);
}

/** An update of a variable, followed by its constraint where it has one. */
function constrained(variable: Variable, update: Operation): Operation {
  const { constraint, graph } = variable;
  if (constraint === null) return update;
  return graph.controlDependencies([update], () => {
    const projected = constraint(variable.readValue());
    const found = tensorOf(projected)?.partialShape;
    if (found === undefined || !isCompatible(found, variable.partialShape))
      throw new ShapeError(
        `The constraint of ${variable} gives ${found === undefined ? describe(projected) : `a value of shape ${tupled(found)}`}`,
        {
          op: variable.op.name,
          createdAt: variable.op.createdAt,
          hint: "a constraint returns a tensor of the shape it was given",
        },
      );
    return variable.assign(projected).op;
  });
}

/** Increments the step after `updated`; the increment is the training operation. */
function countStep(graph: Graph, updated: Operation, globalStep: Variable, scope: string): Operation {
  requireVariable(globalStep);
  return graph.controlDependencies([updated], () => {
    const one = constant(1, { dtype: globalStep.dtype as NumericDType, name: "value" });
    return globalStep.assignAdd(one, { name: scope }).op;
  });
}

function requireVariable(variable: unknown): asserts variable is Variable {
  if (!(variable instanceof Variable))
    throw new ArgumentError(
      `Argument is not a tf.Variable: ${variable instanceof Tensor ? variable : typeName(variable)}`,
      { hint: "pass what new tf.Variable() or tf.getVariable() returned" },
    );
}

function requireFloating(tensor: Tensor): void {
  if (!isFloating(tensor.dtype))
    throw new DTypeError(`Invalid type ${tensor.dtype} for ${tensor.name}, expected: float32, float64.`, {
      op: tensor.op.name,
      createdAt: tensor.op.createdAt,
      hint: 'tf.cast(x, "float32") converts a loss; a variable takes its dtype from its initial value',
    });
}
