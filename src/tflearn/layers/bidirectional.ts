/**
 * @file A layer that reads sequences in both directions, with a cell for each. Follows `bidirectional_rnn`
 * in `layers/recurrent.py` of TFLearn.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  type DType,
  describe,
  type OptionNames,
  requireOptions,
  type Shape,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import {
  cast,
  concat,
  equal,
  expandDims,
  gather,
  multiply,
  range,
  reduceSum,
  reshape,
  subtract,
  transpose,
  variableScope,
} from "../../ops/index.js";
import { Collections } from "../collections.js";
import { leading, RNNCell } from "./cells.js";
import { lastExtent, type VariableLayerOptions, variableLayer, variableOptions } from "./layer.js";
import { initialStates, lengthsOf, type RecurrentWeights, requireSequences, run } from "./recurrent.js";

/** Options of {@link bidirectionalRnn}. */
export interface BidirectionalOptions extends VariableLayerOptions {
  /** The outputs of every step, `[batch, steps, 2·units]`, in place of the last. Default false. */
  readonly returnSeq?: boolean;
  /** `[output, state forward, state backward]` in place of the output. Default false. */
  readonly returnStates?: boolean;
  /** The state before the first step. Default: zeros. */
  readonly initialStateFw?: Tensor | readonly Tensor[] | null;
  /** The state behind the last step. Default: zeros. */
  readonly initialStateBw?: Tensor | readonly Tensor[] | null;
  /** Sequences end before the zeros at their end. Default false. */
  readonly dynamic?: boolean;
}

const bidirectionalOptions: OptionNames<BidirectionalOptions> = {
  ...variableOptions,
  returnSeq: true,
  returnStates: true,
  initialStateFw: true,
  initialStateBw: true,
  dynamic: true,
};

/** The output of a bidirectional layer. */
export type Bidirectional = Tensor<"float32"> & RecurrentWeights;
/** The state of a cell: one tensor, or `[c, h]`. */
export type CellState = Tensor | readonly Tensor[];

/**
 * A cell that reads `[batch, steps, features]` forward and another that reads it backward, their outputs
 * side by side at each step. What it gives is the last step's: there the cell that reads backward has seen
 * one step alone, as in the original; use `returnSeq` for the others. `tflearn.bidirectional_rnn`.
 * @throws ShapeError for other than three axes, ArgumentError for cells of different numbers of units
 */
export function bidirectionalRnn<O extends BidirectionalOptions = BidirectionalOptions>(
  incoming: Tensor<DType, Shape>,
  rnncellFw: RNNCell,
  rnncellBw: RNNCell,
  options: O = {} as O,
): O["returnStates"] extends true ? readonly [output: Bidirectional, fw: CellState, bw: CellState] : Bidirectional {
  requireOptions("bidirectionalRnn", options, bidirectionalOptions);
  requireSequences(incoming);
  requireCells(rnncellFw, rnncellBw);
  const { returnSeq = false, returnStates = false, dynamic = false } = options;
  const features = lastExtent(incoming);
  const states: CellState[] = [];
  const [batchSize = null, stepCount = null] = incoming.shape;
  const output = variableLayer(incoming, "BiRNN", options, (layer) => {
    const x: Tensor = transpose(incoming as Tensor, [1, 0, 2]);
    const lengths = dynamic ? lengthsOf(incoming) : null;
    const W: RecurrentWeights["W"][number][] = [];
    const b: RecurrentWeights["b"][number][] = [];
    const read = (cell: RNNCell, initial: CellState | null | undefined, backward: boolean): Tensor => {
      using _direction = variableScope(backward ? "BiRNN_BW" : "BiRNN_FW");
      const built = cell.build(layer, features);
      for (const linear of built.inputs) {
        W.push(linear.W);
        b.push(linear.b);
      }
      const start = initialStates(initial ?? null, incoming, cell.numUnits, cell.stateSize);
      const { output: sequence, state } = run(built, x, start, { lengths, returnSeq: true, backward });
      states.push(cell.stateSize === 1 ? (state[0] as Tensor) : state);
      return sequence;
    };
    const forward = read(rnncellFw, options.initialStateFw, false);
    const backward = read(rnncellBw, options.initialStateBw, true);
    const both = concat([forward, backward], 2) as Tensor;
    const width = 2 * rnncellFw.numUnits;
    both.setShape([batchSize, stepCount, width]);
    const result = returnSeq ? both : lastOf(both, lengths);
    if (!returnSeq) result.setShape([batchSize, width]);
    layer.scope.graph.addToCollection(Collections.ACTIVATIONS, result);
    return [result, { W, b }];
  });
  return (returnStates ? [output, ...states] : output) as never;
}

/** The outputs of the last step of each row. */
function lastOf(sequence: Tensor, lengths: Tensor | null): Tensor {
  const [, steps] = leading(sequence);
  const count = reshape(steps, []) as Tensor<"int32", readonly []>;
  if (lengths === null) return gather(transpose(sequence, [1, 0, 2]) as Tensor, subtract(count, 1) as Tensor) as Tensor;
  const [batch] = leading(sequence);
  const places = reshape(range(count) as Tensor, concat([[1], steps], 0) as Tensor<"int32">) as Tensor;
  const ends = reshape(subtract(lengths, 1) as Tensor, concat([batch, [1]], 0) as Tensor<"int32">) as Tensor;
  const isLast = cast(equal(places, ends) as Tensor, "float32") as Tensor;
  return reduceSum(multiply(sequence, expandDims(isLast, 2) as Tensor) as Tensor, 1) as Tensor;
}

function requireCells(forward: unknown, backward: unknown): void {
  for (const cell of [forward, backward])
    if (!(cell instanceof RNNCell))
      throw new ArgumentError(`bidirectionalRnn takes two cells, got ${describe(cell)}`, {
        createdAt: callSiteOf(captureCallSite()),
        hint: "pass new tflearn.BasicLSTMCell(128) for each direction",
      });
  if ((forward as RNNCell).numUnits !== (backward as RNNCell).numUnits)
    throw new ArgumentError("RNN Cells number of units must match!", {
      createdAt: callSiteOf(captureCallSite()),
      hint: `they have ${(forward as RNNCell).numUnits} and ${(backward as RNNCell).numUnits}`,
    });
  if (forward === backward)
    throw new ArgumentError("bidirectionalRnn takes two cells, got one twice", {
      createdAt: callSiteOf(captureCallSite()),
      hint: "make another: the directions have weights of their own",
    });
}
