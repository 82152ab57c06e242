/**
 * @file What users import: the built modules of `dist/src`, gathered into a few files under `dist/bundle`.
 * Node needs longer to find and link 250 modules than to run them. All entries are bundled together and share
 * chunks, so that a process has one graph and one set of classes, whichever entries it imports.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const prefix = "./dist/bundle/";

/**
 * The bundled entries that package.json names, each with the module it is made of: `dist/bundle/NAME` is
 * made of `dist/src/NAME`.
 * @param {string} root
 * @returns {{ name: string, source: string, output: string }[]} paths are relative to `root`
 */
export function bundledEntries(root) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const targets = [
    ...Object.values(manifest.exports ?? {}).flatMap(({ default: target }) => target ?? []),
    ...Object.values(manifest.bin ?? {}),
  ];
  return targets
    .filter((target) => target.startsWith(prefix))
    .map((target) => target.slice(prefix.length))
    .map((path) => ({ name: path.replace(/\.js$/, ""), source: `dist/src/${path}`, output: `dist/bundle/${path}` }));
}

/** Whether every bundled entry is there. */
export function isBundled(root) {
  return bundledEntries(root).every(({ output }) => existsSync(join(root, output)));
}

/** Writes `dist/bundle` anew. */
export async function bundle(root) {
  const entries = bundledEntries(root);
  rmSync(join(root, prefix), { recursive: true, force: true });
  if (entries.length === 0) return;
  const { rolldown } = await import("rolldown");
  const build = await rolldown({
    input: Object.fromEntries(entries.map(({ name, source }) => [name, join(root, source)])),
    cwd: root,
    platform: "node",
    // Packages are the user's to install; `#platform` is this library's own.
    external: (id) => /^[^./#]/.test(id) && !id.startsWith(root),
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  try {
    await build.write({
      dir: join(root, prefix),
      format: "esm",
      entryFileNames: "[name].js",
      // One folder below, as modules lie in dist/src: the paths that they reckon from themselves stay right.
      chunkFileNames: "chunks/[name]-[hash].js",
      // All that level 1 and its engine need is one file, since every process loads it: a file costs about a
      // millisecond. So are the parts of the engine that pages load for programs which most processes have. The rest
      // is divided by who uses it.
      codeSplitting: {
        groups: [
          {
            name: "core",
            test: /dist[\\/]src[\\/](index|backends[\\/]wasm[\\/](panel|team)-code|compiler[\\/]alike)\.js$/,
          },
        ],
      },
      // Names of classes are written to files and shown.
      keepNames: true,
      // Editors read the declarations; whoever starts reads this.
      comments: { legal: true, annotation: true, jsdoc: false },
    });
  } finally {
    await build.close();
  }
}
