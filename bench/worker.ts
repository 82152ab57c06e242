/** @file One participant in a process of its own: prepares, then answers requests for timed steps. */
import { type DenseWorkload, type Participant, type WorkloadName, workloads } from "./participant.js";
import * as tensorflowJs from "./participants/tensorflow-js.js";
import * as tensorstrata from "./participants/tensorstrata.js";

export const participants = {
  "tensorstrata wasm": (w: DenseWorkload) => tensorstrata.prepare(w, "wasm"),
  "tensorstrata native": (w: DenseWorkload) => tensorstrata.prepare(w, "native"),
  "tensorflow.js wasm": (w: DenseWorkload) => tensorflowJs.prepare(w, "wasm"),
  "tensorflow.js cpu": (w: DenseWorkload) => tensorflowJs.prepare(w, "cpu"),
} as const satisfies Record<string, (workload: DenseWorkload) => Promise<Participant>>;
export type ParticipantName = keyof typeof participants;

/** What the parent asks for: so many steps, timed. */
export interface Request {
  readonly steps: number;
}
export type Reply =
  | { readonly kind: "ready"; readonly version: string; readonly lossBefore: number }
  | { readonly kind: "timed"; readonly microsecondsPerStep: number; readonly loss: number }
  | { readonly kind: "failed"; readonly reason: string };

const [, , name, workload] = process.argv;
if (process.send !== undefined && name !== undefined) {
  const reply = (message: Reply): void => {
    process.send?.(message);
  };
  try {
    const participant = await participants[name as ParticipantName](workloads[workload as WorkloadName]);
    const lossBefore = await participant.loss();
    process.on("message", async ({ steps }: Request) => {
      const begin = performance.now();
      for (let i = 0; i < steps; i++) await participant.step();
      const microsecondsPerStep = ((performance.now() - begin) * 1000) / steps;
      reply({ kind: "timed", microsecondsPerStep, loss: await participant.loss() });
    });
    reply({ kind: "ready", version: participant.version, lossBefore });
  } catch (error) {
    reply({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
}
