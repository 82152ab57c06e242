/** @file Kernels that are equal but for their values are scheduled and written once, and compute what each would alone. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { backendNames } from "../../src/backends/index.js";
import * as tf from "../../src/index.js";
import { platform } from "../../src/platform/node.js";
import { compileGraph } from "./support.js";

const devices = [...backendNames, ...("missing" in platform.toolchain() ? [] : ["native" as const])];
const before = process.env.STRATA_COMPILE_AFTER;
process.env.STRATA_COMPILE_AFTER = "0";
after(() => {
  if (before === undefined) delete process.env.STRATA_COMPILE_AFTER;
  else process.env.STRATA_COMPILE_AFTER = before;
});

beforeEach(() => tf.resetDefaultGraph());

/** How many kernels there are, and how many of them repeat another. */
function counted(
  fetches: readonly tf.Tensor[],
  feeds: readonly tf.Tensor[],
): readonly [kernels: number, again: number] {
  const { kernels, alike } = compileGraph({ fetches, feeds }).schedule;
  for (const [kernel, { first }] of alike) assert.ok(kernels.indexOf(first) < kernels.indexOf(kernel));
  return [kernels.length, alike.size];
}

const weights = (rows: number, columns: number, seed: number): tf.NdArray<"float32"> =>
  new tf.NdArray(
    "float32",
    [rows, columns],
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 1.7 + seed) / 4),
  );

test("equal layers repeat the first, with the copies that lay out their operands", () => {
  const x = tf.placeholder("float32", [40, 24]);
  let y: tf.Tensor = x as tf.Tensor;
  for (let layer = 0; layer < 5; layer++)
    y = tf.tanh(tf.matmul(y, tf.constant(weights(24, 24, layer)), { transposeB: true })) as tf.Tensor;
  const [kernels, again] = counted([y], [x as tf.Tensor]);
  assert.equal(kernels % 5, 0);
  assert.ok(kernels > 5, "each has copies");
  assert.equal(again, (kernels / 5) * 4);
});

test("another shape, dtype, function, place or pattern of values is another kernel", () => {
  const [x, y] = [tf.placeholder("float32", [6, 8]), tf.placeholder("float32", [6, 8])];
  const wide = tf.placeholder("float32", [8, 6]);
  const precise = tf.placeholder("float64", [6, 8]);
  const feeds = [x, y, wide, precise] as unknown as readonly tf.Tensor[];
  /** Whether the second repeats the first; nothing joins them into one kernel. */
  const repeats = (first: unknown, second: unknown): boolean => {
    const [kernels, again] = counted([first as tf.Tensor, second as tf.Tensor], feeds);
    assert.equal(kernels, 2);
    return again === 1;
  };
  assert.ok(repeats(tf.multiply(x, y), tf.multiply(y, x)));
  assert.ok(repeats(tf.reduceSum(x, { axis: 1 }), tf.reduceSum(y, { axis: 1 })));
  assert.ok(!repeats(tf.multiply(x, y), tf.multiply(x, x)), "one value twice");
  assert.ok(!repeats(tf.exp(x), tf.exp(wide)));
  assert.ok(!repeats(tf.exp(x), tf.exp(precise)));
  assert.ok(!repeats(tf.exp(x), tf.tanh(y)));
  assert.ok(!repeats(tf.reduceSum(x, { axis: 1 }), tf.reduceMax(y, { axis: 1 })));
  assert.ok(!repeats(tf.reduceSum(x, { axis: 1 }), tf.reduceSum(y, { axis: 0 })));
  assert.ok(!repeats(tf.argmax(x, 1), tf.argmin(y, 1)));
  assert.ok(!repeats(tf.reverse(x, [0]), tf.reverse(y, [1])));
});

for (const device of devices)
  test(`kernels alike read and write their own values: layers that train, ${device}`, async () => {
    // The first and the third layer are equal, the second has other sizes; updates of some happen in place.
    const x = tf.placeholder("float32", [16, 12]);
    const sizes = [12, 20, 12, 20, 12];
    const variables = sizes.slice(1).map((size, i) => new tf.Variable(weights(sizes[i] as number, size, i)));
    let y: tf.Tensor = x as tf.Tensor;
    for (const variable of variables) y = tf.tanh(tf.matmul(y, variable)) as tf.Tensor;
    const loss = tf.reduceMean(tf.square(tf.subtract(y, x)));
    const step = new tf.train.GradientDescentOptimizer(0.5).minimize(loss);
    const input = weights(16, 12, 9);
    const run = async (steps: number, on: (typeof devices)[number]): Promise<readonly number[]> => {
      const session = new tf.Session({ device: on });
      await session.run(tf.globalVariablesInitializer());
      for (let i = 0; i < steps; i++) await session.run(step, [[x, input]]);
      const values = await session.run(variables);
      session.close();
      return values.flatMap((value) => Array.from((value as tf.NdArray<"float32">).data));
    };
    const [wanted, found] = [await run(3, "interpreter"), await run(3, device)];
    assert.equal(found.length, wanted.length);
    found.forEach((value, i) => {
      assert.ok(Math.abs(value - (wanted[i] as number)) < 1e-5, `${i}: ${value} for ${wanted[i]}`);
    });
  });
