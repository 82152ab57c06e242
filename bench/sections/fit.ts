/** @file Workload k: what Keras's `fit` costs over the same steps written by hand. */
import { type Contest, compete } from "../contest.js";
import { networkData } from "../data.js";
import type { Entrant } from "../entrants.js";
import { leftOutNotes, type Section, timeRatio } from "../report.js";
import { article } from "../workloads.js";
import { type Context, entrantsFor } from "./context.js";
import { stepTable } from "./training.js";

const batchSize = 64;
const tolerance = 2e-4;

export async function measureFit(context: Context): Promise<Section> {
  const batches = context.quick ? 20 : 200;
  const data = networkData(context.dataFolder, "k", article, batchSize * batches);
  const owns = ["native", "wasm"];
  const byHand = entrantsFor(context, "train").filter(({ name }) => owns.includes(name));
  const contest: Omit<Contest, "entrants" | "task" | "title"> = { checkSteps: batches, tolerance };
  const common = { network: article, batchSize, learningRate: 0.5, data };
  const isFit = ({ tasks }: Entrant): boolean => tasks.includes("fit");
  const fits = entrantsFor(context, "fit");
  const drawnByHand = byHand.map((entrant) => ({ ...entrant, name: `${entrant.name} shuffled` }));
  const outcome = await compete(
    {
      ...contest,
      title: "k: fit in order",
      entrants: [...byHand, ...fits],
      task: (entrant) => (isFit(entrant) ? { kind: "fit", shuffle: false, ...common } : { kind: "train", ...common }),
    },
    context.effort,
  );
  const shuffled = await compete(
    {
      ...contest,
      title: "k: fit in random order",
      entrants: [...byHand, ...drawnByHand, ...fits],
      task: (entrant) => ({
        kind: isFit(entrant) ? "fit" : "train",
        shuffle: !byHand.includes(entrant),
        ...common,
      }),
      // Everybody draws another order.
      unchecked: [...drawnByHand, ...fits].map(({ name }) => name),
    },
    context.effort,
  );
  return {
    letter: "k",
    title: "Keras `fit` against the loop by hand, network a, batch 64",
    tables: [stepTable(outcome), stepTable(shuffled)],
    notes: [
      `The first table goes through ${batches} batches in order, and everybody's loss is checked after the first epoch; ` +
        "in the second, `fit` draws the rows in a new order each epoch, as it does unless told otherwise. So does the " +
        "loop whose rows are drawn by hand, with `tf.takeRows`; the loop in order stands beside it to show what that costs.",
      ...leftOutNotes(outcome),
      ...leftOutNotes(shuffled).map((note) => `Random order: ${note}`),
    ],
    data: { inOrder: outcome, shuffled },
    figures: Object.fromEntries(
      owns.flatMap((own) => {
        const costs = [
          [`k: ${own} fit / loop`, timeRatio(outcome, `${own} fit`, own)],
          [`k: ${own} fit / loop, random order`, timeRatio(shuffled, `${own} fit`, `${own} shuffled`)],
        ] as const;
        return costs.flatMap(([figure, cost]) => (cost === undefined ? [] : [[figure, cost] as const]));
      }),
    ),
  };
}
