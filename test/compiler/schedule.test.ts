/** @file Kernels as they run: axes join, positions are flat, operands of products lie as the template wants them. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { wasmTarget } from "../../src/backends/wasm/target.js";
import type { ScheduledContraction, ScheduledKernel, ScheduledLoops } from "../../src/compiler/index.js";
import * as tf from "../../src/index.js";
import { type CompileRequest, compileGraph } from "./support.js";

beforeEach(() => tf.resetDefaultGraph());

const kernelsOf = (request: CompileRequest): readonly ScheduledKernel[] => compileGraph(request).schedule.kernels;
const loopsOf = (request: CompileRequest): ScheduledLoops => {
  const [kernel, ...others] = kernelsOf(request);
  assert.ok(kernel?.kind === "loops" && others.length === 0);
  return kernel;
};
const productOf = (request: CompileRequest): ScheduledContraction =>
  kernelsOf(request).find((k): k is ScheduledContraction => k.kind === "contraction") as ScheduledContraction;

test("axes that walk memory together become one", () => {
  const x = tf.placeholder("float32", [4, 5, 6]);
  assert.deepEqual(loopsOf({ fetches: [tf.exp(x)], feeds: [x] }).outer, [120]);
  const row = tf.placeholder("float32", [6]);
  assert.deepEqual(loopsOf({ fetches: [tf.add(x, row)], feeds: [x, row] }).outer, [20, 6]);
  assert.deepEqual(loopsOf({ fetches: [tf.transpose(x, [1, 0, 2])], feeds: [x] }).outer, [5, 4, 6]);
  const ones = tf.placeholder("float32", [1, 7, 1]);
  assert.deepEqual(loopsOf({ fetches: [tf.exp(ones)], feeds: [ones] }).outer, [7]);
});

test("reduced axes join too, and vectors run where memory does", () => {
  const x = tf.placeholder("float32", [8, 5, 6]);
  const rows = loopsOf({ fetches: [tf.reduceSum(x, { axis: [1, 2] })], feeds: [x] });
  assert.deepEqual([rows.outer, rows.phases[0]?.extents, rows.vector], [[8], [30], "inner"]);
  const columns = loopsOf({ fetches: [tf.reduceSum(x, { axis: 0 })], feeds: [x] });
  assert.deepEqual([columns.outer, columns.phases[0]?.extents, columns.vector], [[30], [8], "outer"]);
});

test("a product reads its operands where they lie, rows transposed or not", () => {
  const [x, y] = [tf.placeholder("float32", [6, 5]), tf.placeholder("float32", [6, 8])];
  const request = { fetches: [tf.matmul(x, y, { transposeA: true })], feeds: [x, y] };
  assert.equal(kernelsOf(request).length, 1);
  const { m, n, k } = productOf(request);
  assert.deepEqual([m, n, k], [[5], [8], [6]]);
});

test("columns that do not lie side by side are laid out first, in panels as wide as a tile", () => {
  const [x, y] = [tf.placeholder("float32", [5, 6]), tf.placeholder("float32", [20, 6])];
  const stages = compileGraph({ fetches: [tf.matmul(x, y, { transposeB: true })], feeds: [x, y] });
  // Whole panels, then the one that is filled in part.
  assert.deepEqual(
    stages.schedule.kernels.map((k) => k.kind),
    ["loops", "loops", "contraction"],
  );
  assert.deepEqual(
    stages.schedule.scratch.map((s) => s.shape),
    [[2 * 6 * wasmTarget.tileColumns]],
  );
});

test("an operand is copied where rows far apart are read again and again, and only there", () => {
  /** The kernels, and whether the product itself copies what its tiles read. */
  const copiesOf = (rows: number, columns: number): readonly [kinds: string[], inPanels: boolean] => {
    const [x, y] = [tf.placeholder("float32", [rows, 300]), tf.placeholder("float32", [300, columns])];
    const kernels = kernelsOf({ fetches: [tf.matmul(x, y)], feeds: [x, y] });
    return [kernels.map((k) => k.kind), kernels.some((k) => k.kind === "contraction" && k.panel !== null)];
  };
  assert.deepEqual(copiesOf(64, 256), [["contraction"], true]);
  assert.deepEqual(copiesOf(128, 40), [["loops", "loops", "contraction"], false], "small: copied once for all");
  assert.deepEqual(copiesOf(4, 256), [["contraction"], false], "four rows read each column once");
  assert.deepEqual(copiesOf(64, wasmTarget.tileColumns), [["contraction"], false], "one tile is as wide as the matrix");
});

test("rows that push each other out of a cache are laid out in panels as high as a tile", () => {
  const [x, y] = [tf.placeholder("float32", [128, 512]), tf.placeholder("float32", [128, 40])];
  const request = { fetches: [tf.matmul(x, y, { transposeA: true })], feeds: [x, y] };
  const kernel = productOf(request);
  const scratch = compileGraph(request).schedule.scratch.map((s) => s.shape);
  assert.deepEqual(scratch.at(-1), [512 * 128]);
  assert.deepEqual([kernel.m, kernel.n, kernel.k], [[512], [40], [128]]);
});

test("long sums are cut into chunks whose sums wait in memory", () => {
  const productOfDepth = (depth: number): ScheduledContraction => {
    const [x, y] = [tf.placeholder("float32", [64, depth]), tf.placeholder("float32", [depth, 40])];
    return productOf({ fetches: [tf.matmul(x, y)], feeds: [x, y] });
  };
  const [short, long] = [productOfDepth(500), productOfDepth(1000)];
  assert.deepEqual([short.chunk, short.partial], [500, null]);
  assert.equal(long.chunk, 256);
  assert.notEqual(long.partial, null);
});

test("a product that the template does not serve is a sum", () => {
  const narrow = [tf.placeholder("float32", [5, 6]), tf.placeholder("float32", [6, 3])] as const;
  const wholes = [tf.placeholder("int32", [5, 6]), tf.placeholder("int32", [6, 8])] as const;
  const empty = [tf.placeholder("float32", [5, 0]), tf.placeholder("float32", [0, 8])] as const;
  for (const [x, y] of [narrow, wholes, empty])
    assert.equal(loopsOf({ fetches: [tf.matmul(x as tf.Tensor, y as tf.Tensor)], feeds: [x, y] }).kind, "loops");
});

test("rows, columns and steps of a convolution are one axis each, whatever its epilogue reads", () => {
  const [image, filter] = [tf.placeholder("float32", [7, 5, 8, 1]), tf.placeholder("float32", [2, 1, 1, 8])];
  const sums = tf.nn.conv2d(image, filter, { strides: [1, 1, 1, 1], padding: "VALID" });
  const perColumn = tf.placeholder("float32", [8, 8]);
  for (const epilogue of [tf.nn.relu(sums), tf.subtract(sums, perColumn)]) {
    const { m, n, k } = productOf({ fetches: [epilogue], feeds: [image, filter, perColumn] });
    assert.deepEqual([m, n, k], [[224], [8], [2]]);
  }
});

test("a padded picture is walked in steps: it is surrounded by zeros, not unfolded", () => {
  const [image, filter] = [tf.placeholder("float32", [2, 8, 8, 3]), tf.placeholder("float32", [5, 5, 3, 8])];
  const request = { fetches: [tf.nn.conv2d(image, filter, { strides: 1, padding: "SAME" })], feeds: [image, filter] };
  const { program, schedule } = compileGraph(request);
  const [surrounded] = schedule.kernels;
  assert.ok(surrounded?.kind === "loops" && surrounded.phases[0]?.kind === "map");
  assert.deepEqual(program.values[surrounded.phases[0].stores[0]?.value ?? -1]?.shape, [2, 12, 12, 3]);
  const { m, n, k } = productOf(request);
  assert.deepEqual([m, n, k], [[128], [8], [5, 15]]);
});
