/** @file `findData`: the order in which places are tried, and what is said of each. */
import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { NotFoundError } from "../../src/core/index.js";
import { findData, readDataSets } from "../../src/datasets/index.js";
import { type FileRole, fileNames } from "../../src/datasets/mirrors.js";
import { inTemporaryDirectory, withEnvironment } from "../platform/support.js";
import { deadAddress, packed, smallFiles, withServer, writeSmallFiles } from "./support.js";

/** Runs `use` in an empty working directory with an empty cache and the network given. */
const alone = (use: (directory: string) => Promise<void>, environment: Record<string, string> = {}) =>
  inTemporaryDirectory(async (directory) => {
    const home = process.cwd();
    process.chdir(directory);
    try {
      const cache = { XDG_CACHE_HOME: join(directory, "cache") };
      await withEnvironment({ STRATA_DATA: undefined, ...cache, ...environment }, () => use(directory));
    } finally {
      process.chdir(home);
    }
  });

async function filesIn(...parts: readonly string[]): Promise<string> {
  const directory = join(...parts);
  await mkdir(directory, { recursive: true });
  await writeSmallFiles(directory);
  return directory;
}

test("offline with nothing on the disk: the sample, and why", () =>
  alone(async () => {
    const found = await findData("mnist", { log: null, sourceUrl: await deadAddress() });
    assert.equal(found.source, "sample");
    assert.match(found.description, /sample of 10,000 MNIST digits.*could not be downloaded \(no server answered\)/);
  }));

test("Fashion-MNIST has no sample to fall back to", () =>
  alone(async () => {
    await assert.rejects(findData("fashion", { log: null, sourceUrl: await deadAddress() }), (error: Error) => {
      assert.ok(error instanceof NotFoundError);
      assert.match(error.message, /^No Fashion-MNIST here.*\n {2}fix +connect to the network/);
      return true;
    });
  }));

test("data/mnist comes before the cache", () =>
  alone(async (directory) => {
    const cached = await filesIn(directory, "cache", "tensorstrata", "mnist");
    assert.equal((await findData()).source, cached);
    await filesIn(directory, "data", "mnist");
    assert.deepEqual(await findData(), { source: "data/mnist", description: "MNIST in data/mnist" });
  }));

test("STRATA_DATA comes first: the directory itself or the data set's own inside it", () =>
  alone(async (directory) => {
    await filesIn(directory, "data", "mnist");
    const chosen = join(directory, "chosen");
    const own = await filesIn(chosen, "mnist");
    await withEnvironment({ STRATA_DATA: chosen }, async () => assert.equal((await findData()).source, own));
    await withEnvironment({ STRATA_DATA: own }, async () => assert.equal((await findData()).source, own));
    const fashion = await filesIn(chosen, "fashion-mnist");
    await withEnvironment({ STRATA_DATA: chosen }, async () =>
      assert.equal((await findData("fashion")).source, fashion),
    );
    await withEnvironment({ STRATA_DATA: fashion }, async () => {
      assert.equal((await findData("fashion")).source, fashion);
      await assert.rejects(findData("mnist"), NotFoundError, "clothes are not taken for digits");
    });
    await withEnvironment({ STRATA_DATA: join(directory, "nowhere") }, async () => {
      await assert.rejects(
        findData(),
        /^NotFoundError: STRATA_DATA names .*nowhere, which does not hold the four MNIST files/,
      );
    });
  }));

test("online, the files go to the cache and are found there from then on", () =>
  alone(async (directory) => {
    const files = Object.fromEntries(
      (Object.keys(fileNames) as FileRole[]).map((role) => [`/${fileNames[role]}`, packed(smallFiles[role])]),
    );
    const cache = join(directory, "cache", "tensorstrata", "mnist");
    await withServer(
      (request, response) => void response.end(files[request.url ?? ""]),
      async (sourceUrl) => {
        const lines: string[] = [];
        const found = await findData("mnist", { sourceUrl, log: (line) => lines.push(line) });
        assert.deepEqual(found, { source: cache, description: `MNIST, now in ${cache}` });
        assert.equal(lines.length, 4);
        assert.match(lines[0] ?? "", /^Successfully downloaded train-images-idx3-ubyte\.gz \d+ bytes\.$/);
      },
    );
    assert.equal((await findData()).source, cache);
    const { test } = await readDataSets("mnist", { log: null, validationSize: 2 });
    assert.equal(test.numExamples, 4, 'readDataSets("mnist") reads the cache');
  }));

test("a network that answers but has no files ends in the sample, with nothing in the cache", () =>
  alone(async (directory) => {
    await withServer(
      (_request, response) => void response.writeHead(503).end(),
      async (sourceUrl) => {
        const found = await findData("mnist", { sourceUrl, log: null });
        assert.equal(found.source, "sample");
        assert.match(found.description, /Could not download train-images-idx3-ubyte\.gz/);
      },
    );
    assert.deepEqual(await readdir(join(directory, "cache", "tensorstrata", "mnist")), []);
  }));

test("what the user names is taken as it is", async () => {
  assert.equal((await findData("sample")).source, "sample");
  assert.deepEqual(await findData("some/where"), { source: "some/where", description: "data in some/where" });
});
