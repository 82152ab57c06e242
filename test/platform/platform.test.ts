/** @file The two hosts: what both must do, and what Node alone does. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { platform } from "#platform";
import { DataLossError } from "../../src/core/index.js";
import { platform as browser } from "../../src/platform/browser.js";
import { inTemporaryDirectory, withEnvironment } from "./support.js";

// Node has the web interfaces that the browser's side is made of, so both can run here.
for (const host of [platform, browser]) {
  test(`${host.name}: gunzip restores, and refuses truncated and corrupt data`, async () => {
    const original = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) & 255);
    const packed = new Uint8Array(gzipSync(original));
    assert.deepEqual(await host.gunzip(packed), original);
    await assert.rejects(host.gunzip(packed.subarray(0, packed.length - 20)), DataLossError);
    const twice = new Uint8Array([...packed, ...new Uint8Array(gzipSync(original.subarray(0, 10)))]);
    if (host === platform) assert.equal((await host.gunzip(twice)).length, 100_010, "members follow one another");
    const lying = packed.slice();
    lying.fill(255, packed.length - 4);
    await assert.rejects(host.gunzip(lying), DataLossError);
    const damaged = packed.slice();
    damaged[packed.length - 6] = (damaged[packed.length - 6] ?? 0) ^ 1; // in the checksum
    await assert.rejects(host.gunzip(damaged), DataLossError);
  });

  test(`${host.name}: sha256 of "abc" is that of FIPS 180-2, also from shared memory`, async () => {
    const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert.equal(await host.sha256(new TextEncoder().encode("abc")), sum);
    const shared = new Uint8Array(new SharedArrayBuffer(5), 1, 3);
    shared.set([97, 98, 99]);
    assert.equal(await host.sha256(shared), sum);
  });

  test(`${host.name}: turn lets other tasks run first; the clock does not go back`, async () => {
    let ran = false;
    setImmediate(() => {
      ran = true;
    });
    const before = host.now();
    for (let turns = 0; turns < 100 && !ran; turns++) await host.turn();
    assert.ok(ran);
    assert.ok(host.now() >= before);
    assert.ok(host.availableParallelism() >= 1);
  });
}

test("a browser has no files, no environment, no cache and no packages", () => {
  assert.equal(browser.files, undefined);
  assert.equal(browser.environment("PATH"), undefined);
  assert.equal(browser.cacheDirectory(), undefined);
  assert.equal(browser.resolvePackage("typescript"), undefined);
});

test("Node is the default host; an empty variable counts as unset", async () => {
  assert.equal(platform.name, "node");
  assert.equal(platform.processId(), process.pid);
  await withEnvironment({ STRATA_TEST: "" }, () => assert.equal(platform.environment("STRATA_TEST"), undefined));
  await withEnvironment({ STRATA_TEST: "x" }, () => assert.equal(platform.environment("STRATA_TEST"), "x"));
});

test("the cache is at an absolute path, whatever the environment says", async () => {
  for (const name of ["caches", "-caches", "./caches"])
    await withEnvironment({ XDG_CACHE_HOME: name, HOME: "" }, () =>
      assert.ok(isAbsolute(platform.cacheDirectory() ?? ""), platform.cacheDirectory()),
    );
});

test("the cache follows XDG_CACHE_HOME", () =>
  withEnvironment({ XDG_CACHE_HOME: join("/", "somewhere") }, () =>
    assert.equal(platform.cacheDirectory(), join("/", "somewhere", "tensorstrata")),
  ));

test("packages are found from the working directory, and from here where that has none", async () => {
  const found = platform.resolvePackage("typescript");
  assert.ok(found !== undefined && existsSync(join(found, "package.json")));
  assert.ok(platform.resolvePackage("@types/node")?.endsWith(join("@types", "node")));
  assert.equal(platform.resolvePackage("no-such-package-anywhere"), undefined);
  const home = process.cwd();
  await inTemporaryDirectory(async (directory) => {
    process.chdir(directory);
    try {
      assert.equal(platform.resolvePackage("typescript"), found);
    } finally {
      process.chdir(home);
    }
  });
});

test("NO_COLOR means no colour, FORCE_COLOR some", async () => {
  await withEnvironment({ NO_COLOR: "1", FORCE_COLOR: undefined }, () => assert.equal(platform.stdout.colorDepth, 1));
  await withEnvironment({ NO_COLOR: undefined, FORCE_COLOR: "1" }, () => assert.ok(platform.stdout.colorDepth > 1));
});

test("relaxed SIMD: asking is harmless, and afterwards the engine takes it", () => {
  platform.enableRelaxedSimd();
  // (func (result v128) three constants, f32x4.relaxed_madd), the constants being zeros
  const zero = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  const body = [0, ...zero, ...zero, ...zero, 0xfd, 0x85, 0x02, 0x0b];
  const module = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...[1, 5, 1, 0x60, 0, 1, 0x7b], // types: () → v128
    ...[3, 2, 1, 0], // one function of that type
    ...[10, body.length + 2, 1, body.length, ...body],
  ]);
  assert.equal(WebAssembly.validate(module), true);
});
