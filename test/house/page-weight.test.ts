/**
 * @file What keeps pages small: no program loads what only tests and documents read, and the list
 * `sideEffects` of package.json, by which bundlers leave out modules, names every module that needs to stay.
 */
import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import { parseSync } from "rolldown/utils";
import { exists, listFiles, readText } from "./repository.js";

const sources = listFiles("src").filter((path) => path.endsWith(".ts"));

/** For tests and documents alone. */
const isReference = (path: string): boolean =>
  path.endsWith(".oracle.ts") || ["src/ops/reference.ts", "src/ops/samples.ts"].includes(path);

/** The modules of `src/` whose code a module loads with its own; types are not code. */
function loadedBy(path: string, text: string): string[] {
  const { module } = parseSync(path, text);
  const requests = [
    ...module.staticImports
      .filter(({ entries }) => entries.length === 0 || entries.some(({ isType }) => !isType))
      .map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) => (moduleRequest === null || isType ? [] : [moduleRequest.value])),
    ),
  ];
  return requests
    .filter((request) => request.startsWith("."))
    .map((request) => posix.join(posix.dirname(path), request).replace(/\.js$/, ".ts"));
}

test("no program loads oracles and samples", () => {
  assert.ok(sources.filter(isReference).length > 40, "the references were not found");
  const loads = (path: string): boolean =>
    loadedBy(path, readText(path)).some((target) => target.endsWith(".oracle.ts"));
  assert.deepEqual(sources.filter(loads), [], "a file *.oracle.ts is for tests and documents: nothing may import it");
  const entries = Object.values(JSON.parse(readText("package.json")).exports as Record<string, { browser?: string }>)
    .flatMap(({ browser }) => browser ?? [])
    .map((target) => target.replace("./dist/", "").replace(/\.js$/, ".ts"));
  assert.ok(entries.includes("src/index.ts"));
  const reached = new Set<string>();
  const visit = (path: string, from: string): void => {
    assert.ok(!isReference(path), `${from} imports ${path}, which is for tests and documents`);
    if (reached.has(path)) return;
    reached.add(path);
    for (const target of loadedBy(path, readText(path))) visit(target, path);
  };
  for (const entry of entries) visit(entry, "package.json");
  assert.ok(reached.has("src/ops/unary.ts"), "the sources were not followed");
});

/** These act on what they define themselves: whoever does not import them does not need it done. */
const actsForItself: readonly string[] = [
  "src/ops/array/concat.ts",
  "src/ops/array/shape.ts",
  "src/ops/array/strided-slice.ts",
  "src/ops/control-flow/trace.ts",
  "src/train/meta-graph.ts",
];

/** Whether loading a module does something: a statement that is no definition, or an import without names. */
function acts(path: string): boolean {
  const { program } = parseSync(path, readText(path));
  return program.body.some((statement) =>
    statement.type === "ImportDeclaration"
      ? statement.specifiers.length === 0
      : !/^(Export|TS)|Declaration$/.test(statement.type),
  );
}

test("`sideEffects` names every module that acts when it is loaded", () => {
  const listed: readonly string[] = JSON.parse(readText("package.json")).sideEffects;
  assert.ok(listed.includes("./dist/bundle/**"), "a chunk that holds a module that acts, acts");
  const ofSources = listed.filter((entry) => entry.startsWith("./dist/src/"));
  const patterns = ofSources.map((entry) => entry.replace("./dist/", "").replace(/\.js$/, ".ts"));
  const isListed = (path: string): boolean =>
    patterns.some((pattern) => (pattern.endsWith("/**") ? path.startsWith(pattern.slice(0, -2)) : pattern === path));
  const missing = sources.filter((path) => acts(path) && !isListed(path) && !actsForItself.includes(path));
  assert.deepEqual(missing, [], "add them to sideEffects, or bundlers leave out what they do");
  for (const pattern of patterns) assert.ok(exists(pattern.replace("/**", "")), `${pattern} does not exist`);
  for (const path of actsForItself) assert.ok(exists(path) && acts(path), `${path} does nothing when it is loaded`);
});
