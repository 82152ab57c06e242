/** @file What tests of the command line share: streams that remember, and a small data set that is quickly learned. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "../../src/cli/command-line.js";
import type { Host } from "../../src/cli/host.js";
import { type FileRole, fileNames } from "../../src/datasets/mirrors.js";
import type { OutputStream } from "../../src/platform/types.js";
import { idx } from "../datasets/support.js";

/** How a command ended and what it wrote. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  /** Width of a terminal; undefined for output that goes to a file. */
  readonly columns?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a command line in this process. */
export async function run(args: readonly string[], { columns, environment = {} }: Surroundings = {}): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written): OutputStream => ({
    isTerminal: columns !== undefined,
    columns,
    colorDepth: columns === undefined ? 1 : 8,
    write: (text) => {
      written[name] += text;
    },
  });
  const host: Host = {
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    now: () => performance.now(),
    environment: (name) => environment[name],
  };
  return { code: await runCommandLine(args, host), ...written };
}

/** Runs `use` with a fresh directory, and removes it. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "strata-cli-"));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs `use` with a directory of 400 training and 100 test pictures: class `c` is a bar at its own height. */
export const withDigits = <T>(use: (directory: string) => Promise<T>): Promise<T> =>
  withDirectory(async (directory) => {
    await writeDigits(directory, 400);
    return use(directory);
  });

/** Writes such pictures, so many to train on, in the four files of MNIST's format. */
export async function writeDigits(directory: string, trainingCount: number): Promise<void> {
  for (const [part, count] of [["train", trainingCount] as const, ["test", 100] as const]) {
    const pixels = Uint8Array.from({ length: count * 784 }, (_, i) => pixel(Math.floor(i / 784), i % 784));
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
    await writeFile(join(directory, plainName(`${part}Images`)), idx([2051, count, 28, 28], pixels));
    await writeFile(join(directory, plainName(`${part}Labels`)), idx([2049, count], labels));
  }
}

const plainName = (role: FileRole): string => fileNames[role].replace(/\.gz$/, "");

/** Bright in the two rows of the example's class, from a column on that differs between examples. */
function pixel(example: number, at: number): number {
  const row = Math.floor(at / 28);
  const isBar = Math.floor((row - 4) / 2) === example % 10 && at % 28 >= example % 7;
  return isBar ? 200 + (example % 50) : (at * 7 + example * 13) % 40;
}

/** The objects of output that is one JSON text a line. */
export const parseLines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));
