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
  const outcome = await compete(
    {
      ...contest,
      title: "k: fit in order",
      entrants: [...byHand, ...entrantsFor(context, "fit")],
      task: (entrant) => (isFit(entrant) ? { kind: "fit", shuffle: false, ...common } : { kind: "train", ...common }),
    },
    context.effort,
  );
  const shuffled = await compete(
    {
      ...contest,
      title: "k: fit in random order",
      entrants: [...byHand, ...entrantsFor(context, "fit")],
      task: (entrant) => (isFit(entrant) ? { kind: "fit", shuffle: true, ...common } : { kind: "train", ...common }),
      // Everybody draws another order.
      unchecked: entrantsFor(context, "fit").map(({ name }) => name),
    },
    context.effort,
  );
  return {
    letter: "k",
    title: "Keras `fit` against the loop by hand, network a, batch 64",
    tables: [stepTable(outcome), stepTable(shuffled)],
    notes: [
      `The first table goes through ${batches} batches in order, and everybody's loss is checked after the first epoch; ` +
        "in the second, `fit` draws the rows in a new order each epoch, as it does unless told otherwise.",
      ...leftOutNotes(outcome),
    ],
    data: { inOrder: outcome, shuffled },
    figures: Object.fromEntries(
      owns.flatMap((own) => {
        const cost = timeRatio(outcome, `${own} fit`, own);
        return cost === undefined ? [] : [[`k: ${own} fit / loop`, cost]];
      }),
    ),
  };
}
