/** @file Downloads from servers that serve, break, lie, stall or are not there. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { platform } from "#platform";
import { DataLossError, ResourceExhaustedError, UnavailableError } from "../../src/core/index.js";
import { type DownloadProgress, download, downloadTo } from "../../src/datasets/download.js";
import { createFileSystem } from "../../src/platform/node-files.js";
import { fullDisk, inTemporaryDirectory } from "../platform/support.js";
import { deadAddress, withServer } from "./support.js";

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
const expected = { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };

/** Serves the file, from the byte that is asked for. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (from > 0) response.writeHead(206, { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` });
  response.end(content.subarray(from));
}

/** Announces the whole file, sends half, and cuts the connection. */
function breakOff(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-length": content.length });
  response.write(content.subarray(0, content.length / 2), () => setTimeout(() => response.destroy(), 20));
}

test("a whole file arrives, with progress", () =>
  withServer(serve, async (address) => {
    const seen: DownloadProgress[] = [];
    assert.deepEqual(await download("file.gz", [address], { expected, onProgress: (p) => seen.push(p) }), content);
    assert.deepEqual(seen.at(-1), { file: "file.gz", receivedBytes: content.length, totalBytes: content.length });
  }));

test("a server that stops midway is asked for the rest", () => {
  const asked: (string | undefined)[] = [];
  return withServer(
    (request, response) => {
      asked.push(request.headers.range);
      (asked.length === 1 ? breakOff : serve)(request, response);
    },
    async (address) => {
      assert.deepEqual(await download("file.gz", [address], { expected }), content);
      assert.equal(asked.length, 2);
      assert.match(asked[1] ?? "", /^bytes=[1-9]\d*-$/);
    },
  );
});

test("a server that cannot resume sends all of it again", () => {
  let asked = 0;
  return withServer(
    (request, response) => {
      if (asked++ === 0) breakOff(request, response);
      else response.end(content);
    },
    async (address) => assert.deepEqual(await download("file.gz", [address], { expected }), content),
  );
});

test("where the sum is not known nothing is pieced together", () => {
  const ranges: (string | undefined)[] = [];
  return withServer(
    (request, response) => {
      ranges.push(request.headers.range);
      (ranges.length === 1 ? breakOff : serve)(request, response);
    },
    async (address) => {
      assert.deepEqual(await download("file.gz", [address]), content);
      assert.deepEqual(ranges, [undefined, undefined]);
    },
  );
});

test("a server that always stops midway leaves an error and no file", () =>
  withServer(breakOff, (address) =>
    inTemporaryDirectory(async (directory) => {
      await writeFile(join(directory, "other.gz"), "other");
      const path = join(directory, "file.gz");
      const files = createFileSystem();
      await assert.rejects(downloadTo(path, "file.gz", [address], { expected, files }), (error: Error) => {
        assert.ok(error instanceof UnavailableError);
        assert.match(error.message, /^Could not download file\.gz\n {2}from +http:\/\/127\.0\.0\.1/);
        assert.match(error.message, /fix +check the network/);
        return true;
      });
      assert.deepEqual(await readdir(directory), ["other.gz"]);
      assert.equal(await readFile(join(directory, "other.gz"), "utf8"), "other");
    }),
  ));

test("the next mirror steps in for one that lies, one that has nothing and one that is gone", async () => {
  const gone = await deadAddress();
  await withServer(
    (request, response) => {
      const { url = "" } = request;
      if (url.startsWith("/wrong/")) response.end(content.map((byte) => byte ^ 1));
      else if (url.startsWith("/absent/")) response.writeHead(404).end("no");
      else if (url.startsWith("/page/")) response.end("<!doctype html><p>Please log in</p>");
      else if (url.startsWith("/long/")) response.end(Buffer.concat([content, content]));
      else serve(request, response);
    },
    async (address) => {
      const bad = [gone, `${address}wrong/`, `${address}absent/`, `${address}page/`, `${address}long/`];
      assert.deepEqual(await download("file.gz", [...bad, `${address}good/`], { expected }), content);
      await assert.rejects(download("file.gz", bad, { expected }), (error: Error) => {
        assert.ok(error instanceof DataLossError);
        assert.match(error.message, /ECONNREFUSED/);
        assert.match(error.message, new RegExp(`wrong checksum: SHA-256 [0-9a-f]{64}, expected ${expected.sha256}`));
        assert.match(error.message, /the server answered 404/);
        assert.match(error.message, /it sent an HTML page/);
        assert.match(error.message, /it sent more than the 300000 bytes/);
        return true;
      });
    },
  );
});

test("a wrong file is not written", () =>
  withServer(
    (_request, response) => void response.end(content.map((byte) => byte ^ 1)),
    (address) =>
      inTemporaryDirectory(async (directory) => {
        const options = { expected, files: createFileSystem() };
        await assert.rejects(downloadTo(join(directory, "file.gz"), "file.gz", [address], options), DataLossError);
        assert.deepEqual(await readdir(directory), []);
      }),
  ));

test("a server that falls silent is given up", () =>
  withServer(
    (_request, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000));
    },
    (address) =>
      assert.rejects(
        download("file.gz", [address], { expected, stallTimeout: 100 }),
        (error: Error) => error instanceof UnavailableError && /nothing came for 0\.1 s/.test(error.message),
      ),
  ));

test("a disk that fills up leaves nothing half-written", () =>
  withServer(serve, (address) =>
    inTemporaryDirectory(async (directory) => {
      const path = join(directory, "file.gz");
      const options = { expected, files: fullDisk(1000) };
      await assert.rejects(downloadTo(path, "file.gz", [address], options), (error: Error) => {
        assert.ok(error instanceof ResourceExhaustedError);
        assert.match(error.message, /file\.gz: No space left on device/);
        return true;
      });
      assert.deepEqual(await readdir(directory), []);
    }),
  ));

test("the platform's own files are the ones written", () =>
  withServer(serve, (address) =>
    inTemporaryDirectory(async (directory) => {
      const { files } = platform;
      assert.ok(files !== undefined);
      const path = join(directory, "file.gz");
      assert.equal(await downloadTo(path, "file.gz", [address], { expected, files }), content.length);
      assert.deepEqual(new Uint8Array(await readFile(path)), content);
      assert.deepEqual(await readdir(directory), ["file.gz"]);
    }),
  ));
