/**
 * @file `npm run bench`: steps per second of the articles' networks, beside TensorFlow.js. Every
 * participant is a process; rounds alternate between them, and what counts is the median and the ratio
 * of medians of the same run. Results go to stdout and to `.strata/bench.json`.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type WorkloadName, workloads } from "./participant.js";
import { installPeers } from "./peers.js";
import type { ParticipantName, Reply } from "./worker.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    /** Milliseconds each participant gets per round. */
    time: { type: "string", default: "400" },
    workload: { type: "string", multiple: true, default: Object.keys(workloads) },
    json: { type: "boolean", default: false },
  },
});

interface Measured {
  readonly participant: string;
  readonly version: string;
  readonly microsecondsPerStep: { readonly median: number; readonly low: number; readonly high: number };
  readonly loss: { readonly before: number; readonly after: number };
}

const worker = fileURLToPath(new URL("./worker.js", import.meta.url));
const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;

function next(child: ChildProcess): Promise<Reply> {
  return new Promise((resolve) => {
    child.once("message", (message) => resolve(message as Reply));
    child.once("exit", (code) => resolve({ kind: "failed", reason: `process ended with code ${code}` }));
  });
}

async function measure(workload: WorkloadName, names: readonly ParticipantName[]): Promise<Measured[]> {
  const entered: {
    name: ParticipantName;
    child: ChildProcess;
    ready: Extract<Reply, { kind: "ready" }>;
    steps: number;
    times: number[];
    loss: number;
  }[] = [];
  const ask = async (child: ChildProcess, steps: number): Promise<Extract<Reply, { kind: "timed" }>> => {
    const answer = next(child);
    child.send({ steps });
    const reply = await answer;
    if (reply.kind !== "timed") throw new Error(reply.kind === "failed" ? reply.reason : "unexpected reply");
    return reply;
  };
  for (const name of names) {
    const child = fork(worker, [name, workload], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const ready = await next(child);
    if (ready.kind !== "ready") {
      process.stderr.write(`${name}: left out (${ready.kind === "failed" ? ready.reason : ready.kind})\n`);
      child.kill();
      continue;
    }
    // Warm up until the engine has optimized and native code has been compiled, then size the rounds.
    await ask(child, name === "tensorstrata native" ? 1500 : 20);
    const probe = await ask(child, 50);
    const steps = Math.max(5, Math.round((Number(options.time) * 1000) / probe.microsecondsPerStep));
    await ask(child, steps);
    entered.push({ name, child, ready, steps, times: [], loss: Number.NaN });
  }
  for (let round = 0; round < Number(options.rounds); round++)
    for (const entry of entered) {
      const { microsecondsPerStep, loss } = await ask(entry.child, entry.steps);
      entry.times.push(microsecondsPerStep);
      entry.loss = loss;
    }
  for (const { child } of entered) child.kill();
  return entered.map(({ name, ready, times, loss }) => ({
    participant: name,
    version: ready.version,
    microsecondsPerStep: { median: median(times), low: Math.min(...times), high: Math.max(...times) },
    loss: { before: ready.lossBefore, after: loss },
  }));
}

const peers = installPeers();
if (peers.missing !== undefined) process.stderr.write(`${peers.missing}; measuring Tensorstrata alone\n`);
const names: ParticipantName[] = [
  "tensorstrata wasm",
  "tensorstrata native",
  ...(peers.missing === undefined ? (["tensorflow.js wasm", "tensorflow.js cpu"] as const) : []),
];
const results: { workload: string; measured: Measured[] }[] = [];
for (const workload of options.workload as WorkloadName[]) {
  if (!Object.hasOwn(workloads, workload)) {
    process.stderr.write(`Unknown workload '${workload}'; there are ${Object.keys(workloads).join(", ")}\n`);
    process.exit(2);
  }
  results.push({ workload, measured: await measure(workload, names) });
}
const report = {
  machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version },
  results,
};
const folder = fileURLToPath(new URL("../../.strata/", import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}bench.json`, `${JSON.stringify(report, null, 2)}\n`);
if (options.json) console.log(JSON.stringify(report));
else {
  console.log(`${report.machine.cores} × ${report.machine.cpu}, Node ${report.machine.node}`);
  for (const { workload, measured } of results) {
    const { layers, activation, batchSize } = workloads[workload as WorkloadName];
    console.log(`\n${workload}: ${layers.join("-")} ${activation}, batch ${batchSize}, one SGD step`);
    const own = measured[0]?.microsecondsPerStep.median ?? Number.NaN;
    for (const { participant, version, microsecondsPerStep: t } of measured)
      console.log(
        `  ${participant.padEnd(20)} ${t.median.toFixed(0).padStart(8)} µs/step  (${t.low.toFixed(0)} to ${t.high.toFixed(0)})  ${(1e6 / t.median).toFixed(0).padStart(6)} steps/s  ${(t.median / own).toFixed(1).padStart(6)}×  ${version}`,
      );
  }
  console.log("\nThe last factor is the time per step relative to Tensorstrata on wasm in the same run.");
}
