/**
 * @file The benchmark's harness with Tensorstrata alone, in a tiny setting: that it runs, that everybody
 * computes the same, and that whoever does not is left out. Times are nobody's business here.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Contest, compete, type Outcome } from "../../bench/contest.js";
import { batchesOf, load, matrixData, networkData } from "../../bench/data.js";
import type { Entrant } from "../../bench/entrants.js";
import { productElements } from "../../bench/participant.js";
import { npmReason } from "../../bench/peers.js";
import { number, type Section, tableMarkdown } from "../../bench/report.js";
import { judge } from "../../bench/targets.js";
import { kernelsOf, type Network, training } from "../../bench/workloads.js";

const main = fileURLToPath(new URL("../../bench/main.js", import.meta.url));
const tiny = { rounds: 2, roundSeconds: 0.01, warmUpSeconds: 0.01 };
const folder = mkdtempSync(join(tmpdir(), "strata-bench-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const entrant = (name: string, variant?: string, module = "tensorstrata"): Entrant => ({
  name,
  program: { module },
  threads: [1],
  tasks: [],
  ...(variant === undefined ? {} : { variant }),
});

test("the command measures a workload, and writes what it prints", () => {
  const args = [main, "--workload", "a", "--peer", "none", "--rounds", "1", "--time", "10", "--quick", "--json"];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...args, "--output", folder], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout) as { sections: Section[]; targets: unknown[] };
  assert.deepEqual(JSON.parse(readFileSync(join(folder, "bench.json"), "utf8")), report);
  const [section] = report.sections;
  assert.ok(section !== undefined);
  const { results, leftOut } = section.data as Outcome;
  assert.deepEqual(
    leftOut.filter(({ name }) => name !== "native"),
    [],
  );
  const wasm = results.find(({ name }) => name === "wasm");
  assert.ok(wasm !== undefined && wasm.step.median > 0 && wasm.peakBytes > 2 ** 20);
  assert.ok((wasm.after[0] ?? 0) < (wasm.before[0] ?? 0) - 0.5, "the loss falls");
  assert.equal(section.tables[0]?.rows.length, results.length);
});

test("misuse of the command is told with what there is", () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  const unknown = run("--workload", "z");
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /--workload z is unknown; there are a, b, c/);
  assert.match(run("--rounds", "0").stderr, /--rounds must be a whole number above 0/);
  assert.match(run("--output=").stderr, /^--output must name a folder/);
  const file = join(folder, "taken");
  writeFileSync(file, "");
  const taken = run("--workload", "j", "--peer", "none", "--output", file);
  assert.equal(taken.status, 1);
  assert.match(taken.stderr, /^.*taken cannot be the folder for results .* --output names another\n$/);
});

test("why npm failed is told by the line that says so", () => {
  const said = [
    "npm warn deprecated something@1.0.0: old",
    "npm error code ENOTFOUND",
    "npm error syscall getaddrinfo",
    "npm error network request to http://nowhere.invalid/x failed, reason: getaddrinfo ENOTFOUND nowhere.invalid",
    "npm error network",
    "npm error A complete log of this run can be found in: /home/me/.npm/_logs/x.log",
  ].join("\n");
  assert.equal(
    npmReason(said),
    "request to http://nowhere.invalid/x failed, reason: getaddrinfo ENOTFOUND nowhere.invalid",
  );
  assert.equal(npmReason("sh: npm: not found\n"), "sh: npm: not found");
  assert.equal(npmReason(""), "npm did not start");
});

test("convolutions train, and are asked, as by everybody else", async () => {
  const network: Network = {
    input: [8, 8, 2],
    layers: [{ kind: "conv", filters: 4, size: 3, activation: "relu" }, { kind: "pool" }, { kind: "dense", units: 10 }],
  };
  const data = networkData(folder, "tiny", network, 8);
  const contest = { title: "tiny", entrants: [entrant("wasm", "wasm"), entrant("callable", "wasm callable")] };
  const effort = { ...tiny, rounds: 1 };
  const train: Contest = {
    ...contest,
    task: () => ({ kind: "train", network, batchSize: 4, learningRate: 0.5, data }),
    checkSteps: 6,
    tolerance: 1e-6,
  };
  const trained = await compete(train, effort);
  assert.deepEqual(trained.leftOut, []);
  assert.ok(trained.results.every(({ before, after }) => (after[0] ?? 0) < (before[0] ?? 0)));
  const asked = await compete(
    { ...contest, task: () => ({ kind: "predict", network, data }), checkSteps: 1, tolerance: 1e-6, each: true },
    effort,
  );
  assert.deepEqual(asked.leftOut, []);
  const sum = asked.results[0]?.after.reduce((a, b) => a + b, 0) ?? 0;
  assert.ok(Math.abs(sum - 1) < 1e-6, "probabilities");
  assert.ok((asked.results[0]?.step.p99 ?? 0) >= (asked.results[0]?.step.p50 ?? 1));
});

test("a product is right, and who computes something else, or cannot start, is left out", async () => {
  const size = 17;
  const data = matrixData(folder, size);
  const read = load(data);
  const reference = productElements(read("a").values, read("b").values, size);
  const missing: Entrant = { name: "missing", program: { module: "nobody" }, threads: [1], tasks: [] };
  const peak: Entrant = { name: "peak", program: { module: "fma-peak" }, threads: [1], tasks: [] };
  const contest: Contest = {
    title: "product",
    entrants: [entrant("wasm", "wasm"), peak, missing],
    task: () => ({ kind: "multiply", size, data }),
    checkSteps: 1,
    tolerance: 1e-5,
    reference,
  };
  const { results, leftOut } = await compete(contest, tiny);
  assert.deepEqual(
    results.map(({ name }) => name),
    ["wasm"],
  );
  assert.deepEqual(
    leftOut.map(({ name }) => name),
    ["peak", "missing"],
  );
  assert.match(leftOut[0]?.reason ?? "", /computed .* where .* is right/);
  assert.match(leftOut[1]?.reason ?? "", /nobody/);
});

test("the number of threads with the better median counts, of all rounds", async () => {
  const data = matrixData(folder, 16);
  const { results } = await compete(
    {
      title: "threads",
      entrants: [{ ...entrant("wasm", "wasm"), threads: [1, 2] }],
      task: () => ({ kind: "multiply", size: 16, data }),
      checkSteps: 1,
      tolerance: 1e-5,
    },
    { ...tiny, rounds: 5 },
  );
  const [result] = results;
  assert.deepEqual(
    result?.tried.map(({ threads }) => threads),
    [1, 2],
  );
  assert.equal(result?.step.median, Math.min(...(result?.tried ?? []).map(({ median }) => median)));
  assert.equal(result?.step.median, result?.tried.find(({ threads }) => threads === result.threads)?.median);
  assert.equal(result?.step.rounds, 5);
});

test("fit does the steps of the loop by hand", async () => {
  const [workload] = training;
  assert.ok(workload !== undefined);
  const common = { network: workload.network, batchSize: 8, learningRate: 0.1 };
  const data = networkData(folder, "fit", workload.network, 32);
  const { results, leftOut } = await compete(
    {
      title: "fit",
      entrants: [entrant("loop", "wasm"), entrant("fit", "wasm", "tensorstrata-keras")],
      task: ({ name }) =>
        name === "fit" ? { kind: "fit", shuffle: false, data, ...common } : { kind: "train", data, ...common },
      checkSteps: 8,
      tolerance: 1e-5,
    },
    tiny,
  );
  assert.deepEqual(leftOut, []);
  assert.equal(results.length, 2);
});

test("data are the same for everybody, in batches too", () => {
  const network: Network = { input: [3], layers: [{ kind: "dense", units: 10 }] };
  const [first, second] = [0, 1].map((i) => load(networkData(folder, `same${i}`, network, 4)));
  for (const name of ["images", "labels", "kernel0"]) assert.deepEqual(first?.(name), second?.(name));
  const batches = batchesOf(first?.("images") ?? { shape: [], values: new Float32Array() }, 2);
  assert.deepEqual(
    batches.flatMap(({ values }) => [...values]),
    [...(first?.("images").values ?? [])],
  );
  assert.throws(() => first?.("bias"), /has no tensor bias/);
});

test("kernels have TensorFlow's shapes", () => {
  const shapes = training.map(({ network }) => kernelsOf(network).map(({ shape }) => shape.join("×")));
  assert.deepEqual(shapes[3], ["5×5×1×32", "5×5×32×64", "3136×1024", "1024×10"]);
  assert.deepEqual(shapes[0], ["784×64", "64×10"]);
});

test("targets are judged both ways, and only where measured", () => {
  const judged = judge({ "a: native / pytorch": 3.9, "h: native, s": 4.2, "something else": 1 });
  assert.deepEqual(
    judged.map(({ figure, holds }) => [figure, holds]),
    [
      ["a: native / pytorch", false],
      ["h: native, s", true],
    ],
  );
});

test("numbers keep three digits, and tables are Markdown", () => {
  assert.deepEqual([1234.5, 12.34, 0.01234, 0, Number.NaN].map(number), ["1,230", "12.3", "0.0123", "0", "–"]);
  assert.equal(tableMarkdown({ header: ["", "x"], rows: [["a", "1"]] }), "|  | x |\n| --- | ---: |\n| a | 1 |");
});
