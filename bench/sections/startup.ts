/** @file Workload g: how long a fresh process takes to its first result, and compile time against graph size. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, reasonOf } from "../contest.js";
import { networkData } from "../data.js";
import { compileAtOnce, type Entrant, titleOf } from "../entrants.js";
import type { Task } from "../participant.js";
import { Worker } from "../process.js";
import { progress } from "../progress.js";
import { milliseconds, number, type Section } from "../report.js";
import { article, graphSizes } from "../workloads.js";
import { type Context, entrantsFor } from "./context.js";

/** One way to start, and what was measured each time, in seconds. */
interface Start {
  readonly title: string;
  readonly entrant: Entrant;
  readonly environment: () => Readonly<Record<string, string>>;
  readonly imports: number[];
  readonly totals: number[];
}

export async function measureStartup(context: Context): Promise<Section> {
  const rounds = Math.max(1, Math.min(5, context.effort.rounds));
  const caches = mkdtempSync(join(tmpdir(), "strata-bench-"));
  const fresh = (): Record<string, string> => {
    const folder = mkdtempSync(join(caches, "fresh-"));
    return { ...compileAtOnce, XDG_CACHE_HOME: folder, LOCALAPPDATA: folder };
  };
  try {
    const { starts, node, leftOut } = await firstResults(context, rounds, caches, fresh);
    const sizes = context.quick ? graphSizes.slice(0, 2) : graphSizes;
    const compiled = await compileTimes(context, sizes, Math.min(3, rounds), fresh);
    const wasm = medianOf(starts, "wasm");
    return {
      letter: "g",
      title: "start-up and compile time",
      tables: [
        {
          header: ["", "import, ms", "process start to first result, ms", "more than wasm, ms"],
          rows: [
            ["`node` alone, nothing imported", "–", milliseconds(median(node)), "–"],
            ...starts.map(({ title, imports, totals }) => [
              title,
              milliseconds(median(imports)),
              milliseconds(median(totals)),
              milliseconds(median(totals) - wasm),
            ]),
          ],
        },
        {
          header: ["operations in the graph", ...compiled.map(({ name }) => `${titleOf(name)}, ms`)],
          rows: sizes.map((size, i) => [
            number(size),
            ...compiled.map(({ seconds }) => milliseconds(seconds[i] ?? Number.NaN)),
          ]),
        },
      ],
      notes: [
        `Medians of ${rounds} fresh processes each. The first result is the loss of network a after one step of training.`,
        "Compile times are those of a fresh process, graph construction and the first run included, on native with the " +
          "C compiler and nothing cached; " +
          `the last growth on wasm is ${number(growth(compiled.find(({ name }) => name === "wasm")?.seconds ?? [], sizes))} times that of n·log n.`,
        ...leftOut,
      ],
      data: { starts: starts.map(({ title, imports, totals }) => ({ title, imports, totals })), node, sizes, compiled },
      figures: figures(starts, compiled, sizes),
    };
  } finally {
    rmSync(caches, { recursive: true, force: true });
  }
}

async function firstResults(
  context: Context,
  rounds: number,
  caches: string,
  fresh: () => Record<string, string>,
): Promise<{ starts: Start[]; node: number[]; leftOut: string[] }> {
  const data = networkData(context.dataFolder, "g", article, 64);
  const task: Task = { kind: "train", network: article, batchSize: 64, learningRate: 0.5, data };
  const entrants = entrantsFor(context, "train");
  const start = (title: string, entrant: Entrant, environment: Start["environment"] = () => ({})): Start => {
    return { title, entrant, environment, imports: [], totals: [] };
  };
  const native = entrants.find(({ name }) => name === "native");
  const kept = { ...compileAtOnce, XDG_CACHE_HOME: join(caches, "kept"), LOCALAPPDATA: join(caches, "kept") };
  let starts = entrants.map((entrant) => start(titleOf(entrant.name), entrant));
  if (native !== undefined)
    starts.splice(
      1,
      0,
      start("Tensorstrata native, all programs compiled, none cached", native, fresh),
      start("Tensorstrata native, all programs compiled, all cached", native, () => kept),
    );
  const node: number[] = [];
  const leftOut: string[] = [];
  // Round 0 fills the caches, the operating system's among them, and does not count.
  for (let round = 0; round <= rounds; round++) {
    progress(`g: start-up, round ${round} of ${rounds} `);
    const begin = performance.now();
    spawnSync(process.execPath, ["--eval", "0"]);
    if (round > 0) node.push((performance.now() - begin) / 1000);
    for (const each of starts)
      try {
        const { total, imported } = await firstResult(each, task);
        if (round === 0) continue;
        each.totals.push(total);
        each.imports.push(imported);
      } catch (error) {
        leftOut.push(`Left out: ${each.title} (${reasonOf(error)}).`);
        starts = starts.filter((other) => other !== each);
      }
  }
  progress();
  return { starts, node, leftOut };
}

async function firstResult(start: Start, task: Task): Promise<{ total: number; imported: number }> {
  const { program, variant, threads } = start.entrant;
  const environment = start.environment();
  const begin = performance.now();
  const setup = { task, threads: threads[0] ?? 1, ...(variant ? { variant } : {}) };
  const worker = new Worker(program, setup, environment);
  try {
    const { importSeconds } = await worker.ready();
    await worker.run(1);
    await worker.check();
    return { total: (performance.now() - begin) / 1000, imported: importSeconds };
  } finally {
    worker.end();
  }
}

/** Seconds from which a compilation is not repeated for the median. */
const longestRepeated = 20;

interface Compiled {
  readonly name: string;
  readonly seconds: number[];
}

/** Fresh processes; `native` compiles at once and has nothing cached. */
async function compileTimes(
  context: Context,
  sizes: readonly number[],
  rounds: number,
  fresh: () => Record<string, string>,
): Promise<Compiled[]> {
  const compiled: Compiled[] = [];
  for (const { name, program, variant } of entrantsFor(context, "compile")) {
    const seconds: number[] = [];
    for (const operations of sizes) {
      progress(`g: compiling ${operations} operations, ${name} `);
      const setup = { task: { kind: "compile", operations } as const, threads: 1, ...(variant ? { variant } : {}) };
      const times: number[] = [];
      for (let round = 0; round < rounds && (times[0] ?? 0) < longestRepeated; round++) {
        const worker = new Worker(program, setup, name === "native" ? fresh() : {});
        try {
          await worker.ready();
          times.push((await worker.run(1)).seconds);
        } catch {
          // Too long, or too large for the C compiler: the table has a dash.
          break;
        } finally {
          worker.end();
        }
      }
      seconds.push(median(times));
    }
    compiled.push({ name, seconds });
  }
  progress();
  return compiled;
}

/** How much faster than n·log n the time grew between the two largest sizes; below 1 is slower growth. */
function growth(seconds: readonly number[], sizes: readonly number[]): number {
  const [n0 = 1, n1 = 1] = sizes.slice(-2);
  const [t0 = Number.NaN, t1 = Number.NaN] = seconds.slice(-2);
  return t1 / t0 / ((n1 * Math.log(n1)) / (n0 * Math.log(n0)));
}

function medianOf(starts: readonly Start[], name: string): number {
  const found = starts.find(({ title }) => title === titleOf(name));
  return median(found?.totals ?? []);
}

function figures(starts: readonly Start[], compiled: readonly Compiled[], sizes: readonly number[]) {
  const wasm = starts.find(({ title }) => title === titleOf("wasm"));
  const cached = starts.find(({ title }) => title.endsWith("all cached"));
  const onWasm = compiled.find(({ name }) => name === "wasm")?.seconds ?? [];
  const all: Record<string, number> = {};
  if (wasm !== undefined) {
    all["g: import, ms"] = median(wasm.imports) * 1000;
    all["g: wasm first result, ms"] = median(wasm.totals) * 1000;
    if (cached !== undefined)
      all["g: native cached over wasm, ms"] = (median(cached.totals) - median(wasm.totals)) * 1000;
  }
  const largest = sizes.at(-1);
  if (largest === 5000 && onWasm.length === sizes.length) {
    all["g: compile 5000, s"] = onWasm.at(-1) ?? Number.NaN;
    all["g: growth / n log n"] = growth(onWasm, sizes);
  }
  return all;
}
