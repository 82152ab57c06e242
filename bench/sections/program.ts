/** @file Workload h: the first article's whole program in a fresh process, from files of digits to accuracy. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "../contest.js";
import { cleanEnvironment } from "../process.js";
import { progress } from "../progress.js";
import { number, type Section } from "../report.js";
import type { Context } from "./context.js";

interface Run {
  readonly title: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly seconds: number[];
  readonly accuracies: number[];
}

/** Seconds up to which a program is run again for the median. */
const longestRepeated = 60;

const root = fileURLToPath(new URL("../../../", import.meta.url));

export async function measureProgram(context: Context): Promise<Section> {
  const epochs = context.quick ? 2 : 20;
  const rounds = Math.min(3, context.effort.rounds);
  const source = findDigits();
  const own = ["node", join(root, "dist/examples/raw-graph.js"), "--data", source, "--epochs", `${epochs}`];
  const run = (title: string, command: readonly string[], environment: Record<string, string> = {}): Run => {
    return { title, command, environment, seconds: [], accuracies: [] };
  };
  const runs = [
    run("Tensorstrata native", own, { STRATA_DEVICE: "native" }),
    run("Tensorstrata wasm", own, { STRATA_DEVICE: "wasm" }),
  ];
  const script = join(root, "bench/participants/article_keras.py");
  if (context.keras !== undefined && source !== "sample")
    runs.push(run("Keras `fit` (TensorFlow)", [context.keras.path, "-B", script, source, `${epochs}`]));
  const leftOut: string[] = [];
  for (let round = 0; round < rounds; round++)
    for (const each of runs) {
      // A machine that needs minutes says all it has to say at once.
      if ((each.seconds[0] ?? 0) > longestRepeated) continue;
      progress(`h: ${each.title}, round ${round + 1} of ${rounds} `);
      const begin = performance.now();
      const { code, output, errors } = await execute(each);
      if (code !== 0) {
        leftOut.push(`Failed: ${each.title} (${errors.trim().split("\n").at(-1)}).`);
        continue;
      }
      each.seconds.push((performance.now() - begin) / 1000);
      // Both programs print `[ loss, accuracy ]` after each epoch.
      each.accuracies.push(Number(/,\s*([\d.]+)\s*\]\s*$/.exec(output)?.[1]));
    }
  progress();
  const [native] = runs;
  return {
    letter: "h",
    title: `the whole article program, ${epochs} epochs`,
    tables: [
      {
        header: ["", "wall time, s", "lowest–highest", "accuracy at the end"],
        rows: runs.map(({ title, seconds, accuracies }) => [
          title,
          number(median(seconds)),
          `${number(Math.min(...seconds))}–${number(Math.max(...seconds))}`,
          median(accuracies).toFixed(4),
        ]),
      },
    ],
    notes: [
      `\`examples/raw-graph.ts\` in a fresh process, on ${source === "sample" ? "the sample of 10,000 digits" : "the 60,000 digits of MNIST"}, ` +
        "with the test data's accuracy after each epoch; the same program for Keras is `bench/participants/article_keras.py`.",
      ...leftOut,
    ],
    data: runs.map(({ title, seconds, accuracies }) => ({
      title,
      seconds,
      accuracies,
      epochs,
      source: sourceName(source),
    })),
    figures:
      native === undefined || epochs !== 20 || source === "sample"
        ? {}
        : {
            "h: native, s": median(native.seconds),
            "h: native accuracy": median(native.accuracies),
          },
  };
}

const sourceName = (source: string): string => (source === "sample" ? "sample" : "mnist");

/** The directory of MNIST, or `sample`: looked for where the tests look, and not downloaded. */
function findDigits(): string {
  const data = process.env.STRATA_DATA;
  const places = [
    ...(data ? [data, join(data, "mnist")] : []),
    join(root, "../shared/data/mnist"),
    join(root, "data/mnist"),
  ];
  const names = ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"];
  return places.find((place) => names.some((name) => existsSync(join(place, name)))) ?? "sample";
}

function execute({ command, environment }: Run): Promise<{ code: number | null; output: string; errors: string }> {
  const [name = "", ...args] = command;
  const program = name === "node" ? process.execPath : name;
  const child = spawn(program, args, { cwd: root, env: { ...cleanEnvironment(), ...environment } });
  let output = "";
  let errors = "";
  child.stdout.on("data", (text: Buffer) => {
    output += text;
  });
  child.stderr.on("data", (text: Buffer) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, errors }));
  });
}
