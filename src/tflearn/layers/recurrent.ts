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
  add,
  cast,
  concat,
  constantInitializer,
  expandDims,
  foldl,
  gather,
  less,
  matmul,
  multiply,
  nn,
  notEqual,
  range,
  reduceMax,
  reduceSum,
  reshape,
  scan,
  shape,
  slice,
  split,
  subtract,
  transpose,
  type Variable,
  variableScope,
  where,
  zeros,
} from "../../ops/index.js";
import { type Activation, get as activationOf } from "../activations.js";
import { Collections } from "../collections.js";
import type { Initialization } from "../initializations.js";
import { dropout as dropoutLayer } from "./core.js";
import {
  type LayerScope,
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
  const activation = activationOf(options.activation ?? "sigmoid");
  const cell: CellBuilder = (cells) => {
    const step = cells.linear("Linear", nUnits, 0);
    return {
      inputs: [step],
      step: ([x], [h]) => [activation(step.continued(x as Tensor, h as Tensor))],
    };
  };
  return recurrent(incoming, nUnits, "SimpleRNN", "BasicRNNCell", 1, options, cell) as never;
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
  const activation = activationOf(options.activation ?? "tanh");
  const inner = activationOf(options.innerActivation ?? "sigmoid");
  const { forgetBias = 1 } = options;
  const cell: CellBuilder = (cells) => {
    const gates = cells.linear("Linear", 4 * nUnits, 0);
    return {
      inputs: [gates],
      step: ([x], [c, h]) => {
        const [i, j, f, o] = split(gates.continued(x as Tensor, h as Tensor), 4, { axis: 1 }) as readonly Tensor[];
        const kept: Tensor = multiply(c as Tensor, inner(add(f as Tensor, forgetBias) as Tensor));
        const memory: Tensor = add(kept, multiply(inner(i as Tensor), activation(j as Tensor)) as Tensor);
        return [memory, multiply(activation(memory), inner(o as Tensor)) as Tensor];
      },
    };
  };
  return recurrent(incoming, nUnits, "LSTM", "BasicLSTMCell", 2, options, cell) as never;
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
  const activation = activationOf(options.activation ?? "tanh");
  const inner = activationOf(options.innerActivation ?? "sigmoid");
  const cell: CellBuilder = (cells) => {
    const gates = cells.linear("Gates/Linear", 2 * nUnits, 1);
    const candidate = cells.linear("Candidate/Linear", nUnits, 0);
    return {
      inputs: [gates, candidate],
      step: ([x, z], [h]) => {
        const state = h as Tensor;
        const both = inner(gates.continued(x as Tensor, state));
        const [r, u] = split(both, 2, { axis: 1 }) as readonly [Tensor, Tensor];
        const proposed = activation(candidate.continued(z as Tensor, multiply(r, state) as Tensor));
        return [add(multiply(u, state) as Tensor, multiply(subtract(1, u) as Tensor, proposed) as Tensor) as Tensor];
      },
    };
  };
  return recurrent(incoming, nUnits, "GRU", "GRUCell", 1, options, cell) as never;
}

// ---- cells ----

/** A linear map of `[x, h]`: its part of x for all steps, and what one step adds. */
interface Linear {
  readonly W: Variable;
  readonly b: Variable;
  /** `x·W_x + b` of `[steps, batch, features]`. */
  beforehand(x: Tensor): Tensor;
  /** That of one step plus `h·W_h`. */
  continued(projected: Tensor, h: Tensor): Tensor;
}

interface Cell {
  readonly inputs: readonly Linear[];
  /** The state after a step, the output last. */
  readonly step: (projected: readonly Tensor[], state: readonly Tensor[]) => readonly Tensor[];
}

/** Builds a cell from the linear maps it asks for. */
type CellBuilder = (cells: { linear(scope: string, columns: number, bias: number): Linear }) => Cell;

function makeLinear(layer: LayerScope, features: number, units: number, columns: number, from: LinearStart): Linear {
  const W = layer.variable("Matrix", {
    shape: [features + units, columns],
    dtype: "float32",
    ...(from.weights === null || from.weights === undefined ? {} : { initializer: from.weights }),
  });
  const b = layer.variable("Bias", {
    shape: [columns],
    dtype: "float32",
    initializer: constantInitializer(from.bias),
  });
  const inputPart: Tensor = slice(W as Tensor, [0, 0], [features, columns]);
  const statePart: Tensor = slice(W as Tensor, [features, 0], [units, columns]);
  return {
    W,
    b,
    beforehand: (x) => {
      const rows: Tensor = nn.biasAdd(matmul(reshape(x, [-1, features]) as Tensor, inputPart) as Tensor, b as Tensor);
      const [steps, batch] = leading(x);
      const projected: Tensor = reshape(rows, concat([steps, batch, [columns]], 0) as Tensor<"int32">);
      projected.setShape([...x.shape.slice(0, 2), columns]);
      return projected;
    },
    continued: (projected, h) => add(projected, matmul(h, statePart) as Tensor) as Tensor,
  };
}

interface LinearStart {
  readonly weights: Initialization | null | undefined;
  readonly bias: number;
}

/** The first two extents of a tensor, as vectors of one. */
function leading(x: Tensor): readonly [Tensor, Tensor] {
  const extents = shape(x) as Tensor;
  return [slice(extents, [0], [1]) as Tensor, slice(extents, [1], [1]) as Tensor];
}

// ---- the loop ----

function recurrent(
  incoming: Tensor,
  nUnits: number,
  layerName: string,
  cellName: string,
  stateSize: number,
  options: RecurrentOptions,
  build: CellBuilder,
): unknown {
  requireRank(incoming, (rank) => rank === 3, "3-D: [batch, steps, features]");
  const units = requireCount(nUnits, `${layerName}: the number of units`);
  const features = lastExtent(incoming);
  const { weightsInit, returnSeq = false, returnState = false, dynamic = false } = options;
  const [keepInput, keepOutput] = keepProbabilities(options.dropout ?? null);
  let state: readonly Tensor[] = [];
  const output = variableLayer(incoming, layerName, options, (layer) => {
    const made: Linear[] = [];
    // The original's variables are in a scope of the layer's name twice.
    using _inner = variableScope(layer.scope.name.split("/").at(-1) as string);
    using _cell = variableScope(cellName);
    const cell = build({
      linear: (scope, columns, bias) => {
        using _scope = variableScope(scope);
        const linear = makeLinear(layer, features, units, columns, { weights: weightsInit, bias });
        made.push(linear);
        return linear;
      },
    });
    const kept = keepInput === 1 ? incoming : dropoutLayer(incoming, keepInput);
    const x: Tensor = transpose(kept as Tensor, [1, 0, 2]);
    const lengths = dynamic ? lengthsOf(incoming) : null;
    const initial = initialStates(options.initialState ?? null, incoming, units, stateSize);
    const [, steps] = incoming.shape;
    const found = run(cell, x, initial, lengths, returnSeq);
    state = found.state;
    for (const part of state) part.setShape([incoming.shape[0] ?? null, units]);
    found.output.setShape(
      returnSeq ? [incoming.shape[0] ?? null, steps ?? null, units] : [incoming.shape[0] ?? null, units],
    );
    const result = keepOutput === 1 ? found.output : dropoutLayer(found.output, keepOutput);
    layer.scope.graph.addToCollection(Collections.ACTIVATIONS, result);
    return [result, { W: made.map(({ W }) => W), b: made.map(({ b }) => b) }];
  });
  if (!returnState) return output;
  return [output, stateSize === 1 ? state[0] : state];
}

function run(
  cell: Cell,
  x: Tensor,
  initial: readonly Tensor[],
  lengths: Tensor | null,
  returnSeq: boolean,
): { readonly output: Tensor; readonly state: readonly Tensor[] } {
  const [stepCount, batch] = leading(x);
  const numbers = range(reshape(stepCount, []) as Tensor<"int32", readonly []>) as Tensor;
  const elements: Tensor[] = [numbers, ...cell.inputs.map((linear) => linear.beforehand(x))];
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
  const sequence: Tensor = transpose(all.at(-1) as Tensor, [1, 0, 2]);
  const last = subtract(reshape(stepCount, []) as Tensor, 1) as Tensor<"int32">;
  const state = all.map((values): Tensor => gather(values, last as Tensor) as Tensor);
  if (lengths === null) return { output: sequence, state };
  const places: Tensor = reshape(numbers, concat([[1], stepCount], 0) as Tensor<"int32">);
  const ends: Tensor = reshape(lengths, concat([batch, [1]], 0) as Tensor<"int32">);
  const isRunning = cast(less(places, ends) as Tensor, "float32") as Tensor;
  return { output: multiply(sequence, expandDims(isRunning, 2) as Tensor) as Tensor, state };
}

/** Steps before the zeros: what an embedding counted, else those with an element that is not 0. */
function lengthsOf(incoming: Tensor): Tensor {
  const { seqLength } = incoming as Tensor & { readonly seqLength?: unknown };
  if (seqLength instanceof Tensor) return seqLength;
  const used = notEqual(reduceMax(abs(incoming), 2) as Tensor, 0) as Tensor;
  return reduceSum(cast(used, "int32") as Tensor, 1) as Tensor;
}

function initialStates(
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
