/** @file `strata sweep`: that it compares like with like, chooses on validation alone, and says what it found. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadDigits } from "../../src/cli/digits.js";
import { isBetter, isWithinDeviation, statisticsOf, summarize, TrainedVariant } from "../../src/cli/sweep-run.js";
import { ProcessTrainers } from "../../src/cli/sweep-trainers.js";
import { buildVariant, type Sweep, type SweepName, sweepNames, sweeps } from "../../src/cli/sweep-variants.js";
import { StrataError } from "../../src/core/index.js";
import { Graph } from "../../src/graph/index.js";
import { parseLines, run, withDigits } from "./support.js";

type Event = Record<string, unknown>;

/** Many small programs: a device that starts each of them fast. */
const device = ["--device", "wasm"] as const;

/** The events of a sweep, told apart. */
async function sweepEvents(args: readonly string[]): Promise<Record<"start" | "run" | "variant" | "result", Event[]>> {
  const { code, stdout, stderr } = await run(["sweep", ...args, ...device, "--json"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const events = parseLines(stdout);
  const named = (name: string) => events.filter(({ event }) => event === name);
  const byName = { start: named("start"), run: named("run"), variant: named("variant"), result: named("result") };
  assert.equal(Object.values(byName).flat().length, events.length, "no other events");
  return byName;
}

test("means and sample standard deviations", () => {
  // By hand: mean 5, squares 9+1+1+1+0+0+4+16 = 32, over n - 1 = 7.
  const { mean, deviation } = statisticsOf([2, 4, 4, 4, 5, 5, 7, 9]);
  assert.equal(mean, 5);
  assert.equal(deviation, Math.sqrt(32 / 7));
  assert.deepEqual(statisticsOf([0.5]), { mean: 0.5, deviation: Number.NaN });
});

test("the gap is a statistic of each seed's difference, and diverged runs are counted", () => {
  const { gap, diverged } = summarize([
    { training: 0.75, validation: 0.5, hasDiverged: false },
    { training: 1, validation: 0.75, hasDiverged: true },
  ]);
  assert.deepEqual([gap, diverged], [{ mean: 0.25, deviation: 0 }, 1]);
});

test("the choice looks at validation, not at training, and the earlier variant wins a tie", () => {
  const scored = (training: number, ...validation: number[]) =>
    summarize(validation.map((value) => ({ training, validation: value, hasDiverged: false })));
  const good = scored(0.8, 0.7, 0.8);
  assert.ok(isBetter(good, undefined));
  assert.ok(!isBetter(scored(1, 0.6, 0.7), good), "better on the training data alone");
  assert.ok(!isBetter(scored(1, 0.8, 0.7), good), "a tie");
  assert.ok(isBetter(scored(0.5, 0.8, 0.8), good));
  assert.ok(isWithinDeviation(scored(1, 0.74, 0.72), good), "0.02 apart, with a deviation of 0.07");
  assert.ok(!isWithinDeviation(scored(1, 0.5, 0.6), good), "0.2 apart");
  assert.ok(!isWithinDeviation(scored(1, 0.7), scored(1, 0.7)), "one seed tells nothing of deviations");
});

test("a sweep runs every variant with every seed, and tests the one chosen on validation", () =>
  withDigits(async (data) => {
    const events = await sweepEvents(["activation", "--data", data, "--steps", "15", "--seeds", "2"]);
    const names = sweeps.activation.variants.map(({ name }) => name);
    assert.deepEqual(events.start[0]?.variants, names);
    assert.deepEqual(
      events.run.map(({ variant, seed }) => [variant, seed]),
      names.flatMap((name) => [1, 2].map((seed) => [name, seed])),
    );
    // Everything after the runs is recomputed from them here.
    const means = names.map((name) => {
      const values = events.run.filter(({ variant }) => variant === name).map((one) => Number(one.validationAccuracy));
      return statisticsOf(values);
    });
    assert.deepEqual(
      events.variant.map(({ variant, validationAccuracy }) => [variant, validationAccuracy]),
      names.map((name, i) => [name, means[i]]),
    );
    const best = Math.max(...means.map(({ mean }) => mean));
    const [result, ...others] = events.result;
    assert.equal(others.length, 0);
    assert.equal(result?.chosen, names[means.findIndex(({ mean }) => mean === best)]);
    const { testAccuracy, ...rest } = result ?? {};
    assert.ok(Number((testAccuracy as { mean?: number } | undefined)?.mean) > 0.3, "it learns: guessing reaches 0.1");
    // The test set is measured once, at the end: nothing before the result speaks of it.
    assert.doesNotMatch(JSON.stringify([events.start, events.run, events.variant, rest]), /test/);
  }));

test("runs side by side give what runs one after another give, and in the same order", () =>
  withDigits(async (data) => {
    const args = ["neurons", "--data", data, "--steps", "12", "--seeds", "2"];
    const [alone, together] = await Promise.all(["1", "3"].map((jobs) => sweepEvents([...args, "--jobs", jobs])));
    const timeless = (events: readonly Event[] = []) => events.map(({ seconds, ...rest }) => rest);
    for (const kind of ["start", "run", "variant", "result"] as const)
      assert.deepEqual(timeless(together?.[kind]), timeless(alone?.[kind]), kind);
  }));

test("a process that fails ends the sweep with its error, and so does one that is gone", () =>
  withDigits(async (data) => {
    const run = { variant: 0, seed: 1 };
    const device = "wasm";
    using misled = new ProcessTrainers(2, "l2", { source: `${data}/none`, steps: 5, device, threads: 1 });
    await assert.rejects(misled.train(run), (error) => error instanceof StrataError && error.name === "NotFoundError");
    const ended = new ProcessTrainers(1, "l2", { source: data, steps: 1e9, device, threads: 1 });
    const training = ended.train(run);
    ended[Symbol.dispose]();
    await assert.rejects(training, /The sweep is over/);
    await assert.rejects(ended.test(run), /The sweep is over/);
  }));

test("the processes of a sweep go with it", { skip: process.platform === "win32" }, () =>
  withDigits(async (data) => {
    const args = ["sweep-runs", "l2", "--data", data, "--steps", "1000000000", "--device", "wasm"];
    const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
    const child = fork(main, args, { serialization: "advanced" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.send({ kind: "train", run: { variant: 0, seed: 1 } });
    // Without a sweep behind them they would train for weeks.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    child.disconnect();
    await ended;
  }),
);

test("variants that are the workshop's network give the same numbers in every sweep, and again", () =>
  withDigits(async (data) => {
    const digits = await loadDigits(data, null);
    const scores = async (name: SweepName, variantName: string, seed: number) => {
      const exercise: Sweep = sweeps[name];
      const variant = exercise.variants.find((one) => one.name === variantName);
      assert.ok(variant, `${name} has ${variantName}`);
      using trained = await TrainedVariant.train(variant, digits.training, { steps: 5, seed, device: "wasm" });
      // Awaited here, since leaving this scope closes the session.
      return await trained.score(digits);
    };
    const expected = await scores("loss", "cross-entropy, rate 0.1", 1);
    for (const [name, variant] of [
      ["activation", "relu"],
      ["layers", "50, 30"],
      // Dropout that drops nothing: the weights are the same though the graph is another.
      ["dropout", "keep 1"],
      ["optimizer", "gradient descent 0.1"],
      ["lr-decay", "constant 0.1"],
      ["l2", "lambda 0"],
    ] as const)
      assert.deepEqual(await scores(name, variant, 1), expected, name);
    assert.notDeepEqual(await scores("activation", "relu", 2), expected, "another seed");
  }));

test("every variant builds, and the ends of each sweep learn different things", () =>
  withDigits(async (data) => {
    const { training, validation } = await loadDigits(data, null);
    for (const name of sweepNames) {
      const { variants }: Sweep = sweeps[name];
      for (const variant of variants)
        assert.ok(
          new Graph().asDefault(() => buildVariant(variant, 10)),
          variant.name,
        );
      const losses: number[] = [];
      for (const variant of [variants[0], variants.at(-1)]) {
        assert.ok(variant);
        using trained = await TrainedVariant.train(variant, training, { steps: 3, seed: 1, device: "wasm" });
        losses.push((await trained.measure(validation)).loss);
      }
      assert.ok(losses.every(Number.isFinite), `${name}: ${losses}`);
      assert.notEqual(losses[0], losses[1], name);
    }
  }));

test("people get the question, a table with the chosen variant marked, and the test of it alone", () =>
  withDigits(async (data) => {
    const args = ["sweep", "dropout", "--data", data, "--steps", "10", "--seeds", "2", ...device];
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`${sweeps.dropout.question}\n`));
    assert.match(stdout, /350 to train on, 50 to validate\n10 steps of 100 for each of 3 variants, seeds 1 to 2\n/);
    const score = String.raw`-?[01]\.\d{4} ± [01]\.\d{4}`;
    const rows = stdout.match(new RegExp(`^[* ] keep \\S+ +${score} +${score} +${score}$`, "gm")) ?? [];
    assert.equal(rows.length, 3);
    const marked = rows.filter((row) => row.startsWith("*"));
    assert.equal(marked.length, 1);
    const chosen = /^\* (keep \S+)/.exec(marked[0] ?? "")?.[1];
    assert.match(stdout, new RegExp(`^Chosen on the validation examples: ${chosen}\\. Test accuracy ${score}$`, "m"));
    assert.equal(stdout.match(/Test accuracy/g)?.length, 1);
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, 6);
    assert.match(lines[5] ?? "", /^6\/6 {2}keep 0\.5, seed 2: validation [01]\.\d{4} {2}\d+s$/);
  }));

test("one seed has no deviation to show", () =>
  withDigits(async (data) => {
    const { code, stdout } = await run(["sweep", "l2", "--data", data, "--steps", "2", "--seeds", "1", ...device]);
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /±|NaN/);
    assert.match(stdout, /4 variants, seed 1\n/);
  }));

for (const [args, words] of [
  ["sweep", /missing required argument 'exercise'/],
  ["sweep momentum", /Allowed choices are activation, neurons, loss, layers, dropout, optimizer, lr-decay, l2/],
  ["sweep l2 --seeds 0", /--seeds <n>' argument '0' is invalid\. It must be a whole number from 1 to/],
  ["sweep l2 --steps 0", /--steps/],
  ["sweep l2 --jobs none", /--jobs/],
  ["sweep l2 --device abacus", /--device/],
] as const)
  test(`strata ${args} is a misuse`, async () => {
    const { code, stdout, stderr } = await run(args.split(" "));
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, words);
  });
