/** @file Who takes part in what: every participant with its program, its peer's name and its thread counts. */
import { availableParallelism } from "node:os";
import type { TaskKind } from "./participant.js";
import type { Python } from "./peers.js";
import type { Program } from "./process.js";

export const peerNames = ["pytorch", "tensorflow1", "keras", "tensorflow.js", "jax-js", "onnxruntime-web"] as const;
export type PeerName = (typeof peerNames)[number];

export interface Entrant {
  /** How results and ratios name it. */
  readonly name: string;
  /** Absent for Tensorstrata itself. */
  readonly peer?: PeerName;
  readonly program: Program;
  readonly variant?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Numbers of threads to try; the best counts. */
  readonly threads: readonly number[];
  readonly tasks: readonly TaskKind[];
}

/** One thread and two, where there are two processors. */
const upToTwo = availableParallelism() > 1 ? [1, 2] : [1];
const one = [1];

/**
 * Steady states are compared, so `native` compiles each program when it first runs. As shipped it waits until a
 * program has proved to run again and again; start-up and the whole program are measured like that.
 */
export const compileAtOnce = { STRATA_COMPILE_AFTER: "0" };

const own: readonly Entrant[] = (["native", "wasm"] as const).flatMap((device) => {
  const program = { module: "tensorstrata" };
  const environment = device === "native" ? compileAtOnce : {};
  const entrant = { program, variant: device, threads: upToTwo, environment };
  return [
    { ...entrant, name: device, tasks: ["train", "multiply", "compile"] as const },
    { ...entrant, name: `${device} fit`, program: { module: "tensorstrata-keras" }, tasks: ["fit"] as const },
    { ...entrant, name: `${device} run`, tasks: ["predict"] as const },
    { ...entrant, name: `${device} callable`, variant: `${device} callable`, tasks: ["predict"] as const },
  ];
});

/** TensorFlow.js and jax-js have threads in browsers only. */
const javascript: readonly Entrant[] = [
  {
    name: "tensorflow.js wasm",
    peer: "tensorflow.js",
    program: { module: "tensorflow-js" },
    variant: "wasm",
    threads: one,
    tasks: ["train", "predict"],
  },
  {
    name: "tensorflow.js cpu",
    peer: "tensorflow.js",
    program: { module: "tensorflow-js" },
    variant: "cpu",
    threads: one,
    tasks: ["train", "predict"],
  },
  { name: "jax-js", peer: "jax-js", program: { module: "jax-js" }, threads: one, tasks: ["train", "predict"] },
  {
    name: "onnxruntime-web",
    peer: "onnxruntime-web",
    program: { module: "onnxruntime-web" },
    threads: upToTwo,
    tasks: ["predict"],
  },
];

const python: readonly (Omit<Entrant, "program"> & { readonly script: string; readonly needs: string })[] = [
  {
    name: "pytorch",
    peer: "pytorch",
    script: "pytorch.py",
    needs: "torch",
    threads: upToTwo,
    tasks: ["train", "multiply", "predict"],
  },
  {
    name: "tensorflow1",
    peer: "tensorflow1",
    script: "tensorflow1.py",
    needs: "tensorflow",
    threads: upToTwo,
    tasks: ["train", "predict"],
  },
  { name: "keras", peer: "keras", script: "keras_fit.py", needs: "keras", threads: upToTwo, tasks: ["fit"] },
];

/** How reports call an entrant, where its name is not enough. */
const titles: Readonly<Record<string, string>> = {
  native: "Tensorstrata native",
  wasm: "Tensorstrata wasm",
  "native shuffled": "Tensorstrata native, rows drawn by hand",
  "wasm shuffled": "Tensorstrata wasm, rows drawn by hand",
  "native fit": "Tensorstrata native, Keras `fit`",
  "wasm fit": "Tensorstrata wasm, Keras `fit`",
  "native run": "Tensorstrata native, `session.run`",
  "native callable": "Tensorstrata native, `makeCallable` and `sync`",
  "wasm run": "Tensorstrata wasm, `session.run`",
  "wasm callable": "Tensorstrata wasm, `makeCallable` and `sync`",
  "tensorflow.js wasm": "TensorFlow.js wasm",
  "tensorflow.js cpu": "TensorFlow.js cpu",
  pytorch: "PyTorch eager",
  tensorflow1: "TensorFlow 1 session",
  keras: "Keras `fit` (TensorFlow)",
};
export const titleOf = (name: string): string => titles[name] ?? name;

export interface Available {
  readonly python: Python | undefined;
  readonly hasJavaScriptPeers: boolean;
  /** The peers asked for. */
  readonly peers: ReadonlySet<PeerName>;
}

/** Everybody who is here and wanted, Tensorstrata first. */
export function findEntrants({ python: found, hasJavaScriptPeers, peers }: Available): readonly Entrant[] {
  const scripts = python
    .filter(({ needs }) => found?.modules.includes(needs))
    .map(({ script, needs: _, ...entrant }) => ({ ...entrant, program: { script, python: found?.path ?? "python3" } }));
  const wanted = [...(hasJavaScriptPeers ? javascript : []), ...scripts];
  return [...own, ...wanted.filter(({ peer }) => peer !== undefined && peers.has(peer))];
}
