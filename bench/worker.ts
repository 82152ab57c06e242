/**
 * @file One participant in a process of its own: `node worker.js MODULE SETUP`. Prepares, then answers
 * requests until its standard input ends.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { platform } from "#platform";
import type { Participant, Prepare, Reply, Request, Setup } from "./participant.js";

const [, , module = "", setup = ""] = process.argv;
// Standard output is for replies; what a framework prints goes elsewhere.
console.log = console.info = console.debug = console.error;
// Peers that know fused multiply-add shall have it too.
platform.enableRelaxedSimd();

const reply = (message: Reply): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

/** Not `maxRSS` where it can be helped: Linux lets a process inherit that from the one that started it. */
function peakBytes(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // No /proc here.
  }
  return process.resourceUsage().maxRSS * 1024;
}

async function run(participant: Participant, wanted: number, each: boolean): Promise<Reply> {
  const stepsPerCall = participant.stepsPerCall ?? 1;
  const calls = Math.ceil(wanted / stepsPerCall);
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const begin = performance.now();
  for (let i = 0; i < calls; i++) {
    const before = each ? performance.now() : 0;
    const done = participant.step();
    // A promise that is not there is not waited for: that alone would cost what some steps cost.
    if (done instanceof Promise) await done;
    if (each) times.push((performance.now() - before) / 1000);
  }
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6, steps: calls * stepsPerCall, ...(each ? { each: times } : {}) };
}

async function answer(participant: Participant, request: Request): Promise<Reply> {
  if ("run" in request) return run(participant, request.run, request.each === true);
  if ("check" in request) return { checked: await participant.check() };
  return { peakBytes: peakBytes() };
}

try {
  const begin = performance.now();
  const { prepare } = (await import(`./participants/${module}.js`)) as { readonly prepare: Prepare };
  const importSeconds = (performance.now() - begin) / 1000;
  const participant = await prepare(JSON.parse(setup) as Setup);
  reply({ ready: { version: participant.version, importSeconds: participant.importSeconds ?? importSeconds } });
  for await (const line of createInterface({ input: process.stdin }))
    reply(await answer(participant, JSON.parse(line) as Request));
} catch (error) {
  reply({ failed: error instanceof Error ? error.message : String(error) });
}
process.exit();
