/**
 * @file Memory plan: where every value lives while a program runs. Values whose lives do not overlap
 * share memory; a variable's new value goes straight into the variable where nothing reads the old one
 * afterwards.
 */
import { dtypeFacts, type NumericDType, sizeOf } from "../core/index.js";
import {
  type Block,
  blockPrograms,
  blockSources,
  type Expr,
  type Program,
  type Value,
  type ValueId,
  visitExpr,
} from "../ir/index.js";
import { kernelExpressions, registersOf, writtenBy } from "./kernels.js";
import type { Schedule, ScheduledKernel } from "./schedule.js";

/** Buffers begin at multiples of this many bytes. */
export const alignment = 64;
/** So many readable bytes follow each buffer: the widest vector may be loaded from its last element. */
export const slack = 64;

export interface Plan {
  /** Byte offset in the arena of each value that lives there. */
  readonly offsets: ReadonlyMap<ValueId, number>;
  readonly arenaBytes: number;
  /** Values that live in a variable's own memory. */
  readonly inPlace: ReadonlyMap<ValueId, string>;
  /** Variables copied into the arena before the first kernel, as their old values outlive their memory. */
  readonly saves: readonly { readonly value: ValueId; readonly variable: string }[];
  /** Values copied into variables once all kernels are done. */
  readonly copies: readonly { readonly value: ValueId; readonly variable: string }[];
  /** After which kernel the checks are tested; −1 when there are none. */
  readonly checkAfter: number;
  /** Variables whose memory is read or written. */
  readonly variables: ReadonlySet<string>;
  readonly constants: ReadonlySet<ValueId>;
}

interface Life {
  readonly id: ValueId;
  readonly bytes: number;
  birth: number;
  death: number;
}

/** `ownsFeeds: false` leaves feeds out of the arena: a program inside a block reads them where they are. */
export function planMemory(
  program: Program,
  { kernels, scratch }: Schedule,
  { ownsFeeds = true }: { readonly ownsFeeds?: boolean } = {},
): Plan {
  const facts = new Map<ValueId, { readonly dtype: NumericDType; readonly shape: readonly number[] }>();
  for (const value of program.values) facts.set(value.id, value);
  for (const value of scratch) facts.set(value.id, value);
  const bytesOf = (id: ValueId): number => {
    const { dtype, shape } = facts.get(id) as Value;
    return sizeOf(shape) * dtypeFacts[dtype].bytes;
  };
  const definitionOf = (id: ValueId) => program.values[id]?.definition;

  const reads = kernels.map(readBy);
  const writes = kernels.map(writtenBy);
  const producedAt = new Map<ValueId, number>();
  writes.forEach((ids, at) => {
    for (const id of ids) producedAt.set(id, at);
  });
  const end = kernels.length;
  let checkAfter = program.checks.length > 0 ? 0 : -1;
  for (const { flag, details } of program.checks)
    for (const id of [flag, ...details]) checkAfter = Math.max(checkAfter, producedAt.get(id) ?? -1);

  const variables = new Set<string>();
  const constants = new Set<ValueId>();
  const saves = findSaves(program);
  const saved = new Set(saves.map(({ value }) => value));
  // The last kernel that may still fail the run: variables must not change before it is through.
  const lastCheck = Math.max(
    checkAfter,
    kernels.findLastIndex((kernel) => kernel.kind === "block" && hasChecks(kernel.block)),
  );
  const { inPlace, copies } = placeUpdates(program, kernels, producedAt, reads, lastCheck, saved);

  const lives = new Map<ValueId, Life>();
  const touch = (id: ValueId, at: number): void => {
    const definition = definitionOf(id);
    if (definition?.kind === "variable" && !saved.has(id)) {
      variables.add(definition.variable);
      return;
    }
    if (definition?.kind === "constant") {
      constants.add(id);
      return;
    }
    if (inPlace.has(id) || (definition?.kind === "feed" && !ownsFeeds)) return;
    const known = lives.get(id);
    if (known === undefined) lives.set(id, { id, bytes: bytesOf(id), birth: at, death: at });
    else {
      known.birth = Math.min(known.birth, at);
      known.death = Math.max(known.death, at);
    }
  };
  for (const id of program.feeds) touch(id, -1);
  for (const { value } of saves) touch(value, -1);
  kernels.forEach((_, at) => {
    for (const id of [...(reads[at] as Set<ValueId>), ...(writes[at] as ValueId[])]) touch(id, at);
    const kernel = kernels[at];
    if (kernel?.kind === "block") for (const id of [...kernel.carried, kernel.arena]) touch(id, at);
    if (kernel?.kind === "contraction") for (const id of [kernel.partial, kernel.panel]) if (id !== null) touch(id, at);
  });
  for (const id of program.outputs) touch(id, end);
  for (const { value } of copies) touch(value, end);
  for (const { flag, details } of program.checks) for (const id of [flag, ...details]) touch(id, end);
  for (const { variable } of program.updates) variables.add(variable);

  const { offsets, arenaBytes } = packArena([...lives.values()]);
  return { offsets, arenaBytes, inPlace, saves, copies, checkAfter, variables, constants };
}

/** Whether a program inside a block, however deep, may fail the run. */
export const hasChecks = (block: Block): boolean =>
  blockPrograms(block).some(
    ({ checks, values }) =>
      checks.length > 0 || values.some(({ definition: d }) => d.kind === "block" && hasChecks(d.block)),
  );

/** Everything a kernel reads and writes in memory, its own scratch included. */
export function touchedBy(kernel: ScheduledKernel): {
  readonly reads: ReadonlySet<ValueId>;
  readonly writes: ReadonlySet<ValueId>;
} {
  const writes = new Set(writtenBy(kernel));
  if (kernel.kind === "block") for (const id of [...kernel.carried, kernel.arena]) writes.add(id);
  if (kernel.kind === "contraction") for (const id of [kernel.partial, kernel.panel]) if (id !== null) writes.add(id);
  return { reads: readBy(kernel), writes };
}

function readBy(kernel: ScheduledKernel): Set<ValueId> {
  if (kernel.kind === "block") return new Set(blockSources(kernel.block));
  const registers = registersOf(kernel);
  const ids = new Set<ValueId>();
  const seen = new Set<number>();
  for (const root of kernelExpressions(kernel))
    visitExpr(
      root,
      (e) => {
        if (e.kind === "load" && !registers.has(e.value)) ids.add(e.value);
      },
      seen,
    );
  return ids;
}

/** The value each variable has when the run starts, where the program reads it. */
function oldValues(program: Program): Map<string, Value> {
  const old = new Map<string, Value>();
  for (const value of program.values)
    if (value.definition.kind === "variable") old.set(value.definition.variable, value);
  return old;
}

/**
 * Old values that are still wanted when the new one has taken their place: fetched ones, and those that
 * another variable receives, as in an exchange of two variables.
 */
function findSaves(program: Program): { value: ValueId; variable: string }[] {
  const wanted = new Set([...program.outputs, ...program.updates.map(({ value }) => value)]);
  const old = oldValues(program);
  return program.updates.flatMap(({ variable, value }) => {
    const before = old.get(variable);
    const isLost = before !== undefined && before.id !== value && wanted.has(before.id);
    return isLost ? [{ value: before.id, variable }] : [];
  });
}

/** Which updates may be written into the variable itself. */
function placeUpdates(
  program: Program,
  kernels: readonly ScheduledKernel[],
  producedAt: ReadonlyMap<ValueId, number>,
  reads: readonly ReadonlySet<ValueId>[],
  lastCheck: number,
  saved: ReadonlySet<ValueId>,
): Pick<Plan, "inPlace" | "copies"> {
  const inPlace = new Map<ValueId, string>();
  const copies: { value: ValueId; variable: string }[] = [];
  const olds = oldValues(program);
  const lastReads = new Map<ValueId, number>();
  reads.forEach((ids, at) => {
    for (const id of ids) lastReads.set(id, at);
  });
  for (const { variable, value } of program.updates) {
    const before = olds.get(variable);
    if (before?.id === value) continue;
    // Whoever reads a saved value reads the copy.
    const old = before === undefined || saved.has(before.id) ? undefined : before;
    const at = producedAt.get(value);
    const kernel = at === undefined ? undefined : kernels[at];
    const lastRead = old === undefined ? -1 : (lastReads.get(old.id) ?? -1);
    const safe =
      at !== undefined &&
      kernel !== undefined &&
      at > lastCheck &&
      !inPlace.has(value) &&
      lastRead <= at &&
      (old === undefined || lastRead < at || readsOnlyInStep(kernel, value, old.id)) &&
      sameSize(program, value, before?.id);
    if (safe) inPlace.set(value, variable);
    else copies.push({ value, variable });
  }
  return { inPlace, copies };
}

const sameSize = (program: Program, a: ValueId, b: ValueId | undefined): boolean =>
  b === undefined || sizeOf((program.values[a] as Value).shape) === sizeOf((program.values[b] as Value).shape);

/** Whether a kernel reads the old value only at the very element it is about to replace. */
function readsOnlyInStep(kernel: ScheduledKernel, value: ValueId, old: ValueId): boolean {
  const reads = (root: Expr): Expr[] => {
    const positions: Expr[] = [];
    visitExpr(root, (e) => {
      if (e.kind === "load" && e.value === old) positions.push(e.indices[0] as Expr);
    });
    return positions;
  };
  if (kernel.kind === "contraction") {
    if (reads(kernel.a).length > 0 || reads(kernel.b).length > 0) return false;
    const target = kernel.stores.find((s) => s.value === value)?.indices[0];
    return kernel.stores.every((s) =>
      s.indices
        .concat(s.expression)
        .flatMap(reads)
        .every((p) => p === target),
    );
  }
  if (kernel.kind !== "loops") return false;
  const at = kernel.phases.findIndex((phase) => phase.kind === "map" && phase.stores.some((s) => s.value === value));
  const phase = kernel.phases[at];
  if (phase?.kind !== "map") return false;
  const target = phase.stores.find((s) => s.value === value)?.indices[0];
  return kernel.phases.every((p, i) => {
    const roots = p.kind === "map" ? p.stores.flatMap((s) => [...s.indices, s.expression]) : [p.body];
    const positions = roots.flatMap(reads);
    return i === at ? positions.every((x) => x === target) : positions.length === 0;
  });
}

const roomFor = (bytes: number): number => Math.ceil((bytes + slack) / alignment) * alignment;

/** So many buffers are placed with care; of a larger program, the largest. The rest weighs little. */
const carefully = 1000;

function packArena(lives: readonly Life[]): { offsets: Map<ValueId, number>; arenaBytes: number } {
  const bySize = [...lives].sort((a, b) => b.bytes - a.bytes || a.birth - b.birth);
  const offsets = new Map<ValueId, number>();
  const largest = packBySize(bySize.slice(0, carefully), offsets);
  return { offsets, arenaBytes: packByTime(bySize.slice(carefully), largest, offsets) };
}

/** First fit by decreasing size among the buffers alive at the same time. @returns the end of the last one */
function packBySize(lives: readonly Life[], offsets: Map<ValueId, number>): number {
  const placed: { readonly life: Life; readonly offset: number; readonly end: number }[] = [];
  let arenaBytes = 0;
  for (const life of lives) {
    const neighbours = placed
      .filter((p) => p.life.birth <= life.death && life.birth <= p.life.death)
      .sort((a, b) => a.offset - b.offset);
    const bytes = roomFor(life.bytes);
    let offset = 0;
    for (const p of neighbours) {
      if (offset + bytes <= p.offset) break;
      offset = Math.max(offset, p.end);
    }
    placed.push({ life, offset, end: offset + bytes });
    offsets.set(life.id, offset);
    arenaBytes = Math.max(arenaBytes, offset + bytes);
  }
  return arenaBytes;
}

/** In the order of birth, from `begin` on, in the place of a buffer of the same size that died. */
function packByTime(lives: readonly Life[], begin: number, offsets: Map<ValueId, number>): number {
  const births = [...lives].sort((a, b) => a.birth - b.birth);
  const deaths = [...lives].sort((a, b) => a.death - b.death);
  const free = new Map<number, number[]>();
  let end = begin;
  let dead = 0;
  for (const life of births) {
    for (; (deaths[dead] as Life).death < life.birth; dead++) {
      const { id, bytes } = deaths[dead] as Life;
      const places = free.get(roomFor(bytes)) ?? [];
      free.set(roomFor(bytes), places);
      places.push(offsets.get(id) as number);
    }
    const bytes = roomFor(life.bytes);
    const reused = free.get(bytes)?.pop();
    offsets.set(life.id, reused ?? end);
    if (reused === undefined) end += bytes;
  }
  return end;
}
