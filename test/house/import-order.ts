/**
 * @file The house rules about files and imports, as a function from sources to violations. Used by
 * `import-order.test.ts` alone; it parses, so that text in strings and comments is never mistaken.
 */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { parseSync, Visitor } from "rolldown/utils";

/** A source file: its path from the repository's root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The folders of `src/`, lowest first: a folder imports itself and what stands before it. */
export const folderOrder = [
  "core",
  "formats",
  "ir",
  "graph",
  "ops",
  "compiler",
  "backends",
  "platform",
  "runtime",
  "train",
  "layers",
  "tflearn",
  "keras",
  "datasets",
  "pictures",
  "summary",
  "cli",
] as const;

/** Folders that may import less than their place allows: pure code, and the machine's edge. */
const onlyFrom: Readonly<Record<string, readonly string[]>> = {
  formats: ["core"],
  ir: ["core"],
  platform: ["core"],
};

/** Folders that may import Node's own modules. */
const nodeFolders: readonly string[] = ["platform", "cli"];
const maximumLines = 600;

/**
 * Checks files of `src/` against the house rules.
 * @param files what to check
 * @param entries paths of the package's entries, which gather from every folder
 * @returns one line for each violation: `path:line  what is wrong`
 */
export function findViolations(files: readonly SourceFile[], entries: ReadonlySet<string>): string[] {
  return files.flatMap((file) => [...checkFile(file), ...checkImports(file, entries)]);
}

function checkFile({ path, text }: SourceFile): string[] {
  const violations: string[] = [];
  if (!/^(#!.*\n)?\/\*\*\s+(\*\s+)?@file\s/.test(text))
    violations.push(`${path}:1  does not open with a /** @file comment`);
  const lines = text.split("\n").length;
  if (lines > maximumLines)
    violations.push(`${path}:${maximumLines + 1}  has ${lines} lines, more than ${maximumLines}`);
  return violations;
}

function checkImports(file: SourceFile, entries: ReadonlySet<string>): string[] {
  const folder = folderOf(file.path);
  const problem = (specifier: string): string | undefined => {
    if (isBuiltin(specifier))
      return nodeFolders.includes(folder) ? undefined : `only ${nodeFolders.join(" and ")} may import Node's modules`;
    if (specifier === "tensorstrata" || specifier.startsWith("tensorstrata/"))
      return "src imports itself by relative paths, not by the package's name";
    const target = targetFolder(file.path, specifier);
    if (target === undefined || target === folder || entries.has(file.path)) return undefined;
    return orderProblem(folder, target);
  };
  return importsOf(file).flatMap(({ specifier, line }) => {
    const found = problem(specifier);
    return found === undefined ? [] : [`${file.path}:${line}  imports "${specifier}": ${found}`];
  });
}

function orderProblem(folder: string, target: string): string | undefined {
  const order: readonly string[] = folderOrder;
  for (const name of [folder, target])
    if (!order.includes(name)) return `"${name}" has no place in the order of folders (test/house/import-order.ts)`;
  if (order.indexOf(target) > order.indexOf(folder)) return `${target} stands above ${folder}`;
  const allowed = onlyFrom[folder];
  if (allowed !== undefined && !allowed.includes(target)) return `${folder} may import ${allowed.join(", ")} alone`;
  return undefined;
}

/** The folder of `src/` that a specifier points into; `undefined` for packages. */
function targetFolder(from: string, specifier: string): string | undefined {
  if (specifier === "#platform") return "platform";
  if (!specifier.startsWith(".")) return undefined;
  return folderOf(posix.join(posix.dirname(from), specifier));
}

/** `src/core/shape.ts` → `core`; a file of `src/` itself, or outside it, is its own folder. */
function folderOf(path: string): string {
  const [root, folder, ...rest] = path.split("/");
  return root === "src" && folder !== undefined && rest.length > 0 ? folder : path;
}

interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every module a file names: imports, re-exports, `import()` and `import("…")` types. */
function importsOf({ path, text }: SourceFile): Import[] {
  const { program, module, errors } = parseSync(path, text);
  const error = errors[0];
  if (error !== undefined) throw new Error(`${path} does not parse: ${error.message}`);
  const found = new Map<number, string>();
  for (const { moduleRequest } of module.staticImports) found.set(moduleRequest.start, moduleRequest.value);
  for (const { entries } of module.staticExports)
    for (const { moduleRequest } of entries) if (moduleRequest) found.set(moduleRequest.start, moduleRequest.value);
  new Visitor({
    ImportExpression: ({ source }) => {
      if (source.type === "Literal" && typeof source.value === "string") found.set(source.start, source.value);
    },
    TSImportType: ({ source }) => {
      found.set(source.start, source.value);
    },
  }).visit(program);
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([start, specifier]) => ({ specifier, line: text.slice(0, start).split("\n").length }));
}
