/**
 * @file `npm run example NAME`: runs a program of `examples/`, by its path without the ending. Options
 * after `--` go to the program: `npm run example raw-graph -- --epochs 5`. Without a name, lists them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { listFiles, root, run, say } from "./ensure.mjs";

const [name, ...options] = process.argv.slice(2);

await run(async () => {
  const examples = listPrograms();
  if (name === undefined || name === "--help") return list(examples);
  const chosen = name.replace(/^examples\//, "").replace(/\.[jt]s$/, "");
  if (!examples.includes(chosen)) {
    say(`There is no example ${name}; there are ${examples.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  const file = join(root, "dist", "examples", `${chosen}.js`);
  // In this very process, so that signals, the terminal and the exit code are the program's own.
  process.argv = [process.execPath, file, ...options];
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    report(error);
  }
});

/** Programs alone: what others import (`options.ts`, `common.ts`) does not tell a command to run it. */
function listPrograms() {
  return listFiles(join(root, "examples"))
    .filter((path) => path.endsWith(".ts") && commandOf(path) !== undefined)
    .map((path) => path.slice("examples/".length, -".ts".length));
}

/** The command with which a program's opening comment says to run it. */
function commandOf(path) {
  return /`(npm run example [^`]+)`/.exec(readFileSync(join(root, path), "utf8"))?.[1];
}

function list(examples) {
  console.log("Examples:");
  for (const example of examples) console.log(`  ${commandOf(`examples/${example}.ts`)}`);
}

/** The library's errors and those of options are complete as they are; others are faults and show their stack. */
function report(error) {
  const isOption = error instanceof RangeError || String(error?.code).startsWith("ERR_PARSE_ARGS");
  const isLibrary = typeof error?.code === "string" && "hint" in error;
  process.exitCode = isOption ? 2 : 1;
  if (process.env.STRATA_DEBUG !== undefined || !(isOption || isLibrary)) say(String(error?.stack ?? error));
  else say(isOption ? error.message : `${error.name}: ${error.message}`);
}
