/** @file What every section is given: who is there, how much effort to spend, and where data go. */
import type { Effort } from "../contest.js";
import type { Entrant } from "../entrants.js";
import type { Python } from "../peers.js";

export interface Context {
  readonly entrants: readonly Entrant[];
  readonly effort: Effort;
  /** Whether smaller versions of the long workloads are enough. */
  readonly quick: boolean;
  /** Files of numbers go here. */
  readonly dataFolder: string;
  /** The Python to run Keras with, where Keras is wanted and there. */
  readonly keras: Python | undefined;
}

/** Those who can do a task. */
export const entrantsFor = ({ entrants }: Context, task: Entrant["tasks"][number]): readonly Entrant[] =>
  entrants.filter(({ tasks }) => tasks.includes(task));
