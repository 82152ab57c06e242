/**
 * @file `defineKerasUpdate`: optimizers whose update of an element depends on that element alone, each as
 * one fused operation. Weight decay, which comes first, is part of it. May import `train` and below.
 */
import type { FloatDType } from "../../core/index.js";
import type { Attributes, Operation } from "../../graph/index.js";
import type { Expr, ExpressionBuilder } from "../../ir/index.js";
import { constant } from "../../ops/basic.js";
import { defineUpdate } from "../../train/update.js";
import type { Step } from "./optimizer.js";

/** What every update may read besides its slots: `lr` is the rate, `step` its number from 1. */
type Common = "var" | "lr" | "step";
type Formula<Name extends string> = (e: ExpressionBuilder, x: Readonly<Record<Name, Expr>>, numbers: Numbers) => Expr;
/** Hyper-parameters as constants of the variable's dtype. */
type Numbers = Readonly<Record<string, number>>;

interface KerasUpdateSpec<Slot extends string, Shared extends string, Derived extends string> {
  /** The operation's type. */
  readonly name: string;
  readonly summary: string;
  readonly slots: readonly Slot[];
  /** Scalars that all variables share, besides rate and step. */
  readonly shared?: readonly Shared[];
  /** Scalars computed once per step. */
  readonly derived?: Readonly<Record<Derived, Formula<"lr" | "step" | Shared>>>;
  /** New values of `var` and the slots, one after another: each formula sees the new values of those before it. */
  readonly steps: { readonly [V in "var" | Slot]?: Formula<Common | Slot | Shared | Derived | "grad"> };
}

/** The operation of one {@link Step}, given hyper-parameters by name. */
export type KerasUpdate = (step: Step, hyperparameters: Numbers) => Operation;

/** Registers an elementwise update as an operation type. */
export function defineKerasUpdate<
  const Slot extends string = never,
  const Shared extends string = never,
  const Derived extends string = never,
>(spec: KerasUpdateSpec<Slot, Shared, Derived>): KerasUpdate {
  type Name = Common | Slot | Shared | Derived | "grad";
  /** Until it is updated, the variable counts as decayed. */
  const decayed =
    (formula: Formula<Name>): Formula<Name> =>
    (e, x, numbers) => {
      const { weightDecay } = numbers;
      if (weightDecay === undefined) return formula(e, x, numbers);
      const taken = e.mul(e.mul(x.var, e.like(x.var, weightDecay)), x.lr);
      return formula(e, { ...x, var: e.sub(x.var, taken) }, numbers);
    };
  /** What is not to take effect leaves the old value. A turn of 1 known while building costs nothing. */
  const gated =
    (variable: string, formula: Formula<Name>): Formula<Name | "turn"> =>
    (e, x, numbers) =>
      e.select(e.gt(x.turn, e.like(x.turn, 0)), formula(e, x, numbers), x[variable as Name]);
  const steps = Object.entries(spec.steps as Record<string, Formula<Name>>).map(
    ([variable, formula]) => [variable, gated(variable, decayed(formula))] as const,
  );
  const update = defineUpdate<string, string>({
    name: spec.name,
    inputs: ["var", ...spec.slots, ...(spec.shared ?? []), "lr", "step", "turn", "grad"],
    derived: (spec.derived ?? {}) as never,
    steps: Object.fromEntries(steps) as never,
  });
  return ({ variable, slots, shared, rate, step, isTurn, gradient, weightDecay }, hyperparameters) =>
    update.apply(
      {
        var: variable.ref,
        ...Object.fromEntries(spec.slots.map((name) => [name, slots[name]?.ref])),
        ...shared,
        lr: rate,
        step,
        turn: isTurn === null ? constant(1, { dtype: rate.dtype as FloatDType }) : isTurn.cast(rate.dtype),
        grad: gradient,
      },
      { ...hyperparameters, ...(weightDecay === null ? {} : { weightDecay }) } satisfies Attributes,
    );
}
