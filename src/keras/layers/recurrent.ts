/**
 * @file Recurrent layers: `SimpleRNN`, `LSTM` and `GRU`. A layer is one loop inside the
 * compiled program, however long the sequence; the products with the inputs of all steps are one product
 * before it. Follows `layers/rnn` of Keras 3.
 */

import { ArgumentError, type ArrayLike_, NdArray, type Shape, ShapeError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { buildLoop, trace } from "../../ops/control-flow/index.js";
import {
  concat,
  expandDims,
  fill,
  identity,
  matmul,
  nn,
  ones,
  reverse,
  split,
  transpose,
  type Variable,
  where,
  withControlDependencies,
  zerosLike,
} from "../../ops/index.js";
import { requireNumber, shown } from "../arguments.js";
import type {
  Activation,
  ActivationIdentifier,
  Config,
  Constraint,
  ConstraintIdentifier,
  Initializer,
  InitializerIdentifier,
  Regularizer,
  RegularizerIdentifier,
} from "../contracts.js";
import { type CallOptions, Layer, layerOptions } from "../engine/layer.js";
import { flatten, type Nested, pythonShape, requireResult, type ShapesOf } from "../engine/nested.js";
import { setValues } from "../engine/session.js";
import { get, serialize, serializeOptional } from "../registry.js";
import type { KernelOptions } from "./core.js";
import { floating, requirePositive, sizesOf, withSizes } from "./shapes.js";

/** Options of {@link SimpleRNN}, and of all recurrent layers. */
export interface RecurrentOptions extends KernelOptions {
  /** Of the new state. Default `tanh`; `null` is linear. */
  readonly activation?: ActivationIdentifier | null;
  /** Default `orthogonal`. */
  readonly recurrentInitializer?: InitializerIdentifier;
  /** A penalty of the recurrent kernel, added to the loss. Default: none. */
  readonly recurrentRegularizer?: RegularizerIdentifier | null;
  /** What the recurrent kernel is brought back to after each update. Default: nothing. */
  readonly recurrentConstraint?: ConstraintIdentifier | null;
  /** Fraction of the inputs dropped in training, the same ones in every step. Default 0. */
  readonly dropout?: number;
  /** Fraction of the state dropped in training, the same ones in every step. Default 0. */
  readonly recurrentDropout?: number;
  /** Return the output of every step, `[batch, steps, units]`, instead of the last. Default false. */
  readonly returnSequences?: boolean;
  /** Return the final state after the output. Default false. */
  readonly returnState?: boolean;
  /** From the last step to the first. Default false. */
  readonly goBackwards?: boolean;
  /**
   * Begin each batch with the state that the one before it left: row i goes on where row i ended. The batch
   * size must be known, {@link Recurrent.resetState} begins anew. Default false.
   */
  readonly stateful?: boolean;
  /** Give zeros for the steps that a mask skips, with `returnSequences`; else the output before. Default false. */
  readonly zeroOutputForMask?: boolean;
  /** Seed of the dropouts. Default: from the graph's seed, else another in every session. */
  readonly seed?: number | null;
}
/** Options of recurrent layers with gates. */
export interface GatedOptions extends RecurrentOptions {
  /** Activation of the gates. Default `sigmoid`. */
  readonly recurrentActivation?: ActivationIdentifier | null;
}

/** What a step sees: the input's share of the sums, the state, and the weights by which it recurs. */
interface Step {
  readonly input: Tensor;
  readonly states: readonly Tensor[];
}

/** Base of layers that carry a state from step to step. */
export abstract class Recurrent extends Layer<Nested, Nested> {
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly zeroOutputForMask: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly seed: number | null;
  readonly initializers: {
    readonly kernel: Initializer;
    readonly recurrent: Initializer;
    readonly bias: Initializer;
  };
  readonly regularizers: Readonly<Record<"kernel" | "recurrent" | "bias", Regularizer | null>>;
  readonly weightConstraints: Readonly<Record<"kernel" | "recurrent" | "bias", Constraint | null>>;
  kernel: Variable | null = null;
  recurrentKernel: Variable | null = null;
  bias: Variable | null = null;

  /** @throws ArgumentError where `units` is no whole number above 0 */
  constructor(
    readonly units: number,
    /** How many blocks of `units` columns the kernels have. */
    private readonly gates: number,
    /** How many tensors the state has. */
    private readonly stateCount: number,
    options: RecurrentOptions,
  ) {
    super(options);
    requirePositive(units, "units", this.name);
    this.activation = get("activation", options.activation === undefined ? "tanh" : (options.activation ?? "linear"));
    this.useBias = options.useBias ?? true;
    this.returnSequences = options.returnSequences ?? false;
    this.returnState = options.returnState ?? false;
    this.goBackwards = options.goBackwards ?? false;
    this.stateful = options.stateful ?? false;
    this.zeroOutputForMask = options.zeroOutputForMask ?? false;
    this.dropout = fraction(options.dropout ?? 0, "dropout", this.name);
    this.recurrentDropout = fraction(options.recurrentDropout ?? 0, "recurrent_dropout", this.name);
    this.seed = options.seed ?? null;
    if (this.seed !== null) requireNumber(this.seed, "seed", this.name);
    this.initializers = {
      kernel: get("initializer", options.kernelInitializer ?? "glorot_uniform"),
      recurrent: get("initializer", options.recurrentInitializer ?? "orthogonal"),
      bias: get("initializer", options.biasInitializer ?? "zeros"),
    };
    this.regularizers = {
      kernel: get("regularizer", options.kernelRegularizer),
      recurrent: get("regularizer", options.recurrentRegularizer),
      bias: get("regularizer", options.biasRegularizer),
    };
    this.weightConstraints = {
      kernel: get("constraint", options.kernelConstraint),
      recurrent: get("constraint", options.recurrentConstraint),
      bias: get("constraint", options.biasConstraint),
    };
  }

  // ---- what a kind of layer says ----

  /** The next state; its first tensor is the output. */
  protected abstract step(step: Step): Tensor[];
  /** Shape of the bias. Default: one number for each column of the kernels. */
  protected get biasShape(): readonly number[] {
    return [this.gates * this.units];
  }
  /** The bias that is added to the inputs' share of the sums. */
  protected inputBias(bias: Tensor): Tensor {
    return bias;
  }
  protected get biasInitializer(): Initializer {
    return this.initializers.bias;
  }

  // ---- what they share ----

  override build(inputShape: ShapesOf<Nested>): void {
    const [first] = isOneShape(inputShape) ? [inputShape as Shape] : (inputShape as readonly Shape[]);
    const features = first?.at(-1) ?? null;
    if (first === undefined || first.length !== 3 || features === null)
      throw new ShapeError(
        `Input 0 of layer "${this.name}" is incompatible with the layer: expected shape [batch, steps, features] with known features, found ${JSON.stringify(first)}`,
        { hint: "an Embedding gives that shape; keras.input({ shape: [null, 8] }) describes it" },
      );
    const columns = this.gates * this.units;
    const weight = (name: string, kind: "kernel" | "recurrent", shape: readonly number[]): Variable =>
      this.addWeight({
        name,
        shape,
        initializer: this.initializers[kind],
        regularizer: this.regularizers[kind],
        constraint: this.weightConstraints[kind],
      });
    this.kernel = weight("kernel", "kernel", [features, columns]);
    this.recurrentKernel = weight("recurrent_kernel", "recurrent", [this.units, columns]);
    if (this.useBias)
      this.bias = this.addWeight({
        name: "bias",
        shape: this.biasShape,
        initializer: this.biasInitializer,
        regularizer: this.regularizers.bias,
        constraint: this.weightConstraints.bias,
      });
    if (this.stateful) this.makeStates(first);
  }

  private makeStates(inputShape: Shape): void {
    const [batch = null] = inputShape;
    if (batch === null)
      throw new ShapeError(
        `When using \`stateful=True\` in a RNN, the batch size must be static. Found dynamic batch size: sequence.shape=${pythonShape(inputShape)}`,
        {
          hint: "tell it: batchInputShape: [32, 10, 8] for the first layer, or keras.input({ batchShape: [32, 10, 8] })",
        },
      );
    for (let i = 0; i < this.stateCount; i++) this.addState({ name: `rnn_state_${i}`, shape: [batch, this.units] });
  }

  /**
   * What a stateful layer begins the next batch with: zeros, or `states`, one array `[batch, units]` for each
   * tensor of the state. `layer.reset_states` of Keras.
   * @throws ArgumentError for a layer that is not stateful or not built, or another number of states
   * @throws FeedError for an array of another shape
   */
  async resetState(states?: readonly ArrayLike_[]): Promise<void> {
    const { stateVariables } = this;
    if (!this.stateful)
      throw new ArgumentError(`Layer ${this.name} must be stateful to reset its state.`, {
        hint: "pass { stateful: true } to its constructor",
      });
    if (stateVariables.length === 0)
      throw new ArgumentError(`Layer ${this.name} has no state yet.`, { hint: "apply it, or build the model, first" });
    if (states !== undefined && states.length !== this.stateCount)
      throw new ArgumentError(
        `Layer ${this.name} expects ${this.stateCount} states, but it received ${states.length} state values.`,
      );
    await setValues(
      stateVariables.map((variable, i) => [
        variable,
        states?.[i] ?? NdArray.zeros(variable.dtype as "float32", variable.shape as readonly number[]),
      ]),
    );
  }
  /** {@link resetState} under Keras 2's name. */
  resetStates(states?: readonly ArrayLike_[]): Promise<void> {
    return this.resetState(states);
  }

  override call(inputs: Nested, { training, mask }: CallOptions): Nested {
    const [given, ...initial] = flatten(inputs) as [Tensor, ...Tensor[]];
    const x = floating(given, this.dtype);
    const [batch = -1, steps = -1, features = -1] = sizesOf(x);
    const kept = this.dropMask(training, this.dropout, [batch, features], x);
    const input = kept === null ? x : (x.mul(expandDims(kept, 1) as Tensor) as Tensor);

    // Every step's product with the kernel at once, step by step in memory.
    const stepsFirst = transpose(input, [1, 0, 2]) as Tensor;
    const rows = withSizes(stepsFirst, [-1, features]);
    const product = matmul(rows, this.kernel as Tensor) as Tensor;
    const sums = this.bias === null ? product : (product.add(this.inputBias(this.bias as Tensor)) as Tensor);
    const sequence = withSizes(sums, [steps, batch, this.gates * this.units]);
    sequence.setShape([x.shape[1] ?? null, x.shape[0] ?? null, this.gates * this.units]);

    const states = this.initialStates(initial, batch, x);
    const counts = this.stepMask(mask, x);
    const keptState = this.dropMask(training, this.recurrentDropout, [batch, this.units], x);
    const { outputs, finals } = this.loop(sequence, states, counts, keptState);
    const last = finals[0] as Tensor;
    const output = this.returnSequences ? (transpose(outputs, [1, 0, 2]) as Tensor) : last;
    const results = this.keepStates(finals, this.returnState ? [output, ...finals] : [output]);
    return this.returnState ? results : (results[0] as Tensor);
  }

  /** Results that no run can compute without also keeping the state for the next one. */
  private keepStates(finals: readonly Tensor[], results: readonly Tensor[]): readonly Tensor[] {
    if (!this.stateful) return results;
    const kept = this.stateVariables.map((variable, i) => variable.assign(finals[i] as Tensor));
    return withControlDependencies(kept, () => results.map((result) => identity(result)));
  }

  private initialStates(given: readonly Tensor[], batch: number | Tensor, x: Tensor): Tensor[] {
    if (given.length > 0) {
      if (given.length !== this.stateCount)
        throw new ArgumentError(
          `Layer ${this.name} carries ${this.stateCount} states, but ${given.length} initial ones were given.`,
          {
            hint: `apply([x, ${Array.from({ length: this.stateCount }, (_, i) => `state${i}`).join(", ")}])`,
          },
        );
      return [...given];
    }
    // A run reads the state as it is at its start, and writes it at its end.
    if (this.stateful) return this.stateVariables.map((variable) => variable.value());
    const zero = fill([batch, this.units] as readonly number[], 0, { dtype: this.dtype as "float32" }) as Tensor;
    zero.setShape([x.shape[0] ?? null, this.units]);
    return Array.from({ length: this.stateCount }, () => zero);
  }

  /** Which steps count, `[steps, batch, 1]`; `null` where all do. */
  private stepMask(mask: CallOptions["mask"], x: Tensor): Tensor | null {
    const one = (Array.isArray(mask) ? mask[0] : mask) as Tensor | null | undefined;
    if (one === null || one === undefined) return null;
    const column = expandDims(transpose(one, [1, 0]) as Tensor, 2) as Tensor;
    column.setShape([x.shape[1] ?? null, x.shape[0] ?? null, 1]);
    return column;
  }

  private dropMask(training: boolean, rate: number, sizes: readonly (number | Tensor)[], x: Tensor): Tensor | null {
    if (!training || rate === 0) return null;
    const full = fill(sizes as readonly number[], 1, { dtype: this.dtype as "float32" }) as Tensor;
    full.setShape([x.shape[0] ?? null, (sizes[1] as number) ?? null]);
    return nn.dropout(full, 1 - rate, this.seed === null ? {} : { seed: this.seed }) as Tensor;
  }

  private loop(sequence: Tensor, states: readonly Tensor[], counts: Tensor | null, keptState: Tensor | null) {
    const specs = [
      ...states.map((s) => ({ dtype: s.dtype, shape: [s.shape[0] ?? null, this.units] })),
      { dtype: sequence.dtype, shape: sequence.shape.slice(1) },
      ...(counts === null ? [] : [{ dtype: counts.dtype, shape: counts.shape.slice(1) }]),
    ];
    const { graph } = sequence;
    const traced = trace(
      graph,
      graph.uniqueName("loop"),
      specs,
      (inputs) => {
        const before = inputs.slice(0, states.length);
        const input = inputs[states.length] as Tensor;
        const counting = inputs[states.length + 1];
        const [h, ...rest] = before as [Tensor, ...Tensor[]];
        const recurring = keptState === null ? h : (h.mul(keptState) as Tensor);
        const after = this.step({ input, states: [recurring, h, ...rest] });
        // A step that does not count leaves the state, and so the output, as it was.
        const next = counting === undefined ? after : after.map((s, i) => select(counting, s, before[i] as Tensor));
        return [...next, next[0]];
      },
      "what a step returns",
    );
    const { finals, stacks } = buildLoop({
      body: traced.body,
      initial: states,
      sliced: [sequence, ...(counts === null ? [] : [counts])],
      steps: null,
      reverse: this.goBackwards,
      name: "Loop",
    });
    const computed = stacks[0] as Tensor;
    const stacked =
      counts === null || !this.zeroOutputForMask
        ? computed
        : (computed.mul(counts.cast(computed.dtype) as Tensor) as Tensor);
    // Backwards, the outputs come in the order in which they were computed.
    const outputs = this.goBackwards ? (reverse(stacked, [0]) as Tensor) : stacked;
    return { outputs, finals };
  }

  override computeMask(_inputs: Nested, mask: CallOptions["mask"]): CallOptions["mask"] {
    const one = (Array.isArray(mask) ? (mask[0] ?? null) : mask) as Tensor | null;
    const output = this.returnSequences ? one : null;
    return this.returnState ? [output, ...Array.from({ length: this.stateCount }, () => null)] : output;
  }

  override getConfig(): Config {
    const { initializers, regularizers, weightConstraints: constraints } = this;
    return {
      ...super.getConfig(),
      units: this.units,
      activation: serialize(this.activation),
      use_bias: this.useBias,
      kernel_initializer: serialize(initializers.kernel),
      recurrent_initializer: serialize(initializers.recurrent),
      bias_initializer: serialize(initializers.bias),
      kernel_regularizer: serializeOptional(regularizers.kernel),
      recurrent_regularizer: serializeOptional(regularizers.recurrent),
      bias_regularizer: serializeOptional(regularizers.bias),
      kernel_constraint: serializeOptional(constraints.kernel),
      recurrent_constraint: serializeOptional(constraints.recurrent),
      bias_constraint: serializeOptional(constraints.bias),
      dropout: this.dropout,
      recurrent_dropout: this.recurrentDropout,
      return_sequences: this.returnSequences,
      return_state: this.returnState,
      go_backwards: this.goBackwards,
      stateful: this.stateful,
      zero_output_for_mask: this.zeroOutputForMask,
      seed: this.seed,
    };
  }
}

/** @throws ArgumentError for what is no number from 0 to 1 */
function fraction(value: unknown, name: string, layer: string): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new ArgumentError(
    `Invalid value for argument \`${name}\` of layer ${layer}. Expected a number from 0 to 1, but received ${name}=${shown(value)}.`,
    { hint: "it is the fraction that is dropped, not the one that is kept" },
  );
}

const isOneShape = (shape: unknown): boolean =>
  Array.isArray(shape) && shape.every((size) => size === null || typeof size === "number");

/** `a` in the rows that count, else `b`; `counting` is `[batch, 1]`. */
function select(counting: Tensor, a: Tensor, b: Tensor): Tensor {
  const rows = counting.cast(a.dtype) as Tensor;
  const whole = rows.add(zerosLike(a)) as Tensor;
  return where(whole.greater(0) as Tensor<"bool">, a, b) as Tensor;
}

const blocks = (x: Tensor, count: number): Tensor[] => split(x, count, { axis: 1 }) as Tensor[];

/** `h' = activation(x · kernel + h · recurrent + bias)`. */
export class SimpleRNN extends Recurrent {
  static override readonly className: string = "SimpleRNN";
  constructor(units: number, options: RecurrentOptions = {}) {
    super(units, 1, 1, options);
  }
  protected override step({ input, states: [recurring] }: Step): Tensor[] {
    return [
      this.activation(input.add(matmul(recurring as Tensor, this.recurrentKernel as Tensor) as Tensor) as Tensor),
    ];
  }
  static override fromConfig(config: Config): SimpleRNN {
    const { units, ...options } = layerOptions<RecurrentOptions & { readonly units: number }>(config);
    return new SimpleRNN(units, options);
  }
}

/** Options of {@link LSTM}. */
export interface LSTMOptions extends GatedOptions {
  /** Start the bias of the forget gate at 1. Default true. */
  readonly unitForgetBias?: boolean;
}
/** Long short-term memory; gates in the order input, forget, cell, output. The state is `[h, c]`. */
export class LSTM extends Recurrent {
  static override readonly className: string = "LSTM";
  readonly recurrentActivation: Activation;
  readonly unitForgetBias: boolean;
  constructor(units: number, options: LSTMOptions = {}) {
    super(units, 4, 2, options);
    this.recurrentActivation = get("activation", options.recurrentActivation ?? "sigmoid");
    this.unitForgetBias = options.unitForgetBias ?? true;
  }
  protected override get biasInitializer(): Initializer {
    const initializer = this.initializers.bias;
    if (!this.unitForgetBias) return initializer;
    const { units } = this;
    const withForget = (_shape: readonly number[], options: Parameters<Initializer>[1]): Tensor => {
      const part = (n: number): Tensor => initializer([n], options) as Tensor;
      const forget = ones([units], { dtype: (options?.dtype ?? "float32") as "float32" }) as Tensor;
      return concat([part(units), forget, part(2 * units)], 0) as Tensor;
    };
    return Object.assign(withForget, { getConfig: () => ({}) }) as unknown as Initializer;
  }
  protected override step({ input, states: [recurring, , c] }: Step): Tensor[] {
    const sums = input.add(matmul(recurring as Tensor, this.recurrentKernel as Tensor) as Tensor) as Tensor;
    const [i, f, cell, o] = blocks(sums, 4) as [Tensor, Tensor, Tensor, Tensor];
    const gate = (x: Tensor): Tensor => requireResult(this.recurrentActivation(x), "the recurrent activation");
    const kept = gate(f).mul(c as Tensor) as Tensor;
    const next = kept.add(gate(i).mul(this.activation(cell)) as Tensor) as Tensor;
    return [gate(o).mul(this.activation(next)) as Tensor, next];
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      recurrent_activation: serialize(this.recurrentActivation),
      unit_forget_bias: this.unitForgetBias,
    };
  }
  static override fromConfig(config: Config): LSTM {
    const { units, ...options } = layerOptions<LSTMOptions & { readonly units: number }>(config);
    return new LSTM(units, options);
  }
}

/** Options of {@link GRU}. */
export interface GRUOptions extends GatedOptions {
  /** Apply the reset gate after the product with the state, as cuDNN does. Default true. */
  readonly resetAfter?: boolean;
}
/** Gated recurrent unit; gates in the order update, reset, candidate. */
export class GRU extends Recurrent {
  static override readonly className: string = "GRU";
  readonly recurrentActivation: Activation;
  readonly resetAfter: boolean;
  constructor(units: number, options: GRUOptions = {}) {
    super(units, 3, 1, options);
    this.recurrentActivation = get("activation", options.recurrentActivation ?? "sigmoid");
    this.resetAfter = options.resetAfter ?? true;
  }
  protected override get biasShape(): readonly number[] {
    return this.resetAfter ? [2, 3 * this.units] : [3 * this.units];
  }
  protected override inputBias(bias: Tensor): Tensor {
    return this.resetAfter ? (bias.at(0) as Tensor) : bias;
  }
  protected override step({ input, states: [recurring, h] }: Step): Tensor[] {
    const gate = (x: Tensor): Tensor => requireResult(this.recurrentActivation(x), "the recurrent activation");
    const kernel = this.recurrentKernel as Tensor;
    const [xz, xr, xh] = blocks(input, 3) as [Tensor, Tensor, Tensor];
    const state = recurring as Tensor;
    let z: Tensor;
    let candidate: Tensor;
    if (this.resetAfter) {
      const product = matmul(state, kernel) as Tensor;
      const sums = this.bias === null ? product : (product.add((this.bias as Tensor).at(1) as Tensor) as Tensor);
      const [hz, hr, hh] = blocks(sums, 3) as [Tensor, Tensor, Tensor];
      z = gate(xz.add(hz) as Tensor);
      const r = gate(xr.add(hr) as Tensor);
      candidate = this.activation(xh.add(r.mul(hh) as Tensor) as Tensor);
    } else {
      const [uz, ur, uh] = blocks(kernel, 3) as [Tensor, Tensor, Tensor];
      z = gate(xz.add(matmul(state, uz) as Tensor) as Tensor);
      const r = gate(xr.add(matmul(state, ur) as Tensor) as Tensor);
      candidate = this.activation(xh.add(matmul(r.mul(state) as Tensor, uh) as Tensor) as Tensor);
    }
    const old = z.mul(h as Tensor) as Tensor;
    return [old.add((z.neg().add(1) as Tensor).mul(candidate) as Tensor) as Tensor];
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      recurrent_activation: serialize(this.recurrentActivation),
      reset_after: this.resetAfter,
    };
  }
  static override fromConfig(config: Config): GRU {
    const { units, ...options } = layerOptions<GRUOptions & { readonly units: number }>(config);
    return new GRU(units, options);
  }
}
