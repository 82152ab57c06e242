/**
 * @file Cells of recurrent layers: what one step computes, from linear maps of the input and of the state.
 * Follows the cells of `layers/recurrent.py` of TFLearn. The part of the input is computed for all steps at
 * once, before the loop.
 */
import { type OptionNames, requireOptions } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import {
  add,
  concat,
  constantInitializer,
  matmul,
  multiply,
  nn,
  reshape,
  shape,
  slice,
  split,
  subtract,
  type Variable,
  variableScope,
} from "../../ops/index.js";
import { type Activation, get as activationOf } from "../activations.js";
import type { Initialization } from "../initializations.js";
import { type LayerScope, requireCount } from "./layer.js";

/** Options of {@link BasicRNNCell}, and of all cells. */
export interface CellOptions {
  /** Default "tanh". */
  readonly activation?: Activation;
  /** How the weights start. Default: Glorot uniform. */
  readonly weightsInit?: Initialization | null;
  /** Whether optimizers change the variables. Default true. */
  readonly trainable?: boolean;
  /** Whether `DNN.load` restores the variables. Default true. */
  readonly restore?: boolean;
}

/** Options of {@link GRUCell}. */
export interface GatedCellOptions extends CellOptions {
  /** Of the gates. Default "sigmoid". */
  readonly innerActivation?: Activation;
}

/** Options of {@link BasicLSTMCell}. */
export interface LstmCellOptions extends GatedCellOptions {
  /** Added to the forget gate. Default 1. */
  readonly forgetBias?: number;
}

const cellOptions: OptionNames<CellOptions> = { activation: true, weightsInit: true, trainable: true, restore: true };
const gatedOptions: OptionNames<GatedCellOptions> = { ...cellOptions, innerActivation: true };
const lstmOptions: OptionNames<LstmCellOptions> = { ...gatedOptions, forgetBias: true };

/** A linear map of `[x, h]`: its part of x for all steps, and what one step adds. */
export interface Linear {
  readonly W: Variable;
  readonly b: Variable;
  /** `x·W_x + b` of `[steps, batch, features]`. */
  beforehand(x: Tensor): Tensor;
  /** That of one step plus `h·W_h`. */
  continued(projected: Tensor, h: Tensor): Tensor;
}

/** A cell with its variables. */
export interface BuiltCell {
  readonly inputs: readonly Linear[];
  /** The state after a step, the output last. */
  readonly step: (projected: readonly Tensor[], state: readonly Tensor[]) => readonly Tensor[];
}

/** Makes a linear map with so many columns, in a scope of its own. */
type MakeLinear = (scope: string, columns: number, bias: number) => Linear;

/** What a step of a recurrent layer computes. Its variables are made by the layer it is given to. */
export abstract class RNNCell {
  /** How many tensors the state has. */
  abstract readonly stateSize: number;
  /** The scope of its variables. */
  protected abstract readonly scopeName: string;
  readonly numUnits: number;
  protected readonly activation: (x: Tensor) => Tensor;

  constructor(
    numUnits: number,
    private readonly options: CellOptions,
    known: Readonly<Record<string, true>>,
  ) {
    this.numUnits = requireCount(numUnits, "the number of units");
    requireOptions("a cell", options, known);
    this.activation = activationOf(options.activation ?? "tanh");
  }

  protected abstract make(linear: MakeLinear): BuiltCell;

  /** Makes the variables, for inputs of so many features, in the scope in force. */
  build(layer: LayerScope, features: number): BuiltCell {
    using _cell = variableScope(this.scopeName);
    const { weightsInit, trainable, restore } = this.options;
    const own = { ...(trainable === undefined ? {} : { trainable }), ...(restore === undefined ? {} : { restore }) };
    const start = weightsInit === null || weightsInit === undefined ? {} : { initializer: weightsInit };
    return this.make((scope, columns, bias) => {
      using _linear = variableScope(scope);
      const shapeOfW = [features + this.numUnits, columns];
      const W = layer.variable("Matrix", { shape: shapeOfW, dtype: "float32", ...start, ...own });
      const initializer = constantInitializer(bias);
      const b = layer.variable("Bias", { shape: [columns], dtype: "float32", initializer, ...own });
      return linearOf(W, b, features, this.numUnits);
    });
  }
}

/** `h = activation([x, h]·W + b)`. `tflearn.BasicRNNCell`. */
export class BasicRNNCell extends RNNCell {
  override readonly stateSize = 1;
  protected override readonly scopeName = "BasicRNNCell";

  constructor(numUnits: number, options: CellOptions = {}) {
    super(numUnits, options, cellOptions);
  }

  protected override make(linear: MakeLinear): BuiltCell {
    const { activation } = this;
    const step = linear("Linear", this.numUnits, 0);
    return {
      inputs: [step],
      step: ([x], [h]) => [activation(step.continued(x as Tensor, h as Tensor))],
    };
  }
}

/**
 * Long short-term memory: gates i, j, f, o from `[x, h]·W + b`; `c = c·σ(f + forgetBias) + σ(i)·tanh(j)`,
 * `h = tanh(c)·σ(o)`. Its state is `[c, h]`. `tflearn.BasicLSTMCell`.
 */
export class BasicLSTMCell extends RNNCell {
  override readonly stateSize = 2;
  protected override readonly scopeName = "BasicLSTMCell";
  private readonly inner: (x: Tensor) => Tensor;
  private readonly forgetBias: number;

  constructor(numUnits: number, options: LstmCellOptions = {}) {
    super(numUnits, options, lstmOptions);
    this.inner = activationOf(options.innerActivation ?? "sigmoid");
    this.forgetBias = options.forgetBias ?? 1;
  }

  protected override make(linear: MakeLinear): BuiltCell {
    const { activation, inner, forgetBias } = this;
    const gates = linear("Linear", 4 * this.numUnits, 0);
    return {
      inputs: [gates],
      step: ([x], [c, h]) => {
        const [i, j, f, o] = split(gates.continued(x as Tensor, h as Tensor), 4, { axis: 1 }) as readonly Tensor[];
        const kept: Tensor = multiply(c as Tensor, inner(add(f as Tensor, forgetBias) as Tensor));
        const memory: Tensor = add(kept, multiply(inner(i as Tensor), activation(j as Tensor)) as Tensor);
        return [memory, multiply(activation(memory), inner(o as Tensor)) as Tensor];
      },
    };
  }
}

/**
 * Gated recurrent unit: gates r, u = `σ([x, h]·W + b)` with b from 1; candidate `c = tanh([x, r·h]·W' + b')`;
 * `h = u·h + (1 − u)·c`. `tflearn.GRUCell`.
 */
export class GRUCell extends RNNCell {
  override readonly stateSize = 1;
  protected override readonly scopeName = "GRUCell";
  private readonly inner: (x: Tensor) => Tensor;

  constructor(numUnits: number, options: GatedCellOptions = {}) {
    super(numUnits, options, gatedOptions);
    this.inner = activationOf(options.innerActivation ?? "sigmoid");
  }

  protected override make(linear: MakeLinear): BuiltCell {
    const { activation, inner } = this;
    const gates = linear("Gates/Linear", 2 * this.numUnits, 1);
    const candidate = linear("Candidate/Linear", this.numUnits, 0);
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
  }
}

function linearOf(W: Variable, b: Variable, features: number, units: number): Linear {
  const columns = b.shape[0] as number;
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

/** The first two extents of a tensor, as vectors of one. */
export function leading(x: Tensor): readonly [Tensor, Tensor] {
  const extents = shape(x) as Tensor;
  return [slice(extents, [0], [1]) as Tensor, slice(extents, [1], [1]) as Tensor];
}
