/**
 * @file Runs a random program on a device and beside it on a reference: the one with error bounds, or another device
 * that must compute the same bits. Makes a difference small: fewer runs, fewer fetches, and fed values in place of what need not be computed.
 */
import type { Device } from "../../src/backends/backend.js";
import { bracketed, type NdArray, type NumericDType, StrataError } from "../../src/core/index.js";
import { Executor } from "../../src/runtime/executor.js";
import { ErrorBoundsDevice, UncertainCheck } from "./error-bounds.js";
import type { BuiltGraph, RandomProgram, Run } from "./graphs.js";

/** A device, and the reference that its results are held against. */
export interface Sides {
  readonly device: Device;
  readonly reference: Device;
  /** How far each element may lie from what the reference computed; `undefined`: not by a bit. */
  errorsOf(value: NdArray): Float64Array | undefined;
}

/** A device beside the reference with error bounds. */
export function besideBounds(device: Device): Sides {
  const reference = new ErrorBoundsDevice();
  return { device, reference, errorsOf: (value) => reference.errorsOf(value) };
}
/** A device beside one whose results it must repeat. */
export const besideTwin = (device: Device, reference: Device): Sides => ({
  device,
  reference,
  errorsOf: () => undefined,
});

export interface Difference {
  readonly run: number;
  readonly what: string;
}

/** How much was compared: a campaign in which little has a bound proves little. */
export interface Tally {
  elements: number;
  /** Elements of which the reference can say nothing, as beyond an overflow. */
  unbounded: number;
}
export const newTally = (): Tally => ({ elements: 0, unbounded: 0 });

/** Runs everything from a fresh state; the first difference, if there is one. */
export async function findDifference(
  built: BuiltGraph,
  runs: readonly Run[],
  open: () => Sides,
  tally: Tally = newTally(),
): Promise<Difference | undefined> {
  const sides = open();
  try {
    const [expected, actual] = [new Executor(sides.reference), new Executor(sides.device)];
    for (const side of [expected, actual])
      await side.run(
        [],
        built.variables.map((v) => v.initializer),
        [],
      );
    for (const [index, run] of runs.entries()) {
      const outcome = await runBoth(built, run, expected, actual);
      if (outcome === "uncertain") return undefined;
      const what = describeDifference(outcome, sides, tally) ?? compareVariables(built, sides, tally);
      if (what !== undefined) return { run: index, what };
    }
    return undefined;
  } finally {
    sides.device.close();
    sides.reference.close();
  }
}

type Outcome = readonly NdArray[] | Error;

async function runOn(executor: Executor, built: BuiltGraph, { fetches, targets, feeds }: Run): Promise<Outcome> {
  const tensorOf = (id: number) => built.tensors[id] as NonNullable<(typeof built.tensors)[number]>;
  try {
    return await executor.run(
      fetches.map(tensorOf),
      targets.map((id) => tensorOf(id).op),
      [...feeds].map(([id, value]) => ({ tensor: tensorOf(id), value })),
    );
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

async function runBoth(built: BuiltGraph, run: Run, expected: Executor, actual: Executor) {
  const wanted = await runOn(expected, built, run);
  if (wanted instanceof UncertainCheck) return "uncertain";
  return { wanted, got: await runOn(actual, built, run) };
}

function describeDifference(
  { wanted, got }: { readonly wanted: Outcome; readonly got: Outcome },
  sides: Sides,
  tally: Tally,
): string | undefined {
  if (wanted instanceof Error && !(wanted instanceof StrataError)) throw wanted;
  if (wanted instanceof Error || got instanceof Error) {
    if (wanted instanceof Error && got instanceof Error && agree(wanted, got)) return undefined;
    const [a, b] = [wanted, got].map((x) => (x instanceof Error ? `${x.constructor.name}: ${x.message}` : "succeeds"));
    return `expected: ${a}\ngot: ${b}`;
  }
  for (const [i, value] of wanted.entries()) {
    const what = compareArrays(value, got[i] as NdArray, sides.errorsOf(value), tally);
    if (what !== undefined) return `fetch ${i}: ${what}`;
  }
  return undefined;
}

/** Which of several failures a run reports is nobody's promise; what a report says about one of them is. */
function agree(a: Error, b: Error): boolean {
  const complaint = ({ message }: Error): string => message.replace(/[-\d]+/g, "");
  return a.constructor === b.constructor && (a.message === b.message || complaint(a) !== complaint(b));
}

function compareVariables(built: BuiltGraph, sides: Sides, tally: Tally): string | undefined {
  for (const { op } of built.variables) {
    const wanted = sides.reference.readVariable(op.name);
    const got = sides.device.readVariable(op.name);
    if (wanted === undefined || got === undefined) {
      if (wanted !== got) return `variable ${op.name} has a value on one side only`;
      continue;
    }
    const what = compareArrays(wanted, got, sides.errorsOf(wanted), tally);
    if (what !== undefined) return `variable ${op.name}: ${what}`;
  }
  return undefined;
}

function compareArrays(
  wanted: NdArray,
  got: NdArray,
  errors: Float64Array | undefined,
  tally: Tally,
): string | undefined {
  if (wanted.dtype !== got.dtype || bracketed(wanted.shape) !== bracketed(got.shape))
    return `${got.dtype}${bracketed(got.shape)} instead of ${wanted.dtype}${bracketed(wanted.shape)}`;
  const a = (wanted as NdArray<NumericDType>).data;
  const b = (got as NdArray<NumericDType>).data;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    tally.elements++;
    if (errors === undefined) {
      if (!Object.is(x, y)) return `element ${i} of ${wanted.dtype}${bracketed(wanted.shape)} is ${y}, expected ${x}`;
      continue;
    }
    const error = errors[i] as number;
    if (error === Number.POSITIVE_INFINITY) tally.unbounded++;
    if (x === y || (Number.isNaN(x) && Number.isNaN(y)) || error === Number.POSITIVE_INFINITY) continue;
    if (!(Math.abs(x - y) <= error))
      return `element ${i} of ${wanted.dtype}${bracketed(wanted.shape)} is ${y}, expected ${x} ± ${error}`;
  }
  return undefined;
}

/** The smallest set of runs found that still differs. */
export async function shrink(
  program: RandomProgram,
  built: BuiltGraph,
  runs: readonly Run[],
  open: () => Sides,
): Promise<Run[]> {
  const differs = async (candidate: readonly Run[]): Promise<boolean> =>
    (await findDifference(built, candidate, open)) !== undefined;
  let best = [...runs];
  const first = await findDifference(built, best, open);
  if (first === undefined) return best;
  best = best.slice(0, first.run + 1);
  const attempt = async (candidate: readonly Run[]): Promise<boolean> => {
    if (!(await differs(candidate))) return false;
    best = [...candidate];
    return true;
  };
  for (let i = best.length - 2; i >= 0; i--) await attempt(best.filter((_, at) => at !== i));
  const change = (at: number, edit: Partial<Run>): Run[] => best.map((r, i) => (i === at ? { ...r, ...edit } : r));
  for (let at = 0; at < best.length; at++) {
    for (const id of best[at]?.targets ?? [])
      await attempt(change(at, { targets: (best[at] as Run).targets.filter((t) => t !== id) }));
    for (let i = (best[at]?.fetches.length ?? 0) - 1; i >= 0; i--)
      await attempt(change(at, { fetches: (best[at] as Run).fetches.filter((_, f) => f !== i) }));
  }
  for (let at = 0; at < best.length; at++)
    for (let id = program.entries.length - 1; id >= 0; id--) {
      const run = best[at] as Run;
      if (run.feeds.has(id) || run.fetches.includes(id) || run.targets.includes(id)) continue;
      const value = await computedValue(built, best, at, id);
      if (value !== undefined) await attempt(change(at, { feeds: new Map([...run.feeds, [id, value]]) }));
    }
  for (let at = 0; at < best.length; at++)
    for (const id of (best[at] as Run).feeds.keys()) {
      const feeds = new Map((best[at] as Run).feeds);
      feeds.delete(id);
      const error = await failureOf(built, change(at, { feeds }), at);
      if (error === undefined) await attempt(change(at, { feeds }));
    }
  return best;
}

async function replay(built: BuiltGraph, runs: readonly Run[]): Promise<Outcome> {
  const executor = new Executor(new ErrorBoundsDevice());
  await executor.run(
    [],
    built.variables.map((v) => v.initializer),
    [],
  );
  let last: Outcome = [];
  for (const run of runs) last = await runOn(executor, built, run);
  return last;
}

/** What the reference computes for an entry in one of the runs. */
async function computedValue(built: BuiltGraph, runs: readonly Run[], at: number, id: number) {
  const run = runs[at] as Run;
  const outcome = await replay(built, [...runs.slice(0, at), { ...run, fetches: [id], targets: [] }]);
  return outcome instanceof Error ? undefined : (outcome[0] as NdArray<NumericDType>);
}

async function failureOf(built: BuiltGraph, runs: readonly Run[], at: number): Promise<Error | undefined> {
  const outcome = await replay(built, runs.slice(0, at + 1));
  return outcome instanceof Error ? outcome : undefined;
}
