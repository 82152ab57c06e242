/**
 * @file A device that computes, beside every element of a program, how far from it another correct device
 * may end up. What a compiled backend returns is compared within these bounds: no tolerance is guessed.
 */
import type { Device, Executable } from "../../src/backends/backend.js";
import { type Feed, feedArray } from "../../src/backends/feed.js";
import { RandomGenerators } from "../../src/backends/interpreter/random.js";
import { liveValues } from "../../src/compiler/index.js";
import { NdArray, type NumericDType, sizeOf } from "../../src/core/index.js";
import {
  type Block,
  type BranchBlock,
  carriedName,
  type LoopBlock,
  type Program,
  type Value,
  type ValueId,
} from "../../src/ir/index.js";
import {
  type BoundedArray,
  evaluateArgReduce,
  evaluateContraction,
  evaluateMap,
  evaluateRandom,
  evaluateReduce,
  evaluateScatter,
} from "./bounded-arrays.js";

/** Thrown where rounding decides whether a run fails, which branch it takes or how long a loop runs. */
export class UncertainCheck extends Error {}

type Arrays = NdArray<NumericDType>;
type Variables = ReadonlyMap<string, BoundedArray>;

const copyOf = ({ array, errors }: BoundedArray): BoundedArray => ({
  array: new NdArray<NumericDType>(array.dtype, array.shape, array.data.slice()),
  errors,
});

/** The truth of a scalar that decides how a run goes on. */
function certainTruth({ array, errors }: BoundedArray): boolean {
  if (errors[0] !== 0) throw new UncertainCheck("rounding decides how this run goes on");
  return array.data[0] !== 0;
}

/** How often a loop runs. */
function certainCount({ array, errors }: BoundedArray): number {
  if (errors[0] !== 0) throw new UncertainCheck("rounding decides how long a loop runs");
  return array.data[0] as number;
}

export class ErrorBoundsDevice implements Device {
  readonly backend = "interpreter";
  readonly bytes = 0;
  private readonly variables = new Map<string, BoundedArray>();
  private readonly generators = new RandomGenerators();
  /** The bounds of the arrays this device has returned; they may come back as feeds of a later stage. */
  private readonly known = new WeakMap<NdArray, Float64Array>();

  async compile(program: Program): Promise<Executable> {
    const live = liveValues(program);
    return { run: (feeds) => this.run(program, live, feeds) };
  }

  readVariable(name: string): Arrays | undefined {
    return this.variables.get(name)?.array;
  }

  upload(): never {
    throw new Error("bounds are followed through feeds alone");
  }

  /** The bounds of an array that a run has returned, or a variable's. */
  errorsOf(array: NdArray): Float64Array {
    return this.known.get(array) ?? new Float64Array(array.size);
  }

  close(): void {
    this.variables.clear();
  }

  private run(program: Program, live: readonly Value[], fed: readonly Feed[]): Arrays[] {
    const feeds = program.feeds.map((id, i) => feedArray(fed[i] as Feed, (program.values[id] as Value).dtype));
    const bounded = feeds.map((array) => ({ array, errors: this.errorsOf(array) }));
    const before = this.generators.snapshot();
    try {
      const { outputs, updates } = new Evaluation(program, live, this.generators).run(bounded, this.variables);
      for (const [variable, value] of updates) this.variables.set(variable, this.keep(value));
      return outputs.map((value) => this.keep(value).array);
    } catch (error) {
      this.generators.restore(before);
      throw error;
    }
  }

  private keep(value: BoundedArray): BoundedArray {
    const kept = copyOf(value);
    this.known.set(kept.array, kept.errors);
    return kept;
  }
}

/** One execution of a program, of the session's or of one inside a block. */
class Evaluation {
  private readonly results = new Map<ValueId, BoundedArray>();
  private readonly blocks = new Map<Block, readonly BoundedArray[]>();
  private variables: Variables = new Map();

  constructor(
    private readonly program: Program,
    private readonly live: readonly Value[],
    private readonly generators: RandomGenerators,
  ) {}

  run(
    feeds: readonly BoundedArray[],
    variables: Variables,
  ): { readonly outputs: readonly BoundedArray[]; readonly updates: Variables } {
    const { program, results } = this;
    this.variables = variables;
    program.feeds.forEach((id, i) => {
      results.set(id, feeds[i] as BoundedArray);
    });
    for (const value of this.live) if (!results.has(value.id)) results.set(value.id, this.evaluate(value));
    for (const { flag, details, error } of program.checks)
      if (certainTruth(this.find(flag))) throw error(details.map((id) => this.find(id).array));
    return {
      outputs: program.outputs.map(this.find),
      updates: new Map(program.updates.map(({ variable, value }) => [variable, this.find(value)])),
    };
  }

  private readonly find = (id: ValueId): BoundedArray => this.results.get(id) as BoundedArray;

  private evaluate(value: Value): BoundedArray {
    const { definition } = value;
    switch (definition.kind) {
      case "feed":
        throw new Error(`Feed ${value.origin} was not supplied`);
      case "variable":
        return this.variables.get(definition.variable) as BoundedArray;
      case "constant":
        return { array: definition.data, errors: new Float64Array(definition.data.size) };
      case "map":
        return evaluateMap(value, definition.body, this.find);
      case "reduce":
        return evaluateReduce(value, definition, this.find);
      case "argReduce":
        return evaluateArgReduce(value, definition, this.find);
      case "contraction":
        return evaluateContraction(value, definition, this.find);
      case "scatter":
        return evaluateScatter(value, definition, this.find);
      case "random":
        return evaluateRandom(value, definition, this.generators);
      case "block":
        return this.block(definition.block)[definition.output] as BoundedArray;
    }
  }

  private block(block: Block): readonly BoundedArray[] {
    const known = this.blocks.get(block);
    if (known !== undefined) return known;
    const made = block.kind === "loop" ? this.loop(block) : this.branch(block);
    this.blocks.set(block, made);
    return made;
  }

  private nested(program: Program, feeds: readonly BoundedArray[], variables: Variables = new Map()) {
    return new Evaluation(program, liveValues(program), this.generators).run(feeds, variables);
  }

  private branch({ condition, whenTrue, whenFalse, invariant }: BranchBlock): readonly BoundedArray[] {
    const chosen = certainTruth(this.find(condition)) ? whenTrue : whenFalse;
    return this.nested(chosen, invariant.map(this.find)).outputs;
  }

  private loop({
    steps,
    count,
    condition,
    body,
    reverse,
    carried,
    sliced,
    invariant,
  }: LoopBlock): readonly BoundedArray[] {
    const limit = count === null ? steps : certainCount(this.find(count));
    const constant = invariant.map(this.find);
    const state = new Map(carried.map((id, i) => [carriedName(i), this.find(id)]));
    const rows: (readonly BoundedArray[])[] = [];
    for (let step = 0; limit === null || step < limit; step++) {
      const at = reverse ? (limit ?? 0) - 1 - step : step;
      const feeds = [...sliced.map((id) => rowOf(this.find(id), at)), ...constant];
      if (condition !== null && !certainTruth(this.nested(condition, feeds, state).outputs[0] as BoundedArray)) break;
      const { outputs, updates } = this.nested(body, feeds, state);
      for (const [name, value] of updates) state.set(name, value);
      rows.push(outputs);
    }
    if (reverse) rows.reverse();
    const stacks = body.outputs.map((id, i) =>
      stack(
        rows.map((row) => row[i] as BoundedArray),
        steps ?? 0,
        body.values[id] as Value,
      ),
    );
    return [...carried.map((_, i) => state.get(carriedName(i)) as BoundedArray), ...stacks];
  }
}

function rowOf({ array, errors }: BoundedArray, at: number): BoundedArray {
  const shape = array.shape.slice(1);
  const size = sizeOf(shape);
  return {
    array: array.rows(at, at + 1).reshape(shape) as Arrays,
    errors: errors.slice(at * size, (at + 1) * size),
  };
}

/** Equal values as the first of `count` rows of one; their dtype and shape are those of `row`. */
function stack(rows: readonly BoundedArray[], count: number, row: Value): BoundedArray {
  const array = NdArray.zeros(row.dtype, [count, ...row.shape]) as Arrays;
  const errors = new Float64Array(array.size);
  rows.forEach((part, r) => {
    array.data.set(part.array.data, r * part.array.size);
    errors.set(part.errors, r * part.array.size);
  });
  return { array, errors };
}
