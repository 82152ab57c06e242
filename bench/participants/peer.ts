/** @file Imports a peer from the folder where it is installed, and says how long that took. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { peersFolder } from "../peers.js";

const require = createRequire(join(peersFolder, "package.json"));

/** The folder of a package's main module. */
export const folderOf = (name: string): string => `${dirname(require.resolve(name))}/`;

/** The package's names; those of a CommonJS package are on its default export. */
export async function importPeer<T extends object>(
  name: string,
): Promise<{ readonly peer: T; readonly seconds: number }> {
  const begin = performance.now();
  const loaded = (await import(pathToFileURL(require.resolve(name)).href)) as T & { readonly default?: T };
  return { peer: loaded.default ?? loaded, seconds: (performance.now() - begin) / 1000 };
}

/** What the peer's own package file says. */
export const versionOf = (name: string): string => {
  const manifest = require(join(peersFolder, "node_modules", name, "package.json")) as { readonly version: string };
  return manifest.version;
};
