/**
 * @file `npm test`: builds what changed, then runs the compiled tests with Node's own runner.
 * `npm test -- core wasm` runs the files whose path contains one of the words; options that start with
 * `--` go to the runner, as in `npm test -- --test-name-pattern=matmul`.
 */
import { spawn } from "node:child_process";
import { availableParallelism, constants } from "node:os";
import { join } from "node:path";
import { listFiles, root, run, SetupError } from "./ensure.mjs";

await run(async () => {
  const options = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
  const filters = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
  process.exitCode = await runTests(selectTests(filters), options);
});

/** The compiled test files whose path contains one of the filters; all of them without filters. */
function selectTests(filters) {
  const all = listFiles(join(root, "dist", "test")).filter((path) => path.endsWith(".test.js"));
  if (all.length === 0)
    throw new SetupError(
      "There are no tests: nothing under dist/test ends in .test.js\n  fix  restore the test folder",
    );
  const selected = all.filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
  if (selected.length === 0)
    throw new SetupError(`No test file's path contains ${filters.join(" or ")}; there are ${all.length} test files`);
  return selected;
}

/** @returns {Promise<number>} the runner's exit code */
function runTests(files, options) {
  const reporter = process.stdout.isTTY ? "spec" : join(root, "scripts", "compact-reporter.mjs");
  // Node's default is one file at a time on two cores; the tests are short and mostly wait for modules to load.
  const concurrency = Math.max(2, availableParallelism() - 1);
  const runner = spawn(
    process.execPath,
    ["--test", `--test-concurrency=${concurrency}`, `--test-reporter=${reporter}`, ...options, ...files],
    { cwd: root, env: sourceEnvironment(), stdio: ["ignore", "inherit", "inherit"] },
  );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => runner.kill(signal));
  return new Promise((resolve, reject) => {
    runner.on("error", reject);
    runner.on("exit", (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/**
 * Tests reach into `src`, so "tensorstrata" must be the same modules to them, and not the bundle that users get:
 * a process with both would have two of every class and two default graphs.
 */
function sourceEnvironment() {
  const options = [process.env.NODE_OPTIONS, "--conditions=tensorstrata-source"];
  return { ...process.env, NODE_OPTIONS: options.filter(Boolean).join(" ") };
}
