/**
 * @file The files of a checkpoint: their names and paths, and whether they are there. What is done with them
 * is in `checkpoint-content`. May import `platform`, `formats` and `core`.
 */
import { platform } from "#platform";
import { UnavailableError } from "../core/index.js";
import type { FileSystem } from "../platform/types.js";

/** The machine's files. @throws UnavailableError in browsers */
export function requireFiles(): FileSystem {
  if (platform.files === undefined)
    throw new UnavailableError("Checkpoints are files, and there is no file system here", {
      hint: "run in Node; in a browser, read variables with session.run() and keep the values yourself",
    });
  return platform.files;
}

// ---- paths ----

/** Where the last name of a path begins. Windows separates by both slashes, others by `/` alone. */
function nameStart(path: string): number {
  const separators = requireFiles().join("a", "b").includes("\\") ? /[\\/][^\\/]*$/ : /\/[^/]*$/;
  return path.search(separators) + 1;
}
/** The last name of a path. */
export const fileName = (path: string): string => path.slice(nameStart(path));
/** The directory a path lies in; `.` for a bare name. */
export function directoryOf(path: string): string {
  const start = nameStart(path);
  return start === 0 ? "." : start === 1 ? path.slice(0, 1) : path.slice(0, start - 1);
}
export const isAbsolute = (path: string): boolean =>
  path.startsWith("/") || (/^([A-Za-z]:)?[\\/]/.test(path) && requireFiles().join("a", "b").includes("\\"));

// ---- finding ----

/** Whether a checkpoint of that prefix is there. `tf.train.checkpoint_exists`. */
export async function checkpointExists(prefix: string): Promise<boolean> {
  const files = requireFiles();
  const { bundleIndexFile } = await import("../formats/index.js");
  return files.exists(bundleIndexFile(prefix));
}
