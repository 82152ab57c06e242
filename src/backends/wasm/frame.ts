/** @file A program while its code is written, and how that code reaches its values. */
import type { Plan, Schedule, ScratchValue } from "../../compiler/index.js";
import { dtypeFacts, sizeOf } from "../../core/index.js";
import type { Program, Value, ValueId } from "../../ir/index.js";
import type { FunctionBuilder } from "./assembler/index.js";

/** A program while its code is written, and how its values are reached. */
export interface Frame {
  readonly program: Program;
  readonly schedule: Schedule;
  readonly plan: Plan;
  /** Pushes the address of a value. */
  push(f: FunctionBuilder, id: ValueId): void;
  pushVariable(f: FunctionBuilder, name: string, bytes: number): void;
  /** The address as the host sees it, for details of failed checks. */
  absolute(id: ValueId): number;
}

export const factsOf = (
  { program, schedule }: Pick<Frame, "program" | "schedule">,
  id: ValueId,
): Value | ScratchValue => program.values[id] ?? (schedule.scratch[id - program.values.length] as ScratchValue);
export const bytesOf = (frame: Pick<Frame, "program" | "schedule">, id: ValueId): number => {
  const { dtype, shape } = factsOf(frame, id);
  return sizeOf(shape) * dtypeFacts[dtype].bytes;
};
