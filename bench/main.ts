/**
 * @file `npm run bench`: Tensorstrata beside its peers. Every participant is a process; rounds alternate
 * between them, and what counts is the median, and the ratio of medians of one run. Results go to standard
 * output as Markdown, to `.strata/bench.json`, and, when everything was measured, to docs/benchmarks.md.
 * Files are written whole, at the end: one that was there before survives an interruption.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reasonOf } from "./contest.js";
import { findEntrants, type PeerName } from "./entrants.js";
import { type Letter, type Options, readOptions } from "./options.js";
import { findPython, installPeers, type Python } from "./peers.js";
import { type Section, sectionMarkdown, tableMarkdown } from "./report.js";
import { measureBundles } from "./sections/bundles.js";
import type { Context } from "./sections/context.js";
import { measureFit } from "./sections/fit.js";
import { measureLatency } from "./sections/latency.js";
import { measureMatrices } from "./sections/matrices.js";
import { measureProgram } from "./sections/program.js";
import { measureStartup } from "./sections/startup.js";
import { measureTraining, memorySection } from "./sections/training.js";
import { judge, targetTable } from "./targets.js";
import { training } from "./workloads.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

async function main(options: Options): Promise<void> {
  const folder = options.output ?? join(root, ".strata");
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(`${folder} cannot be the folder for results (${reasonOf(error)}); --output names another`);
  }
  const { peers, missing } = await prepare(options);
  const context: Context = {
    entrants: findEntrants({ ...peers, peers: options.peers }),
    effort: options.effort,
    quick: options.quick,
    dataFolder: join(folder, "bench-data"),
    keras: options.peers.has("keras") && peers.python?.modules.includes("keras") ? peers.python : undefined,
  };
  const about = aboutThisRun();
  const sections = await measure(options, context);
  const figures = Object.assign({}, ...sections.map((section) => section.figures)) as Record<string, number>;
  const judged = judge(figures);
  const report = { ...about, effort: options.effort, missing, targets: judged, sections };
  writeWhole(join(folder, "bench.json"), `${JSON.stringify(report, null, 2)}\n`);

  const parts = [
    ...(judged.length > 0 ? [`## Targets\n\n${tableMarkdown(targetTable(judged))}\n`] : []),
    ...sections.map(sectionMarkdown),
  ];
  if (options.isComplete) {
    const lacks = [
      ...missing,
      ...sections.filter(({ hasFailed }) => hasFailed).map(({ letter }) => `${letter} failed`),
    ];
    if (lacks.length === 0)
      writeWhole(join(root, "docs", "benchmarks.md"), [opening(report, context), ...parts].join("\n"));
    else process.stderr.write(`docs/benchmarks.md stays as it was, since not all was measured: ${lacks.join("; ")}\n`);
  }
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${parts.join("\n")}`);
}

/** Replaces a file at once, so that nobody finds half of it. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

/** Looks for the peers that were asked for, and says which are missing. */
async function prepare({ peers }: Options): Promise<{
  readonly peers: { readonly python: Python | undefined; readonly hasJavaScriptPeers: boolean };
  readonly missing: readonly string[];
}> {
  const missing: string[] = [];
  const isWanted = (...names: Parameters<typeof peers.has>[0][]): boolean => names.some((name) => peers.has(name));
  const problem = isWanted("tensorflow.js", "jax-js", "onnxruntime-web") ? installPeers() : undefined;
  if (problem !== undefined) missing.push(problem);
  let python: Python | undefined;
  if (isWanted("pytorch", "tensorflow1", "keras")) {
    const found = await findPython();
    if ("missing" in found) missing.push(found.missing);
    else {
      python = found;
      const lacking = (peer: PeerName, module: string, title: string): void => {
        if (isWanted(peer) && !found.modules.includes(module))
          missing.push(`${found.path} has no ${title}; bench/setup-python.sh installs it`);
      };
      lacking("pytorch", "torch", "PyTorch");
      lacking("tensorflow1", "tensorflow", "TensorFlow");
      lacking("keras", "keras", "Keras");
    }
  }
  for (const line of missing) process.stderr.write(`${line}\n`);
  return { peers: { python, hasJavaScriptPeers: problem === undefined }, missing };
}

/** Section by section; one that fails says so in its place, and the others go on. */
async function measure({ workloads }: Options, context: Context): Promise<Section[]> {
  const sections: Section[] = [];
  const add = async (letter: Letter, title: string, body: () => Promise<Section> | Section): Promise<void> => {
    if (!workloads.has(letter)) return;
    try {
      sections.push(await body());
    } catch (error) {
      const notes = [`Failed: ${reasonOf(error)}`];
      sections.push({ letter, title, tables: [], notes, data: null, figures: {}, hasFailed: true });
      process.exitCode = 1;
    }
  };
  for (const workload of training) await add(workload.letter, workload.title, () => measureTraining(workload, context));
  const trained = [...sections];
  await add("e", "square matrix products", () => measureMatrices(context));
  await add("f", "latency of one image", () => measureLatency(context));
  await add("g", "start-up and compile time", () => measureStartup(context));
  await add("h", "the whole article program", () => measureProgram(context));
  await add("i", "peak memory", () => memorySection(trained));
  await add("j", "browser bundles", measureBundles);
  await add("k", "Keras `fit`", () => measureFit(context));
  return sections;
}

function aboutThisRun() {
  const git = (...args: string[]): string =>
    spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
  const changed = git("status", "--porcelain", "--untracked-files=no", "--", "src") !== "";
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: `${git("rev-parse", "--short", "HEAD") || "unknown"}${changed ? ", with changes in src" : ""}`,
    machine: {
      processor: cpus()[0]?.model.trim() ?? "unknown",
      processors: cpus().length,
      memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      /** Processes that wanted to run during the last minute. */
      load: loadavg()[0] ?? Number.NaN,
    },
  };
}

function opening(
  report: ReturnType<typeof aboutThisRun> & { readonly sections: readonly Section[] },
  context: Context,
): string {
  const { date, commit, machine } = report;
  const { rounds, roundSeconds } = context.effort;
  const versions = versionsIn(report.sections.map(({ data }) => data));
  const command = `npm run bench -- --rounds ${rounds} --time ${Math.round(roundSeconds * 1000)}`;
  return `# Benchmarks

Written by \`${command}\`, which measures everything anew on your machine and rewrites this page;
\`npm run bench -- --help\` lists how to measure less. The peers for Node are installed on demand;
[bench/setup-python.sh](../bench/setup-python.sh) prepares a Python for the others, once.

| | |
|---|---|
| date, commit | ${date}, ${commit} |
| machine | ${machine.processors} × ${machine.processor}, ${machine.memory}, ${machine.platform}, Node ${machine.node}; load before the run ${machine.load.toFixed(1)} |
| effort | ${rounds} rounds of ${roundSeconds} seconds for each participant, after ${context.effort.warmUpSeconds} seconds of warming up |
| versions | ${[...versions].map(([framework, version]) => `${framework} ${version}`).join(", ")} |

Each participant is a process of its own. Their rounds alternate, so that a busy machine slows everybody; a figure is
the median of the rounds. A ratio is the other's time over ours: above 1, Tensorstrata is ahead. Who has threads plays
every round with one and with two, and the better number counts; what the other number took stands in brackets.
Processor time counts all threads. The first steps are those before the check, compilation included: \`native\` compiles
a program when it first runs here, so as to compare steady states; as shipped it waits until a program has proved to run
again and again, and start-up (g) and the whole program (h) are measured like that. All get the same weights and
batches, and the numbers that everybody computed are compared before they count.
`;
}

/** Each framework's version, wherever results of a contest are in the sections' data. */
function versionsIn(data: unknown, found = new Map<string, string>()): Map<string, string> {
  if (typeof data !== "object" || data === null) return found;
  const { framework, version } = data as { readonly framework?: unknown; readonly version?: unknown };
  if (typeof framework === "string" && typeof version === "string") found.set(framework, version.split(" ")[0] ?? "");
  else for (const value of Object.values(data)) versionsIn(value, found);
  return found;
}

let options: Options | undefined;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exitCode = 2;
}
if (options !== undefined)
  await main(options).catch((error: unknown) => {
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exitCode = 1;
  });
