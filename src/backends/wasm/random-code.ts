/** @file Code that draws random numbers where a program wants them. */
import type { RandomKernel } from "../../compiler/index.js";
import { type NumericDType, sizeOf } from "../../core/index.js";
import { RandomState } from "../../core/random-state.js";
import type { RandomDefinition } from "../../ir/index.js";
import type { FunctionBuilder, ModuleBuilder } from "./assembler/index.js";
import { type Frame, factsOf } from "./frame.js";
import type { MathLibrary } from "./math.js";
import type { Addresses } from "./program-code.js";
import { addRandomFunctions, type RandomFill, type RandomFunctions } from "./random.js";

export class RandomCode {
  private readonly functions: RandomFunctions;

  constructor(
    module: ModuleBuilder,
    math: MathLibrary,
    private readonly addresses: Addresses,
  ) {
    this.functions = addRandomFunctions(module, math);
  }

  /** Fills a value with the next numbers of its generator. */
  draw(f: FunctionBuilder, frame: Frame, { value, definition }: RandomKernel): void {
    const { dtype, shape } = factsOf(frame, value);
    const count = sizeOf(shape);
    const state = this.addresses.generator(definition);
    frame.push(f, value);
    f.i32(count);
    if (definition.distribution === "uniformInteger") {
      f.i32(definition.low ?? 0);
      f.i32(definition.range ?? 1);
    }
    for (let word = 0; word < RandomState.WORDS; word++) {
      f.i32(state);
      f.load("i32.load", 4 * word);
    }
    f.call(this.functions[fills[definition.distribution](dtype)]);
    f.i32(state);
    f.i32(count);
    f.call(this.functions.advance);
  }
}

const fills: Readonly<Record<RandomDefinition["distribution"], (dtype: NumericDType) => RandomFill>> = {
  uniform: (dtype) => (dtype === "float64" ? "uniformFloat64" : "uniformFloat32"),
  normal: (dtype) => (dtype === "float64" ? "normalFloat64" : "normalFloat32"),
  truncatedNormal: (dtype) => (dtype === "float64" ? "truncatedNormalFloat64" : "truncatedNormalFloat32"),
  uniformInteger: () => "uniformInt32",
};
