/** @file The grammar of the command line: what is refused, with which words and exit codes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { version } from "../../src/cli/version.js";
import { run, withDirectory } from "./support.js";

const misuses: readonly (readonly [args: string, words: RegExp])[] = [
  ["train --epochs 0", /--epochs <n>' argument '0' is invalid\. It must be a whole number of at least 1/],
  ["train --epochs two", /--epochs/],
  ["train --steps 1.5", /--steps/],
  ["train --epochs 1 --steps 5", /--steps <n>' cannot be used with option '--epochs/],
  ["train --batch-size -3", /--batch-size/],
  ["train --learning-rate 0", /--learning-rate <x>' argument '0' is invalid\. It must be a number above 0/],
  ["train --learning-rate Infinity", /--learning-rate/],
  ["train --seed 2147483648", /--seed .*from 0 to 2147483647/],
  ["train --device abacus", /--device .*auto, .*wasm, interpreter, native/],
  ["train perceptron", /raw, workshop, layers, tflearn, keras/],
  ["train raw workshop", /too many arguments/],
  ["train --json --quiet", /cannot be used with/],
  ["train --momentum 0.9", /unknown option '--momentum'/],
  ["train --data", /argument missing/],
  ["train --save=", /--save .*must not be empty/],
  ["show --label 10", /--label .*from 0 to 9/],
  ["show --count 0", /--count/],
  ["doctor --data sample", /unknown option/],
  ["dance", /unknown command 'dance'/],
];

for (const [args, words] of misuses)
  test(`strata ${args} is a misuse`, async () => {
    const { code, stdout, stderr } = await run(args.split(" "));
    assert.equal(code, 2);
    assert.match(stderr, words);
    assert.match(stderr, /--help lists what there is/);
    assert.equal(stdout, "");
  });

test("without a command, the help is an answer to a misuse", async () => {
  const { code, stdout, stderr } = await run([]);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /Usage: strata/);
});

test("help and version go to standard output", async () => {
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  for (const command of ["train", "show", "doctor", "Exit codes"]) assert.ok(help.stdout.includes(command), command);
  const ofTrain = await run(["train", "--help"]);
  for (const option of ["--data", "--epochs", "--steps", "--batch-size", "--learning-rate", "--seed", "--device"])
    assert.ok(ofTrain.stdout.includes(option), option);
  assert.deepEqual(await run(["--version"]), { code: 0, stdout: `${version}\n`, stderr: "" });
});

test("an error of the library is its message and what to do, without a stack unless that is asked for", () =>
  withDirectory(async (directory) => {
    const args = ["train", "--data", join(directory, "nowhere")];
    const plain = await run(args);
    assert.equal(plain.code, 1);
    assert.match(plain.stderr, /^NotFoundError: .*nowhere does not hold the four files.*\n {2}fix {9}.*--data/);
    assert.doesNotMatch(plain.stderr, /\n\s+at /);
    assert.equal(plain.stdout, "");
    const debugged = await run(args, { environment: { STRATA_DEBUG: "1" } });
    assert.match(debugged.stderr, /NotFoundError: [\s\S]*\n\s+at /);
  }));
