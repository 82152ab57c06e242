/**
 * @file The interpreter: executes the unfused program, value by value, with float64 arithmetic inside
 * each value. It is the oracle for the compiled backends and the last resort where none of them loads.
 */

import { evaluateMap } from "../../compiler/evaluate.js";
import { liveValues } from "../../compiler/liveness.js";
import { NdArray, type NumericDType, sizeOf } from "../../core/index.js";
import {
  type Block,
  type BranchBlock,
  carriedName,
  type LoopBlock,
  type Program,
  type Value,
  type ValueId,
} from "../../ir/index.js";
import type { Device, Executable } from "../backend.js";
import { type Feed, feedArray, hostResident, type ResidentArray } from "../feed.js";
import { evaluateArgReduce, evaluateContraction, evaluateReduce, evaluateScatter } from "./evaluate.js";
import { drawRandom, RandomGenerators } from "./random.js";

export class InterpreterDevice implements Device {
  readonly backend = "interpreter";
  private readonly variables = new Map<string, NdArray<NumericDType>>();
  private readonly generators = new RandomGenerators();

  async compile(program: Program): Promise<Executable> {
    const live = liveValues(program);
    return {
      run: (feeds) => this.execute(program, live, feeds),
    };
  }

  readVariable(name: string): NdArray<NumericDType> | undefined {
    return this.variables.get(name);
  }

  async upload(array: NdArray<NumericDType>): Promise<ResidentArray> {
    return hostResident(array);
  }

  get bytes(): number {
    let total = 0;
    for (const value of this.variables.values()) total += value.data.byteLength;
    return total;
  }

  close(): void {
    this.variables.clear();
  }

  private execute(program: Program, live: readonly Value[], fed: readonly Feed[]): NdArray<NumericDType>[] {
    const feeds = program.feeds.map((id, i) => feedArray(fed[i] as Feed, (program.values[id] as Value).dtype));
    const before = this.generators.snapshot();
    try {
      const { outputs, updates } = new Evaluation(program, live, this.generators).run(feeds, this.variables);
      for (const [variable, value] of updates) this.variables.set(variable, copyOf(value));
      return outputs.map(copyOf);
    } catch (error) {
      this.generators.restore(before);
      throw error;
    }
  }
}

type Arrays = NdArray<NumericDType>;
const copyOf = ({ dtype, shape, data }: Arrays): Arrays => new NdArray<NumericDType>(dtype, shape, data.slice());

/** One execution of a program, of the session's or of one inside a block. */
class Evaluation {
  private readonly results = new Map<ValueId, Arrays>();
  private readonly blocks = new Map<Block, readonly Arrays[]>();
  private variables: ReadonlyMap<string, Arrays> = new Map();

  constructor(
    private readonly program: Program,
    private readonly live: readonly Value[],
    private readonly generators: RandomGenerators,
  ) {}

  run(
    feeds: readonly Arrays[],
    variables: ReadonlyMap<string, Arrays>,
  ): { readonly outputs: readonly Arrays[]; readonly updates: ReadonlyMap<string, Arrays> } {
    const { program, results } = this;
    this.variables = variables;
    program.feeds.forEach((id, i) => {
      results.set(id, feeds[i] as Arrays);
    });
    for (const value of this.live) if (!results.has(value.id)) results.set(value.id, this.evaluate(value));
    for (const check of program.checks)
      if (this.arrayOf(check.flag).data[0] !== 0) throw check.error(check.details.map(this.arrayOf));
    return {
      outputs: program.outputs.map(this.arrayOf),
      updates: new Map(program.updates.map(({ variable, value }) => [variable, this.arrayOf(value)])),
    };
  }

  private readonly arrayOf = (id: ValueId): Arrays => this.results.get(id) as Arrays;

  private evaluate(value: Value): Arrays {
    const { definition, shape, dtype } = value;
    const { arrayOf } = this;
    switch (definition.kind) {
      case "feed":
        throw new Error(`Feed ${value.origin} was not supplied`);
      case "variable":
        return this.variables.get(definition.variable) as Arrays;
      case "constant":
        return definition.data;
      case "map":
        return evaluateMap(shape, dtype, definition.body, arrayOf);
      case "reduce":
        return evaluateReduce(shape, dtype, definition, arrayOf);
      case "argReduce":
        return evaluateArgReduce(shape, definition, arrayOf);
      case "contraction":
        return evaluateContraction(shape, dtype, definition, arrayOf);
      case "scatter":
        return evaluateScatter(shape, dtype, definition, arrayOf);
      case "random":
        return drawRandom(definition, shape, dtype, this.generators);
      case "block":
        return this.block(definition.block)[definition.output] as Arrays;
    }
  }

  private block(block: Block): readonly Arrays[] {
    const known = this.blocks.get(block);
    if (known !== undefined) return known;
    const made = block.kind === "loop" ? this.loop(block) : this.branch(block);
    this.blocks.set(block, made);
    return made;
  }

  private nested(program: Program, feeds: readonly Arrays[], variables: ReadonlyMap<string, Arrays> = new Map()) {
    return new Evaluation(program, liveValues(program), this.generators).run(feeds, variables);
  }

  private branch({ condition, whenTrue, whenFalse, invariant }: BranchBlock): readonly Arrays[] {
    const chosen = this.arrayOf(condition).data[0] !== 0 ? whenTrue : whenFalse;
    return this.nested(chosen, invariant.map(this.arrayOf)).outputs;
  }

  private loop({ steps, count, condition, body, reverse, carried, sliced, invariant }: LoopBlock): readonly Arrays[] {
    const limit = count === null ? steps : (this.arrayOf(count).data[0] as number);
    const constant = invariant.map(this.arrayOf);
    const state = new Map(carried.map((id, i) => [carriedName(i), this.arrayOf(id)]));
    const rows: Arrays[][] = [];
    for (let step = 0; limit === null || step < limit; step++) {
      const at = reverse ? (limit ?? 0) - 1 - step : step;
      const slices = sliced.map((id) => {
        const all = this.arrayOf(id);
        return (all.rows(at, at + 1) as Arrays).reshape(all.shape.slice(1)) as Arrays;
      });
      const feeds = [...slices, ...constant];
      if (condition !== null && this.nested(condition, feeds, state).outputs[0]?.data[0] === 0) break;
      const { outputs, updates } = this.nested(body, feeds, state);
      for (const [name, value] of updates) state.set(name, value);
      rows.push([...outputs]);
    }
    if (reverse) rows.reverse();
    const stacks = body.outputs.map((id, i) => {
      const { dtype, shape } = body.values[id] as Value;
      const stack = NdArray.zeros(dtype, [steps ?? 0, ...shape]) as Arrays;
      const rowSize = sizeOf(shape);
      rows.forEach((row, r) => {
        stack.data.set((row[i] as Arrays).data, r * rowSize);
      });
      return stack;
    });
    return [...carried.map((_, i) => state.get(carriedName(i)) as Arrays), ...stacks];
  }
}
