/**
 * @file A whole program as one WebAssembly module: a function for each kernel, which takes the addresses
 * of the values it touches, and a `run` function that calls them in order, tests the checks and copies
 * updates into variables.
 */
import {
  type Division,
  divide,
  hasChecks,
  type NestedProgram,
  type Plan,
  type Schedule,
  type ScheduledBlock,
  type ScheduledKernel,
  type ScheduledLoops,
  type ScratchValue,
  touchedBy,
  unitsOf,
} from "../../compiler/index.js";
import { dtypeFacts, InternalError, type NdArray, type NumericDType, sizeOf } from "../../core/index.js";
import { RandomState } from "../../core/random.js";
import {
  type BranchBlock,
  blockSources,
  type Check,
  carriedName,
  type LoopBlock,
  type Program,
  type RandomDefinition,
  type Value,
  type ValueId,
} from "../../ir/index.js";
import { type FunctionBuilder, type FunctionRef, type Local, ModuleBuilder } from "./assembler/index.js";
import { emitContraction } from "./contraction-code.js";
import { ExpressionCode, type ExpressionContext } from "./expression-code.js";
import { emitLoops } from "./loop-code.js";
import { MathLibrary } from "./math.js";
import { defineMeeting } from "./meeting.js";
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
import { wasmTarget } from "./target.js";

/** Where the things of a session are in memory. */
export interface Addresses {
  /** A value of the outermost program. */
  value(id: ValueId): number;
  variable(name: string, bytes: number): number;
  constant(data: NdArray<NumericDType>): number;
  /** Six words: seeds and counter of a generator. */
  generator(definition: RandomDefinition): number;
}

export interface CodeOptions {
  readonly relaxedSimd: boolean;
  /** Where threads meet, in a shared memory; `undefined`: the memory is one thread's own. */
  readonly control?: number | undefined;
}

/** The most pages a shared memory may have, which its modules must say. */
export const sharedPages = 65536;

/** A check of the program or of one inside it, and where its details are. */
export interface PlacedCheck {
  readonly check: Check;
  readonly details: readonly { readonly value: Value; readonly address: number }[];
}
export interface AssembledProgram {
  /** Its `run` returns 0, or one more than the position in {@link checks} of the first that failed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether `run` takes the number of its thread and how many there are, each of which calls it. */
  readonly threaded: boolean;
  readonly checks: readonly PlacedCheck[];
}

/** Functions every module may import from JavaScript, beside those of `math`. */
export const hostImports = { remainder: (a: number, b: number): number => a % b };

/** Assembles the module of a program. */
export function assembleProgram(
  program: Program,
  schedule: Schedule,
  plan: Plan,
  addresses: Addresses,
  options: CodeOptions,
): AssembledProgram {
  const code = new ProgramCode(addresses, options);
  const frame: Frame = {
    program,
    schedule,
    plan,
    push: (f, id) => f.i32(addresses.value(id)),
    pushVariable: (f, name, bytes) => f.i32(addresses.variable(name, bytes)),
    absolute: (id) => addresses.value(id),
  };
  return code.assemble(frame);
}

/** A program while its code is written, and how its values are reached. */
interface Frame {
  readonly program: Program;
  readonly schedule: Schedule;
  readonly plan: Plan;
  /** Pushes the address of a value. */
  push(f: FunctionBuilder, id: ValueId): void;
  pushVariable(f: FunctionBuilder, name: string, bytes: number): void;
  /** The address as the host sees it, for details of failed checks. */
  absolute(id: ValueId): number;
}

const factsOf = ({ program, schedule }: Pick<Frame, "program" | "schedule">, id: ValueId): Value | ScratchValue =>
  program.values[id] ?? (schedule.scratch[id - program.values.length] as ScratchValue);
const bytesOf = (frame: Pick<Frame, "program" | "schedule">, id: ValueId): number => {
  const { dtype, shape } = factsOf(frame, id);
  return sizeOf(shape) * dtypeFacts[dtype].bytes;
};

/** A program that threads share. */
interface Team {
  readonly division: Division;
  /** See {@link defineMeeting}. */
  readonly meet: FunctionRef;
}

/** Pushes a thread's part of so many units, begin and end, and its number; the caller has it and the number of threads as parameters. */
function shareOf(f: FunctionBuilder, units: number): void {
  const [thread, threads] = [f.param(0), f.param(1)];
  const bound = (next: number): void => {
    f.get(thread);
    if (next > 0) {
      f.i32(next);
      f.op("i32.add");
    }
    f.i32(units);
    f.op("i32.mul");
    f.get(threads);
    f.op("i32.div_u");
  };
  bound(0);
  bound(1);
  f.get(thread);
}

/** Engines accept 1000 parameters of a function. */
const mostParameters = 1000;

class ProgramCode {
  private readonly module = new ModuleBuilder();
  private readonly library: Library;
  private readonly random: RandomFunctions;
  private readonly checks: PlacedCheck[] = [];
  private count = 0;

  constructor(
    private readonly addresses: Addresses,
    private readonly options: CodeOptions,
  ) {
    const limits = options.control === undefined ? {} : { maximum: sharedPages, shared: true };
    this.module.importMemory("env", "memory", { initial: 1, ...limits });
    const math = new MathLibrary(this.module, options);
    this.library = new Library(this.module, math);
    this.random = addRandomFunctions(this.module, math);
  }

  assemble(frame: Frame): AssembledProgram {
    const team = this.teamOf(frame);
    if (team === undefined) {
      const run = this.module.defineFunction("run", [], ["i32"], (f) => {
        this.kernels(f, frame);
        this.updates(f, frame);
        f.i32(0);
      });
      this.module.exportFunction("run", run);
    } else this.exportShared(frame, team);
    return { bytes: this.module.toBytes(), checks: this.checks, threaded: team !== undefined };
  }

  /** How threads share the program; `undefined` where one alone runs it. */
  private teamOf({ program, schedule, plan, absolute }: Frame): Team | undefined {
    const { control } = this.options;
    // A check inside a block is seen by one thread alone, which could not tell the others to stop.
    if (control === undefined || program.values.some(({ definition: d }) => d.kind === "block" && hasChecks(d.block)))
      return undefined;
    const bytes = (id: ValueId): number => Math.max(bytesOf({ program, schedule }, id), 1);
    const place = (id: ValueId) => ({ from: absolute(id), to: absolute(id) + bytes(id) });
    const division = divide(schedule, plan, place, wasmTarget);
    return division.worthwhile ? { division, meet: defineMeeting(this.module, control) } : undefined;
  }

  /** A `run` for every thread, which returns when all of them are done. */
  private exportShared(frame: Frame, team: Team): void {
    const step = this.module.defineFunction("step", ["i32", "i32"], ["i32"], (f) => {
      this.kernels(f, frame, team);
      if (frame.plan.copies.length > 0) {
        this.meet(f, team);
        this.alone(f, () => this.updates(f, frame));
      }
      f.i32(0);
    });
    const run = this.module.defineFunction("run", ["i32", "i32"], ["i32"], (f) => {
      f.get(f.param(0));
      f.get(f.param(1));
      f.call(step);
      this.meet(f, team);
    });
    this.module.exportFunction("run", run);
  }

  /** Waits for the other threads; in functions whose parameters are the thread and the number of threads. */
  private meet(f: FunctionBuilder, { meet }: Team): void {
    f.get(f.param(0));
    f.get(f.param(1));
    f.call(meet);
  }

  private alone(f: FunctionBuilder, body: () => void): void {
    f.get(f.param(0));
    f.op("i32.eqz");
    f.if(body);
  }

  /** Everything a program computes, and its checks; a failed one returns from the function. */
  private kernels(f: FunctionBuilder, frame: Frame, team?: Team): void {
    const { kernels } = frame.schedule;
    const alone = (body: () => void): void => (team === undefined ? body() : this.alone(f, body));
    const meet = (): void => {
      if (team !== undefined) this.meet(f, team);
    };
    if (frame.plan.saves.length > 0) {
      alone(() => this.saves(f, frame));
      meet();
    }
    if (frame.plan.checkAfter < 0) this.tests(f, frame);
    kernels.forEach((kernel, i) => {
      const part = team?.division.kernels[i];
      if (part?.meet === true) meet();
      if (kernel.kind === "random") alone(() => this.drawRandom(f, frame, kernel.value, kernel.definition));
      else if (kernel.kind === "block") alone(() => this.callBlock(f, frame, kernel));
      else if (part?.shared === true) this.callKernel(f, frame, kernel, unitsOf(kernel).count);
      else alone(() => this.callKernel(f, frame, kernel));
      if (i === frame.plan.checkAfter) {
        meet();
        this.tests(f, frame);
      }
    });
  }

  /** Copies old values of variables that are still wanted once the new ones have taken their place. */
  private saves(f: FunctionBuilder, frame: Frame): void {
    for (const { value, variable } of frame.plan.saves) {
      const bytes = bytesOf(frame, value);
      frame.push(f, value);
      frame.pushVariable(f, variable, bytes);
      f.i32(bytes);
      f.memoryCopy();
    }
  }

  private tests(f: FunctionBuilder, frame: Frame): void {
    for (const check of frame.program.checks) {
      const details = check.details.map((id) => ({
        value: frame.program.values[id] as Value,
        address: frame.absolute(id),
      }));
      const number = this.checks.push({ check, details });
      frame.push(f, check.flag);
      f.load("i32.load8_u");
      f.if(() => {
        f.i32(number);
        f.return();
      });
    }
  }

  /** Copies into variables what could not be computed in place. */
  private updates(f: FunctionBuilder, frame: Frame): void {
    for (const { value, variable } of frame.plan.copies) {
      const bytes = bytesOf(frame, value);
      frame.pushVariable(f, variable, bytes);
      frame.push(f, value);
      f.i32(bytes);
      f.memoryCopy();
    }
  }

  /** Calls a kernel: all of it, or, of so many `units`, the calling thread's. */
  private callKernel(f: FunctionBuilder, frame: Frame, kernel: PlainKernel, units?: number): void {
    const { reads, writes } = touchedBy(kernel);
    const touched = [...new Set([...writes, ...reads])];
    const shared = units === undefined ? undefined : (): void => shareOf(f, units);
    this.withAddresses(f, frame, `kernel${this.count++}`, touched, [], shared, (g, base, range) => {
      const context: ExpressionContext = {
        f: g,
        e: frame.program.builder,
        library: this.library,
        base,
        written: writes,
        units: range,
      };
      if (kernel.kind === "loops") emitLoops(kernel, context);
      else if (kernel.kind === "contraction")
        emitContraction(kernel, context, { fusedMultiplyAdd: this.library.math.fused });
      else emitScatter(kernel, frame.program, context);
    });
  }

  /**
   * Makes a function of the addresses of `values` and calls it. Where there are more than a function may
   * have parameters, the code goes right into the caller instead; a result is then returned from there.
   * `share` pushes which units the thread computes, and its number.
   */
  private withAddresses(
    f: FunctionBuilder,
    frame: Frame,
    name: string,
    values: readonly ValueId[],
    results: readonly "i32"[],
    share: (() => void) | undefined,
    body: (g: FunctionBuilder, place: (id: ValueId) => Local, units: ExpressionContext["units"]) => void,
  ): void {
    const write = (g: FunctionBuilder, locals: readonly Local[]): void => {
      const places = new Map(values.map((id, i) => [id, locals[i] as Local]));
      const [begin, end, thread] = locals.slice(values.length);
      const units = begin && end && thread && { begin, end, thread };
      body(g, (id) => places.get(id) as Local, units);
    };
    const count = values.length + (share === undefined ? 0 : 3);
    const push = (): void => {
      for (const id of values) frame.push(f, id);
      share?.();
    };
    if (count <= mostParameters) {
      const types = Array.from({ length: count }, () => "i32" as const);
      const ref = this.module.defineFunction(name, types, results, (g) =>
        write(
          g,
          types.map((_, i) => g.param(i)),
        ),
      );
      push();
      f.call(ref);
      return;
    }
    const locals = Array.from({ length: count }, () => f.local("i32"));
    push();
    for (const local of [...locals].reverse()) f.set(local);
    write(f, locals);
    for (const local of locals) f.freeLocal(local);
  }

  private drawRandom(f: FunctionBuilder, frame: Frame, value: ValueId, definition: RandomDefinition): void {
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
    f.call(this.random[fills[definition.distribution](dtype)]);
    f.i32(state);
    f.i32(count);
    f.call(this.random.advance);
  }

  // ---- blocks ----

  /** A block is a function of the addresses it touches; it returns the number of a failed check, or 0. */
  private callBlock(f: FunctionBuilder, frame: Frame, kernel: ScheduledBlock): void {
    const outer = [
      ...new Set([
        ...blockSources(kernel.block),
        ...kernel.results.map((r) => r.value),
        ...kernel.carried,
        kernel.arena,
      ]),
    ];
    this.withAddresses(f, frame, `${kernel.block.kind}${this.count++}`, outer, ["i32"], undefined, (g, place) => {
      if (kernel.block.kind === "loop") this.loop(g, frame, kernel, kernel.block, place);
      else this.branch(g, frame, kernel, kernel.block, place);
      g.i32(0);
    });
    const failed = f.local("i32");
    f.tee(failed);
    f.if(() => {
      f.get(failed);
      f.return();
    });
    f.freeLocal(failed);
  }

  private loop(
    f: FunctionBuilder,
    frame: Frame,
    kernel: ScheduledBlock,
    block: LoopBlock,
    place: (id: ValueId) => Local,
  ): void {
    const { steps, reverse, carried, sliced, invariant } = block;
    carried.forEach((initial, i) => {
      f.get(place(kernel.carried[i] as ValueId));
      f.get(place(initial));
      f.i32(bytesOf(frame, initial));
      f.memoryCopy();
    });
    const step = f.local("i32");
    const row = (bytes: number): void => {
      f.get(step);
      f.i32(bytes);
      f.op("i32.mul");
      f.op("i32.add");
    };
    const rowBytes = (id: ValueId): number => bytesOf(frame, id) / ((factsOf(frame, id).shape[0] as number) || 1);
    const feeds = [
      ...sliced.map((id) => ({
        id,
        push: (): void => {
          f.get(place(id));
          row(rowBytes(id));
        },
      })),
      ...invariant.map((id) => ({ id, push: (): void => f.get(place(id)) })),
    ];
    const frames = kernel.programs.map((nested) => this.nestedFrame(frame, kernel, nested, place, feeds));
    const body = frames.at(-1) as Frame;
    const condition = block.condition === null ? undefined : frames[0];
    const stacked = kernel.results.filter((r) => r.output >= carried.length);
    // Where the loop may end early, rows that no step fills are zero.
    if (block.condition !== null || block.count !== null)
      for (const { value } of stacked) {
        f.get(place(value));
        f.i32(0);
        f.i32(bytesOf(frame, value));
        f.memoryFill();
      }
    const limit = f.local("i32");
    if (block.count === null) f.i32(steps ?? 0);
    else {
      f.get(place(block.count));
      f.load("i32.load");
    }
    f.set(limit);
    if (reverse) {
      f.get(limit);
      f.i32(1);
      f.op("i32.sub");
    } else f.i32(0);
    f.set(step);
    f.block((done) => {
      f.loop((again) => {
        if (reverse) {
          f.get(step);
          f.i32(0);
          f.op("i32.lt_s");
          f.brIf(done);
        } else if (steps !== null) {
          f.get(step);
          f.get(limit);
          f.op("i32.ge_s");
          f.brIf(done);
        }
        if (condition !== undefined) {
          this.kernels(f, condition);
          condition.push(f, condition.program.outputs[0] as ValueId);
          f.load("i32.load8_u");
          f.op("i32.eqz");
          f.brIf(done);
        }
        this.kernels(f, body);
        stacked.forEach(({ value }, i) => {
          const bytes = rowBytes(value);
          f.get(place(value));
          row(bytes);
          body.push(f, body.program.outputs[i] as ValueId);
          f.i32(bytes);
          f.memoryCopy();
        });
        this.updates(f, body);
        f.get(step);
        f.i32(reverse ? -1 : 1);
        f.op("i32.add");
        f.set(step);
        f.br(again);
      });
    });
    f.freeLocal(limit);
    f.freeLocal(step);
  }

  private branch(
    f: FunctionBuilder,
    frame: Frame,
    kernel: ScheduledBlock,
    block: BranchBlock,
    place: (id: ValueId) => Local,
  ): void {
    const feeds = block.invariant.map((id) => ({ id, push: (): void => f.get(place(id)) }));
    const run = (nested: NestedProgram): void => {
      const inner = this.nestedFrame(frame, kernel, nested, place, feeds);
      this.kernels(f, inner);
      kernel.results.forEach(({ value }, i) => {
        f.get(place(value));
        inner.push(f, inner.program.outputs[i] as ValueId);
        f.i32(bytesOf(frame, value));
        f.memoryCopy();
      });
    };
    const [whenTrue, whenFalse] = kernel.programs as readonly [NestedProgram, NestedProgram];
    f.get(place(block.condition));
    f.load("i32.load8_u");
    f.if(
      () => run(whenTrue),
      () => run(whenFalse),
    );
  }

  private nestedFrame(
    outer: Frame,
    kernel: ScheduledBlock,
    nested: NestedProgram,
    place: (id: ValueId) => Local,
    feeds: readonly { readonly id: ValueId; readonly push: () => void }[],
  ): Frame {
    const { program, plan } = nested;
    const carriedIndex = (name: string): number => kernel.carried.findIndex((_, i) => carriedName(i) === name);
    /** The outer value whose memory a value of the nested program shares, if any. */
    const alias = (id: ValueId): { readonly outer: ValueId; readonly push?: () => void } | undefined => {
      const definition = program.values[id]?.definition;
      const isVariable = definition?.kind === "variable" && !plan.offsets.has(id);
      const variable = plan.inPlace.get(id) ?? (isVariable ? definition.variable : undefined);
      if (variable !== undefined) return { outer: kernel.carried[carriedIndex(variable)] as ValueId };
      const feed = definition?.kind === "feed" ? feeds[program.feeds.indexOf(id)] : undefined;
      return feed && { outer: feed.id, push: feed.push };
    };
    const offsetOf = (id: ValueId): number => {
      const offset = plan.offsets.get(id);
      if (offset === undefined) throw new InternalError(`Value v${id} of a block has no place in memory`);
      return offset;
    };
    const constantOf = (id: ValueId): number | undefined => {
      const definition = program.values[id]?.definition;
      return definition?.kind === "constant" ? this.addresses.constant(definition.data) : undefined;
    };
    return {
      ...nested,
      push: (f, id) => {
        const shared = alias(id);
        const constant = constantOf(id);
        if (shared?.push !== undefined) shared.push();
        else if (shared !== undefined) f.get(place(shared.outer));
        else if (constant !== undefined) f.i32(constant);
        else {
          f.get(place(kernel.arena));
          f.i32(offsetOf(id));
          f.op("i32.add");
        }
      },
      pushVariable: (f, name) => f.get(place(kernel.carried[carriedIndex(name)] as ValueId)),
      absolute: (id) => {
        const shared = alias(id);
        if (shared !== undefined) return outer.absolute(shared.outer);
        return constantOf(id) ?? outer.absolute(kernel.arena) + offsetOf(id);
      },
    };
  }
}

/** The kernels that become a function without a template of their own. */
type PlainKernel = Exclude<ScheduledKernel, { kind: "random" } | { kind: "block" }>;

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
