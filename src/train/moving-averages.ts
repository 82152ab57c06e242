/**
 * @file `ExponentialMovingAverage`: smoothed copies of variables, which often predict better than the
 * variables themselves. Follows `moving_averages.py` of TensorFlow 1.3. May import `ops` and below.
 */
import {
  ArgumentError,
  DTypeError,
  isFloating,
  NdArray,
  type NumericDType,
  type OptionNames,
  requireOptions,
} from "../core/index.js";
import { GraphKeys, getDefaultGraph, type Operation, type Tensor } from "../graph/index.js";
import { group } from "../ops/basic.js";
import { add, divide, minimum, multiply, pow, subtract } from "../ops/binary.js";
import type { NameOption } from "../ops/define.js";
import { globalVariables, trainableVariables, Variable } from "../ops/variable.js";
import { type Hyperparameter, scalarOf } from "./optimizer.js";
import { createSlot, filledLike } from "./slots.js";

/** Options of {@link ExponentialMovingAverage}. */
export interface MovingAverageOptions extends NameOption {
  /** Updates so far, such as the global step: with `n` of them the decay is at most `(1+n)/(10+n)`. */
  readonly numUpdates?: Hyperparameter;
  /** Correct averages of tensors, which begin at 0, for their beginning. Default false. */
  readonly zeroDebias?: boolean;
}
const averageOptions: OptionNames<MovingAverageOptions> = { name: true, numUpdates: true, zeroDebias: true };

/** What {@link ExponentialMovingAverage} keeps for one variable or tensor. */
interface Average {
  readonly shadow: Variable;
  readonly debias?: { readonly biased: Variable; readonly steps: Variable };
}

/**
 * Keeps `shadow ← decay·shadow + (1−decay)·value` for variables and tensors. Shadows of variables
 * begin at the variable's initial value, those of tensors at 0. Run {@link apply} after each training
 * step, most simply under `controlDependencies([trainOp], …)`; evaluate with {@link average}, or
 * restore shadows into variables with {@link variablesToRestore}. `tf.train.ExponentialMovingAverage`.
 */
export class ExponentialMovingAverage {
  private readonly name: string;
  private readonly averages = new Map<Tensor, Average>();

  /** @param decay close to 1, such as 0.999 */
  constructor(
    private readonly decay: Hyperparameter,
    private readonly options: MovingAverageOptions = {},
  ) {
    requireOptions("new ExponentialMovingAverage", options, averageOptions);
    this.name = options.name ?? "ExponentialMovingAverage";
  }

  /**
   * One operation that updates the averages; it makes the shadow variables, so initialize after it.
   * It reads each variable where it runs: after the control dependencies in force here.
   * @param list default: the trainable variables
   * @throws DTypeError for one that is not floating
   * @throws ArgumentError for one that has an average already, or an empty list
   */
  apply(list: readonly (Variable | Tensor)[] = trainableVariables()): Operation {
    const [first] = list;
    if (first === undefined)
      throw new ArgumentError("No variables to average.", { hint: "pass the variables, or make trainable ones first" });
    const { graph } = first;
    return graph.asDefault(() => {
      for (const item of list) this.averages.set(item, this.create(item));
      return graph.nameScope(this.name, (scope) => {
        const updates = list.map((item) => this.update(item, this.averages.get(item) as Average));
        return group(...updates, { name: scope });
      });
    });
  }

  /** The shadow of a variable or tensor, or `null` where {@link apply} was not given it. */
  average(item: Variable | Tensor): Variable | null {
    return this.averages.get(item)?.shadow ?? null;
  }

  /** The name of the shadow, also of one that {@link apply} has not made (yet). */
  averageName(item: Variable | Tensor): string {
    return this.averages.get(item)?.shadow.op.name ?? `${item.op.name}/${this.name}`;
  }

  /**
   * For `new tf.train.Saver({ varList })`: variables by the name to restore them from, which is the
   * shadow's for averaged variables and their own for all others.
   * @param averaged default: the trainable variables and those of `GraphKeys.MOVING_AVERAGE_VARIABLES`
   */
  variablesToRestore(averaged?: readonly Variable[]): Record<string, Variable> {
    const chosen = new Set(
      averaged ?? [
        ...trainableVariables(),
        ...getDefaultGraph().getCollection<Variable>(GraphKeys.MOVING_AVERAGE_VARIABLES),
      ],
    );
    const byName: Record<string, Variable> = {};
    for (const variable of chosen) byName[this.averageName(variable)] = variable;
    for (const variable of globalVariables())
      if (!chosen.has(variable) && !Object.hasOwn(byName, variable.op.name)) byName[variable.op.name] = variable;
    return byName;
  }

  private create(item: Variable | Tensor): Average {
    if (!isFloating(item.dtype))
      throw new DTypeError(`The variables must be float32 or float64: ${item.name} is ${item.dtype}`, {
        op: item.op.name,
        createdAt: item.op.createdAt,
      });
    if (this.averages.has(item)) throw new ArgumentError(`Moving average already computed for: ${item.name}`);
    if (item instanceof Variable) {
      item.graph.addToCollection(GraphKeys.MOVING_AVERAGE_VARIABLES, item);
      return { shadow: createSlot(item, this.name, () => item.initializedValue()) };
    }
    const shadow = createSlot(item, this.name, () => filledLike(item, 0));
    if (this.options.zeroDebias !== true) return { shadow };
    const biased = createSlot(shadow, "biased", () => filledLike(shadow, 0));
    const steps = createSlot(shadow, "local_step", () => scalarOf(0, item.dtype, "zero"));
    return { shadow, debias: { biased, steps } };
  }

  private update(item: Variable | Tensor, { shadow, debias }: Average): Operation {
    const value = item instanceof Variable ? item.readValue() : item;
    const decay = this.currentDecay(item.dtype as NumericDType);
    const rate = subtract(1, decay);
    if (debias === undefined)
      return shadow.assignSub(multiply(subtract(shadow.readValue(), value), rate), { name: "AssignMovingAvg" }).op;
    const { biased, steps } = debias;
    const advanced = [
      biased.assignSub(multiply(subtract(biased.readValue(), value), rate)),
      steps.assignAdd(NdArray.from(1, item.dtype)),
    ] as const;
    const unbiased = divide(advanced[0], subtract(1, pow(decay, advanced[1])));
    return shadow.assign(unbiased, { name: "AssignMovingAvg" }).op;
  }

  private currentDecay(dtype: NumericDType): Tensor {
    const decay = scalarOf(this.decay, dtype, "decay");
    const { numUpdates } = this.options;
    if (numUpdates === undefined) return decay;
    const n = scalarOf(numUpdates, dtype, "num_updates");
    return minimum(decay, divide(add(n, 1), add(n, 10)));
  }
}
