/**
 * @file `npm run docs` writes the API reference to docs/api: one page for each entry of the package, from the
 * doc comments of what it exports. With `--check` it writes nothing, lists what has no doc comment, and fails
 * where there is such a thing. `--built` skips the guard and reads `dist/` as it is; `--out FOLDER` writes there.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isSilent } from "./api-comments.mjs";
import { allItems, readApi } from "./api-model.mjs";
import { pageName, renderIndex, renderPage } from "./api-pages.mjs";
import { root, run, SetupError, say } from "./ensure.mjs";

const flags = process.argv.slice(2);

function main() {
  const api = readApi();
  const silent = api.flatMap(undocumented);
  if (silent.length > 0)
    throw new SetupError(
      `${silent.length} public names have no doc comment:\n  ${silent.join("\n  ")}\n  fix  write one above each: what it is, shapes, units, defaults, errors, and the original it follows`,
    );
  if (flags.includes("--check")) return;
  const folder = flags.includes("--out") ? flags[flags.indexOf("--out") + 1] : join(root, "docs", "api");
  // Pages of entries that no longer exist go.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const entry of api) writeFileSync(join(folder, pageName(entry)), renderPage(entry));
  writeFileSync(join(folder, "README.md"), renderIndex(api));
  say(`${api.flatMap(allItems).length} names on ${api.length} pages: ${join(folder, "README.md")}`);
}

/** What a reader would find nothing about: names, and fields of options and of interfaces. */
function undocumented(entry) {
  const found = new Set();
  for (const { path, comment, signatures, properties } of allItems(entry)) {
    if (isSilent(comment) && signatures.every((signature) => isSilent(signature.comment))) found.add(path);
    const fields = [
      ...properties,
      ...signatures.flatMap(({ parameters }) => parameters.flatMap(({ options }) => options)),
    ];
    for (const field of fields) if (isSilent(field.comment)) found.add(`${path}: ${field.name}`);
  }
  return [...found];
}

if (flags.includes("--built"))
  try {
    main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
else await run(main);
