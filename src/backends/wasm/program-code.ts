/**
 * @file A whole program as one WebAssembly module: a function for each kernel, which takes the addresses
 * of the values it touches, and a `run` function that calls them in order, tests the checks and copies
 * updates into variables.
 */
import {
  type Plan,
  type ProductTarget,
  type Schedule,
  type ScheduledKernel,
  touchedBy,
  unitsOf,
  workOfKernel,
} from "../../compiler/index.js";
import type { NdArray, NumericDType } from "../../core/index.js";
import type { Check, Program, RandomDefinition, Value, ValueId } from "../../ir/index.js";
import { type FunctionBuilder, type FunctionRef, type Local, ModuleBuilder } from "./assembler/index.js";
import type { BlockCode } from "./block-code.js";
import { emitContraction } from "./contraction-code.js";
import type { ExpressionContext } from "./expression-code.js";
import { bytesOf, type Frame } from "./frame.js";
import { emitLoops } from "./loop-code.js";
import { MathLibrary } from "./math.js";
import { type Parts, requirePart } from "./parts.js";
import { RandomCode } from "./random-code.js";
import { type CodeLibrary, type IntegerFunction, integerFunctions } from "./scalar-code.js";
import type { Team } from "./team-code.js";
import { countTo, limit } from "./tile-walk.js";

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
  /** What the program was scheduled for. */
  readonly target: ProductTarget;
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

/** Assembles the module of a program; `parts` are those it needs. */
export function assembleProgram(
  program: Program,
  schedule: Schedule,
  plan: Plan,
  addresses: Addresses,
  options: CodeOptions,
  parts: Parts,
): AssembledProgram {
  const code = new ProgramCode(addresses, options, parts);
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

/** Engines accept 1000 parameters of a function. */
const mostParameters = 1000;

export class ProgramCode {
  private readonly module = new ModuleBuilder();
  private readonly library: Library;
  private readonly checks: PlacedCheck[] = [];
  private count = 0;
  private readonly written = new Map<ScheduledKernel, KernelFunction>();
  private blockCode: BlockCode | undefined;
  private readonly random: RandomCode;

  constructor(
    readonly addresses: Addresses,
    private readonly options: CodeOptions,
    private readonly parts: Parts,
  ) {
    const limits = options.control === undefined ? {} : { maximum: sharedPages, shared: true };
    this.module.importMemory("env", "memory", { initial: 1, ...limits });
    const math = new MathLibrary(this.module, options, parts);
    this.library = new Library(this.module, math);
    this.random = new RandomCode(this.module, math, addresses);
  }

  assemble(frame: Frame): AssembledProgram {
    const { control, target } = this.options;
    const { team: sharing } = this.parts;
    const team = control === undefined ? undefined : sharing?.teamOf(this.module, frame, control, target);
    if (team === undefined) {
      const run = this.module.defineFunction("run", [], ["i32"], (f) => {
        this.kernels(f, frame);
        this.updates(f, frame);
        f.i32(0);
      });
      this.module.exportFunction("run", run);
    } else sharing?.exportShared(this.module, this, frame, team);
    return { bytes: this.module.toBytes(), checks: this.checks, threaded: team !== undefined };
  }

  /** Everything a program computes, and its checks; a failed one returns from the function. */
  kernels(f: FunctionBuilder, frame: Frame, team?: Team): void {
    const { kernels } = frame.schedule;
    const alone = (body: () => void): void => (team === undefined ? body() : team.alone(f, body));
    const meet = (): void => team?.meet(f);
    if (frame.plan.saves.length > 0) {
      alone(() => this.saves(f, frame));
      meet();
    }
    if (frame.plan.checkAfter < 0) this.tests(f, frame);
    kernels.forEach((kernel, i) => {
      const part = team?.kernels[i];
      if (part?.meet === true) meet();
      if (kernel.kind === "random") alone(() => this.random.draw(f, frame, kernel));
      else if (kernel.kind === "block") alone(() => this.blocks().call(f, frame, kernel));
      else if (part?.shared === true) this.callKernel(f, frame, kernel, () => team?.share(f, unitsOf(kernel).count));
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
  updates(f: FunctionBuilder, frame: Frame): void {
    for (const { value, variable } of frame.plan.copies) {
      const bytes = bytesOf(frame, value);
      frame.pushVariable(f, variable, bytes);
      frame.push(f, value);
      f.i32(bytes);
      f.memoryCopy();
    }
  }

  /** Calls a kernel: all of it, or the units that `share` pushes; see {@link withAddresses}. */
  private callKernel(f: FunctionBuilder, frame: Frame, kernel: PlainKernel, share?: () => void): void {
    const units = unitCalls(f, kernel, share);
    const likeness = frame.schedule.alike.get(kernel);
    const written = likeness && this.written.get(likeness.first);
    if (likeness && written?.takesUnits === (units !== undefined)) {
      callFor(f, written.ref, units, () => {
        for (const id of written.values) frame.push(f, likeness.values.get(id) ?? id);
      });
      return;
    }
    const { reads, writes } = touchedBy(kernel);
    const values = [...new Set([...writes, ...reads])];
    const ref = this.withAddresses(f, frame, `kernel${this.nextNumber()}`, values, [], units, (g, base, range) => {
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
        emitContraction(kernel, context, { fusedMultiplyAdd: this.library.math.fused, parts: this.parts });
      else requirePart(this.parts, "scatter").emitScatter(kernel, frame.program, context);
    });
    if (ref !== undefined) this.written.set(kernel, { ref, values, takesUnits: units !== undefined });
  }

  /**
   * Makes a function of the addresses of `values` and calls it. Where there are more than a function may
   * have parameters, the code goes right into the caller instead; a result is then returned from there.
   * Returns the function, if there is one.
   * With `units` it takes which units to compute as well, and for which thread.
   */
  withAddresses(
    f: FunctionBuilder,
    frame: Frame,
    name: string,
    values: readonly ValueId[],
    results: readonly "i32"[],
    units: UnitCalls | undefined,
    body: (g: FunctionBuilder, place: (id: ValueId) => Local, units: ExpressionContext["units"]) => void,
  ): FunctionRef | undefined {
    const write = (g: FunctionBuilder, locals: readonly Local[]): void => {
      const places = new Map(values.map((id, i) => [id, locals[i] as Local]));
      const [begin, end, thread] = locals.slice(values.length);
      const units = begin && end && thread && { begin, end, thread };
      body(g, (id) => places.get(id) as Local, units);
    };
    const count = values.length + (units === undefined ? 0 : 3);
    const push = (): void => {
      for (const id of values) frame.push(f, id);
    };
    if (count <= mostParameters) {
      const types = Array.from({ length: count }, () => "i32" as const);
      const ref = this.module.defineFunction(name, types, results, (g) =>
        write(
          g,
          types.map((_, i) => g.param(i)),
        ),
      );
      callFor(f, ref, units, push);
      return ref;
    }
    const locals = Array.from({ length: count }, () => f.local("i32"));
    push();
    units?.push();
    for (const local of [...locals].reverse()) f.set(local);
    write(f, locals);
    for (const local of locals) f.freeLocal(local);
    return undefined;
  }

  /** Tells the functions of a module apart. */
  nextNumber(): number {
    return this.count++;
  }

  private blocks(): BlockCode {
    this.blockCode ??= new (requirePart(this.parts, "blocks").BlockCode)(this);
    return this.blockCode;
  }
}

/** The function of a kernel, and the values whose addresses it takes. */
interface KernelFunction {
  readonly ref: FunctionRef;
  readonly values: readonly ValueId[];
  readonly takesUnits: boolean;
}

/** Units of a kernel that are computed, and in how many calls. */
interface UnitCalls {
  /** Pushes the first unit, the end of the units, and the thread. */
  push(): void;
  readonly count: number;
  /** Units of one call. */
  readonly step: number;
}

/** Operations of one call. Engines run new code slowly, and what they make of it meanwhile serves the next call. */
const callWork = 2e7;

/** The units that `share` pushes, or all; `undefined` where one call without units computes all. */
function unitCalls(f: FunctionBuilder, kernel: PlainKernel, share: (() => void) | undefined): UnitCalls | undefined {
  const { count } = unitsOf(kernel);
  const step = Math.ceil((count * callWork) / workOfKernel(kernel));
  if (share !== undefined) return { push: share, count, step };
  const all = (): void => {
    for (const value of [0, count, 0]) f.i32(value);
  };
  return step < count ? { push: all, count, step } : undefined;
}

/** Calls a kernel's function with the addresses that `push` pushes. */
function callFor(f: FunctionBuilder, ref: FunctionRef, units: UnitCalls | undefined, push: () => void): void {
  if (units === undefined || units.step >= units.count) {
    push();
    units?.push();
    f.call(ref);
    return;
  }
  units.push();
  const locals = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")] as const;
  const [begin, end, thread, next] = locals;
  for (const local of [thread, end, begin]) f.set(local);
  countTo(f, begin, end, units.step, () => {
    push();
    f.get(begin);
    f.i32(units.step);
    f.op("i32.add");
    f.set(next);
    limit(f, next, end);
    for (const local of [begin, next, thread]) f.get(local);
    f.call(ref);
  });
  for (const local of locals) f.freeLocal(local);
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
