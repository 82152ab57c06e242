/** @file `strata train`: what it prints where, that it learns, repeats itself, and stops well. */
import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeSmallFiles } from "../datasets/support.js";
import { parseLines, run, withDigits, withDirectory, writeDigits } from "./support.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what this looks for.
const escapes = /[\r\x1b]/;

test("an epoch over the sample recognises most digits", async () => {
  // Five seeds reach 0.80 to 0.86 after one epoch of 110 steps; guessing reaches 0.1.
  const { code, stdout } = await run(["train", "raw", "--data", "sample", "--epochs", "1", "--seed", "1", "--json"]);
  assert.equal(code, 0);
  const [start, epoch, result, ...rest] = parseLines(stdout);
  assert.deepEqual([start?.event, epoch?.event, result?.event, rest.length], ["start", "epoch", "result", 0]);
  assert.ok(Number(result?.testAccuracy) > 0.75, `test accuracy ${result?.testAccuracy}`);
  assert.ok(Number(epoch?.validationAccuracy) > 0.75, `validation accuracy ${epoch?.validationAccuracy}`);
});

test("without a terminal there is a whole line for each epoch and no escape", () =>
  withDigits(async (data) => {
    const { code, stdout, stderr } = await run(["train", "--data", data, "--epochs", "3", "--seed", "5"]);
    assert.equal(code, 0);
    assert.doesNotMatch(stdout + stderr, escapes);
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, 3);
    for (const [i, line] of lines.entries())
      assert.match(
        line,
        new RegExp(
          `^Epoch ${i + 1}/3 ━{20}  6/6  \\d+s  [\\d.]+ms/step  [\\d.]+[kM]? ex/s  loss \\d\\.\\d{4}  acc [01]\\.\\d{4}  val_loss \\d\\.\\d{4}  val_acc [01]\\.\\d{4}$`,
        ),
      );
    assert.match(stdout, /350 to train on, 50 to validate, 100 to test/);
    assert.match(stdout, /Test accuracy [01]\.\d{4}, loss /);
    assert.ok(stdout.includes(`strata train raw --data ${data} --epochs 3 --seed 5\n`), "the command to repeat it");
    assert.match(stdout, /What to try next:\n {2}strata train workshop/);
  }));

test("on a terminal one line is redrawn within the width, and the cursor comes back", () =>
  withDigits(async (data) => {
    const { code, stdout, stderr } = await run(["train", "--data", data, "--epochs", "2"], { columns: 60 });
    assert.equal(code, 0);
    assert.ok(stderr.startsWith("\x1b[?25l") && stderr.endsWith("\x1b[?25h"), "the cursor is hidden, then shown");
    assert.match(stderr, /\rEpoch 1\/2 .* loss /);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes take no room on the screen.
    const visible = stderr.replace(/\x1b\[[?\d]*[a-zA-Z]/g, "").split(/[\r\n]/);
    for (const line of visible) assert.ok(line.length < 120, `${line.length} columns: ${line}`);
    for (const line of visible.filter((text) => !text.includes("val_")))
      assert.ok(line.length < 60, `${line.length} columns: ${line}`);
    assert.ok(stdout.includes("░") || stdout.includes("▀"), "some digits are shown first");
  }));

test("the same seed gives the same numbers, another gives others", () =>
  withDigits(async (data) => {
    const numbers = async (network: string, seed: number) => {
      const { stdout } = await run(["train", network, "--data", data, "--steps", "12", "--seed", `${seed}`, "--json"]);
      return parseLines(stdout)
        .filter(({ event }) => event !== "start")
        .map(({ seconds, millisecondsPerStep, examplesPerSecond, ...rest }) => rest);
    };
    for (const network of ["raw", "workshop"]) {
      const first = await numbers(network, 7);
      assert.ok(first.length >= 2);
      assert.deepEqual(await numbers(network, 7), first);
      assert.notDeepEqual(await numbers(network, 8), first);
    }
  }));

test("every line of --json is an object that tells its event", () =>
  withDigits(async (data) => {
    const args = ["train", "workshop", "--data", data, "--steps", "201", "--seed", "3", "--json"];
    const { stdout, stderr } = await run(args, { columns: 80 });
    const events = parseLines(stdout);
    assert.deepEqual(
      events.map(({ event }) => event),
      ["start", "log", "log", "log", "result"],
    );
    assert.deepEqual(
      events.filter(({ event }) => event === "log").map(({ step }) => step),
      [0, 100, 200],
    );
    const [start] = events;
    assert.deepEqual(
      { network: start?.network, seed: start?.seed, batchSize: start?.batchSize, rate: start?.learningRate },
      { network: "workshop", seed: 3, batchSize: 100, rate: 0.1 },
    );
    assert.doesNotMatch(stderr, /Epoch/);
  }));

test("the workshop logs every hundredth step as its article does", () =>
  withDigits(async (data) => {
    const { code, stdout } = await run(["train", "workshop", "--data", data, "--steps", "301", "--seed", "1"]);
    assert.equal(code, 0);
    const lines = stdout.split("\n").filter((line) => /^(Epoch|testing)/.test(line));
    assert.equal(lines.length, 5);
    for (const [i, line] of lines.slice(0, 4).entries())
      assert.match(line, new RegExp(`^Epoch: ${100 * i}, accuracy: (0\\.\\d+|1\\.0), loss: \\d+\\.\\d+(e-\\d\\d)?$`));
    assert.match(lines[4] ?? "", /^testing accuracy: (0\.\d+|1\.0)$/);
  }));

test("--quiet prints the result and how to repeat it alone", () =>
  withDigits(async (data) => {
    const args = ["train", "--data", data, "--epochs", "1", "--seed", "9", "--quiet"];
    const { stdout, stderr } = await run(args);
    assert.match(stdout, /^Test accuracy .*\nAgain {5}strata train .*--seed 9\n$/);
    assert.equal(stderr, "");
  }));

test("the command to repeat a run is spelled as it was started, and quoted", () =>
  withDirectory(async (directory) => {
    const data = join(directory, "my digits");
    await mkdir(data);
    await writeDigits(data, 400);
    const args = ["train", "--data", data, "--steps", "1", "--seed", "2", "--learning-rate", "0.25"];
    const { stdout } = await run(args, { environment: { npm_lifecycle_event: "start" } });
    assert.ok(
      stdout.includes(`npm start -- raw --data '${data}' --steps 1 --learning-rate 0.25 --seed 2\n`),
      stdout.slice(-500),
    );
  }));

test("a loss that becomes NaN stops the run and names the operation it began with", () =>
  withDigits(async (data) => {
    const args = ["train", "workshop", "--data", data, "--steps", "50", "--seed", "3", "--learning-rate", "1e25"];
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 3);
    assert.match(stderr, /The loss became nan in step \d+; training stopped\.\n {2}first (infinity|NaN) +\S+ \(\w+\)/);
    assert.match(stderr, /fix +take smaller steps: strata train workshop .*--seed 3\n/);
    assert.doesNotMatch(stdout, /testing accuracy/);

    const { stdout: json, code: jsonCode } = await run([...args, "--json"]);
    const last = parseLines(json).at(-1);
    assert.deepEqual([jsonCode, last?.event, last?.loss], [3, "diverged", "NaN"]);
    assert.equal(typeof last?.operation, "string");
  }));

test("--save leaves a checkpoint of each epoch, and a file in its place is no loss of work", () =>
  withDigits((data) =>
    withDirectory(async (directory) => {
      const checkpoints = join(directory, "new", "checkpoints");
      const args = ["train", "--data", data, "--epochs", "2", "--save"];
      const { code, stderr } = await run([...args, checkpoints]);
      assert.equal(code, 0);
      const names = await readdir(checkpoints);
      for (const name of ["checkpoint", "model-6.index", "model-12.index", "model-12.meta"])
        assert.ok(names.includes(name), `${name} among ${names}`);
      assert.ok(stderr.includes(`Saved ${join(checkpoints, "model-12")}\n`));

      const file = join(directory, "file");
      await writeFile(file, "mine");
      const refused = await run([...args, file]);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /^FailedPreconditionError: .*file is a file/);
      assert.equal(refused.stdout, "");
    }),
  ));

test("pictures of another size are refused in words", () =>
  withDirectory(async (directory) => {
    await writeSmallFiles(directory);
    const { code, stderr } = await run(["train", "--data", directory]);
    assert.equal(code, 1);
    assert.match(stderr, /shape \[4\], not \[784\][\s\S]*28×28/);
  }));
