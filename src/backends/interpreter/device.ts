/**
 * @file The interpreter: executes the unfused program, value by value, with float64 arithmetic inside
 * each value. It is the oracle for the compiled backends and the last resort where none of them loads.
 */

import {
  evaluateArgReduce,
  evaluateContraction,
  evaluateMap,
  evaluateReduce,
  evaluateScatter,
} from "../../compiler/evaluate.js";
import { liveValues } from "../../compiler/liveness.js";
import { printProgram } from "../../compiler/print.js";
import { NdArray, type NumericDType } from "../../core/index.js";
import type { Program, Value, ValueId } from "../../ir/index.js";
import type { Device, Executable } from "../backend.js";
import { drawRandom, RandomGenerators } from "./random.js";

export class InterpreterDevice implements Device {
  readonly backend = "interpreter";
  private readonly variables = new Map<string, NdArray<NumericDType>>();
  private readonly generators = new RandomGenerators();

  async compile(program: Program): Promise<Executable> {
    const live = liveValues(program);
    return {
      run: (feeds) => this.execute(program, live, feeds),
      describe: () => printProgram(program),
    };
  }

  readVariable(name: string): NdArray<NumericDType> | undefined {
    return this.variables.get(name);
  }

  get bytes(): number {
    let total = 0;
    for (const value of this.variables.values()) total += value.data.byteLength;
    return total;
  }

  close(): void {
    this.variables.clear();
  }

  private execute(
    program: Program,
    live: readonly Value[],
    feeds: readonly NdArray<NumericDType>[],
  ): NdArray<NumericDType>[] {
    const results = new Map<ValueId, NdArray<NumericDType>>();
    program.feeds.forEach((id, i) => {
      results.set(id, feeds[i] as NdArray<NumericDType>);
    });
    const arrayOf = (id: ValueId): NdArray<NumericDType> => results.get(id) as NdArray<NumericDType>;
    for (const value of live) if (!results.has(value.id)) results.set(value.id, this.evaluate(value, arrayOf));
    for (const check of program.checks)
      if (arrayOf(check.flag).data[0] !== 0) throw check.error(check.details.map(arrayOf));
    const outputs = program.outputs.map((id) => {
      const { dtype, shape, data } = arrayOf(id);
      return new NdArray<NumericDType>(dtype, shape, data.slice());
    });
    for (const { variable, value } of program.updates) {
      const { dtype, shape, data } = arrayOf(value);
      this.variables.set(variable, new NdArray<NumericDType>(dtype, shape, data.slice()));
    }
    return outputs;
  }

  private evaluate(value: Value, arrayOf: (id: ValueId) => NdArray<NumericDType>): NdArray<NumericDType> {
    const { definition, shape, dtype } = value;
    switch (definition.kind) {
      case "feed":
        throw new Error(`Feed ${value.origin} was not supplied`);
      case "variable":
        return this.variables.get(definition.variable) as NdArray<NumericDType>;
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
    }
  }
}
