/** @file How a program is shared among threads. Loaded where the memory is. */
import { divide, type KernelDivision } from "../../compiler/divide.js";
import { hasChecks, type ProductTarget } from "../../compiler/index.js";
import type { ValueId } from "../../ir/index.js";
import type { FunctionBuilder, FunctionRef, ModuleBuilder } from "./assembler/index.js";
import { bytesOf, type Frame } from "./frame.js";
import { defineMeeting } from "./meeting.js";
import type { ProgramCode } from "./program-code.js";

/** A program that threads share. Its functions are called with the thread and the number of threads. */
export class Team {
  constructor(
    readonly kernels: readonly KernelDivision[],
    /** See {@link defineMeeting}. */
    private readonly meeting: FunctionRef,
  ) {}

  /** Waits for the other threads. */
  meet(f: FunctionBuilder): void {
    f.get(f.param(0));
    f.get(f.param(1));
    f.call(this.meeting);
  }

  /** Code that the first thread alone runs. */
  alone(f: FunctionBuilder, body: () => void): void {
    f.get(f.param(0));
    f.op("i32.eqz");
    f.if(body);
  }

  /** Pushes a thread's part of so many units, begin and end, and its number. */
  share(f: FunctionBuilder, units: number): void {
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
}

/** How threads share a program; `undefined` where one alone runs it. */
export function teamOf(
  module: ModuleBuilder,
  { program, schedule, plan, absolute }: Frame,
  control: number,
  target: ProductTarget,
): Team | undefined {
  // A check inside a block is seen by one thread alone, which could not tell the others to stop.
  if (program.values.some(({ definition: d }) => d.kind === "block" && hasChecks(d.block))) return undefined;
  const bytes = (id: ValueId): number => Math.max(bytesOf({ program, schedule }, id), 1);
  const place = (id: ValueId) => ({ from: absolute(id), to: absolute(id) + bytes(id) });
  const { kernels, worthwhile } = divide(schedule, plan, place, target);
  return worthwhile ? new Team(kernels, defineMeeting(module, control)) : undefined;
}

/** A `run` for every thread, which returns when all of them are done. */
export function exportShared(module: ModuleBuilder, code: ProgramCode, frame: Frame, team: Team): void {
  const step = module.defineFunction("step", ["i32", "i32"], ["i32"], (f) => {
    code.kernels(f, frame, team);
    if (frame.plan.copies.length > 0) {
      team.meet(f);
      team.alone(f, () => code.updates(f, frame));
    }
    f.i32(0);
  });
  const run = module.defineFunction("run", ["i32", "i32"], ["i32"], (f) => {
    f.get(f.param(0));
    f.get(f.param(1));
    f.call(step);
    team.meet(f);
  });
  module.exportFunction("run", run);
}
