/** @file `strata show` and `strata doctor`. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { everyBackend } from "../../src/backends/index.js";
import { run, withDigits, withDirectory } from "./support.js";

const labelsIn = (text: string): string[] => [...text.matchAll(/Label: (\d)/g)].map(([, label]) => label ?? "");

test("show draws one picture of each label", () =>
  withDigits(async (data) => {
    const { code, stdout, stderr } = await run(["show", "--data", data]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(labelsIn(stdout), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert.ok(stdout.startsWith(`data in ${data}\n`), "says which data it shows");
  }));

test("show draws as many of one label as wanted, the same again with a seed", () =>
  withDigits(async (data) => {
    const args = ["show", "--data", data, "--label", "4", "--count", "3", "--seed", "6"];
    const { stdout } = await run(args);
    assert.deepEqual(labelsIn(stdout), ["4", "4", "4"]);
    assert.equal((await run(args)).stdout, stdout);
  }));

test("show writes a PNG file", () =>
  withDigits((data) =>
    withDirectory(async (directory) => {
      const file = join(directory, "digits.png");
      const { code, stdout } = await run(["show", "--data", data, "--png", file]);
      assert.equal(code, 0);
      assert.match(stdout, /^Wrote 10 pictures of .* to .*digits\.png\n$/);
      const png = await readFile(file);
      assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
      // The header follows: two rows of five pictures of 28×28 at least.
      assert.equal(png.toString("latin1", 12, 16), "IHDR");
      assert.ok(png.readUInt32BE(16) >= 5 * 28 && png.readUInt32BE(20) >= 2 * 28);
      assert.deepEqual(await readdir(directory), ["digits.png"]);
    }),
  ));

test("show fails in words where the file cannot be written", () =>
  withDigits(async (data) => {
    const { code, stderr } = await run(["show", "--data", data, "--png", join(data, "none", "digits.png")]);
    assert.equal(code, 1);
    assert.match(stderr, /^NotFoundError: .*digits\.png/);
  }));

test("doctor --json tells engine, devices and data", async () => {
  const { code, stdout, stderr } = await run(["doctor", "--json"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const diagnosis: Record<string, unknown> = JSON.parse(stdout);
  assert.deepEqual(diagnosis.node, {
    version: process.versions.node,
    engine: `V8 ${process.versions.v8}`,
    platform: `${process.platform} ${process.arch}`,
  });
  const devices = diagnosis.devices as { name: string; works: boolean }[];
  assert.deepEqual(
    devices.map(({ name }) => name),
    everyBackend,
  );
  for (const needed of ["wasm", "interpreter"])
    assert.ok(devices.find(({ name }) => name === needed)?.works, `${needed} works everywhere`);
  for (const key of ["webAssembly", "threads", "data", "cache", "auto", "version"]) assert.ok(key in diagnosis, key);
  const places = diagnosis.data as { name: string; found: boolean }[];
  assert.deepEqual(
    places.filter(({ name }) => name === "sample").map(({ found }) => found),
    [true],
  );
});

test("doctor prints the same for people", async () => {
  const { code, stdout } = await run(["doctor"]);
  assert.equal(code, 0);
  for (const words of ["Node", "SIMD", "shared memory", "C compiler", "Data", "Devices", "auto", "are not needed"])
    assert.ok(stdout.includes(words), words);
});

test("doctor says that a compiler is there and does not work, which is no failure", () =>
  withDirectory(async (directory) => {
    const bin = join(directory, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "cc"), "#!/bin/sh\necho disk on fire >&2; exit 1\n", { mode: 0o700 });
    const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
    const env = { ...process.env, CC: "", PATH: bin + delimiter + process.env.PATH, XDG_CACHE_HOME: directory };
    const { stdout } = await promisify(execFile)(process.execPath, [main, "doctor"], { env });
    if (!stdout.includes(`C compiler     ${bin}`)) return; // No koffi here, or no shell.
    assert.match(stdout, /native +works as wasm alone: .*disk on fire/);
  }));
