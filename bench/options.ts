/** @file The command line of the benchmark. */
import { parseArgs } from "node:util";
import type { Effort } from "./contest.js";
import { type PeerName, peerNames } from "./entrants.js";

export const letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"] as const;
export type Letter = (typeof letters)[number];

export interface Options {
  readonly workloads: ReadonlySet<Letter>;
  readonly peers: ReadonlySet<PeerName>;
  readonly effort: Effort;
  readonly quick: boolean;
  readonly json: boolean;
  /** Where results and data go. */
  readonly output: string | undefined;
  /** Whether everything was asked for, so that the document may be written. */
  readonly isComplete: boolean;
}

const help = `Usage: npm run bench -- [options]

Measures Tensorstrata beside its peers. Without --workload, --peer and --quick it measures everything, which
takes about an hour, and writes docs/benchmarks.md if nothing was missing and nothing failed; otherwise it prints
alone. Results go to .strata/bench.json too: machine, effort, targets, and for each workload the tables, the figures
(ratios by name) and the data behind them, times in seconds. Both files are written at the end; Ctrl-C leaves them alone.

  --workload LETTER   a to k; may be repeated
                        a, b, c, d  one training step of four networks
                        e  square matrix products       f  latency of one image
                        g  start-up and compile time    h  the first article's whole program
                        i  peak memory (with a and d)   j  browser bundles
                        k  Keras's fit against a loop
  --peer NAME         ${peerNames.join(", ")}, or none; may be repeated
  --rounds N          rounds of each contest (7)
  --time MS           how long each participant works in a round (500)
  --quick             few short rounds and small sizes: for trying things out
  --json              print the results as JSON
  --output DIR        put results and data there (.strata)
  --help              print this
`;

/** @returns undefined when only help was asked for, and printed. @throws Error with words for the user */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      workload: { type: "string", multiple: true },
      peer: { type: "string", multiple: true },
      rounds: { type: "string" },
      time: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      output: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return undefined;
  }
  const { quick, json, output } = values;
  if (output === "") throw new Error("--output must name a folder");
  const asked = choose("--workload", values.workload, letters);
  const workloads = asked.includes("i") ? [...asked, ...(["a", "d"] as const)] : asked;
  const peers = choose("--peer", values.peer, [...peerNames, "none"] as const).filter((name) => name !== "none");
  const roundSeconds = positive("--time", values.time ?? (quick ? "100" : "500")) / 1000;
  const effort = {
    rounds: positive("--rounds", values.rounds ?? (quick ? "3" : "7")),
    roundSeconds,
    warmUpSeconds: 4 * roundSeconds,
  };
  const isComplete = values.workload === undefined && values.peer === undefined && !quick;
  return { workloads: new Set(workloads), peers: new Set(peers), effort, quick, json, output, isComplete };
}

function choose<T extends string>(option: string, given: readonly string[] | undefined, known: readonly T[]): T[] {
  if (given === undefined) return [...known];
  return given.map((text) => {
    const found = known.find((name) => name === text);
    if (found === undefined) throw new Error(`${option} ${text} is unknown; there are ${known.join(", ")}`);
    return found;
  });
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${option} must be a whole number above 0, not ${text}`);
}
