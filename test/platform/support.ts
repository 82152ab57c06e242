/** @file What tests of files share: a directory of their own, and a disk that fills up. */
import * as nodeFiles from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileSystem } from "../../src/platform/node-files.js";
import type { FileSystem } from "../../src/platform/types.js";

/** Runs `use` with an empty directory, removed afterwards. */
export async function inTemporaryDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await nodeFiles.mkdtemp(join(tmpdir(), "tensorstrata-test-"));
  try {
    return await use(directory);
  } finally {
    await nodeFiles.rm(directory, { recursive: true, force: true });
  }
}

/** An error as the system throws it. */
export const systemError = (code: string): Error => Object.assign(new Error(`${code}: simulated`), { code });

/** A real file system on a disk with room for only so many bytes. */
export function fullDisk(room: number): FileSystem {
  let left = room;
  return createFileSystem({
    ...nodeFiles,
    open: async (path, flags, mode) => {
      const handle = await nodeFiles.open(path, flags, mode);
      const write = handle.write.bind(handle);
      return Object.assign(handle, {
        write: async (bytes: Uint8Array, offset: number, length: number) => {
          if (left === 0) throw systemError("ENOSPC");
          // Like a real disk, takes the part that fits before it complains.
          const result = await write(bytes, offset, Math.min(length, left));
          left -= result.bytesWritten;
          return result;
        },
      });
    },
  });
}

/** Sets environment variables (undefined unsets) while `use` runs. */
export async function withEnvironment<T>(
  changes: Readonly<Record<string, string | undefined>>,
  use: () => Promise<T> | T,
): Promise<T> {
  const before = Object.keys(changes).map((name) => [name, process.env[name]] as const);
  const apply = (entries: Iterable<readonly [string, string | undefined]>) => {
    for (const [name, value] of entries)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
  apply(Object.entries(changes));
  try {
    return await use();
  } finally {
    apply(before);
  }
}
