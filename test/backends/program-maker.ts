/** @file Support of the backend tests: writes programs value by value, as lowering does, without a graph. */
import { NdArray, type NumericDType } from "../../src/core/index.js";
import {
  type Block,
  type Check,
  carriedName,
  type Definition,
  type Expr,
  ExpressionBuilder,
  type LoopBlock,
  type Program,
  type ReduceOp,
  type Value,
  type ValueId,
} from "../../src/ir/index.js";

export class ProgramMaker {
  readonly e = new ExpressionBuilder();
  private readonly values: Value[] = [];
  private readonly feeds: ValueId[] = [];
  private readonly updates: { variable: string; value: ValueId }[] = [];
  private readonly checks: Check[] = [];

  define(dtype: NumericDType, shape: readonly number[], definition: Definition): Value {
    const value: Value = { id: this.values.length, dtype, shape, definition, origin: definition.kind };
    this.values.push(value);
    return value;
  }
  feed(shape: readonly number[], dtype: NumericDType = "float32"): Value {
    const value = this.define(dtype, shape, { kind: "feed" });
    this.feeds.push(value.id);
    return value;
  }
  variable(variable: string, shape: readonly number[], dtype: NumericDType = "float32"): Value {
    return this.define(dtype, shape, { kind: "variable", variable });
  }
  /** The value that a loop carries in this place. */
  carried(index: number, shape: readonly number[], dtype: NumericDType = "float32"): Value {
    return this.variable(carriedName(index), shape, dtype);
  }
  constant(data: number | readonly number[], dtype: NumericDType = "float32"): Value {
    const array = NdArray.from(data as number[], dtype) as NdArray<NumericDType>;
    return this.define(dtype, array.shape, { kind: "constant", data: array });
  }
  axes(shape: readonly number[]): Expr[] {
    return shape.map((extent, axis) => this.e.axis(axis, extent));
  }
  at(value: Value, indices: readonly Expr[] = this.axes(value.shape)): Expr {
    return this.e.load(value.id, value.dtype, indices);
  }
  map(shape: readonly number[], body: (axes: readonly Expr[]) => Expr): Value {
    const formula = body(this.axes(shape));
    return this.define(formula.dtype, shape, { kind: "map", body: formula });
  }
  /** Combines all elements of a value. */
  reduce(op: ReduceOp, value: Value): Value {
    return this.define(value.dtype, [], { kind: "reduce", op, extents: value.shape, body: this.at(value) });
  }
  add(a: Value, b: Value): Value {
    return this.map(a.shape, () => this.e.add(this.at(a), this.at(b)));
  }
  update(variable: string, value: Value): void {
    this.updates.push({ variable, value: value.id });
  }
  check(check: Check): void {
    this.checks.push(check);
  }
  /** One result of a block; ask once for each with the same block. */
  result(block: Block, output: number, shape: readonly number[], dtype: NumericDType = "float32"): Value {
    return this.define(dtype, shape, { kind: "block", block, output });
  }
  program(...outputs: readonly Value[]): Program {
    const { e, values, feeds, updates, checks } = this;
    return { builder: e, values, feeds, outputs: outputs.map((v) => v.id), updates, checks };
  }
}

/** A program by itself. */
export function makeProgram(write: (maker: ProgramMaker) => readonly Value[]): Program {
  const maker = new ProgramMaker();
  return maker.program(...write(maker));
}

export const loop = (parts: Partial<LoopBlock> & Pick<LoopBlock, "body">): LoopBlock => ({
  kind: "loop",
  steps: null,
  count: null,
  condition: null,
  reverse: false,
  carried: [],
  sliced: [],
  invariant: [],
  ...parts,
});

export const floats = (data: unknown): NdArray<NumericDType> =>
  NdArray.from(data as number[], "float32") as NdArray<NumericDType>;
