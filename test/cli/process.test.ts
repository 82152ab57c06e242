/** @file The command as a process: its streams, its signals, and its exit codes. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseLines, withDigits } from "./support.js";

const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

function start(args: readonly string[]): ChildProcessWithoutNullStreams {
  // As from a shell: npm's variables would change how the command spells itself.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm|STRATA)_/.test(name)));
  const child = spawn(process.execPath, [main, ...args], { env });
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  return child;
}

const ended = (child: ChildProcessWithoutNullStreams): Promise<number | null> =>
  new Promise((resolve) => {
    child.on("close", resolve);
  });

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const piece of stream) text += String(piece);
  return text;
}

test("the exit code of a misuse is the process's", async () => {
  const child = start(["train", "--epochs", "none"]);
  const [code, stderr] = await Promise.all([ended(child), textOf(child.stderr)]);
  assert.equal(code, 2);
  assert.match(stderr, /--epochs/);
});

test(
  "an interrupt ends the run after its batch, saves, and exits with 130",
  { skip: process.platform === "win32" },
  () =>
    withDigits(async (data) => {
      const save = join(data, "checkpoints");
      // Long enough not to end by itself, within any time a test may take.
      const child = start(["train", "--data", data, "--epochs", "100000", "--save", save, "--seed", "1"]);
      let stderr = "";
      let isStopped = false;
      child.stderr.on("data", (text: string) => {
        stderr += text;
        if (isStopped || !stderr.includes("Epoch")) return;
        isStopped = true;
        child.kill("SIGINT");
      });
      assert.equal(await ended(child), 130);
      const steps = Number(/Interrupted after ([\d,]+) steps?\./.exec(stderr)?.[1]?.replaceAll(",", ""));
      assert.ok(steps >= 6, stderr.slice(-300));
      assert.ok((await readdir(save)).includes(`model-${steps}.index`), "the interrupted state is saved");
      assert.match(stderr, /again {2}strata train raw .*--seed 1\n$/);
    }),
);

test("a reader that stops early, as head does, is no failure", { skip: process.platform === "win32" }, () =>
  withDigits(async (data) => {
    const child = start(["train", "workshop", "--data", data, "--steps", "2000", "--json"]);
    const stderr = textOf(child.stderr);
    child.stdout.once("data", (text: string) => {
      assert.equal(parseLines(text)[0]?.event, "start");
      child.stdout.destroy();
    });
    assert.equal(await ended(child), 0);
    assert.equal(await stderr, "");
  }),
);
