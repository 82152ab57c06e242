/**
 * @file Walks through the kernels of a program as the memory plan says and notes who owns which memory. It
 * knows nothing of lifetimes: a value that is read must still own every byte that it was written to.
 */
import { kernelExpressions, registersOf, type ScheduledKernel, writtenBy } from "../../src/compiler/index.js";
import { dtypeFacts, sizeOf } from "../../src/core/index.js";
import { blockSources, loadsOf, type ValueId } from "../../src/ir/index.js";
import type { Stages } from "./support.js";

/** What is wrong with a plan; empty for a good one. */
export function faultsOf({ program, schedule, plan }: Stages): string[] {
  const faults: string[] = [];
  /** The owner of each byte range in use, by where it begins. */
  let owned: { readonly begin: number; readonly end: number; readonly owner: ValueId }[] = [];
  /** Which value a variable's memory holds. */
  const held = new Map<string, ValueId>();
  for (const { id, definition } of program.values)
    if (definition.kind === "variable") held.set(definition.variable, id);
  const scratch = new Map(schedule.scratch.map((s) => [s.id, s]));
  const bytesOf = (id: ValueId): number => {
    const { dtype, shape } = program.values[id] ?? (scratch.get(id) as NonNullable<ReturnType<typeof scratch.get>>);
    return sizeOf(shape) * dtypeFacts[dtype].bytes;
  };
  const variableOf = (id: ValueId): string | undefined => {
    const definition = program.values[id]?.definition;
    if (plan.inPlace.has(id)) return plan.inPlace.get(id);
    return definition?.kind === "variable" && !plan.offsets.has(id) ? definition.variable : undefined;
  };

  const write = (id: ValueId): void => {
    const variable = variableOf(id);
    const begin = plan.offsets.get(id);
    if (variable !== undefined) held.set(variable, id);
    else if (begin === undefined) faults.push(`v${id} has no place`);
    else {
      const end = begin + bytesOf(id);
      if (end > plan.arenaBytes) faults.push(`v${id} leaves the arena`);
      owned = owned.filter((o) => o.end <= begin || o.begin >= end);
      if (end > begin) owned.push({ begin, end, owner: id });
    }
  };
  const read = (id: ValueId, when: string): void => {
    const variable = variableOf(id);
    if (program.values[id]?.definition.kind === "constant") return;
    if (variable !== undefined) {
      if (held.get(variable) !== id) faults.push(`${when}: ${variable} holds v${held.get(variable)}, not v${id}`);
      return;
    }
    const begin = plan.offsets.get(id);
    const owns = bytesOf(id) === 0 || owned.some((o) => o.owner === id && o.begin === begin);
    if (!owns) faults.push(`${when}: v${id} has been overwritten`);
  };

  for (const id of program.feeds) if (plan.offsets.has(id)) write(id);
  for (const { value } of plan.saves) write(value);
  const check = (when: string): void => {
    for (const { flag, details } of program.checks) for (const id of [flag, ...details]) read(id, when);
  };
  if (plan.checkAfter < 0) check("checks");
  schedule.kernels.forEach((kernel, at) => {
    const when = `kernel ${at}`;
    const sources = readsOf(kernel);
    for (const id of sources) read(id, when);
    const written = [...writtenBy(kernel), ...(kernel.kind === "block" ? [...kernel.carried, kernel.arena] : [])];
    if (at <= plan.checkAfter && written.some((id) => plan.inPlace.has(id)))
      faults.push(`${when} changes a variable before the checks`);
    for (const id of written) write(id);
    // While it runs, a kernel still reads; only a variable's old value may go, element by element.
    for (const id of [...sources, ...written]) if (variableOf(id) === undefined) read(id, `within ${when}`);
    if (at === plan.checkAfter) check("checks");
  });
  for (const id of program.outputs) read(id, "outputs");
  for (const { value } of plan.copies) read(value, "copies");
  return faults;
}

function readsOf(kernel: ScheduledKernel): ValueId[] {
  if (kernel.kind === "block") return [...blockSources(kernel.block)];
  const registers = registersOf(kernel);
  const own = new Set(writtenBy(kernel));
  const loads = kernelExpressions(kernel).flatMap((e) => loadsOf(e));
  return [...new Set(loads.map((load) => load.value))].filter((id) => !registers.has(id) && !own.has(id));
}
