/** @file Reads the repository's own files for the house tests; paths are relative to its root, with `/`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The repository's root; the compiled tests run in `dist/test/house/`. */
export const repositoryRoot = new URL("../../../", import.meta.url);

/** The files under a folder, sorted; none where it does not exist. */
export function listFiles(folder: string): string[] {
  if (!exists(folder)) return [];
  return readdirSync(new URL(`${folder}/`, repositoryRoot), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? listFiles(path) : [path];
    })
    .sort();
}

export const readText = (path: string): string => readFileSync(new URL(path, repositoryRoot), "utf8");
export const exists = (path: string): boolean => existsSync(new URL(path, repositoryRoot));
