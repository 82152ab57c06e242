/** @file Workload f: the probabilities of one image, as fast as each framework gives them. */
import { compete } from "../contest.js";
import { networkData } from "../data.js";
import { titleOf } from "../entrants.js";
import { find, leftOutNotes, microseconds, ratio, type Section } from "../report.js";
import { article } from "../workloads.js";
import { type Context, entrantsFor } from "./context.js";
import { threadsTried } from "./training.js";

/** Probabilities from float32 sums of 784 products. */
const tolerance = 1e-5;

export async function measureLatency(context: Context): Promise<Section> {
  const data = networkData(context.dataFolder, "f", article, 64);
  const outcome = await compete(
    {
      title: "f: latency of one image",
      entrants: entrantsFor(context, "predict"),
      task: () => ({ kind: "predict", network: article, data }),
      checkSteps: 1,
      tolerance,
      each: true,
    },
    context.effort,
  );
  const best = find(outcome, "native callable")?.step.p50 ?? Number.NaN;
  return {
    letter: "f",
    title: "latency of one image, network a",
    tables: [
      {
        header: ["", "threads", "p50, µs", "p99, µs", "p50 ÷ native `makeCallable`"],
        rows: outcome.results.map((result) => [
          titleOf(result.name),
          threadsTried(result),
          microseconds(result.step.p50 ?? Number.NaN),
          microseconds(result.step.p99 ?? Number.NaN),
          ratio((result.step.p50 ?? Number.NaN) / best),
        ]),
      },
    ],
    notes: [
      "Image in host memory in, ten probabilities in host memory out; every call is timed by itself.",
      ...leftOutNotes(outcome),
    ],
    data: outcome,
    figures: Object.fromEntries(
      outcome.results.map(({ name, step }) => [`f: ${name} p50, µs`, (step.p50 ?? Number.NaN) * 1e6]),
    ),
  };
}
