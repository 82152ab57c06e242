/** @file Files: atomic writing on good and full disks, and what each failure is called. */
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  AlreadyExistsError,
  DataLossError,
  FailedPreconditionError,
  NotFoundError,
  PermissionDeniedError,
  ResourceExhaustedError,
  UnavailableError,
} from "../../src/core/index.js";
import { fileError } from "../../src/platform/file-errors.js";
import { createFileSystem } from "../../src/platform/node-files.js";
import { fullDisk, inTemporaryDirectory, systemError } from "./support.js";

const files = createFileSystem();
const bytes = (text: string) => new TextEncoder().encode(text);

test("writeAtomic writes one array, pieces, and pieces that come later", () =>
  inTemporaryDirectory(async (directory) => {
    const path = join(directory, "file");
    await files.writeAtomic(path, bytes("whole"));
    assert.equal(await readFile(path, "utf8"), "whole");
    await files.writeAtomic(path, [bytes("in "), bytes("pieces")]);
    assert.equal(await readFile(path, "utf8"), "in pieces");
    async function* later() {
      yield bytes("one ");
      yield bytes("by one");
    }
    await files.writeAtomic(path, later());
    assert.equal(await readFile(path, "utf8"), "one by one");
    assert.deepEqual(await readdir(directory), ["file"]);
  }));

test("a full disk leaves the old file whole and nothing beside it", () =>
  inTemporaryDirectory(async (directory) => {
    const path = join(directory, "weights");
    await writeFile(path, "old");
    await assert.rejects(fullDisk(3).writeAtomic(path, bytes("new and longer")), (error: Error) => {
      assert.ok(error instanceof ResourceExhaustedError);
      assert.match(error.message, /Could not write .*weights: No space left on device/);
      assert.match(error.message, /fix +free some space/);
      return true;
    });
    assert.equal(await readFile(path, "utf8"), "old");
    assert.deepEqual(await readdir(directory), ["weights"]);
  }));

test("content that fails midway leaves nothing", () =>
  inTemporaryDirectory(async (directory) => {
    async function* broken() {
      yield bytes("half");
      throw new DataLossError("the source broke");
    }
    await assert.rejects(files.writeAtomic(join(directory, "file"), broken()), /the source broke/);
    assert.deepEqual(await readdir(directory), []);
  }));

test("directories are made, listed in order and removed; what is not there is no error to remove", () =>
  inTemporaryDirectory(async (directory) => {
    const deep = join(directory, "a", "b");
    await files.makeDirectory(deep);
    await files.makeDirectory(deep);
    await files.append(join(deep, "log"), bytes("x"));
    await files.append(join(deep, "log"), bytes("y"));
    await files.rename(join(deep, "log"), join(deep, "zz"));
    await files.writeAtomic(join(deep, "aa"), bytes(""));
    assert.deepEqual(await files.list(deep), ["aa", "zz"]);
    assert.deepEqual(await files.read(join(deep, "zz")), bytes("xy"));
    assert.equal(await files.isDirectory(deep), true);
    assert.equal(await files.isDirectory(join(deep, "aa")), false);
    assert.equal(await files.exists(join(deep, "aa", "under a file")), false);
    await files.remove(join(directory, "a"));
    await files.remove(join(directory, "a"));
    assert.equal(await files.exists(deep), false);
  }));

test("failures of the real file system name the path and have the right class", () =>
  inTemporaryDirectory(async (directory) => {
    const absent = join(directory, "absent");
    await assert.rejects(files.read(absent), (error: Error) => {
      assert.ok(error instanceof NotFoundError);
      assert.ok(error.message.startsWith(`Could not read ${absent}: No such file or directory`));
      return true;
    });
    await assert.rejects(files.read(directory), FailedPreconditionError);
    await writeFile(absent, "a file now");
    await assert.rejects(files.list(absent), FailedPreconditionError);
    await assert.rejects(files.writeAtomic(join(absent, "below"), bytes("")), FailedPreconditionError);
    await assert.rejects(files.makeDirectory(absent), AlreadyExistsError);
  }));

test("system errors that cannot be provoked here are translated too", () => {
  const classes = {
    EACCES: PermissionDeniedError,
    EPERM: PermissionDeniedError,
    EROFS: PermissionDeniedError,
    EDQUOT: ResourceExhaustedError,
    EMFILE: ResourceExhaustedError,
    EIO: DataLossError,
    ESTALE: UnavailableError,
  };
  for (const [code, expected] of Object.entries(classes)) {
    const error = fileError(systemError(code), "Could not read", "data/file");
    assert.ok(error instanceof expected, code);
    assert.match(error.message, /^Could not read data\/file: /);
  }
});

test("join keeps the directory's spelling", () => {
  assert.equal(files.join("./data/", "file"), "./data/file");
  assert.match(files.join("data", "file"), /^data[\\/]file$/);
});
