/** @file The programs of `examples/` run, briefly, and print what their readers expect. README's program is one of them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { writeDigits } from "../cli/support.js";
import { listFiles, readText } from "../house/repository.js";

const data = mkdtempSync(join(tmpdir(), "strata-examples-"));

const VALIDATION = 5000;
const TRAINING = 400;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an example on the small data set. */
function run(name: string, ...options: readonly string[]): Promise<Outcome> {
  const file = fileURLToPath(new URL(`../../examples/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [file, ...options]);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => {
    stdout += bytes;
  });
  child.stderr.on("data", (bytes) => {
    stderr += bytes;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

async function linesOf(name: string, ...options: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run(name, "--data", data, ...options);
  assert.equal(code, 0, stderr);
  return stdout.trimEnd().split("\n");
}

/** The number in a line. */
const figureIn = (line: string | undefined, pattern: RegExp): number => Number(pattern.exec(line ?? "")?.[1]);

describe("examples", { concurrency: 2 }, () => {
  // The examples set 5,000 aside for validation.
  before(() => writeDigits(data, VALIDATION + TRAINING));
  after(() => rmSync(data, { recursive: true, force: true }));

  for (const name of ["raw-graph", "layers"])
    test(`${name} prints loss and accuracy after each epoch, and learns`, async () => {
      const lines = await linesOf(name, "--epochs", "30", "--seed", "1");
      const results = lines.flatMap((line) => {
        const match = /^\[ ([\d.e-]+), ([\d.]+) \]$/.exec(line);
        return match === null ? [] : [[Number(match[1]), Number(match[2])] as const];
      });
      assert.equal(results.length, 30);
      assert.equal(lines.filter((line) => line.startsWith("Extracting ")).length, 4);
      const [loss = Number.NaN, accuracy = 0] = results.at(-1) ?? [];
      // Each class is a bar at its own height, so hardly any picture should be mistaken.
      assert.ok(accuracy > 0.9 && loss < (results[0]?.[0] ?? 0), `${loss} ${accuracy}`);
    });

  test("workshop prints files, pictures and log as its article does", async () => {
    const lines = await linesOf("workshop", "--steps", "201", "--seed", "1");
    const names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"];
    assert.deepEqual(
      lines.slice(0, 4),
      names.map((name) => `Extracting ${data}/${name}-ubyte`),
    );
    assert.equal(
      lines
        .filter((line) => line.includes("Label: "))
        .join()
        .match(/Label: \d/g)?.length,
      10,
    );
    const log = lines.slice(-4);
    for (const [i, line] of log.slice(0, 3).entries())
      assert.match(line, new RegExp(`^Epoch: ${100 * i}, accuracy: (0\\.\\d+|1\\.0), loss: \\d\\.\\d+(e-\\d\\d)?$`));
    assert.match(log[3] ?? "", /^testing accuracy: (0\.\d+|1\.0)$/);
  });

  test("cnn recognises the pictures it did not learn from", async () => {
    const lines = await linesOf("cnn", "--epochs", "3", "--seed", "1");
    assert.ok(
      lines.some((line) => /conv2d \(Conv2D\) +│ \(None, 26, 26, 16\) +│ +160 /.test(line)),
      lines.join("\n"),
    );
    // Guessing reaches 10; rows of pixels at ten heights are told apart by filters after an epoch or two.
    assert.ok(figureIn(lines.at(-1), /^Of 100 test digits ([\d.]+)% are right/) > 90, lines.at(-1));
  });

  test("two-inputs adds up digits it did not learn from", async () => {
    const lines = await linesOf("two-inputs", "--epochs", "25", "--seed", "1");
    assert.ok(
      lines.some((line) => /reader \(Dense\).*│ left\[0\]\[0\],/.test(line)),
      "one layer reads both",
    );
    // The most frequent sum is right for 10.
    assert.ok(figureIn(lines.at(-1), /^Of 100 pairs of other digits ([\d.]+)% are/) > 60, lines.at(-1));
  });

  test("custom-loop learns, halves its rate, and keeps dropout to training", async () => {
    const lines = await linesOf("custom-loop", "--epochs", "8", "--seed", "1");
    const pattern = /^Epoch (\d): loss ([\d.]+), accuracy ([\d.]+), rate now ([\d.]+), longest gradient ([\d.]+)$/;
    const epochs = lines.flatMap((line) => {
      const match = pattern.exec(line);
      return match === null ? [] : [match.slice(1).map(Number)];
    });
    assert.deepEqual(
      epochs.map(([epoch, , , rate]) => [epoch, rate]),
      [0.05, 0.025, 0.0125, 0.0063, 0.0031, 0.0016, 0.0008, 0.0004].map((rate, i) => [i + 1, rate]),
    );
    const [[, firstLoss = 0] = [], [, lastLoss = 1, accuracy = 0] = []] = [epochs[0], epochs.at(-1)];
    assert.ok(lastLoss < firstLoss && accuracy > 0.8, lines.join("\n"));
  });

  test("regression knows prices better than their mean does", async () => {
    const { code, stdout, stderr } = await run("regression", "--epochs", "10", "--seed", "1");
    assert.equal(code, 0, stderr);
    const match = /Wrong by ([\d.]+) thousand on average; always saying the mean, by ([\d.]+)$/.exec(stdout.trimEnd());
    const [, model = Number.NaN, mean = Number.NaN] = (match ?? []).map(Number);
    // Bargaining alone makes 7.5: the mean of what lies evenly between 0 and 15.
    assert.ok(model > 6 && model < 20 && mean > 80, stdout.slice(-200));
    assert.equal(stdout.match(/^ *\d+ m², floor \d, +[\d.]+ km: +\d+ thousand, predicted +\d+$/gm)?.length, 5);
  });

  test("text judges reviews by the order of their words", async () => {
    const { code, stdout, stderr } = await run("text", "--epochs", "6", "--seed", "1");
    assert.equal(code, 0, stderr);
    const lines = stdout.trimEnd().split("\n");
    assert.ok(figureIn(lines.at(-5), /^Of 500 other reviews ([\d.]+)% are judged rightly$/) > 95, lines.at(-5));
    // The second and the third have the same words.
    const judged = lines.slice(-4).map((line) => Math.round(Number(line.slice(0, 4))));
    assert.deepEqual(judged, [1, 0, 1, 1], stdout.slice(-300));
  });

  test("an example that makes its data makes the same for the same seed, and takes no --data", async () => {
    const lastOf = async (seed: string) =>
      (await run("regression", "--epochs", "1", "--seed", seed)).stdout.split("\n").at(-2);
    assert.equal(await lastOf("4"), await lastOf("4"));
    assert.notEqual(await lastOf("4"), await lastOf("5"));
    const { code, stderr } = await run("text", "--data", "sample");
    assert.notEqual(code, 0);
    assert.match(stderr, /Unknown option '--data'/);
  });

  /** What each exercise compares, or measures, by the beginnings of its lines. */
  const compared: Readonly<Record<string, readonly string[]>> = {
    activations: ["relu", "tanh", "sigmoid"],
    "batch-size": ["30 steps of 10", "3 steps of 100", "1 steps of 1000", `1 steps of ${TRAINING}`],
    dropout: ["keep 1", "keep 0.75", "keep 0.5"],
    "hyper-parameters": ["rate 0.0", "best: rate"],
    l2: ["lambda 0", "lambda 0.0001", "lambda 0.001", "lambda 0.01"],
    "learning-rate": ["constant 0.1", "constant 0.3", "from 0.3, fed", "from 0.3, computed"],
    "more-layers": ["hidden layers 50, 30", "hidden layers 50, 30, 20"],
    "mse-loss": ["cross-entropy, rate 0.1", "MSE, rate 0.1", "MSE, rate 1"],
    neurons: ["5 units a layer", "20 units a layer", "50 units a layer", "200 units a layer"],
    "non-linearity": ["three layers with relu", "three layers without", "a single layer"],
    optimizers: ["gradient descent", "momentum", "Nesterov", "Adagrad", "Adadelta", "RMSProp", "Adam"],
    "train-and-test": ["all of train", "all of validation", "all of test"],
  };
  for (const [name, beginnings] of Object.entries(compared))
    test(`exercises/${name} measures what it compares`, async () => {
      const lines = await linesOf(`exercises/${name}`, "--steps", "3");
      for (const beginning of beginnings) {
        const line = lines.find((text) => text.startsWith(beginning));
        assert.ok(line !== undefined, `no line begins with ${beginning}:\n${lines.join("\n")}`);
        const figures = [...line.matchAll(/(?<!seconds) ([01]\.\d{4})\b/g)].map(([, figure]) => Number(figure));
        assert.ok(figures.length > 0 && figures.every((figure) => figure <= 1), line);
      }
    });

  test("exercises/non-linearity shows where the logarithm of a probability fails", async () => {
    const lines = await linesOf("exercises/non-linearity", "--steps", "1");
    assert.match(
      lines.at(-1) ?? "",
      /^loss from probabilities 0\.2413\d*,(NaN|Infinity), from logits 0\.2413\d*,2000$/,
    );
  });

  test("exercises/cross-entropy prints the sums that paper and pencil give", async () => {
    // -ln 0.5, and with -ln(1 - 0.3) - ln(1 - 0.2) added; then the first two probabilities swapped.
    const { stdout } = await run("exercises/cross-entropy");
    assert.match(stdout, /^likely +plain 0\.6931 +full 1\.2730 +from logits 1\.2730$/m);
    assert.match(stdout, /^unlikely +plain 1\.2040 +full 2\.1203 +from logits 2\.1203$/m);
  });

  test("every program says how to run it, and every exercise is tested here", () => {
    const programs = listFiles("examples").filter((path) => !/(options|common)\.ts$/.test(path));
    for (const path of programs) {
      const name = path.slice("examples/".length, -".ts".length);
      assert.ok(readText(path).includes(`\`npm run example ${name}`), path);
    }
    const tested = [...Object.keys(compared), "cross-entropy"].map((name) => `examples/exercises/${name}.ts`);
    assert.deepEqual(
      programs.filter((path) => path.startsWith("examples/exercises/")),
      tested.sort(),
    );
  });
});

test("options that an example does not have, and values that are no numbers, are refused", async () => {
  const unknown = await run("raw-graph", "--steps", "3");
  assert.notEqual(unknown.code, 0);
  assert.match(unknown.stderr, /Unknown option '--steps'/);
  const invalid = await run("raw-graph", "--epochs", "few");
  assert.notEqual(invalid.code, 0);
  assert.match(invalid.stderr, /--epochs must be a whole number of at least 1, not few/);
});

test("README's program is examples/raw-graph.ts, but for its data and its length", () => {
  const block = [...readText("README.md").matchAll(/```ts\n([\s\S]*?)```/g)]
    .map(([, code]) => code ?? "")
    .find((code) => code.includes("GradientDescentOptimizer"));
  assert.ok(block !== undefined, "README shows a program");
  const inReadme = block.replace('"data/mnist"', "source").replace("epoch < 20", "epoch < epochs");
  const example = readText("examples/raw-graph.ts")
    .replace(/^\/\*\*[\s\S]*?\*\/\n/, "")
    .split("\n")
    .filter((line) => !line.includes("exampleOptions"))
    .join("\n");
  // README breaks lines earlier than the formatter does.
  const tokens = (code: string) => code.replace(/\s+/g, "").replace(/,([\])])/g, "$1");
  assert.equal(tokens(inReadme), tokens(example));
});
