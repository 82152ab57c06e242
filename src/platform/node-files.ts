/**
 * @file Files in Node. Writing is atomic and flushed; every failure becomes a StrataError that names
 * the file. The system calls come in as an argument, so that a full disk can be tried.
 */
import * as nodeFiles from "node:fs/promises";
import { basename, dirname, sep } from "node:path";
import { fileError } from "./file-errors.js";
import type { ByteSource, FileSystem } from "./types.js";

/** The part of `node:fs/promises` that is used. */
export type FileOperations = Pick<
  typeof nodeFiles,
  "appendFile" | "mkdir" | "open" | "readdir" | "readFile" | "rename" | "rm" | "stat"
>;

/** @param operations the system calls, Node's own unless a test brings others */
export function createFileSystem(operations: FileOperations = nodeFiles): FileSystem {
  const attempt = async <T>(action: string, path: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw fileError(error, action, path);
    }
  };
  /** Undefined where nothing has that name, also where a file stands in the place of a directory above it. */
  const statusOf = (path: string) =>
    attempt("Could not look at", path, () =>
      operations.stat(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
        throw error;
      }),
    );

  return {
    join: (directory, name) => (/[\\/]$/.test(directory) ? directory + name : `${directory}${sep}${name}`),
    read: (path) =>
      attempt("Could not read", path, async () => {
        const buffer = await operations.readFile(path);
        return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      }),
    exists: async (path) => (await statusOf(path)) !== undefined,
    isDirectory: async (path) => (await statusOf(path))?.isDirectory() ?? false,
    list: (directory) => attempt("Could not list", directory, async () => (await operations.readdir(directory)).sort()),
    makeDirectory: (path) =>
      attempt("Could not make the directory", path, async () => {
        await operations.mkdir(path, { recursive: true });
      }),
    remove: (path) => attempt("Could not remove", path, () => operations.rm(path, { recursive: true, force: true })),
    rename: (from, to) => attempt(`Could not rename to ${to}`, from, () => operations.rename(from, to)),
    append: (path, bytes) => attempt("Could not write", path, () => operations.appendFile(path, bytes)),
    writeAtomic: (path, content) => attempt("Could not write", path, () => writeThenRename(path, content, operations)),
  };
}

async function writeThenRename(path: string, content: ByteSource, operations: FileOperations): Promise<void> {
  const directory = dirname(path);
  const temporary = `${directory}${sep}.${basename(path)}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    // "wx" fails where something of that name is there: another writer's file is never touched.
    const file = await operations.open(temporary, "wx");
    try {
      for await (const chunk of content instanceof Uint8Array ? [content] : content) await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await operations.rename(temporary, path);
  } catch (error) {
    await operations.rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await flushDirectory(directory, operations);
}

async function writeAll(file: nodeFiles.FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; )
    written += (await file.write(bytes, written, bytes.length - written)).bytesWritten;
}

/** Makes the rename itself durable. Windows and some network disks cannot flush a directory; the file is there. */
async function flushDirectory(directory: string, operations: FileOperations): Promise<void> {
  try {
    const handle = await operations.open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // The rename has happened and is visible; only its survival of a power cut is unproven.
  }
}
