/** @file Workloads a to d: one step of training, and its peak memory (workload i). */
import { compete, type Outcome, type Result } from "../contest.js";
import { networkData } from "../data.js";
import { titleOf } from "../entrants.js";
import {
  find,
  leftOutNotes,
  megabytes,
  microseconds,
  milliseconds,
  ratio,
  type Section,
  timeRatio,
} from "../report.js";
import type { TrainingWorkload } from "../workloads.js";
import { type Context, entrantsFor } from "./context.js";

/** The same arithmetic in another order: float32 rounding, grown over the steps of the check. */
const tolerance = 2e-4;

export async function measureTraining(workload: TrainingWorkload, context: Context): Promise<Section> {
  const { letter, title, network, batchSize, learningRate, batches, checkSteps } = workload;
  const data = networkData(context.dataFolder, letter, network, batchSize * batches);
  const outcome = await compete(
    {
      title: `${letter}: ${title}`,
      entrants: entrantsFor(context, "train"),
      task: () => ({ kind: "train", network, batchSize, learningRate, data }),
      checkSteps,
      tolerance,
    },
    context.effort,
  );
  const [first] = outcome.results;
  const [before, after] = [first?.before[0], first?.after[0]].map((loss) => loss?.toFixed(4));
  return {
    letter,
    title,
    tables: [stepTable(outcome)],
    notes: [
      `Everybody's loss on the first batch went from ${before} to ${after} in ${checkSteps} steps, within ${tolerance} of it.`,
      ...leftOutNotes(outcome),
    ],
    data: outcome,
    figures: Object.fromEntries(ratiosOf(letter, outcome)),
  };
}

/** Times of one step, and everybody's time over each of ours. */
export function stepTable(outcome: Outcome, owns: readonly string[] = ["native", "wasm"]): Section["tables"][number] {
  return {
    header: [
      "",
      "threads",
      "µs a step",
      "lowest–highest round",
      "processor µs",
      "first steps, ms",
      ...owns.map((own) => `÷ ${own}`),
    ],
    rows: outcome.results.map((result) => [
      `${titleOf(result.name)}`,
      threadsTried(result),
      microseconds(result.step.median),
      `${microseconds(result.step.low)}–${microseconds(result.step.high)}`,
      microseconds(result.step.cpu),
      milliseconds(result.firstSteps),
      ...owns.map((own) => ratio(timeRatio(outcome, result.name, own))),
    ]),
  };
}

/** The number that was better, and what the other would have cost. */
export function threadsTried({ threads, tried }: Result): string {
  const other = tried.find((trial) => trial.threads !== threads);
  return other === undefined ? `${threads}` : `${threads} (${other.threads}: ${microseconds(other.median)} µs)`;
}

/** Each ratio that a target may ask for. TensorFlow.js counts on wasm where it can train there, else on its cpu backend. */
function* ratiosOf(letter: string, outcome: Outcome): Iterable<[string, number]> {
  const tensorflowJs = find(outcome, "tensorflow.js wasm") === undefined ? "tensorflow.js cpu" : "tensorflow.js wasm";
  for (const own of ["native", "wasm"])
    for (const [name, entrant] of [
      ["pytorch", "pytorch"],
      ["tensorflow1", "tensorflow1"],
      ["tensorflow.js", tensorflowJs],
      ["jax-js", "jax-js"],
    ] as const) {
      const measured = timeRatio(outcome, entrant, own);
      if (measured !== undefined) yield [`${letter}: ${own} / ${name}`, measured];
    }
}

/** Workload i, from the processes of the training workloads that were measured. */
export function memorySection(measured: readonly Section[]): Section {
  const outcomes = measured.filter(({ letter, data }) => (letter === "a" || letter === "d") && data !== null);
  const names = [...new Set(outcomes.flatMap(({ data }) => (data as Outcome).results.map(({ name }) => name)))];
  const peak = (outcome: Outcome, name: string): string => {
    const result = find(outcome, name);
    return result === undefined ? "–" : megabytes(result.peakBytes);
  };
  return {
    letter: "i",
    title: "peak memory",
    tables: [
      {
        header: ["MiB", ...outcomes.map(({ letter }) => `training ${letter}`)],
        rows: names.map((name) => [titleOf(name), ...outcomes.map(({ data }) => peak(data as Outcome, name))]),
      },
    ],
    notes: ["The largest resident set of each participant's process, runtime, framework, data and compilers included."],
    data: Object.fromEntries(
      outcomes.map(({ letter, data }) => [
        letter,
        Object.fromEntries((data as Outcome).results.map(({ name, peakBytes }) => [name, peakBytes])),
      ]),
    ),
    figures: {},
  };
}
