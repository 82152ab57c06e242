/** @file The documents hold together: links resolve, the scripts they name exist, nothing is left to do in them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findDocumentProblems } from "./markdown.js";
import { exists, listFiles, readText } from "./repository.js";

const scripts = new Set(["bench"]);
const check = (text: string, others: Record<string, string> = {}): string[] => {
  const documents = new Map([["docs/a.md", text], ...Object.entries(others)]);
  return findDocumentProblems(documents, (path) => documents.has(path) || path === "src/core", scripts);
};

test("the documents' links, scripts and words are in order", () => {
  const paths = [
    ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].filter(exists),
    // The API reference is made, not written: its own test looks at it.
    ...[...listFiles("docs"), ...listFiles("interop")].filter(
      (path) => path.endsWith(".md") && !path.startsWith("docs/api/"),
    ),
  ];
  assert.ok(paths.includes("README.md") && paths.includes("docs/architecture.md"), "the documents were not found");
  const manifest: { scripts: Record<string, string> } = JSON.parse(readText("package.json"));
  const documents = new Map(paths.map((path) => [path, readText(path)]));
  assert.deepEqual(findDocumentProblems(documents, exists, new Set(Object.keys(manifest.scripts))), []);
});

test("a link to a missing file is reported with its line", () => {
  assert.deepEqual(check("# A\n\n[gone](gone.md) and [there](../src/core) and [web](https://example.org/x)\n"), [
    "docs/a.md:3  links to gone.md, but docs/gone.md does not exist",
  ]);
});

test("a link out of the repository, and a broken reference definition, are reported", () => {
  assert.deepEqual(check("[out](../../x.md)\n[r]: r.md\n"), [
    "docs/a.md:1  links to ../../x.md, but ../x.md does not exist",
    "docs/a.md:2  links to r.md, but docs/r.md does not exist",
  ]);
});

test("an anchor must be a heading of its document", () => {
  const other = { "docs/b.md": "# B\n\n## From graph to `code`!\n\n## Twice\n\n## Twice\n" };
  assert.deepEqual(check("[1](b.md#from-graph-to-code) [2](b.md#twice-1) [3](#top)\n\n# Top\n", other), []);
  assert.deepEqual(check("[1](b.md#twice-2)\n", other), [
    "docs/a.md:1  links to b.md#twice-2, but docs/b.md has no heading for #twice-2",
  ]);
});

test("code is not searched for links, but for scripts that do not exist", () => {
  assert.deepEqual(check("`[a](b.md)`\n\n```sh\n[x](y.md)\nnpm run bench\nnpm run dance\n```\n"), [
    'docs/a.md:6  tells to run "npm run dance", which package.json does not have',
  ]);
});

test("unfinished documents are reported", () => {
  assert.deepEqual(check("Soon.\n\nTODO: write this\n"), ["docs/a.md:3  says TODO"]);
});
