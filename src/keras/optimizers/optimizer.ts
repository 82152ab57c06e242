/**
 * @file `Optimizer`: what Keras's optimizers share. Gradients in, one operation out that clips them, decays
 * weights, updates every variable, follows their averages and then counts the step. Follows
 * `base_optimizer.py` of Keras 3. May import `train` and below.
 */

import { ArgumentError, isFloating, NdArray } from "../../core/index.js";
import { type Graph, GraphKeys, getDefaultGraph, type Operation, type Tensor } from "../../graph/index.js";
import { zerosLike } from "../../ops/array/index.js";
import { constant, group } from "../../ops/basic.js";
import { tensorOf } from "../../ops/define.js";
import { gradients } from "../../ops/gradients.js";
import { Variable } from "../../ops/variable.js";
import { scalarOf } from "../../train/optimizer.js";
import { filledLike } from "../../train/slots.js";
import { optionNames, recordOf, requireNoMore, requireNumber } from "../arguments.js";
import type { Config, Optimizer as OptimizerContract } from "../contracts.js";
import { autoName } from "../engine/naming.js";
import { camelCase, isOurs, nameOf, ofConfig, optionsOf, serialize } from "../registry.js";
import { LearningRateSchedule, deserialize as scheduleOf } from "../schedules.js";
import { averageUpdates } from "./averages.js";
import { choose } from "./choose.js";
import { clipGradients } from "./clip.js";
import {
  type Defaults,
  type GradientAndVariable,
  type OptimizerOptions,
  requireOptions,
  type Slot,
  type Step,
} from "./options.js";

export type { Defaults, GradientAndVariable, OptimizerOptions, Slot, Step } from "./options.js";

interface Pair {
  readonly gradient: Tensor;
  readonly variable: Variable;
}

/** What an optimizer keeps in one graph. */
interface GraphState {
  readonly iterations: Variable;
  /** What may be assigned, where the rate follows no schedule. */
  readonly assignable: Variable | null;
  /** What the next step takes. */
  readonly rate: Variable | Tensor;
  readonly slots: Map<Variable, Readonly<Record<string, Variable>>>;
  readonly averages: Map<Variable, Variable>;
  /** Sums of gradients since the last update. */
  readonly accumulators: Map<Variable, Variable>;
  readonly shared: Map<string, Variable>;
  readonly all: Variable[];
}

/** Base of the optimizers. A subclass names its slots and applies one gradient. */
export abstract class Optimizer implements OptimizerContract {
  readonly name: string;
  private readonly initialRate: number | LearningRateSchedule;
  private readonly options: OptimizerOptions;
  protected readonly weightDecay: number | null;
  private readonly states = new WeakMap<Graph, GraphState>();
  private graph: Graph | undefined;
  private undecayed: (variable: Variable) => boolean = () => false;

  /** @throws ArgumentError for more than one way to clip, or a value out of range */
  constructor(options: OptimizerOptions, defaults: Defaults) {
    this.options = recordOf(options, new.target);
    const usual = recordOf(defaults, "an optimizer, the second argument of the base class,");
    const learningRate = options.learningRate ?? options.lr ?? usual.learningRate;
    requireOptions(options, learningRate);
    if (isOurs(new.target)) this.requireKnown(optionNames(new.target as never));
    this.initialRate = learningRate;
    this.weightDecay = options.weightDecay === undefined ? (usual.weightDecay ?? null) : options.weightDecay;
    this.name = options.name ?? autoName(nameOf(new.target));
  }

  // ---- state ----

  /**
   * The learning rate: a variable to assign, or the tensor of a schedule. With Keras 2's `decay` it is the variable,
   * which each step divides by `1 + decay·iterations`.
   */
  get learningRate(): Variable | Tensor {
    const { assignable, rate } = this.stateIn(this.graph ?? getDefaultGraph());
    return assignable ?? rate;
  }
  /** Is not assigned: a program that runs reads it from a variable. @throws ArgumentError always */
  set learningRate(_value: never) {
    throw new ArgumentError("The learning rate of an optimizer is a variable, which a session sets.", {
      hint: "await keras.backend.setValue(model.optimizer.learningRate, 0.01)",
    });
  }
  /** How many steps were taken, an int32 scalar. */
  get iterations(): Variable {
    return this.stateIn(this.graph ?? getDefaultGraph()).iterations;
  }
  /** Everything it keeps in the graph it was last used in, in Keras's order. */
  variables(): readonly Variable[] {
    return [...this.stateIn(this.graph ?? getDefaultGraph()).all];
  }

  /** Makes the variables that updating these needs. {@link applyGradients} does so by itself. */
  build(variables: readonly Variable[]): void {
    const [first] = variables;
    if (first === undefined) return;
    const state = this.stateIn(first.graph);
    const keep = (variable: Variable, slot: Slot): Variable => {
      const made = this.makeSlot(variable, slot);
      state.all.push(made);
      return made;
    };
    const fresh = variables.filter((variable) => !state.slots.has(variable));
    if (this.options.useEma === true)
      for (const variable of fresh) state.averages.set(variable, keep(variable, { name: "average" }));
    if (this.accumulationSteps !== null)
      for (const variable of fresh) state.accumulators.set(variable, keep(variable, { name: "gradient_accumulator" }));
    const wanted = fresh.flatMap((variable) => this.slotsOf(variable).map((slot) => ({ variable, slot })));
    for (const { variable, slot } of wanted.sort((a, b) => (a.slot.group ?? 0) - (b.slot.group ?? 0)))
      state.slots.set(variable, { ...state.slots.get(variable), [slot.name]: keep(variable, slot) });
  }

  /** A float32 scalar that belongs to no variable, made when first asked for. */
  protected sharedVariable(graph: Graph, name: string, initial: number): Variable {
    const state = this.stateIn(graph);
    const known = state.shared.get(name);
    if (known !== undefined) return known;
    const made = inTopScope(
      graph,
      () => new Variable(NdArray.from(initial, "float32"), { name: `${this.name}/${name}`, trainable: false }),
    );
    state.shared.set(name, made);
    state.all.push(made);
    return made;
  }

  /** A class has the options that its config tells. @throws ArgumentError for another, or a value of the wrong kind */
  checkOptions(): void {
    const config = attempt(() => this.getConfig());
    this.requireKnown(config === null ? null : Object.keys(config).map(camelCase));
  }
  private requireKnown(names: readonly string[] | null): void {
    const known = ["lr", "decay", ...(names ?? [])];
    const rest = Object.entries(this.options).filter(([name]) => !known.includes(name));
    if (names !== null && !(ofConfig in this.options)) requireNoMore(Object.fromEntries(rest), this.constructor, known);
    for (const [name, value] of Object.entries(this.options))
      if (name !== "name" && known.includes(name) && (typeof value === "string" || Number.isNaN(value)))
        requireNumber(value, name, this.constructor);
  }

  private stateIn(graph: Graph): GraphState {
    this.graph = graph;
    const known = this.states.get(graph);
    if (known !== undefined) return known;
    this.checkOptions();
    const state = inTopScope(graph, () => {
      const iterations = new Variable(NdArray.from(0, "int32"), {
        name: `${this.name}/iteration`,
        trainable: false,
        savedAs: "int64",
      });
      const { assignable, rate } = this.makeRate(iterations);
      const all: Variable[] = assignable === null ? [iterations] : [iterations, assignable];
      return {
        iterations,
        assignable,
        rate,
        slots: new Map(),
        averages: new Map(),
        accumulators: new Map(),
        shared: new Map(),
        all,
      };
    });
    this.states.set(graph, state);
    return state;
  }

  private makeRate(iterations: Variable): Pick<GraphState, "assignable" | "rate"> {
    const { decay = 0 } = this.options;
    if (this.initialRate instanceof LearningRateSchedule)
      return { assignable: null, rate: this.initialRate(iterations) };
    const assignable = new Variable(NdArray.from(this.initialRate, "float32"), {
      name: `${this.name}/learning_rate`,
      trainable: false,
    });
    if (decay === 0) return { assignable, rate: assignable };
    const divisor = iterations.cast("float32").mul(decay).add(1) as Tensor;
    return { assignable, rate: assignable.div(divisor) as Tensor };
  }

  private makeSlot(variable: Variable, { name, shape, initial = 0 }: Slot): Variable {
    const value = (): Tensor =>
      shape === undefined
        ? filledLike(variable, initial)
        : (constant(initial, { shape, dtype: variable.dtype as "float32" }) as Tensor);
    return inTopScope(
      variable.graph,
      () =>
        new Variable(value, {
          name: `${this.name}/${variable.op.name.replaceAll("/", "_")}_${name}`,
          trainable: false,
        }),
    );
  }

  // ---- steps ----

  /**
   * The operation of one step: clips gradients, decays weights, updates variables and averages, then counts.
   * Pairs with a `null` gradient are skipped.
   * @throws ArgumentError without any gradient
   */
  applyGradients(pairs: Iterable<GradientAndVariable>): Operation {
    const given = [...pairs];
    const present = given.flatMap(([gradient, variable]) => (gradient === null ? [] : [{ gradient, variable }]));
    const [first] = present;
    if (first === undefined)
      throw new ArgumentError("No gradients provided for any variable.", {
        hint: "the loss does not depend on the variables; is one of them trainable, and part of the model?",
      });
    for (const { variable } of present) requireFloating(variable);
    const { graph } = first.variable;
    return graph.asDefault(() => {
      this.build(given.map(([, variable]) => variable));
      return graph.nameScope(this.name, (scope) => {
        const state = this.stateIn(graph);
        const updates = this.accumulate(state, present);
        const averaged = graph.controlDependencies(updates, () => this.average(state));
        const count = graph.controlDependencies([...updates, ...averaged], () => state.iterations.assignAdd(1));
        const step = group(...updates, ...averaged, count, { name: scope });
        graph.addToCollection(GraphKeys.TRAIN_OP, step);
        return step;
      });
    });
  }

  /**
   * The operation of one step that makes a loss smaller: its gradients, then {@link applyGradients}.
   * @param options.varList default: the trainable variables of the loss's graph
   */
  minimize(loss: Tensor, options: { readonly varList?: readonly Variable[] } = {}): Operation {
    const scaled = this.scaleLoss(tensorOf(loss) ?? loss);
    const variables = options.varList ?? scaled.graph.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES);
    const computed: readonly (Tensor | null)[] = gradients(
      scaled,
      variables.map((variable) => variable.ref),
    );
    return this.applyGradients(variables.map((variable, i) => [computed[i] ?? null, variable]));
  }

  /** The loss times `lossScaleFactor`, whose gradients {@link applyGradients} expects. */
  scaleLoss(loss: Tensor): Tensor {
    const { lossScaleFactor } = this.options;
    return lossScaleFactor === null || lossScaleFactor === undefined ? loss : loss.mul(lossScaleFactor);
  }

  /** Whether it follows variables with moving averages: `useEma`. */
  get keepsAverages(): boolean {
    return this.options.useEma === true;
  }
  /** The moving average of a variable; `null` without `useEma`, and before {@link build}. */
  averageOf(variable: Variable): Variable | null {
    return this.states.get(variable.graph)?.averages.get(variable) ?? null;
  }

  /** The operation that sets variables to their averages, as at the end of training with `useEma`. */
  finalizeVariableValues(variables: readonly Variable[]): Operation {
    const [first] = variables;
    const state = this.stateIn(first?.graph ?? getDefaultGraph());
    const assigned = variables.flatMap((variable) => {
      const average = state.averages.get(variable);
      return average === undefined ? [] : [variable.assign(average.readValue())];
    });
    return group(...assigned, { name: `${this.name}/finalize` });
  }

  /**
   * Leaves variables out of weight decay. Call it before the first {@link applyGradients}.
   * @param options.varNames parts of names: `["bias"]`
   */
  excludeFromWeightDecay(options: {
    readonly varList?: readonly Variable[];
    readonly varNames?: readonly string[];
  }): void {
    const { varList = [], varNames = [] } = options;
    this.undecayed = (variable) => varList.includes(variable) || varNames.some((part) => variable.name.includes(part));
  }

  private get accumulationSteps(): number | null {
    return this.options.gradientAccumulationSteps ?? null;
  }

  /** Updates at once; or gathers gradients and lets an update take effect every few steps. */
  private accumulate(state: GraphState, given: readonly Pair[]): Operation[] {
    const { lossScaleFactor } = this.options;
    const pairs = given.map(({ gradient, variable }) => {
      const tensor = tensorOf(gradient) ?? gradient;
      return { variable, gradient: lossScaleFactor ? (tensor.div(lossScaleFactor) as Tensor) : tensor };
    });
    const steps = this.accumulationSteps;
    if (steps === null) return this.updates(state, pairs, null);
    const isTurn = state.iterations.value().add(1).mod(steps).equal(0) as Tensor<"bool">;
    const sums = pairs.map(({ gradient, variable }) => {
      const accumulator = state.accumulators.get(variable) as Variable;
      return { variable, accumulator, sum: accumulator.value().add(gradient) as Tensor };
    });
    const means = sums.map(({ variable, sum }) => ({ variable, gradient: sum.div(steps) as Tensor }));
    const gathered = sums.map(({ accumulator, sum }) =>
      accumulator.assign(choose(isTurn, zerosLike(sum) as Tensor, sum)),
    );
    return [...this.updates(state, means, isTurn), ...gathered.map(({ op }) => op)];
  }

  /** The number of updates before this step. */
  private updatesBefore(state: GraphState): Tensor {
    const before: Tensor = state.iterations.value();
    return this.accumulationSteps === null ? before : (before.floorDiv(this.accumulationSteps) as Tensor);
  }

  private updates(state: GraphState, pairs: readonly Pair[], isTurn: Tensor<"bool"> | null): Operation[] {
    const clipped = clipGradients(
      pairs.map(({ gradient }) => gradient),
      this.options,
    );
    const step = this.updatesBefore(state).add(1) as Tensor;
    const scalars = new Map(
      pairs.map(({ variable: { dtype } }) => [
        dtype,
        { rate: scalarOf(state.rate, dtype, "learning_rate"), step: scalarOf(step, dtype, "step") },
      ]),
    );
    const steps = pairs.map(({ variable }, i): Step => {
      const { rate, step: number } = scalars.get(variable.dtype) as { rate: Tensor; step: Tensor };
      return {
        variable,
        gradient: clipped[i] as Tensor,
        slots: state.slots.get(variable) ?? {},
        rate,
        step: number,
        weightDecay: this.undecayed(variable) ? null : this.weightDecayOf(variable),
        isTurn,
      };
    });
    return this.updateAll(steps);
  }

  private average(state: GraphState): Operation[] {
    if (this.options.useEma !== true) return [];
    const { emaMomentum = 0.99, emaOverwriteFrequency = null } = this.options;
    return averageUpdates(state.averages, this.updatesBefore(state), emaMomentum, emaOverwriteFrequency);
  }

  // ---- what a subclass says ----

  /** What accompanies a variable. Default: nothing. */
  protected slotsOf(_variable: Variable): readonly Slot[] {
    return [];
  }
  /** The operation that updates one variable and its slots. */
  protected abstract updateStep(step: Step): Operation;
  /** The operations of all variables. */
  protected updateAll(steps: readonly Step[]): Operation[] {
    return steps.map((step) =>
      getDefaultGraph().nameScope(`update_${step.variable.op.name}`, () => this.updateStep(step)),
    );
  }
  /** What decays of a variable. Default: `weightDecay`. */
  protected weightDecayOf(_variable: Variable): number | null {
    return this.weightDecay;
  }

  // ---- configs ----

  /** The options, under Keras's names; the learning rate is the one it began with. */
  getConfig(): Config {
    const { options, initialRate } = this;
    return {
      name: this.name,
      learning_rate: typeof initialRate === "number" ? initialRate : serialize(initialRate),
      weight_decay: this.weightDecay,
      clipnorm: options.clipnorm ?? null,
      global_clipnorm: options.globalClipnorm ?? null,
      clipvalue: options.clipvalue ?? null,
      use_ema: options.useEma ?? false,
      ema_momentum: options.emaMomentum ?? 0.99,
      ema_overwrite_frequency: options.emaOverwriteFrequency ?? null,
      loss_scale_factor: options.lossScaleFactor ?? null,
      gradient_accumulation_steps: this.accumulationSteps,
      ...(options.decay ? { decay: options.decay } : {}),
    };
  }

  static fromConfig<T>(this: new (options: never) => T, config: Config): T {
    const { learning_rate: rate, ...rest } = config;
    const isConfig = typeof rate === "object" && rate !== null && "class_name" in rate;
    const learningRate = isConfig ? scheduleOf(rate as never) : rate;
    return new this({ ...optionsOf<OptimizerOptions>(rest), learningRate } as never);
  }
}

/** A config; `null` where it cannot be written, as with a function of the user's own. */
function attempt(getConfig: () => Config): Config | null {
  try {
    return getConfig();
  } catch {
    return null;
  }
}

/** Builds outside of every name scope and control dependency. */
const inTopScope = <T>(graph: Graph, build: () => T): T =>
  graph.asDefault(() => graph.controlDependencies(null, () => graph.nameScope(null, build)));

function requireFloating(variable: Variable): void {
  if (!isFloating(variable.dtype))
    throw new ArgumentError(`${variable} cannot be trained: it is not floating.`, {
      op: variable.op.name,
      createdAt: variable.op.createdAt,
    });
}
