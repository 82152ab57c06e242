/**
 * @file `strata sweep`: one of the exercises' questions, answered by training every variant with the same
 * seeds. Chooses on the validation examples; the test examples are measured for the chosen one alone.
 */
import { platform } from "#platform";
import type { DeviceName } from "../runtime/index.js";
import { type Digits, loadDigits } from "./digits.js";
import { exitCodes, type Host, styled, writeLine } from "./host.js";
import { toJson } from "./json-reporter.js";
import { formatDuration, formatWhole } from "./numbers.js";
import {
  isBetter,
  isWithinDeviation,
  type Scores,
  type Statistics,
  type Summary,
  statisticsOf,
  summarize,
} from "./sweep-run.js";
import { LocalTrainers, ProcessTrainers, type Run, type Trainers } from "./sweep-trainers.js";
import { type Sweep, type SweepName, sweeps, type Variant } from "./sweep-variants.js";
import { requireDigits } from "./training.js";

export interface SweepOptions {
  readonly data?: string;
  readonly steps: number;
  readonly seeds: number;
  /** Runs at a time. Default: one for each core. */
  readonly jobs?: number;
  readonly device?: DeviceName;
  readonly json?: boolean;
}

/** Each process has the data in its memory. */
const DEFAULT_JOBS = 16;

/** A variant after its runs. */
interface Row {
  readonly variant: Variant;
  readonly summary: Summary;
}

/** The variant that was chosen, and its accuracy on the test examples. */
interface Choice extends Row {
  readonly test: Statistics;
}

/** Compares the variants of an exercise and reports on them. @returns the exit code */
export async function sweep(name: SweepName, options: SweepOptions, host: Host): Promise<number> {
  const digits = await loadDigits(options.data, options.json ? null : (line) => writeLine(host.stderr, line));
  requireDigits(digits.training, digits.source);
  const report = options.json ? jsonReport(host) : textReport(host);
  const exercise: Sweep = sweeps[name];
  report.started(name, exercise, digits, options);

  using trainers = startTrainers(name, digits, options);
  const runs = exercise.variants.map((_, variant) => seedsOf(options).map((seed) => ({ variant, seed })));
  const pending = runs.map((ofVariant) => ofVariant.map((run) => trainers.train(run)));
  // A run that fails is heard of when its turn comes.
  for (const training of pending.flat()) training.catch(() => undefined);

  const rows: Row[] = [];
  let best: Row | undefined;
  // The runs of the best variant so far are kept: the test waits until the choice is made.
  let kept: readonly Run[] = [];
  for (const [at, variant] of exercise.variants.entries()) {
    const scores: Scores[] = [];
    for (const [i, training] of (pending[at] ?? []).entries()) {
      const trained = await training;
      scores.push(trained.scores);
      report.ran(variant, i + 1, trained.scores, trained.milliseconds);
    }
    const row = { variant, summary: summarize(scores) };
    rows.push(row);
    const own = runs[at] ?? [];
    const isBest = isBetter(row.summary, best?.summary);
    for (const run of isBest ? kept : own) trainers.drop(run);
    if (!isBest) continue;
    best = row;
    kept = own;
  }
  if (best === undefined) return exitCodes.failed;
  const accuracies = await Promise.all(kept.map((run) => trainers.test(run)));
  report.finished(rows, { ...best, test: statisticsOf(accuracies) }, options);
  return exitCodes.done;
}

const seedsOf = ({ seeds }: SweepOptions): number[] => Array.from({ length: seeds }, (_, i) => i + 1);

/** Processes enough for the machine's cores, or none where one run is to follow another. */
function startTrainers(name: SweepName, digits: Digits, options: SweepOptions): Trainers {
  const { steps, seeds, device } = options;
  const { variants }: Sweep = sweeps[name];
  const cores = platform.availableParallelism();
  const jobs = Math.min(options.jobs ?? Math.min(cores, DEFAULT_JOBS), variants.length * seeds);
  if (jobs === 1) return new LocalTrainers(variants, digits, { steps, device });
  const threads = Math.max(1, Math.floor(cores / jobs));
  return new ProcessTrainers(jobs, name, { source: digits.source, steps, device, threads });
}

// ---- reports ----

interface Report {
  started(name: SweepName, exercise: Sweep, digits: Digits, options: SweepOptions): void;
  ran(variant: Variant, seed: number, scores: Scores, milliseconds: number): void;
  finished(rows: readonly Row[], choice: Choice, options: SweepOptions): void;
}

/** Events as JSON, one a line; an unknown deviation, that of a single seed, is `"NaN"`. */
function jsonReport({ stdout }: Host): Report {
  const write = (event: string, fields: Readonly<Record<string, unknown>>): void =>
    writeLine(stdout, toJson({ event, ...fields }));
  return {
    started: (sweep, { question, variants }, { source, description }, { steps, seeds }) =>
      write("start", {
        sweep,
        question,
        variants: variants.map(({ name }) => name),
        data: { source, description },
        steps,
        seeds,
      }),
    ran: ({ name }, seed, { training, validation }, milliseconds) =>
      write("run", {
        variant: name,
        seed,
        trainingAccuracy: training,
        validationAccuracy: validation,
        gap: training - validation,
        seconds: milliseconds / 1000,
      }),
    finished: (rows, choice) => {
      for (const { variant, summary } of rows)
        write("variant", {
          variant: variant.name,
          trainingAccuracy: summary.training,
          validationAccuracy: summary.validation,
          gap: summary.gap,
          diverged: summary.diverged,
        });
      write("result", {
        chosen: choice.variant.name,
        validationAccuracy: choice.summary.validation,
        testAccuracy: choice.test,
        within: rivalsOf(choice, rows),
      });
    },
  };
}

/** A table for people on standard output, and a line for each run on standard error. */
function textReport({ stdout, stderr }: Host): Report {
  let done = 0;
  let total = 0;
  return {
    started: (_, { question, variants }, { description, training, validation }, { steps, seeds }) => {
      total = variants.length * seeds;
      const [learned, held] = [training, validation].map(({ images }) => formatWhole(images.shape[0] ?? 0));
      writeLine(stdout, styled(stdout, "bold", question));
      writeLine(stdout, `${description}: ${learned} to train on, ${held} to validate`);
      writeLine(
        stdout,
        `${formatWhole(steps)} steps of 100 for each of ${variants.length} variants, ${counted(seeds)}`,
      );
    },
    ran: ({ name }, seed, { validation }, milliseconds) =>
      writeLine(
        stderr,
        `${++done}/${total}  ${name}, seed ${seed}: validation ${validation.toFixed(4)}  ${formatDuration(milliseconds)}`,
      ),
    finished: (rows, choice, { seeds }) => {
      writeLine(stdout);
      for (const [i, line] of table(rows, choice).entries())
        writeLine(stdout, i === 0 ? styled(stdout, "dim", line) : line);
      writeLine(stdout);
      if (seeds > 1) writeLine(stdout, "Mean ± standard deviation over the seeds; gap: training less validation.");
      writeLine(
        stdout,
        `Chosen on the validation examples: ${choice.variant.name}. Test accuracy ${formatStatistics(choice.test)}`,
      );
      const rivals = rivalsOf(choice, rows);
      if (rivals.length > 0)
        writeLine(stdout, `Too close to call, within a deviation of the chosen one: ${rivals.join("; ")}`);
    },
  };
}

const COLUMNS = ["training", "validation", "gap"] as const;

function table(rows: readonly Row[], { variant: chosen }: Choice): string[] {
  const cells = rows.map(({ variant, summary }) => [
    `${variant === chosen ? "*" : " "} ${variant.name}`,
    ...COLUMNS.map((column) => formatStatistics(summary[column])),
    summary.diverged === 0 ? "" : `${summary.diverged} diverged`,
  ]);
  const lines = [["  variant", ...COLUMNS, ""], ...cells];
  const widths = ["", ...COLUMNS, ""].map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines.map((line) => {
    const padded = line.map((cell, at) => cell.padEnd(widths[at] ?? 0));
    return padded.join("  ").trimEnd();
  });
}

/** Variants that the seeds do not tell apart from the chosen one. */
function rivalsOf(choice: Choice, rows: readonly Row[]): string[] {
  return rows
    .filter(({ variant, summary }) => variant !== choice.variant && isWithinDeviation(summary, choice.summary))
    .map(({ variant }) => variant.name);
}

/** `0.9123 ± 0.0012`, or the mean alone where there was one seed. */
function formatStatistics({ mean, deviation }: Statistics): string {
  // A gap of -0.00001 would read "-0.0000"; `0 +` takes the sign from a zero.
  const shown = (0 + Number(mean.toFixed(4))).toFixed(4);
  return Number.isNaN(deviation) ? shown : `${shown} ± ${deviation.toFixed(4)}`;
}

const counted = (seeds: number): string => (seeds === 1 ? "seed 1" : `seeds 1 to ${seeds}`);
