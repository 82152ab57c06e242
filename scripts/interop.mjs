/**
 * @file The tests that need a Python with TensorFlow: `npm test` runs them too and skips them where there
 * is none; this says which it is, and fails where they were asked for (`STRATA_PYTHON`) and cannot run.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findPython } from "../interop/find-python.mjs";

const found = findPython();
if ("missing" in found) {
  if (process.env.STRATA_PYTHON) {
    console.error(`STRATA_PYTHON cannot serve: ${found.missing}`);
    process.exit(1);
  }
  console.log(`No Python with TensorFlow (${found.missing}): interoperability is not tested here.`);
  console.log("interop/setup.sh installs one; STRATA_PYTHON names one.");
} else {
  console.log(`TensorFlow through ${found.python}`);
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL("test.mjs", import.meta.url)), "interop"], {
    stdio: "inherit",
    env: { ...process.env, STRATA_PYTHON: found.python },
  });
  process.exit(status ?? 1);
}
