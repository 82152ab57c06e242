/**
 * @file Recurrent layers, each one loop in the compiled program whatever the length of the sequences.
 * Follows `layers/recurrent.py` of TFLearn; the part of the input in every step is computed for all steps
 * at once, before the loop.
 */
import {
  ArgumentError,
  type Dimension,
  type DType,
  describe,
  type OptionNames,
  requireOptions,
  type Shape,
} from "../../core/index.js";
import { Tensor } from "../../graph/index.js";
import {
  abs,
  cast,
  concat,
  expandDims,
  foldl,
  gather,
  less,
  multiply,
  notEqual,
  range,
  reduceMax,
  reduceSum,
  reshape,
  reverse,
  scan,
  subtract,
  transpose,
  type Variable,
  variableScope,
  where,
  zeros,
} from "../../ops/index.js";
import type { Activation } from "../activations.js";
import { Collections } from "../collections.js";
import type { Initialization } from "../initializations.js";
import { BasicLSTMCell, BasicRNNCell, type BuiltCell, GRUCell, leading, type RNNCell } from "./cells.js";
import { dropout as dropoutLayer } from "./core.js";
import {
  lastExtent,
  type Rows,
  requireCount,
  requireRank,
  type VariableLayerOptions,
  variableLayer,
  variableOptions,
  type WithScope,
} from "./layer.js";

/** Options of {@link simpleRnn}, and of all recurrent layers. */
export interface RecurrentOptions<Seq extends boolean = boolean, State extends boolean = boolean>
  extends VariableLayerOptions {
  /** Default "sigmoid" for {@link simpleRnn}, "tanh" for the others. */
  readonly activation?: Activation;
  /** Keep probability of inputs and outputs while training, or one for each. Default: no dropout. */
  readonly dropout?: number | readonly [input: number, output: number] | null;
  /** How the weights start. Default: Glorot uniform. */
  readonly weightsInit?: Initialization | null;
  /** The output of every step, `[batch, steps, units]`, in place of the last. Default false. */
  readonly returnSeq?: Seq;
  /** The pair of output and state in place of the output. Default false. */
  readonly returnState?: State;
  /** The state before the first step. Default: zeros. */
  readonly initialState?: Tensor | readonly Tensor[] | null;
  /**
   * Sequences end before the zeros at their end (of ids, behind an embedding): the state stays from there,
   * the last output is that of the last step before, and later outputs are zeros. Default false.
   */
  readonly dynamic?: boolean;
}

/** Options of {@link gru}. */
export interface GatedOptions<Seq extends boolean = boolean, State extends boolean = boolean>
  extends RecurrentOptions<Seq, State> {
  /** Of the gates. Default "sigmoid". */
  readonly innerActivation?: Activation;
}

/** Options of {@link lstm}. */
export interface LstmOptions<Seq extends boolean = boolean, State extends boolean = boolean>
  extends GatedOptions<Seq, State> {
  /** Added to the forget gate. Default 1. */
  readonly forgetBias?: number;
}

const recurrentOptions: OptionNames<RecurrentOptions> = {
  ...variableOptions,
  activation: true,
  dropout: true,
  weightsInit: true,
  returnSeq: true,
  returnState: true,
  initialState: true,
  dynamic: true,
};
const gatedOptions: OptionNames<GatedOptions> = { ...recurrentOptions, innerActivation: true };
const lstmOptions: OptionNames<LstmOptions> = { ...gatedOptions, forgetBias: true };

/** The variables of a recurrent layer, on its output. */
export interface RecurrentWeights {
  /** `[x, h]` times these: one matrix, and for a GRU a second for the candidate. */
  readonly W: readonly Variable[];
  /** The biases, one for each matrix. */
  readonly b: readonly Variable[];
}

type Output<S extends Shape, N extends number, Seq extends boolean> = WithScope<
  Tensor<"float32", Seq extends true ? readonly [Rows<S>, Steps<S>, N] : readonly [Rows<S>, N]>,
  RecurrentWeights
>;
type Steps<S extends Shape> = S extends readonly [Dimension, infer Count extends Dimension, ...unknown[]]
  ? Count
  : null;
type Result<S extends Shape, N extends number, Seq extends boolean, State extends boolean, Value> = State extends true
  ? readonly [output: Output<S, N, Seq>, state: Value]
  : Output<S, N, Seq>;

/**
 * `h = activation([x, h]·W + b)`. `tflearn.simple_rnn`.
 * @param incoming [batch, steps, features]
 */
export function simpleRnn<
  S extends Shape,
  const N extends number,
  Seq extends boolean = false,
  State extends boolean = false,
>(incoming: Tensor<DType, S>, nUnits: N, options: RecurrentOptions<Seq, State> = {}): Result<S, N, Seq, State, Tensor> {
  requireOptions("simpleRnn", options, recurrentOptions);
  const { activation = "sigmoid", weightsInit } = options;
  const cell = (units: number) => new BasicRNNCell(units, given({ activation, weightsInit }));
  return recurrent(incoming, nUnits, "SimpleRNN", options, cell) as never;
}

/**
 * Long short-term memory: gates i, j, f, o from `[x, h]·W + b`; `c = c·σ(f + forgetBias) + σ(i)·tanh(j)`,
 * `h = tanh(c)·σ(o)`. Its state is `[c, h]`. `tflearn.lstm`.
 * @param incoming [batch, steps, features]
 */
export function lstm<
  S extends Shape,
  const N extends number,
  Seq extends boolean = false,
  State extends boolean = false,
>(
  incoming: Tensor<DType, S>,
  nUnits: N,
  options: LstmOptions<Seq, State> = {},
): Result<S, N, Seq, State, readonly [c: Tensor, h: Tensor]> {
  requireOptions("lstm", options, lstmOptions);
  const { activation, innerActivation, forgetBias, weightsInit } = options;
  const cell = (units: number) =>
    new BasicLSTMCell(units, given({ activation, innerActivation, forgetBias, weightsInit }));
  return recurrent(incoming, nUnits, "LSTM", options, cell) as never;
}

/**
 * Gated recurrent unit: gates r, u = `σ([x, h]·W + b)` with b from 1; candidate `c = tanh([x, r·h]·W' + b')`;
 * `h = u·h + (1 − u)·c`. `tflearn.gru`.
 * @param incoming [batch, steps, features]
 */
export function gru<
  S extends Shape,
  const N extends number,
  Seq extends boolean = false,
  State extends boolean = false,
>(incoming: Tensor<DType, S>, nUnits: N, options: GatedOptions<Seq, State> = {}): Result<S, N, Seq, State, Tensor> {
  requireOptions("gru", options, gatedOptions);
  const { activation, innerActivation, weightsInit } = options;
  const cell = (units: number) => new GRUCell(units, given({ activation, innerActivation, weightsInit }));
  return recurrent(incoming, nUnits, "GRU", options, cell) as never;
}

// ---- the loop ----

/** Options that were given, without those that were not. */
const given = <O extends object>(options: { readonly [K in keyof O]: O[K] | undefined }): O =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O;

function recurrent(
  incoming: Tensor,
  nUnits: number,
  layerName: string,
  options: RecurrentOptions,
  makeCell: (units: number) => RNNCell,
): unknown {
  requireSequences(incoming);
  const units = requireCount(nUnits, `${layerName}: the number of units`);
  const features = lastExtent(incoming);
  const { returnSeq = false, returnState = false, dynamic = false } = options;
  const [keepInput, keepOutput] = keepProbabilities(options.dropout ?? null);
  const cell = makeCell(units);
  let state: readonly Tensor[] = [];
  const output = variableLayer(incoming, layerName, options, (layer) => {
    // The original's variables are in a scope of the layer's name twice.
    using _inner = variableScope(layer.scope.name.split("/").at(-1) as string);
    const built = cell.build(layer, features);
    const kept = keepInput === 1 ? incoming : dropoutLayer(incoming, keepInput);
    const x: Tensor = transpose(kept as Tensor, [1, 0, 2]);
    const lengths = dynamic ? lengthsOf(incoming) : null;
    const initial = initialStates(options.initialState ?? null, incoming, units, cell.stateSize);
    const [, steps] = incoming.shape;
    const found = run(built, x, initial, { lengths, returnSeq });
    state = found.state;
    for (const part of state) part.setShape([incoming.shape[0] ?? null, units]);
    found.output.setShape(
      returnSeq ? [incoming.shape[0] ?? null, steps ?? null, units] : [incoming.shape[0] ?? null, units],
    );
    const result = keepOutput === 1 ? found.output : dropoutLayer(found.output, keepOutput);
    layer.scope.graph.addToCollection(Collections.ACTIVATIONS, result);
    return [result, { W: built.inputs.map(({ W }) => W), b: built.inputs.map(({ b }) => b) }];
  });
  if (!returnState) return output;
  return [output, cell.stateSize === 1 ? state[0] : state];
}

/** @throws ShapeError for other than sequences of rows */
export const requireSequences = (incoming: unknown): Shape =>
  requireRank(incoming, (rank) => rank === 3, "3-D: [batch, steps, features]");

/** How {@link run} goes through the steps. */
export interface RunOptions {
  /** Steps of each row that count, or `null` for all. */
  readonly lengths: Tensor | null;
  /** The output of every step in place of the last. */
  readonly returnSeq: boolean;
  /** From the last step to the first; the outputs stand at their steps. Default false. */
  readonly backward?: boolean;
}

/** Runs a cell over `x` [steps, batch, features]. */
export function run(
  cell: BuiltCell,
  x: Tensor,
  initial: readonly Tensor[],
  { lengths, returnSeq, backward = false }: RunOptions,
): { readonly output: Tensor; readonly state: readonly Tensor[] } {
  const [stepCount, batch] = leading(x);
  const turned = (values: Tensor): Tensor => (backward ? (reverse(values, [0]) as Tensor) : values);
  const numbers = range(reshape(stepCount, []) as Tensor<"int32", readonly []>) as Tensor;
  const elements = [numbers, ...cell.inputs.map((linear) => linear.beforehand(x))].map(turned);
  const step = (before: Tensor[], [number, ...projected]: Tensor[]): Tensor[] => {
    const after = cell.step(projected, before);
    if (lengths === null) return [...after];
    const isRunning = less(number as Tensor, lengths) as Tensor<"bool">;
    return after.map((next, i): Tensor => where(isRunning, next, before[i] as Tensor));
  };
  const initializer = [...initial];
  if (!returnSeq) {
    const state = foldl(step, elements, { initializer });
    return { output: state.at(-1) as Tensor, state };
  }
  const all = scan(step, elements, { initializer });
  const sequence: Tensor = transpose(turned(all.at(-1) as Tensor), [1, 0, 2]);
  const last = subtract(reshape(stepCount, []) as Tensor, 1) as Tensor<"int32">;
  const state = all.map((values): Tensor => gather(values, last as Tensor) as Tensor);
  if (lengths === null) return { output: sequence, state };
  const places: Tensor = reshape(numbers, concat([[1], stepCount], 0) as Tensor<"int32">);
  const ends: Tensor = reshape(lengths, concat([batch, [1]], 0) as Tensor<"int32">);
  const isRunning = cast(less(places, ends) as Tensor, "float32") as Tensor;
  return { output: multiply(sequence, expandDims(isRunning, 2) as Tensor) as Tensor, state };
}

/** Steps before the zeros: what an embedding counted, else those with an element that is not 0. */
export function lengthsOf(incoming: Tensor): Tensor {
  const { seqLength } = incoming as Tensor & { readonly seqLength?: unknown };
  if (seqLength instanceof Tensor) return seqLength;
  const used = notEqual(reduceMax(abs(incoming), 2) as Tensor, 0) as Tensor;
  return reduceSum(cast(used, "int32") as Tensor, 1) as Tensor;
}

export function initialStates(
  given: Tensor | readonly Tensor[] | null,
  incoming: Tensor,
  units: number,
  count: number,
): readonly Tensor[] {
  if (given !== null) {
    const list = given instanceof Tensor ? [given] : given;
    if (list.length === count) return list;
    throw new ArgumentError(`The initial state has ${count} tensors, but ${list.length} were given`, {
      hint: count === 2 ? "pass [c, h], each [batch, units]" : "pass one tensor [batch, units]",
    });
  }
  const [batch] = leading(incoming);
  const start = zeros(concat([batch, [units]], 0) as Tensor<"int32">) as Tensor;
  start.setShape([incoming.shape[0] ?? null, units]);
  return Array.from({ length: count }, () => start);
}

function keepProbabilities(dropout: RecurrentOptions["dropout"]): readonly [number, number] {
  if (dropout === null || dropout === undefined) return [1, 1];
  if (typeof dropout === "number") return [dropout, dropout];
  if (Array.isArray(dropout) && dropout.length === 2) return [dropout[0] as number, dropout[1] as number];
  throw new ArgumentError("Invalid dropout type (must be a 2-D tuple of float)", {
    hint: `pass a keep probability, or one for inputs and one for outputs, not ${describe(dropout)}`,
  });
}
