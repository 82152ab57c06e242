/** @file `strata train` at the other levels: the same network, reports and endings, with each level's own training. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { parseLines, run, withDigits, withDirectory } from "./support.js";

const levels = ["layers", "tflearn", "keras"] as const;

for (const level of levels) {
  test(`two epochs of ${level} over the sample recognise most digits`, async () => {
    // Seeds 1 to 5 of all levels reach 0.837 to 0.881 after two epochs of 110 steps; guessing reaches 0.1.
    const args = ["train", level, "--data", "sample", "--epochs", "2", "--seed", "1", "--json"];
    const { code, stdout } = await run(args);
    assert.equal(code, 0);
    const events = parseLines(stdout);
    assert.deepEqual(
      events.map(({ event }) => event),
      ["start", "epoch", "epoch", "result"],
    );
    const [start, first, second, result] = events;
    assert.deepEqual(
      { network: start?.network, rate: start?.learningRate, batchSize: start?.batchSize, steps: start?.steps },
      { network: level, rate: 0.5, batchSize: 64, steps: 220 },
    );
    assert.ok(Number(result?.testAccuracy) > 0.8, `test accuracy ${result?.testAccuracy}`);
    assert.ok(Number(second?.validationLoss) < Number(first?.validationLoss), "the second epoch improves on the first");
    assert.ok(Number(second?.accuracy) > 0.75, `accuracy in training ${second?.accuracy}`);
  });

  test(`${level} repeats itself with a seed, and ends after --steps`, () =>
    withDigits(async (data) => {
      const numbers = async (seed: number) => {
        // 350 examples make 6 steps of an epoch, so 8 end within the second.
        const { stdout } = await run(["train", level, "--data", data, "--steps", "8", "--seed", `${seed}`, "--json"]);
        return parseLines(stdout)
          .filter(({ event }) => event !== "start")
          .map(({ seconds, millisecondsPerStep, examplesPerSecond, ...rest }) => rest);
      };
      const first = await numbers(7);
      assert.deepEqual(
        first.map(({ event, step, steps }) => [event, step ?? steps]),
        [
          ["epoch", 6],
          ["epoch", 8],
          ["result", 8],
        ],
      );
      assert.deepEqual(await numbers(7), first);
      assert.notDeepEqual(await numbers(8), first);
    }));

  test(`${level} reports to people as raw does, and saves each epoch`, () =>
    withDigits((data) =>
      withDirectory(async (directory) => {
        const args = ["train", level, "--data", data, "--epochs", "2", "--seed", "5", "--save", directory];
        const { code, stdout, stderr } = await run(args);
        assert.equal(code, 0);
        const epoch = (n: number) =>
          `Epoch ${n}/2 ━{20}  6/6  \\d+s  [\\d.]+ms/step  [\\d.]+[kM]? ex/s  loss \\d\\.\\d{4}  acc [01]\\.\\d{4}  val_loss \\d\\.\\d{4}  val_acc [01]\\.\\d{4}\n`;
        assert.match(stderr, new RegExp(`^${epoch(1)}Saved .*model-6\n${epoch(2)}Saved .*model-12\n$`));
        assert.match(stdout, /Test accuracy [01]\.\d{4}, loss \d+\.\d{4}, after 12 steps in /);
        assert.ok(stdout.includes(`strata train ${level} --data ${data} --epochs 2 --seed 5\n`), stdout.slice(-600));
        assert.ok((await readdir(directory)).includes("model-12.index"));
      }),
    ));

  test(`${level} stops at a loss that is NaN, and names the operation it began with`, () =>
    withDigits(async (data) => {
      // No float32 holds this rate, so the first update makes the weights infinite or NaN.
      const args = ["train", level, "--data", data, "--epochs", "2", "--seed", "3", "--learning-rate", "1e300"];
      const { code, stderr, stdout } = await run(args);
      assert.equal(code, 3);
      assert.match(
        stderr,
        /The loss became nan in step \d; training stopped\.\n {2}first (infinity|NaN) +\S+ \(Variable/,
      );
      assert.ok(stderr.includes(`fix             take smaller steps: strata train ${level} --data ${data}`), stderr);
      assert.doesNotMatch(stdout, /Test accuracy/);
    }));
}
