/**
 * @file The guide's programs: the TypeScript blocks of each section are compiled, in one run of the compiler, and
 * then run, and what the guide shows of the debug output is compared with the output itself.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readText, repositoryRoot } from "./repository.js";

const root = fileURLToPath(repositoryRoot);
const run = promisify(execFile);
let folder = "";

interface Section {
  readonly title: string;
  /** The section's TypeScript, blank where the page has something else: line numbers are the page's. */
  readonly program: string;
}

/** The sections of a page that hold a program. */
function programsOf(markdown: string): Section[] {
  const found: { title: string; lines: string[] }[] = [];
  let language: string | null = null;
  markdown.split("\n").forEach((line, number) => {
    const fence = /^```(.*)$/.exec(line)?.[1];
    if (fence !== undefined) language = language === null ? fence : null;
    else if (language === null && line.startsWith("## ")) found.push({ title: line.slice(3), lines: [] });
    else if (language === "ts") {
      const lines = found.at(-1)?.lines ?? [];
      while (lines.length < number) lines.push("");
      lines.push(line);
    }
  });
  return found
    .filter(({ lines }) => lines.length > 0)
    .map(({ title, lines }) => ({ title, program: lines.join("\n") }));
}

const sections = programsOf(readText("docs/guide.md"));
const fileOf = (index: number, ending: string): string => join(folder, `section-${index + 1}.${ending}`);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "strata-guide-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules", "tensorstrata"), "junction");
  await symlink(join(root, "node_modules", "@types"), join(folder, "node_modules", "@types"), "junction");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
  await Promise.all(sections.map(({ program }, i) => writeFile(fileOf(i, "ts"), `${program}\n`)));
});
after(() => rm(folder, { recursive: true, force: true }));

test("every block of TypeScript is part of a program", () => {
  const page = readText("docs/guide.md").split("\n");
  const fences = page.filter((line) => line.startsWith("```") && line !== "```");
  assert.deepEqual([...new Set(fences)].sort(), ["```sh", "```text", "```ts"]);
  const inPrograms = sections.flatMap(({ program }) => program.split("\n")).filter((line) => line !== "").length;
  let isCode = false;
  const inPage = page.filter((line) => {
    if (line.startsWith("```")) isCode = line === "```ts";
    return isCode && line !== "```ts" && line !== "";
  }).length;
  assert.equal(inPrograms, inPage);
});

test("the guide has a program for each level, and for what goes with them", () => {
  assert.deepEqual(
    sections.map(({ title }) => title),
    [
      "Level 1: the raw graph",
      "Level 2: layers",
      "Level 3: TFLearn",
      "Level 4: Keras",
      "Mixing the levels",
      "Control flow",
      "Saving",
      "Devices",
    ],
  );
});

test("the guide's programs compile, and run", { concurrency: 2 }, async (context) => {
  // As strict as a user may be: declarations are checked too, and there are none of a browser.
  const compiler = [
    join(root, "node_modules/typescript/bin/tsc"),
    ...["--strict", "--noUncheckedIndexedAccess", "--module", "nodenext", "--target", "es2022"],
    ...["--lib", "es2023,esnext.disposable", "--types", "node", "--pretty", "false"],
    ...sections.map((_, i) => fileOf(i, "ts")),
  ];
  const output = await run(process.execPath, compiler, { cwd: folder }).then(
    () => "",
    (failure: { stdout?: string }) => failure.stdout || String(failure),
  );
  assert.equal(output, "", "line numbers are those of docs/guide.md");

  const printed = new Map<string, string>();
  const env = { ...process.env, STRATA_DEVICE: "wasm", STRATA_DEBUG: undefined };
  await Promise.all(
    sections.map(({ title }, i) =>
      context.test(title, async () => {
        const { stdout } = await run(process.execPath, [fileOf(i, "js")], { cwd: root, env });
        printed.set(title, stdout);
      }),
    ),
  );
  const accuracy = /accuracy (0\.\d+)/.exec(printed.get("Level 1: the raw graph") ?? "")?.[1];
  // Two epochs end between 0.85 and 0.9; a network that learns nothing has 0.1.
  assert.ok(Number(accuracy) > 0.7, `the raw graph learns, but has ${accuracy}`);
  assert.match(printed.get("Control flow") ?? "", /size: 81, root: 3\.0\d*, slope: 0\.1[67]\d*/);
  assert.equal(printed.get("Saving"), "true\n");
  assert.equal(printed.get("Devices"), "wasm 10\ninterpreter 10\n");
});

test("the debug output is what the guide shows", async () => {
  const shown = /```text\n([\s\S]*?)```/.exec(readText("docs/guide.md"))?.[1];
  const program = `import * as tf from "tensorstrata";
    const W = new tf.Variable(tf.ones([3, 2]));
    const x = tf.placeholder("float32", [null, 3], { name: "x" });
    const y = tf.nn.sigmoid(tf.add(tf.matmul(x, W), 1));
    const session = new tf.Session();
    await session.run(tf.globalVariablesInitializer());
    process.stderr.write("initialized\\n");
    await session.run(y, [[x, [[1, 2, 3]]]]);`;
  const env = { ...process.env, STRATA_DEVICE: "wasm", STRATA_DEBUG: "program,kernels,plan" };
  const { stderr } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder, env });
  assert.equal(stderr.split("initialized\n")[1], shown);
});
