/** @file What the engine is meant to reach, as data, beside what was measured. */
import { number, type Table } from "./report.js";

interface Target {
  /** As the section that measures it names the figure. */
  readonly figure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

type Ratios = readonly [own: "native" | "wasm", peer: string, a: number, b: number, c: number, d: number];
/** Times of the peer over ours, for workloads a to d. */
const trainingRatios: readonly Ratios[] = [
  ["native", "pytorch", 4, 4, 1.3, 1],
  ["native", "tensorflow1", 4, 4, 1.3, 1],
  ["wasm", "pytorch", 1.3, 1.3, 0.35, 0.3],
  ["wasm", "tensorflow.js", 50, 50, 15, 10],
  ["wasm", "jax-js", 8, 8, 4, 3],
];

const targets: readonly Target[] = [
  ...trainingRatios.flatMap(([own, peer, ...least]) =>
    ["a", "b", "c", "d"].map((letter, i) => ({ figure: `${letter}: ${own} / ${peer}`, atLeast: least[i] ?? 0 })),
  ),
  ...[512, 1024].flatMap((size) =>
    [1, 2].map((threads) => ({ figure: `e: native / pytorch, ${size}, threads ${threads}`, atLeast: 0.9 })),
  ),
  ...[256, 512, 1024].map((size) => ({ figure: `e: wasm / bare loop, ${size}`, atLeast: 0.75 })),
  { figure: "f: native callable p50, µs", atMost: 15 },
  { figure: "g: import, ms", atMost: 150 },
  { figure: "g: wasm first result, ms", atMost: 400 },
  { figure: "g: native cached over wasm, ms", atMost: 100 },
  { figure: "g: compile 5000, s", atMost: 3 },
  { figure: "g: growth / n log n", atMost: 1 },
  { figure: "h: native, s", atMost: 5 },
  { figure: "h: native accuracy", atLeast: 0.97 },
  { figure: "j: raw-network, KB gzip", atMost: 80 },
  { figure: "k: native fit / loop", atMost: 1.1 },
  { figure: "k: native fit / loop, random order", atMost: 1.1 },
  { figure: "k: wasm fit / loop", atMost: 1.1 },
  { figure: "k: wasm fit / loop, random order", atMost: 1.1 },
];

export interface Judged extends Target {
  readonly measured: number;
  readonly holds: boolean;
}

/** The targets whose figures were measured. */
export function judge(figures: Readonly<Record<string, number>>): readonly Judged[] {
  return targets.flatMap((target) => {
    const measured = figures[target.figure];
    if (measured === undefined) return [];
    const holds = measured >= (target.atLeast ?? -Infinity) && measured <= (target.atMost ?? Infinity);
    return [{ ...target, measured, holds }];
  });
}

/** The targets of every workload that was measured. A figure may be missing: its section says who was left out. */
export function targetTable(judged: readonly Judged[]): Table {
  const letterOf = ({ figure }: Target): string => figure.slice(0, 1);
  const letters = new Set(judged.map(letterOf));
  return {
    header: ["figure", "target", "measured", "holds"],
    rows: targets
      .filter((target) => letters.has(letterOf(target)))
      .map((target) => {
        const { figure, atLeast, atMost } = target;
        const found = judged.find((each) => each.figure === figure);
        const wanted = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
        if (found === undefined) return [figure, wanted, "not measured", "–"];
        return [figure, wanted, number(found.measured), found.holds ? "yes" : "**no**"];
      }),
  };
}
