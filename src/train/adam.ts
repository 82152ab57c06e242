/** @file Adam. Follows `adam.py` and `training_ops.cc` of TensorFlow 1.3. */
import { ArgumentError, NdArray, type OptionNames, requireOptions } from "../core/index.js";
import type { Graph, Operation, Tensor } from "../graph/index.js";
import { group } from "../ops/basic.js";
import { multiply } from "../ops/binary.js";
import type { NameOption } from "../ops/define.js";
import { Variable } from "../ops/variable.js";
import { type Hyperparameter, Optimizer, scalarOf } from "./optimizer.js";
import { defineUpdate } from "./update.js";

const applyAdam = defineUpdate({
  name: "ApplyAdam",
  inputs: ["var", "m", "v", "beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon", "grad"],
  derived: {
    alpha: (e, x) => {
      const one = e.like(x.lr, 1);
      return e.div(e.mul(x.lr, e.sqrt(e.sub(one, x.beta2_power))), e.sub(one, x.beta1_power));
    },
    decay1: (e, x) => e.sub(e.like(x.beta1, 1), x.beta1),
    decay2: (e, x) => e.sub(e.like(x.beta2, 1), x.beta2),
  },
  steps: {
    m: (e, x) => e.add(x.m, e.mul(e.sub(x.grad, x.m), x.decay1)),
    v: (e, x) => e.add(x.v, e.mul(e.sub(e.mul(x.grad, x.grad), x.v), x.decay2)),
    var: (e, x) => e.sub(x.var, e.div(e.mul(x.m, x.alpha), e.add(e.sqrt(x.v), x.epsilon))),
  },
});

/** Options of {@link AdamOptimizer}. */
export interface AdamOptions extends NameOption {
  /** Decay of the gradient's moving average. Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** Decay of the squared gradient's moving average. Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** Added to the root: the paper's "epsilon hat". Default 1e-8. */
  readonly epsilon?: Hyperparameter;
}
const adamOptions: OptionNames<AdamOptions> = { name: true, beta1: true, beta2: true, epsilon: true };

/** The decays raised to the number of the step. */
interface Powers {
  readonly beta1: Variable;
  readonly beta2: Variable;
}

/**
 * `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`, `w ← w − α·m/(√v + ε)` with
 * `α = learningRate·√(1−β₂ᵗ)/(1−β₁ᵗ)`. Slots `m` and `v`; the powers are the variables `beta1_power`
 * and `beta2_power`, multiplied after the updates. `tf.train.AdamOptimizer`.
 */
export class AdamOptimizer extends Optimizer {
  private readonly powers = new Map<Graph, Powers>();
  private readonly beta1: Hyperparameter;
  private readonly beta2: Hyperparameter;

  /** @param learningRate default 0.001 */
  constructor(learningRate: Hyperparameter = 0.001, options: AdamOptions = {}) {
    requireOptions("new AdamOptimizer", options, adamOptions);
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
    super(options.name ?? "Adam", { learning_rate: learningRate, beta1, beta2, epsilon });
    this.beta1 = beta1;
    this.beta2 = beta2;
  }

  override variables(): Variable[] {
    return [...Array.from(this.powers.values(), ({ beta1, beta2 }) => [beta1, beta2]).flat(), ...super.variables()];
  }

  protected override createSlots(variables: readonly Variable[]): void {
    const [first] = variables;
    if (first === undefined) return;
    const { graph, dtype } = first;
    if (!this.powers.has(graph)) {
      const power = (beta: Hyperparameter, name: string): Variable =>
        graph.controlDependencies(null, () =>
          graph.nameScope(null, () => {
            const initial = typeof beta === "number" ? NdArray.from(beta, dtype) : () => scalarOf(beta, dtype, "value");
            return new Variable(initial, { name, trainable: false });
          }),
        );
      this.powers.set(graph, { beta1: power(this.beta1, "beta1_power"), beta2: power(this.beta2, "beta2_power") });
    }
    for (const variable of variables) {
      this.createSlot(variable, "m", 0);
      this.createSlot(variable, "v", 0);
    }
  }

  protected override applyDense(grad: Tensor, variable: Variable): Operation {
    const powers = this.powersOf(variable.graph);
    return applyAdam.apply({
      var: variable.ref,
      m: this.slotRef(variable, "m"),
      v: this.slotRef(variable, "v"),
      beta1_power: scalarOf(powers.beta1, variable.dtype, "beta1_power"),
      beta2_power: scalarOf(powers.beta2, variable.dtype, "beta2_power"),
      lr: this.scalar("learning_rate", variable),
      beta1: this.scalar("beta1", variable),
      beta2: this.scalar("beta2", variable),
      epsilon: this.scalar("epsilon", variable),
      grad,
    });
  }

  protected override finish(updates: readonly Operation[], name: string): Operation {
    const [first] = updates;
    if (first === undefined) throw new ArgumentError("No variables provided.");
    const { graph } = first;
    const { beta1, beta2 } = this.powersOf(graph);
    const advanced = graph.controlDependencies(updates, () => [
      beta1.assign(multiply(beta1.readValue(), this.scalar("beta1", beta1))),
      beta2.assign(multiply(beta2.readValue(), this.scalar("beta2", beta2))),
    ]);
    return group(...updates, ...advanced, { name });
  }

  private powersOf(graph: Graph): Powers {
    const powers = this.powers.get(graph);
    if (powers === undefined) throw new ArgumentError(`${this.name} has no variables in this graph`);
    return powers;
  }
}
