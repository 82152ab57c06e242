/**
 * @file `npm start`: trains the article's network with the command line's defaults.
 * Options after `--` go to `strata train`: `npm start -- --epochs 5`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, run, SetupError } from "./ensure.mjs";

await run(async () => {
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const main = join(root, bin.strata);
  if (!existsSync(main))
    throw new SetupError(
      `The command line is missing: ${main}\n  fix  restore src/cli/main.ts and run the command again`,
    );
  // In this very process, so that signals, the terminal and the exit code are the command's own.
  process.argv = [process.execPath, main, "train", ...process.argv.slice(2)];
  await import(pathToFileURL(main).href);
});
