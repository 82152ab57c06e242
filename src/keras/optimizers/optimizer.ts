/**
 * @file `Optimizer`: what Keras's optimizers share. Gradients in, one operation out that clips them, decays
 * weights, updates every variable, follows their averages and then counts the step. Follows
 * `base_optimizer.py` of Keras 3. May import `train` and below.
 */
import { ArgumentError, isFloating, NdArray } from "../../core/index.js";
import { type Graph, GraphKeys, getDefaultGraph, type Operation, type Tensor } from "../../graph/index.js";
import { constant, group } from "../../ops/basic.js";
import { tensorOf } from "../../ops/define.js";
import { gradients } from "../../ops/gradients.js";
import { globalNorm } from "../../ops/index.js";
import { Variable } from "../../ops/variable.js";
import { scalarOf } from "../../train/optimizer.js";
import { filledLike } from "../../train/slots.js";
import type { Config, Optimizer as OptimizerContract } from "../contracts.js";
import { autoName } from "../engine/naming.js";
import { optionsOf, serialize } from "../registry.js";
import { LearningRateSchedule, deserialize as scheduleOf } from "../schedules.js";
import { averageUpdates } from "./averages.js";

export interface OptimizerOptions {
  /** A number, which becomes a variable that may be assigned, or a schedule. */
  readonly learningRate?: number | LearningRateSchedule | undefined;
  /** Keras 2's name of `learningRate`. */
  readonly lr?: number;
  /** Keras 2's decay: the rate is divided by `1 + decay·iterations`. Default 0. */
  readonly decay?: number;
  /** Part of each weight, times the rate, that every step takes away. Default: none. */
  readonly weightDecay?: number | null | undefined;
  /** The largest norm of each gradient. Default: none. */
  readonly clipnorm?: number | null;
  /** The largest magnitude of each element of a gradient. Default: none. */
  readonly clipvalue?: number | null;
  /** The largest norm of all gradients together. Default: none. */
  readonly globalClipnorm?: number | null;
  /** Follow the weights with moving averages. Default false. */
  readonly useEma?: boolean;
  /** Decay of these averages. Default 0.99. */
  readonly emaMomentum?: number;
  /** Overwrite the weights with their averages every so many steps. Default: only when asked to. */
  readonly emaOverwriteFrequency?: number | null;
  /** What the loss was multiplied by; gradients are divided by it. Default: none. */
  readonly lossScaleFactor?: number | null;
  /** Scope of its variables. Default: the class in snake_case. */
  readonly name?: string | null | undefined;
}
/** The options with which one optimizer differs from others left open. */
export type Defaults = { readonly learningRate: number; readonly weightDecay?: number };

/** A gradient with the variable it belongs to; `null` where the loss does not depend on it. */
export type GradientAndVariable = readonly [gradient: Tensor | null, variable: Variable];

/** A variable that goes with each trained one: a momentum. */
export interface Slot {
  readonly name: string;
  /** Default: the trained variable's. */
  readonly shape?: readonly number[];
  /** Where it begins. Default 0. */
  readonly initial?: number;
  /** Slots of group 0 are made for all variables before those of group 1: the order of archives. Default 0. */
  readonly group?: number;
}

/** One variable's share of a step. */
export interface Step {
  readonly variable: Variable;
  /** Scaled and clipped. */
  readonly gradient: Tensor;
  readonly slots: Readonly<Record<string, Variable>>;
  /** The learning rate, a scalar in the variable's dtype. */
  readonly rate: Tensor;
  /** The number of this step, from 1, a scalar in the variable's dtype. */
  readonly step: Tensor;
  /** What decays, `null` where nothing does. */
  readonly weightDecay: number | null;
  /** Scalars that all variables share. */
  readonly shared?: Readonly<Record<string, Tensor>>;
}

/** What an optimizer keeps in one graph. */
interface GraphState {
  readonly iterations: Variable;
  readonly rate: Variable | Tensor;
  readonly slots: Map<Variable, Readonly<Record<string, Variable>>>;
  readonly averages: Map<Variable, Variable>;
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
    this.options = options;
    const { learningRate = options.lr ?? defaults.learningRate, clipnorm, clipvalue, globalClipnorm } = options;
    const { emaMomentum = 0.99, emaOverwriteFrequency: frequency = null, decay = 0 } = options;
    if (!(learningRate instanceof LearningRateSchedule) && !Number.isFinite(learningRate))
      throw new ArgumentError(
        `Argument \`learning_rate\` should be float, or an instance of LearningRateSchedule. Received instead: learning_rate=${learningRate}`,
      );
    if ([clipnorm, clipvalue, globalClipnorm].filter((clip) => clip !== null && clip !== undefined).length > 1)
      throw new ArgumentError(
        `Only one of \`clipnorm\`, \`clipvalue\` and \`global_clipnorm\` can be set. Received: clipnorm=${clipnorm}, clipvalue=${clipvalue}, global_clipnorm=${globalClipnorm}`,
      );
    if (!(emaMomentum >= 0 && emaMomentum <= 1))
      throw new ArgumentError(`\`ema_momentum\` must be in the range [0, 1]. Received: ema_momentum=${emaMomentum}`);
    if (frequency !== null && !(Number.isInteger(frequency) && frequency >= 1))
      throw new ArgumentError(
        `\`ema_overwrite_frequency\` must be an integer >= 1 or None. Received: ema_overwrite_frequency=${frequency}`,
      );
    if (!(decay >= 0)) throw new ArgumentError(`\`decay\` must not be negative. Received: decay=${decay}`);
    this.initialRate = learningRate;
    this.weightDecay = options.weightDecay === undefined ? (defaults.weightDecay ?? null) : options.weightDecay;
    this.name = options.name ?? autoName(new.target.name);
  }

  // ---- state ----

  /** The rate that the next step takes: a variable to assign, or the tensor of a schedule. */
  get learningRate(): Variable | Tensor {
    return this.stateIn(this.graph ?? getDefaultGraph()).rate;
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

  private stateIn(graph: Graph): GraphState {
    this.graph = graph;
    const known = this.states.get(graph);
    if (known !== undefined) return known;
    const state = inTopScope(graph, () => {
      const iterations = new Variable(NdArray.from(0, "int32"), {
        name: `${this.name}/iteration`,
        trainable: false,
        savedAs: "int64",
      });
      const rate = this.makeRate(iterations);
      const all: Variable[] = rate instanceof Variable ? [iterations, rate] : [iterations];
      return { iterations, rate, slots: new Map(), averages: new Map(), shared: new Map(), all };
    });
    this.states.set(graph, state);
    return state;
  }

  private makeRate(iterations: Variable): Variable | Tensor {
    const { decay = 0 } = this.options;
    if (this.initialRate instanceof LearningRateSchedule) return this.initialRate(iterations);
    const rate = new Variable(NdArray.from(this.initialRate, "float32"), {
      name: `${this.name}/learning_rate`,
      trainable: false,
    });
    if (decay === 0) return rate;
    return rate.div(iterations.cast("float32").mul(decay).add(1) as Tensor) as Tensor;
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
        const updates = this.updates(state, present);
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

  private updates(state: GraphState, pairs: readonly { gradient: Tensor; variable: Variable }[]): Operation[] {
    const clipped = this.clip(pairs.map(({ gradient }) => this.unscaled(gradient)));
    const step = state.iterations.value().add(1) as Tensor;
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
      };
    });
    return this.updateAll(steps);
  }

  private unscaled(gradient: Tensor): Tensor {
    const { lossScaleFactor } = this.options;
    const tensor = tensorOf(gradient) ?? gradient;
    return lossScaleFactor === null || lossScaleFactor === undefined ? tensor : tensor.div(lossScaleFactor);
  }

  private clip(given: readonly Tensor[]): readonly Tensor[] {
    const { clipnorm, clipvalue, globalClipnorm } = this.options;
    const scaledTo = (gradient: Tensor, norm: Tensor, bound: number): Tensor =>
      gradient.mul((norm.maximum(bound) as Tensor).reciprocal().mul(bound).cast(gradient.dtype) as Tensor);
    if (clipnorm)
      return given.map((gradient) => scaledTo(gradient, gradient.square().reduceSum().sqrt() as Tensor, clipnorm));
    if (globalClipnorm) {
      const norm = globalNorm(given) as Tensor;
      return given.map((gradient) => scaledTo(gradient, norm, globalClipnorm));
    }
    return clipvalue ? given.map((gradient) => gradient.clipByValue(-clipvalue, clipvalue)) : given;
  }

  private average(state: GraphState): Operation[] {
    if (this.options.useEma !== true) return [];
    const { emaMomentum = 0.99, emaOverwriteFrequency = null } = this.options;
    return averageUpdates(state.averages, state.iterations, emaMomentum, emaOverwriteFrequency);
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
      step.variable.graph.nameScope(`update_${step.variable.op.name}`, () => this.updateStep(step)),
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
      gradient_accumulation_steps: null,
      ...(options.decay ? { decay: options.decay } : {}),
    };
  }

  /** @throws ArgumentError for gradients accumulated over steps, which are not supported */
  static fromConfig<T>(this: new (options: never) => T, config: Config): T {
    const { gradient_accumulation_steps: accumulated = null, learning_rate: rate, ...rest } = config;
    if (accumulated !== null)
      throw new ArgumentError("Optimizers do not accumulate gradients over several steps.", {
        hint: "set gradient_accumulation_steps to null and use a larger batch",
      });
    const learningRate = typeof rate === "object" && rate !== null ? scheduleOf(rate as never) : rate;
    return new this({ ...optionsOf<OptimizerOptions>(rest), learningRate } as never);
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
