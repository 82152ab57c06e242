/** @file The walk over a product's tiles: which sizes of tile have code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ModuleBuilder } from "../../../src/backends/wasm/assembler/index.js";
import type { ExpressionCode, ExpressionContext } from "../../../src/backends/wasm/expression-code.js";
import { walkTiles } from "../../../src/backends/wasm/tile-walk.js";
import * as tf from "../../../src/index.js";
import { compileGraph } from "../../compiler/support.js";

/** Rows and columns of the tiles for which a product of `m` rows and `n` columns has code. */
function tilesOf(m: number, n: number): string[] {
  const { program, schedule } = new tf.Graph().asDefault(() => {
    const [a, b] = [tf.placeholder("float32", [m, 9]), tf.placeholder("float32", [9, n])];
    return compileGraph({ fetches: [tf.matmul(a, b)], feeds: [a, b] });
  });
  const [kernel] = schedule.kernels.filter((k) => k.kind === "contraction");
  assert.ok(kernel !== undefined, "a product is a contraction");
  const found: string[] = [];
  new ModuleBuilder().defineFunction("walk", [], [], (f) => {
    const context = { f, e: program.builder, base: () => assert.fail("no tile reads memory") };
    const code = { bindAxis: () => assert.fail("there is no batch") };
    walkTiles(kernel, context as unknown as ExpressionContext, code as unknown as ExpressionCode, {
      tile: ({ rows, columns }) => found.push(`${rows}×${columns}`),
      panels: undefined,
      pointToColumn: () => assert.fail("there are no panels"),
      alongPanel: () => assert.fail("there are no panels"),
    });
  });
  return found;
}

test("only tiles that a product has are written, narrow ones higher than full ones", () => {
  assert.deepEqual(tilesOf(6, 4), ["6×4"]);
  assert.deepEqual(tilesOf(7, 10), ["3×10", "1×10"]);
  assert.deepEqual(tilesOf(4, 16), ["2×16"]);
  assert.deepEqual(tilesOf(5, 37), ["2×16", "1×16", "4×5", "1×5"]);
  // One full tile less, where all of them would leave a single vector.
  assert.deepEqual(tilesOf(6, 18), ["3×12", "4×6", "2×6"]);
  assert.deepEqual(tilesOf(6, 34), ["2×16", "3×12", "4×6", "2×6"]);
});
