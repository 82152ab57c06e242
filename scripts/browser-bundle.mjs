/**
 * @file Proves that the library runs in a browser: bundles each entry for one, minified, into dist/browser.
 * It fails where a bundle needs a Node module, does not parse, or does not load without Node's globals;
 * it prints the sizes.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { root, run, SetupError, say } from "./ensure.mjs";

/** The package's entries that browsers may import: bundle name and compiled module. */
const entries = [
  ["tensorstrata", "dist/src/index.js"],
  ["datasets", "dist/src/datasets/index.js"],
  ["pictures", "dist/src/pictures/index.js"],
  ["layers", "dist/src/layers/index.js"],
  ["tflearn", "dist/src/tflearn/index.js"],
  ["keras", "dist/src/keras/index.js"],
];
const outputFolder = join(root, "dist", "browser");

await run(async () => {
  const { rolldown } = await import("rolldown");
  const { parseSync } = await import("rolldown/utils");
  rmSync(outputFolder, { recursive: true, force: true });
  let bundles = 0;
  for (const [name, module] of entries) {
    if (!existsSync(join(root, module))) {
      console.log(`${name.padEnd(14)}skipped: ${module} does not exist`);
      continue;
    }
    const code = await bundle(rolldown, name, module);
    checkParses(parseSync, name, code);
    checkLoads(name);
    console.log(`${name.padEnd(14)}${kilobytes(code.length)} minified, ${kilobytes(gzipSync(code).length)} gzip`);
    bundles++;
  }
  if (bundles === 0) throw new SetupError("None of the browser entries exists, so nothing was checked");
});

async function bundle(rolldown, name, module) {
  const nodeModules = [];
  const build = await rolldown({
    input: { [name]: join(root, module) },
    cwd: root,
    platform: "browser",
    resolve: { conditionNames: ["browser", "import", "module", "default"] },
    plugins: [
      {
        name: "find-node-modules",
        resolveId(specifier, importer) {
          if (!isBuiltin(specifier)) return null;
          nodeModules.push(`${importer === undefined ? module : relative(root, importer)} imports ${specifier}`);
          return { id: specifier, external: true };
        },
      },
    ],
    onLog(level, log) {
      if (level === "warn") say(`${name}: ${log.message}`);
    },
  });
  try {
    const { output } = await build.write({
      dir: outputFolder,
      format: "esm",
      minify: true,
      // An error's name is its class's, and users of a bundle read it too.
      keepNames: true,
      codeSplitting: false,
    });
    if (nodeModules.length > 0)
      throw new SetupError(
        `The browser bundle of ${module} needs Node:\n  ${nodeModules.join("\n  ")}\n` +
          "  fix  reach the platform through #platform, whose browser condition is src/platform/browser.ts",
      );
    return output[0].code;
  } finally {
    await build.close();
  }
}

function checkParses(parseSync, name, code) {
  const { errors, module } = parseSync(`${name}.js`, code);
  if (errors.length > 0) throw new SetupError(`The browser bundle ${name} does not parse: ${errors[0].message}`);
  const left = module.staticImports.map((statement) => statement.moduleRequest.value);
  if (left.length > 0) throw new SetupError(`The browser bundle ${name} still imports ${left.join(", ")}`);
}

/** Evaluates a bundle in a process whose Node-only globals are gone, as a page would. */
function checkLoads(name) {
  const program = `
    const { exit } = process;
    for (const name of ["process", "Buffer", "global", "setImmediate", "clearImmediate"]) delete globalThis[name];
    try { await import(${JSON.stringify(pathToFileURL(join(outputFolder, `${name}.js`)).href)}); exit(0); }
    catch (error) { console.error(error); exit(1); }`;
  const result = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
    stdio: ["ignore", "inherit", "pipe"],
  });
  if (result.status !== 0)
    throw new SetupError(`The browser bundle ${name} does not load without Node's globals:\n${result.stderr}`);
}

function kilobytes(bytes) {
  return `${(bytes / 1024).toFixed(1).padStart(7)} KiB`;
}
