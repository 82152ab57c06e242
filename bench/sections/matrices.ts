/** @file Workload e: square matrix products, beside PyTorch's and beside what the engine's arithmetic allows. */
import { availableParallelism } from "node:os";
import { compete, type Outcome } from "../contest.js";
import { load, matrixData } from "../data.js";
import type { Entrant } from "../entrants.js";
import { titleOf } from "../entrants.js";
import { productElements } from "../participant.js";
import { peakFlops } from "../participants/fma-peak.js";
import { find, leftOutNotes, number, ratio, type Section, timeRatio } from "../report.js";
import { matrixSizes } from "../workloads.js";
import { type Context, entrantsFor } from "./context.js";

const peakName = "fma-peak";
const peak: Entrant = { name: peakName, program: { module: "fma-peak" }, threads: [1], tasks: ["multiply"] };

/** float32 sums of up to 2048 products of numbers below 1, relative to the largest of the compared elements. */
const tolerance = 1e-4;

export async function measureMatrices(context: Context): Promise<Section> {
  const sizes = context.quick ? matrixSizes.slice(0, 2) : matrixSizes;
  const measured: { size: number; threads: number; outcome: Outcome }[] = [];
  for (const size of sizes) {
    const data = matrixData(context.dataFolder, size);
    const read = load(data);
    const reference = productElements(read("a").values, read("b").values, size);
    for (const threads of availableParallelism() > 1 ? [1, 2] : [1]) {
      const outcome = await compete(
        {
          title: `e: ${size}×${size}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
          // The bare loop runs on one thread, so it stands beside the others there.
          entrants: [...entrantsFor(context, "multiply"), ...(threads === 1 ? [peak] : [])],
          task: () => ({ kind: "multiply", size, data }),
          checkSteps: 1,
          tolerance,
          reference,
          threads,
          unchecked: [peakName],
        },
        context.effort,
      );
      measured.push({ size, threads, outcome });
    }
  }
  const names = ["native", "wasm", "pytorch"];
  return {
    letter: "e",
    title: "square matrix products, GFLOP/s",
    tables: [
      {
        header: ["size", "threads", ...names.map(titleOf), "native ÷ PyTorch", "bare wasm loop", "wasm ÷ bare loop"],
        rows: measured.map(({ size, threads, outcome }) => [
          `${size}`,
          `${threads}`,
          ...names.map((name) => number(gigaflops(outcome, name, size))),
          ratio(timeRatio(outcome, "pytorch", "native")),
          number(peakGigaflops(outcome)),
          ratio(shareOfPeak(outcome, size)),
        ]),
      },
    ],
    notes: [
      "C = A·B with all three kept by the framework: `tf.assign(C, tf.matmul(A, B))` here, `torch.mm(A, B, out=C)` there. " +
        "The bare loop is WebAssembly that does nothing but fused multiply-adds on registers, on one thread; " +
        "`bench/participants/fma-peak.ts` makes it.",
      ...measured.flatMap(({ size, threads, outcome }) =>
        leftOutNotes(outcome).map((note) => `${size}, ${threads} threads: ${note}`),
      ),
    ],
    data: measured,
    figures: Object.fromEntries(measured.flatMap(({ size, threads, outcome }) => figures(outcome, size, threads))),
  };
}

function gigaflops(outcome: Outcome, name: string, size: number): number {
  const result = find(outcome, name);
  return result === undefined ? Number.NaN : (2 * size ** 3) / result.step.median / 1e9;
}

function peakGigaflops(outcome: Outcome): number {
  const result = find(outcome, peakName);
  return result === undefined ? Number.NaN : peakFlops / result.step.median / 1e9;
}

const shareOfPeak = (outcome: Outcome, size: number): number =>
  gigaflops(outcome, "wasm", size) / peakGigaflops(outcome);

function figures(outcome: Outcome, size: number, threads: number): (readonly [string, number])[] {
  const all = [
    [`e: native / pytorch, ${size}, threads ${threads}`, timeRatio(outcome, "pytorch", "native") ?? Number.NaN],
    [`e: wasm / bare loop, ${size}`, threads === 1 ? shareOfPeak(outcome, size) : Number.NaN],
  ] as const;
  return all.filter(([, value]) => Number.isFinite(value));
}
