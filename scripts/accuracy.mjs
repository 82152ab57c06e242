/**
 * @file `node scripts/accuracy.mjs`: trains the articles' networks with five seeds each and holds their
 * test accuracies to what the articles promise. Takes a few minutes, so `npm test` leaves it out.
 * Uses MNIST where `strata train` finds it, and the sample; exits with 1 where a run misses its range.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, run, SetupError } from "./ensure.mjs";

const seeds = [1, 2, 3, 4, 5];

/**
 * The first article promises more than 0.97, the second shows 0.9653. The sample has an eighth of the
 * training data, and an epoch of it an eighth of the steps, so its networks end lower: the lower bounds
 * are some 0.015 below what was measured when this was written (0.9165 to 0.9250, 0.9290 to 0.9340).
 */
const goals = [
  { name: "raw, MNIST, 20 epochs", args: ["raw", "--data", "mnist"], lowest: 0.97, highest: 1 },
  { name: "workshop, MNIST, 5000 steps", args: ["workshop", "--data", "mnist"], lowest: 0.96, highest: 0.98 },
  { name: "raw, sample, 20 epochs", args: ["raw", "--data", "sample"], lowest: 0.9, highest: 0.97 },
  { name: "workshop, sample, 5000 steps", args: ["workshop", "--data", "sample"], lowest: 0.915, highest: 0.97 },
];

await run(() => {
  const width = Math.max(...goals.map(({ name }) => name.length));
  console.log([`${"".padEnd(width)}`, ...seeds.map((seed) => `seed ${seed}`), "goal            seconds"].join("  "));
  for (const { name, args, lowest, highest } of goals) {
    const results = seeds.map((seed) => train([...args, "--seed", String(seed)]));
    const isMet = results.every(({ testAccuracy }) => testAccuracy > lowest && testAccuracy <= highest);
    const figures = results.map(({ testAccuracy }) => testAccuracy.toFixed(4));
    const goal = `${lowest.toFixed(3)} to ${highest.toFixed(3)}`;
    const seconds = results.reduce((sum, result) => sum + result.seconds, 0) / results.length;
    console.log(
      [name.padEnd(width), ...figures, goal, seconds.toFixed(1).padStart(7), isMet ? "" : "MISSED"].join("  "),
    );
    if (!isMet) process.exitCode = 1;
  }
});

/** Runs the command as a user would, and takes its result event. */
function train(args) {
  const main = join(root, "dist", "src", "cli", "main.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "train", ...args, "--json"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new SetupError(`strata train ${args.join(" ")} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1));
}
