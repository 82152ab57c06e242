/**
 * @file What a user imports is the bundle: every entry of it, in a process without the condition under which these
 * tests run. The entries share their state, errors point at the user's file, and threads and machine code work.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as tf from "tensorstrata";
import { version } from "../../src/cli/version.js";
import * as sources from "../../src/index.js";
import { platform } from "../../src/platform/node.js";
import { exists, listFiles, readText } from "./repository.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const manifest: {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin: Readonly<Record<string, string>>;
} = JSON.parse(readText("package.json"));
const entries = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target !== "string")
  .map(([path]) => path.replace(".", "tensorstrata"));

let project = "";
before(() => {
  project = mkdtempSync(join(tmpdir(), "strata-user-"));
  mkdirSync(join(project, "node_modules"));
  symlinkSync(repository, join(project, "node_modules", "tensorstrata"), "junction");
});
after(() => rmSync(project, { recursive: true, force: true }));

/** Runs a user's program in a project of its own, and returns what it writes. */
function run(program: string, environment: Readonly<Record<string, string>> = {}): string {
  const { NODE_OPTIONS: _conditions, NODE_TEST_CONTEXT: _runner, ...rest } = process.env;
  const file = join(project, "program.mjs");
  writeFileSync(file, program);
  const options = { encoding: "utf8", env: { ...rest, ...environment }, cwd: project } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], options);
  assert.equal(status, 0, stderr);
  return stdout + stderr;
}

test("these tests themselves use the sources", () => {
  assert.equal(tf.Graph, sources.Graph, "run them with --conditions=tensorstrata-source");
});

test("each entry is the bundle, and exports what its source does", async () => {
  assert.ok(entries.length >= 5);
  for (const entry of entries) {
    const printed = run(`const names = Object.keys(await import("${entry}"));
      console.log(JSON.stringify([import.meta.resolve("${entry}"), names]));`);
    const [file, names]: [string, string[]] = JSON.parse(printed);
    assert.match(file, /\/dist\/bundle\/.*\.js$/);
    assert.deepEqual(names, Object.keys(await import(entry)), entry);
  }
});

test("the command is the bundle, and knows its version", () => {
  assert.match(manifest.bin.strata ?? "", /^\.\/dist\/bundle\//);
  const main = join(project, "node_modules", "tensorstrata", manifest.bin.strata ?? "");
  const { stdout } = spawnSync(process.execPath, [main, "--version"], { encoding: "utf8" });
  assert.equal(stdout, `${version}\n`);
});

test("loading an entry loads none of the modules of dist/src, and few files", () => {
  // What coverage counts is what was loaded.
  const coverage = join(project, "coverage");
  run('import "tensorstrata";', { NODE_V8_COVERAGE: coverage });
  const loaded = readdirSync(coverage)
    .flatMap((name): { url: string }[] => JSON.parse(readFileSync(join(coverage, name), "utf8")).result)
    .map(({ url }) => url)
    .filter((url) => url.includes("/dist/"));
  assert.deepEqual(
    loaded.filter((url) => !url.includes("/dist/bundle/")),
    [],
  );
  assert.ok(loaded.length >= 2 && loaded.length < 50, `${loaded.length} files`);
});

test("importing the first level opens none of the parts of Node that take milliseconds", () => {
  const opened = run(`
    const before = new Set(process.moduleLoadList);
    await import("tensorstrata");
    console.log(JSON.stringify(process.moduleLoadList.filter((name) => !before.has(name))));
  `);
  const names: string[] = JSON.parse(opened).map((name: string) => name.replace(/^.* /, ""));
  assert.ok(names.includes("os"), "Node's list of modules is not what it was");
  for (const costly of ["child_process", "crypto", "tty", "net", "worker_threads", "zlib"])
    assert.ok(!names.includes(costly), costly);
});

test("the levels share a graph, a session and the classes", () => {
  const printed = run(`import * as tf from "tensorstrata";
    import * as keras from "tensorstrata/keras";
    import * as tflearn from "tensorstrata/tflearn";
    const x = tf.placeholder("float32", [null, 3], { name: "x" });
    const y = new keras.layers.Dense(2).apply(x);
    const z = tflearn.fullyConnected(y, 4);
    console.log([y, z].every((each) => each instanceof tf.Tensor && each.graph === tf.getDefaultGraph()));
    try {
      new keras.layers.Dense(-1);
      console.log("accepted");
    } catch (error) {
      console.log(Object.values(tf.errors).some((kind) => error instanceof kind));
    }
    const session = new tf.Session();
    await session.run(tf.globalVariablesInitializer());
    console.log((await session.run(z, [[x, [[1, 2, 3]]]])).shape.join());`);
  assert.equal(printed, "true\ntrue\n1,4\n");
});

test("classes keep their names", () => {
  const printed = run(`import * as keras from "tensorstrata/keras";
    import * as tflearn from "tensorstrata/tflearn";
    console.log([keras.Sequential, keras.losses.MeanSquaredError, keras.optimizers.SGD, tflearn.DNN]
      .map(({ name }) => name).join(), tflearn.optimizers.SGD.name);`);
  assert.equal(printed, "Sequential,MeanSquaredError,SGD,DNN SGD\n");
});

test("an error names the user's line", () => {
  const printed = run(`import * as tf from "tensorstrata";
import * as keras from "tensorstrata/keras";
import * as tflearn from "tensorstrata/tflearn";
const attempt = (build) => { try { build(); console.log("accepted"); } catch (error) { console.log(error.createdAt); } };
attempt(() => tf.matmul(tf.zeros([2, 3]), tf.zeros([4, 2])));
attempt(() => tflearn.conv2d(tf.zeros([2, 3]), 4, 3));
console.log(new keras.layers.Dense(2).apply(tf.zeros([2, 3])).op.createdAt);
`);
  const lines = printed.trimEnd().split("\n");
  assert.equal(lines.length, 3);
  for (const [i, line] of lines.entries()) assert.match(line, new RegExp(`/program\\.mjs:${5 + i}:\\d+$`), printed);
});

const products = `
  const tf = await import("tensorstrata");
  const W = new tf.Variable(tf.fill([512, 512], 0.125));
  const session = new tf.Session();
  await session.run(tf.globalVariablesInitializer());
  console.log(session.deviceName, await session.run(tf.reduceMean(tf.matmul(W, tf.matmul(W, W)))));`;

test("threads on wasm", () => {
  const program = `import workers from "node:worker_threads";
    import { syncBuiltinESMExports } from "node:module";
    let started = 0;
    workers.Worker = class extends workers.Worker {
      constructor(...options) { super(...options); started++; }
    };
    syncBuiltinESMExports();
    ${products}
    // The code for threads is loaded beside the first run, on the calling thread; a later run has workers.
    const product = tf.matmul(W, tf.matmul(W, W));
    for (const end = Date.now() + 20_000; started === 0 && Date.now() < end; ) {
      await session.run(product);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log(started);`;
  assert.equal(run(program, { STRATA_DEVICE: "wasm", STRATA_THREADS: "2" }), "wasm 512\n1\n");
});

const toolchain = platform.toolchain();

test("machine code", { skip: "missing" in toolchain && toolchain.missing }, () => {
  const environment = { STRATA_DEVICE: "native", STRATA_THREADS: "2", STRATA_COMPILE_AFTER: "0", STRATA_DEBUG: "c" };
  const printed = run(products, environment);
  assert.match(printed, /native 512/);
  assert.match(printed, /#include/);
  assert.doesNotMatch(printed, /falls back/);
});

/** The modules that a file loads: the repository's own by their paths, others by their names. */
function loadedBy(path: string): string[] {
  return [
    ...readText(path).matchAll(/^ *import "([^"]+)"|^(?!.*import type).*\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/gm),
  ]
    .map(([, bare, from, dynamic]) => bare ?? from ?? dynamic ?? "")
    .map((request) => {
      if (!request.startsWith(".")) return request;
      const target = posix.join(posix.dirname(path), request).replace(/^dist\//, "");
      return target.endsWith(".js") ? target.replace(/\.js$/, ".ts") : target;
    });
}

test("no program beside the tests has the bundle and the sources in one process", () => {
  const programs = ["bench", "examples", "scripts"]
    .flatMap((folder) => listFiles(folder))
    .filter((path) => /\.(ts|mjs)$/.test(path));
  assert.ok(loadedBy("examples/raw-graph.ts").includes("tensorstrata"), "the imports were not found");
  assert.ok(loadedBy("scripts/fuzz.mjs").includes("test/fuzz/campaign.ts"), "the imports were not found");
  const reached = (path: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(path)) return seen;
    seen.add(path);
    if (/\.(ts|mjs)$/.test(path) && exists(path) && !path.startsWith("src/"))
      for (const target of loadedBy(path)) reached(target, seen);
    return seen;
  };
  const mixed = programs.filter((path) => {
    const all = [...reached(path)];
    return all.some((name) => /^tensorstrata(\/|$)/.test(name)) && all.some((name) => name.startsWith("src/"));
  });
  assert.deepEqual(mixed, [], "they have every class twice: import one of the two");
});
