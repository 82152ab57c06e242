/**
 * @file Holds the float32 functions of each compiled backend to the bounds that docs/accuracy.md states, over a
 * sample of all float32: ordinary numbers, subnormal ones, and the values where functions change their behaviour.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { platform } from "../../src/platform/node.js";
import { type DeviceName, errorInUlp, measuredFunctions, worstErrors } from "./accuracy.js";

const toolchain = platform.toolchain();
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

test("errors are counted in units in the last place", () => {
  assert.equal(errorInUlp(1, 1), 0);
  assert.equal(errorInUlp(1 + 2 ** -23, 1), 1);
  assert.equal(errorInUlp(2 ** -149, 2 ** -148), 1);
  assert.equal(errorInUlp(nan, nan), 0);
  assert.equal(errorInUlp(1, nan), infinity);
  assert.equal(errorInUlp(nan, 1), infinity);
  assert.equal(errorInUlp(-0, 0), infinity);
  // The largest float32 and infinity are neighbours.
  assert.ok(errorInUlp(infinity, 2 ** 128 - 2 ** 104) <= 1);
});

for (const device of ["wasm", "native"] as readonly DeviceName[])
  describe(device, { skip: device === "native" && "missing" in toolchain && toolchain.missing }, () => {
    const compileAfter = process.env.STRATA_COMPILE_AFTER;
    before(() => {
      process.env.STRATA_COMPILE_AFTER = "0";
    });
    after(() => {
      if (compileAfter === undefined) delete process.env.STRATA_COMPILE_AFTER;
      else process.env.STRATA_COMPILE_AFTER = compileAfter;
    });

    test("every function is within its bound, and what is no ordinary number is exact", async () => {
      for (const { name, ulp, x, y } of await worstErrors(device, measuredFunctions, 2)) {
        const bound = measuredFunctions.find((f) => f.name === name)?.bound ?? 0;
        assert.ok(ulp <= bound, `${name}(${x}, ${y}) is off by ${ulp} ulp, and ${bound} are allowed`);
      }
    });
  });
