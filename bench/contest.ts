/**
 * @file A contest: everybody does the same task in alternating rounds, each in a process of its own. What
 * counts is the median of the rounds and the ratio of medians of one contest.
 */
import { type Entrant, titleOf } from "./entrants.js";
import type { Task } from "./participant.js";
import { Worker } from "./process.js";
import { progress } from "./progress.js";

export interface Effort {
  readonly rounds: number;
  /** Seconds that each participant works in one round. */
  readonly roundSeconds: number;
  /** Seconds that each participant works beforehand, uncounted, until its compilers are through. */
  readonly warmUpSeconds: number;
}

export interface Contest {
  readonly title: string;
  readonly entrants: readonly Entrant[];
  readonly task: (entrant: Entrant) => Task;
  /** Steps before the check. */
  readonly checkSteps: number;
  /** Largest relative difference of checked numbers from the reference. */
  readonly tolerance: number;
  /** The right numbers after {@link checkSteps}. Default: those of the first participant. */
  readonly reference?: readonly number[];
  /** Numbers of threads, if not each participant's best. */
  readonly threads?: number;
  /** Whether each step is timed by itself, for percentiles. */
  readonly each?: boolean;
  /** Participants with numbers of their own kind, which are compared with nobody's. */
  readonly unchecked?: readonly string[];
}

/** Seconds for one step: of the rounds' averages or, where single steps were timed, of the rounds' medians. */
export interface Timing {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
  /** The median of the processors' time for one step, which a busy machine lengthens less. */
  readonly cpu: number;
  readonly p50?: number;
  readonly p99?: number;
}
export interface Result {
  readonly name: string;
  /** Whose framework it is. */
  readonly framework: string;
  readonly version: string;
  readonly threads: number;
  /** Medians of the numbers of threads that were tried, when more than one was. */
  readonly tried: readonly { readonly threads: number; readonly median: number }[];
  readonly step: Timing;
  /** Seconds until the first {@link Contest.checkSteps} steps were done, compilation included. */
  readonly firstSteps: number;
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly peakBytes: number;
}
export interface Outcome {
  readonly results: readonly Result[];
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

interface Running {
  readonly entrant: Entrant;
  readonly threads: number;
  readonly worker: Worker;
  readonly version: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly firstSteps: number;
  /** Steps in one round, and rounds: fewer for the very slow. */
  readonly steps: number;
  readonly rounds: number;
  readonly times: number[];
  readonly cpuTimes: number[];
  readonly each: number[];
}

/** Seconds after which a slow participant need not go on, once it has had two rounds; one, where a step takes that long. */
const enough = 30;

/**
 * Each number of threads plays every round, and the better median counts: chosen after a short trial, it would be the
 * worse one wherever the machine was busy just then.
 */
export async function compete(contest: Contest, effort: Effort): Promise<Outcome> {
  const leftOut: { name: string; reason: string }[] = [];
  const running: (readonly Running[])[] = [];
  const failed = new Map<Running, unknown>();
  let reference = contest.reference;
  try {
    for (const entrant of contest.entrants) {
      progress(`${contest.title}: ${titleOf(entrant.name)} `);
      const candidates: Running[] = [];
      try {
        for (const threads of contest.threads === undefined ? entrant.threads : [contest.threads]) {
          const started = await start(contest, entrant, threads, effort);
          candidates.push(started);
          if (contest.unchecked?.includes(entrant.name) === true) continue;
          reference ??= started.after;
          compare(started.after, reference, contest.tolerance);
        }
        running.push(candidates);
      } catch (error) {
        for (const { worker } of candidates) worker.end();
        leftOut.push({ name: entrant.name, reason: reasonOf(error) });
      }
    }
    for (let round = 0; round < effort.rounds; round++) {
      progress(`${contest.title}: round ${round + 1} of ${effort.rounds} `);
      for (const each of running.flat())
        if (round < each.rounds && !failed.has(each))
          await playRound(each, contest.each === true).catch((error: unknown) => failed.set(each, error));
    }
    const results: Result[] = [];
    for (const candidates of running) {
      const done = candidates.filter((each) => !failed.has(each));
      const [best] = [...done].sort((a, b) => median(a.times) - median(b.times));
      const [first] = candidates;
      if (best !== undefined) results.push(await resultOf(best, done));
      else if (first !== undefined) leftOut.push({ name: first.entrant.name, reason: reasonOf(failed.get(first)) });
    }
    return { results, leftOut };
  } finally {
    for (const { worker } of running.flat()) worker.end();
    progress();
  }
}

async function resultOf(best: Running, tried: readonly Running[]): Promise<Result> {
  const { entrant, version, threads, firstSteps, before, after, worker } = best;
  return {
    name: entrant.name,
    framework: entrant.peer ?? "tensorstrata",
    version,
    threads,
    tried: tried.map((each) => ({ threads: each.threads, median: median(each.times) })),
    step: timing(best),
    firstSteps,
    before,
    after,
    peakBytes: await worker.peakBytes(),
  };
}

/** What went wrong, in words. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function start(contest: Contest, entrant: Entrant, threads: number, effort: Effort): Promise<Running> {
  const { program, variant, environment } = entrant;
  const setup = { task: contest.task(entrant), threads, ...(variant ? { variant } : {}) };
  const worker = new Worker(program, setup, environment);
  try {
    const { version } = await worker.ready();
    const before = await worker.check();
    const first = await worker.run(contest.checkSteps);
    const after = await worker.check();
    const firstStep = first.seconds / first.steps;
    // Who needs that long has nothing left to compile.
    const perStep = firstStep > enough ? firstStep : await warmUp(worker, firstStep, effort);
    const steps = Math.max(1, Math.round(effort.roundSeconds / perStep));
    const rounds = Math.min(effort.rounds, Math.max(perStep > enough ? 1 : 2, Math.floor(enough / (steps * perStep))));
    const common = { entrant, threads, worker, version, before, after, firstSteps: first.seconds };
    return { ...common, steps, rounds, times: [], cpuTimes: [], each: [] };
  } catch (error) {
    worker.end();
    throw error;
  }
}

/** Works for a while; returns the seconds of one step at the end. */
async function warmUp(worker: Worker, firstGuess: number, effort: Effort): Promise<number> {
  let perStep = firstGuess;
  let spent = 0;
  do {
    const portion = Math.max(1, Math.min(100_000, Math.floor(effort.warmUpSeconds / 4 / perStep)));
    const { seconds, steps } = await worker.run(portion);
    perStep = seconds / steps;
    spent += seconds;
  } while (spent < effort.warmUpSeconds);
  return perStep;
}

async function playRound(running: Running, each: boolean): Promise<void> {
  const { seconds, cpuSeconds, steps, each: times } = await running.worker.run(running.steps, each);
  // Of calls timed by themselves the usual one counts, not the average with its rare long ones.
  running.times.push(times === undefined ? seconds / steps : median(times));
  running.cpuTimes.push(cpuSeconds / steps);
  running.each.push(...(times ?? []));
}

function compare(numbers: readonly number[], reference: readonly number[], tolerance: number): void {
  const scale = Math.max(...reference.map(Math.abs));
  const isClose = (value: number, i: number): boolean =>
    Math.abs(value - (reference[i] ?? Number.NaN)) <= tolerance * scale;
  if (numbers.length === reference.length && numbers.every(isClose)) return;
  const show = (list: readonly number[]): string => list.map((value) => value.toPrecision(6)).join(", ");
  throw new Error(`it computed ${show(numbers)} where ${show(reference)} is right`);
}

function timing({ times, cpuTimes, each }: Running): Timing {
  const sorted = [...each].sort((a, b) => a - b);
  const percentile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return {
    median: median(times),
    low: Math.min(...times),
    high: Math.max(...times),
    rounds: times.length,
    cpu: median(cpuTimes),
    ...(each.length > 0 ? { p50: percentile(0.5), p99: percentile(0.99) } : {}),
  };
}

export function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[half - 1], sorted[half]];
  return sorted.length % 2 === 0 ? (low + high) / 2 : high;
}
