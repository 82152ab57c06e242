/**
 * @file A whole program as one WebAssembly module: a function for each kernel, which takes the addresses
 * of the values it touches, and a `run` function that calls them in order, tests the checks and copies
 * updates into variables.
 */
import {
  kernelExpressions,
  type Plan,
  registersOf,
  type Schedule,
  type ScheduledKernel,
  type ScheduledLoops,
  writtenBy,
} from "../../compiler/index.js";
import { dtypeFacts, type NumericDType, sizeOf } from "../../core/index.js";
import { loadsOf, type Program, type RandomDefinition, type ValueId } from "../../ir/index.js";
import { type FunctionBuilder, type FunctionRef, type Local, ModuleBuilder } from "./assembler/index.js";
import { emitContraction } from "./contraction-code.js";
import { ExpressionCode, type ExpressionContext } from "./expression-code.js";
import { emitLoops } from "./loop-code.js";
import { MathLibrary } from "./math.js";
import { addRandomFunctions, type RandomFill, type RandomFunctions } from "./random.js";
import {
  byteShift,
  type CodeLibrary,
  type IntegerFunction,
  integerFunctions,
  scalarBinary,
  scalarLoads,
  scalarStores,
} from "./scalar-code.js";

/** Where things are in memory. */
export interface Addresses {
  value(id: ValueId): number;
  variable(name: string, bytes: number): number;
  /** Six words: seeds and counter of a generator. */
  generator(definition: RandomDefinition): number;
}

export interface CodeOptions {
  readonly relaxedSimd: boolean;
}

/** Functions every module may import from JavaScript, beside those of `math`. */
export const hostImports = { remainder: (a: number, b: number): number => a % b };

/** Assembles the module of a program; its `run` returns 0, or the number of the first failed check. */
export function assembleProgram(
  program: Program,
  schedule: Schedule,
  plan: Plan,
  addresses: Addresses,
  options: CodeOptions,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1 });
  const math = new MathLibrary(module, options);
  const library = new Library(module, math);
  const random = addRandomFunctions(module, math);
  const bytesOf = (id: ValueId): number => {
    const { dtype, shape } = program.values[id] as { dtype: NumericDType; shape: readonly number[] };
    return sizeOf(shape) * dtypeFacts[dtype].bytes;
  };
  const kernels = schedule.kernels.map((kernel, i) => emitKernel(module, `kernel${i}`, kernel, program, library));
  const run = module.defineFunction("run", [], ["i32"], (f) => {
    const tests = (): void => {
      program.checks.forEach(({ flag }, i) => {
        f.i32(addresses.value(flag));
        f.load("i32.load8_u");
        f.if(() => {
          f.i32(i + 1);
          f.return();
        });
      });
    };
    const copy = (target: number, source: number, bytes: number): void => {
      f.i32(target);
      f.i32(source);
      f.i32(bytes);
      f.memoryCopy();
    };
    for (const { value, variable } of plan.saves) {
      const bytes = bytesOf(value);
      copy(addresses.value(value), addresses.variable(variable, bytes), bytes);
    }
    if (plan.checkAfter < 0) tests();
    schedule.kernels.forEach((kernel, i) => {
      if (kernel.kind === "random") callRandom(f, random, kernel.definition, kernel.value, program, addresses);
      else {
        const { ref, values } = kernels[i] as CompiledKernel;
        for (const id of values) f.i32(addresses.value(id));
        f.call(ref);
      }
      if (i === plan.checkAfter) tests();
    });
    for (const { value, variable } of plan.copies) {
      const bytes = bytesOf(value);
      copy(addresses.variable(variable, bytes), addresses.value(value), bytes);
    }
    f.i32(0);
  });
  module.exportFunction("run", run);
  return module.toBytes();
}

class Library implements CodeLibrary {
  private readonly integers = new Map<IntegerFunction, FunctionRef>();
  private remainderRef: FunctionRef | undefined;

  constructor(
    private readonly module: ModuleBuilder,
    readonly math: MathLibrary,
  ) {}

  integer(name: IntegerFunction): FunctionRef {
    const known = this.integers.get(name);
    if (known !== undefined) return known;
    const { params, build } = integerFunctions[name];
    const made = this.module.defineFunction(`integer.${name}`, params, ["i32"], build);
    this.integers.set(name, made);
    return made;
  }

  remainder(): FunctionRef {
    this.remainderRef ??= this.module.importFunction("host", "remainder", ["f64", "f64"], ["f64"]);
    return this.remainderRef;
  }
}

interface CompiledKernel {
  readonly ref: FunctionRef;
  /** The values whose addresses the function takes, in order. */
  readonly values: readonly ValueId[];
}

function emitKernel(
  module: ModuleBuilder,
  name: string,
  kernel: ScheduledKernel,
  program: Program,
  library: Library,
): CompiledKernel | undefined {
  if (kernel.kind === "random") return undefined;
  const registers = registersOf(kernel);
  const written = writtenBy(kernel);
  const touched = new Set<ValueId>(written);
  for (const root of kernelExpressions(kernel))
    for (const load of loadsOf(root)) if (!registers.has(load.value)) touched.add(load.value);
  const values = [...touched];
  const ref = module.defineFunction(
    name,
    values.map(() => "i32"),
    [],
    (f) => {
      const places = new Map<ValueId, Local>(values.map((id, i) => [id, f.param(i)]));
      const context: ExpressionContext = {
        f,
        e: program.builder,
        library,
        base: (id) => places.get(id) as Local,
        written: new Set(written),
      };
      if (kernel.kind === "loops") emitLoops(kernel, context);
      else if (kernel.kind === "contraction")
        emitContraction(kernel, context, { fusedMultiplyAdd: library.math.fused });
      else emitScatter(kernel, program, context);
    },
  );
  return { ref, values };
}

function emitScatter(
  { value, definition }: Extract<ScheduledKernel, { kind: "scatter" }>,
  program: Program,
  context: ExpressionContext,
): void {
  const { f, e } = context;
  const { shape, dtype } = program.values[value] as { shape: readonly number[]; dtype: NumericDType };
  const position = shape.reduce(
    (flat, extent, axis) => e.add(e.mul(flat, e.index(extent)), e.axis(axis, extent)),
    e.index(0),
  );
  const base: ScheduledLoops = {
    kind: "loops",
    outer: shape,
    vector: "outer",
    phases: [{ kind: "map", extents: [], stores: [{ value, indices: [position], expression: definition.base }] }],
  };
  emitLoops(base, context);
  if (definition.extents.includes(0)) return;
  const code = new ExpressionCode(context);
  const [at, inside] = definition.indices as readonly [typeof position, typeof position];
  const loop = (axis: number): void => {
    if (axis < definition.extents.length) {
      const range = { begin: 0, end: definition.extents[axis] as number, step: 1 };
      code.loop(axis, range, { roots: [], inner: new Set(), pinned: false }, () => loop(axis + 1));
      return;
    }
    code.expect([]);
    code.scalar(inside);
    f.if(() => {
      const address = f.local("i32");
      f.get(context.base(value));
      code.scalar(at);
      f.i32(byteShift[dtype]);
      f.op("i32.shl");
      f.op("i32.add");
      f.tee(address);
      if (definition.combine === "add") {
        f.get(address);
        f.load(scalarLoads[dtype]);
      }
      code.scalar(definition.update);
      if (definition.combine === "add") scalarBinary(f, context.library, "add", dtype);
      f.store(scalarStores[dtype]);
      f.freeLocal(address);
    });
  };
  loop(0);
}

const fills: Readonly<Record<RandomDefinition["distribution"], (dtype: NumericDType) => RandomFill>> = {
  uniform: (dtype) => (dtype === "float64" ? "uniformFloat64" : "uniformFloat32"),
  normal: (dtype) => (dtype === "float64" ? "normalFloat64" : "normalFloat32"),
  truncatedNormal: (dtype) => (dtype === "float64" ? "truncatedNormalFloat64" : "truncatedNormalFloat32"),
  uniformInteger: () => "uniformInt32",
};

function callRandom(
  f: FunctionBuilder,
  random: RandomFunctions,
  definition: RandomDefinition,
  value: ValueId,
  program: Program,
  addresses: Addresses,
): void {
  const { dtype, shape } = program.values[value] as { dtype: NumericDType; shape: readonly number[] };
  const count = sizeOf(shape);
  const state = addresses.generator(definition);
  f.i32(addresses.value(value));
  f.i32(count);
  if (definition.distribution === "uniformInteger") {
    f.i32(definition.low ?? 0);
    f.i32(definition.range ?? 1);
  }
  for (let word = 0; word < 6; word++) {
    f.i32(state);
    f.load("i32.load", 4 * word);
  }
  f.call(random[fills[definition.distribution](dtype)]);
  f.i32(state);
  f.i32(count);
  f.call(random.advance);
}
