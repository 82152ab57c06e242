/**
 * @file The guard before every command, on a small project of its own: it installs and builds what changed
 * and nothing else, drops outputs whose source is gone, and explains what it cannot do.
 */
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { repositoryRoot } from "./repository.js";

const repository = fileURLToPath(repositoryRoot);
let project = "";

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
};
const remove = (path: string): void => rmSync(join(project, path), { recursive: true, force: true });
const has = (path: string): boolean => existsSync(join(project, path));

/** The environment without the npm and the runner that started this test: it decides which npm is found. */
const environment = (path = process.env.PATH ?? ""): NodeJS.ProcessEnv => {
  const { npm_execpath: _npm, NODE_TEST_CONTEXT: _runner, ...rest } = process.env;
  return { ...rest, PATH: path };
};

function script(name: string, args: readonly string[] = [], env = environment()): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(project, "scripts", name), ...args], {
    cwd: project,
    env,
    encoding: "utf8",
  });
}

/** Makes npm's own record agree with the lock file, as after an installation. */
function pretendInstalled(): void {
  const lock = JSON.stringify({ lockfileVersion: 3, packages: { "": { name: "example" } } });
  write("package-lock.json", lock);
  write("node_modules/.package-lock.json", lock);
}

/** An npm that prints a line and ends with a code. */
function fakeNpm(line: string, code: number): NodeJS.ProcessEnv {
  write("bin/npm", `#!/bin/sh\necho "${line}" >&2\nexit ${code}\n`);
  chmodSync(join(project, "bin/npm"), 0o755);
  return environment(join(project, "bin"));
}

before(() => {
  project = mkdtempSync(join(tmpdir(), "strata-guard-"));
  cpSync(join(repository, "scripts"), join(project, "scripts"), { recursive: true });
  write("package.json", JSON.stringify({ name: "example", type: "module", bin: { strata: "dist/src/cli/main.js" } }));
  write(
    "tsconfig.json",
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        module: "nodenext",
        strict: true,
        types: [],
        lib: ["es2022"],
        skipLibCheck: true,
        rootDir: ".",
        outDir: "dist",
      },
      include: ["src", "test"],
    }),
  );
  write("src/first.ts", "export const first: number = 1;\n");
  write(
    "src/cli/main.ts",
    "declare const process: { argv: string[]; exitCode: number };\n" +
      "declare const console: { log(text: string): void };\n" +
      'console.log(JSON.stringify(process.argv.slice(2)));\nprocess.exitCode = 3;\nexport const name = "main";\n',
  );
  pretendInstalled();
  symlinkSync(join(repository, "node_modules", "typescript"), join(project, "node_modules", "typescript"), "junction");
});
after(() => rmSync(project, { recursive: true, force: true }));

test("builds what is missing, and is silent when there is nothing to do", () => {
  const first = script("ensure.mjs");
  assert.equal(first.stderr, "Building 2 files (tsc) …\n");
  assert.equal(first.status, 0);
  assert.ok(has("dist/src/first.js") && has("node_modules/.strata-install"));
  const second = script("ensure.mjs");
  assert.deepEqual([second.stdout, second.stderr, second.status], ["", "", 0]);
});

test("a renamed source takes its old output with it, and other files stay", () => {
  write("dist/src/notes.txt", "kept");
  remove("src/first.ts");
  write("src/second.ts", "export const second = 2;\n");
  assert.match(script("ensure.mjs").stderr, /Building 2 files/);
  assert.ok(has("dist/src/second.js") && has("dist/src/notes.txt"));
  assert.ok(!has("dist/src/first.js"));
});

test("a lost output is built again", () => {
  remove("dist/src/second.js");
  script("ensure.mjs");
  assert.ok(has("dist/src/second.js"));
});

test("a build that fails shows the compiler's message, ends with 1, and is tried again", () => {
  write("src/second.ts", 'export const second: number = "two";\n');
  for (let attempt = 0; attempt < 2; attempt++) {
    const result = script("ensure.mjs");
    assert.match(result.stderr, /second\.ts.*error TS2322[\s\S]*The build failed/);
    assert.equal(result.status, 1);
  }
  write("src/second.ts", "export const second = 2;\n");
  assert.equal(script("ensure.mjs").status, 0);
});

test("two at once: one builds, the other waits for it", async () => {
  write("src/second.ts", "export const second = 22;\n");
  const outputs = await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise<string>((resolve, reject) => {
          const child = spawn(process.execPath, [join(project, "scripts/ensure.mjs")], { env: environment() });
          let text = "";
          child.stderr.setEncoding("utf8").on("data", (part: string) => {
            text += part;
          });
          child.on("error", reject);
          child.on("exit", (code) => resolve(`${text}exit ${code}`));
        }),
    ),
  );
  assert.equal(outputs.filter((text) => text.includes("Building")).length, 1, outputs.join("\n"));
  assert.ok(
    outputs.every((text) => text.endsWith("exit 0")),
    outputs.join("\n"),
  );
  assert.ok(!has(".strata/ensure.lock"));
});

test("the lock of a process that died is taken over", () => {
  const dead = spawnSync(process.execPath, ["--eval", ""]).pid;
  write(".strata/ensure.lock/owner", `${dead} ${hostname()}`);
  write("src/second.ts", "export const second = 222;\n");
  const result = script("ensure.mjs");
  assert.equal(result.stderr, "Building 2 files (tsc) …\n");
  assert.ok(!has(".strata/ensure.lock"));
});

test("start runs the command's train, with the options and the exit code passed through", () => {
  const result = script("start.mjs", ["--epochs", "2"]);
  assert.equal(result.stdout, '["train","--epochs","2"]\n');
  assert.equal(result.status, 3);
});

test("test without any test file fails, and so does a filter that fits none", () => {
  const none = script("test.mjs");
  assert.match(none.stderr, /There are no tests/);
  assert.equal(none.status, 1);
  write("test/a.test.ts", "export {};\n");
  const filtered = script("test.mjs", ["wasm"]);
  assert.match(filtered.stderr, /No test file's path contains wasm/);
  assert.equal(filtered.status, 1);
});

test("the totals of Node's runner close the report, and a failure is told in full", () => {
  write("test/a.test.ts", 'export {};\nthrow new Error("broken on purpose");\n');
  const result = script("test.mjs");
  assert.match(result.stdout, /FAIL {2}dist\/test\/a\.test\.js {2}0 passed, 1 failed[\s\S]*broken on purpose/);
  assert.match(result.stdout, /\n# tests 1\n(# .*\n)*# fail 1\n(# .*\n)*$/);
  assert.equal(result.status, 1);
});

test("a changed lock file installs once; a failure keeps asking", () => {
  write("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages: { "": { name: "changed" } } }));
  const failing = script("ensure.mjs", [], fakeNpm("npm error EUSAGE not in sync", 1));
  assert.match(
    failing.stderr,
    /Installing dependencies \(npm ci\)[\s\S]*not in sync[\s\S]*npm install --package-lock-only/,
  );
  assert.equal(failing.status, 1);
  assert.equal(script("ensure.mjs", [], fakeNpm("done", 0)).status, 0);
  assert.equal(script("ensure.mjs", [], fakeNpm("must not run", 1)).stderr, "");
});

test("without a network, and without npm, it says what to do", () => {
  write("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages: { "": { name: "offline" } } }));
  const offline = script("ensure.mjs", [], fakeNpm("npm error code ENOTFOUND", 1));
  assert.match(offline.stderr, /could not reach its registry: connect to the network/);
  const missing = script("ensure.mjs", [], environment(join(project, "empty")));
  assert.match(missing.stderr, /npm was not found/);
  assert.deepEqual([offline.status, missing.status], [1, 1]);
});

test("a Node that is too old is named, with the version that is needed", async () => {
  const { checkNode }: { checkNode(version: string): void } = await import(
    new URL("scripts/ensure.mjs", repositoryRoot).href
  );
  for (const version of ["18.20.4", "20.18.3", "20.9.0"])
    assert.throws(() => checkNode(version), /needs Node 20\.19\.0 or newer, but this is Node/, version);
  for (const version of ["20.19.0", "20.20.2", "22.1.0", "25.0.0-nightly"]) checkNode(version);
});
