/**
 * @file Finds the Python that the interoperability tests run against: one that has TensorFlow.
 * Imports Node alone. Installs nothing; setup.sh does.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What setup.sh makes: `$STRATA_PYTHON_ENV`, or a directory in the user's cache. */
function environmentPython() {
  const environment = process.env.STRATA_PYTHON_ENV || join(homedir(), ".cache", "tensorstrata", "python");
  const onWindows = process.platform === "win32";
  return onWindows ? join(environment, "Scripts", "python.exe") : join(environment, "bin", "python");
}

/**
 * The first of these that there is: `$STRATA_PYTHON`; the environment that setup.sh made; `python3`,
 * if it can import TensorFlow.
 *
 * @returns {{ python: string } | { missing: string }} the interpreter, or why there is none
 */
export function findPython() {
  const named = process.env.STRATA_PYTHON;
  if (named) {
    const runs = spawnSync(named, ["--version"]).status === 0;
    return runs ? { python: named } : { missing: `STRATA_PYTHON is ${named}, which does not run` };
  }
  const prepared = environmentPython();
  if (existsSync(prepared)) return { python: prepared };
  if (spawnSync("python3", ["-c", "import tensorflow"], { stdio: "ignore" }).status === 0) return { python: "python3" };
  return { missing: "no Python with TensorFlow was found; interop/setup.sh installs one" };
}
