/**
 * @file The house rules hold in `src/`: imports point upward only, Node stays behind the platform,
 * every file says what it is for, and none outgrows a reader. The checker itself is tested too.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { findViolations, folderOrder } from "./import-order.js";
import { listFiles, readText, repositoryRoot } from "./repository.js";

const header = "/** @file An example. */\n";
const check = (path: string, text: string, entries: readonly string[] = []): string[] =>
  findViolations([{ path, text: header + text }], new Set(entries));

/** The sources behind the package's public entries: they gather from everywhere. */
function publicEntries(): Set<string> {
  const manifest: { exports: Record<string, string | Record<"tensorstrata-source", string>> } = JSON.parse(
    readFileSync(new URL("package.json", repositoryRoot), "utf8"),
  );
  const targets = Object.values(manifest.exports).map((target) =>
    typeof target === "string" ? target : target["tensorstrata-source"],
  );
  return new Set(targets.map((target) => target.replace("./dist/", "").replace(/\.js$/, ".ts")));
}

test("every file in src follows the house rules", () => {
  const paths = listFiles("src").filter((path) => path.endsWith(".ts"));
  assert.ok(paths.includes("src/core/index.ts"), "the sources were not found");
  const violations = findViolations(
    paths.map((path) => ({ path, text: readText(path) })),
    publicEntries(),
  );
  assert.deepEqual(violations, []);
});

test("an import that points downward is reported with its line", () => {
  assert.deepEqual(check("src/core/shape.ts", '\nimport type { Graph } from "../graph/graph.js";\n'), [
    'src/core/shape.ts:3  imports "../graph/graph.js": graph stands above core',
  ]);
});

test("each way to name a module counts", () => {
  const text = [
    'export * from "../keras/a.js";',
    'export type { B } from "../keras/b.js";',
    'export const c = await import("../keras/c.js");',
    'export type D = import("../keras/d.js").D;',
    'import "../keras/e.js";',
  ].join("\n");
  const lines = check("src/ops/math.ts", text).map((violation) => violation.split("  ")[0]);
  assert.deepEqual(
    lines,
    [2, 3, 4, 5, 6].map((line) => `src/ops/math.ts:${line}`),
  );
});

test("text in strings and comments is not an import", () => {
  assert.deepEqual(check("src/core/a.ts", '// import "../cli/main.js"\nexport const s = \'import "node:fs"\';\n'), []);
});

test("an import that points upward, or stays in its folder, is fine", () => {
  assert.deepEqual(check("src/cli/main.ts", 'import "../core/index.js";\nimport "./train.js";\n'), []);
  assert.deepEqual(check("src/train/saver.ts", 'import "../formats/index.js";\nimport "#platform";\n'), []);
});

test("formats, ir and platform import core alone", () => {
  assert.deepEqual(check("src/platform/node.ts", 'import "../core/index.js";\n'), []);
  assert.deepEqual(check("src/platform/node.ts", 'import "../graph/index.js";\n'), [
    'src/platform/node.ts:2  imports "../graph/index.js": platform may import core alone',
  ]);
});

test("the platform is out of reach of what must stay pure", () => {
  for (const folder of folderOrder.slice(0, folderOrder.indexOf("platform")))
    assert.equal(check(`src/${folder}/a.ts`, 'import { platform } from "#platform";\n').length, 1, folder);
});

test("Node's modules stay in platform and cli, with or without the node: prefix", () => {
  for (const name of ["node:fs", "fs", "fs/promises", "node:worker_threads"]) {
    assert.equal(check("src/runtime/session.ts", `import "${name}";\n`).length, 1, name);
    assert.deepEqual(check("src/platform/node.ts", `import "${name}";\n`), [], name);
  }
});

test("a public entry may gather from every folder, but not reach for Node", () => {
  const entries = ["src/index.ts", "src/datasets/index.ts"];
  assert.deepEqual(check("src/index.ts", 'export * from "./train/index.js";\n', entries), []);
  assert.deepEqual(check("src/datasets/index.ts", 'export * from "../pictures/index.js";\n', entries), []);
  assert.equal(check("src/index.ts", 'import "node:fs";\n', entries).length, 1);
});

test("a folder without a place in the order is reported", () => {
  assert.match(
    check("src/utilities/a.ts", 'import "../core/index.js";\n').join(),
    /"utilities" has no place in the order/,
  );
});

test("the package's own name is not a way around the order", () => {
  assert.match(check("src/core/a.ts", 'import "tensorstrata";\n').join(), /not by the package's name/);
});

test("a file without its opening comment, and one too long to read, are reported", () => {
  const file = { path: "src/core/a.ts", text: `export const a = 1;\n${"\n".repeat(600)}` };
  assert.deepEqual(findViolations([file], new Set()), [
    "src/core/a.ts:1  does not open with a /** @file comment",
    "src/core/a.ts:601  has 602 lines, more than 600",
  ]);
});
