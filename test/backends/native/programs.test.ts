/** @file Whole programs in machine code: random numbers, loops and branches, nothing to compute, and checks that fail. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NativeToolchain } from "../../../src/backends/index.js";
import { NativeDevice } from "../../../src/backends/native/device.js";
import * as tf from "../../../src/index.js";
import { platform } from "../../../src/platform/node.js";
import { compileGraph } from "../../compiler/support.js";

const toolchain = platform.toolchain();
/** The machine's toolchain, with another way to load programs. */
const loadingBy = (load: NativeToolchain["load"]): NativeToolchain => {
  if ("missing" in toolchain) throw new Error(toolchain.missing);
  return {
    vectorUnit: () => toolchain.vectorUnit(),
    team: (source, threads) => toolchain.team(source, threads),
    load,
  };
};

/** Runs in a session that compiles everything at once. */
async function onDevice<T>(device: "native" | "wasm", body: (session: tf.Session) => Promise<T>): Promise<T> {
  const before = process.env.STRATA_COMPILE_AFTER;
  process.env.STRATA_COMPILE_AFTER = "0";
  try {
    return await new tf.Graph().asDefault(async (graph) => {
      using session = new tf.Session({ graph, device, threads: 2 });
      return await body(session);
    });
  } finally {
    if (before === undefined) delete process.env.STRATA_COMPILE_AFTER;
    else process.env.STRATA_COMPILE_AFTER = before;
  }
}

describe("native programs", { skip: "missing" in toolchain ? toolchain.missing : false }, () => {
  test("random numbers are WebAssembly's bits, run after run", async () => {
    const draw = (device: "native" | "wasm") =>
      onDevice(device, async (session) => {
        const numbers = [
          tf.randomUniform([13], { seed: 1 }),
          tf.randomNormal([5, 7], { seed: 2 }),
          tf.truncatedNormal([33], { seed: 3 }),
        ];
        const runs = [];
        for (let run = 0; run < 3; run++) runs.push(await session.run(numbers));
        return runs;
      });
    assert.deepEqual(await draw("native"), await draw("wasm"));
  });

  test("a loop carries its values, stacks its outputs and ends where its condition says", async () => {
    const run = (device: "native" | "wasm") =>
      onDevice(device, async (session) => {
        const x = tf.constant([1, 2, 3, 4, 5, 6], { dtype: "float32" });
        const step = (sum: tf.Tensor, item: tf.Tensor): tf.Tensor => tf.add(tf.multiply(sum, 0.5), item) as tf.Tensor;
        const sums: tf.Tensor = tf.scan(step, x as tf.Tensor, {
          initializer: tf.constant(0, { dtype: "float32" }) as tf.Tensor,
        });
        const count = tf.whileLoop(
          (i: tf.Tensor) => tf.less(i, 10) as tf.Tensor<"bool">,
          (i: tf.Tensor) => tf.add(i, 3) as tf.Tensor,
          tf.constant(0, { dtype: "int32" }) as tf.Tensor,
        );
        return session.run([sums, count, tf.gradients(tf.reduceSum(sums), [x])[0] as tf.Tensor]);
      });
    const [sums, count, gradient] = await run("native");
    assert.deepEqual([...(sums as tf.NdArray).data], [1, 2.5, 4.25, 6.125, 8.0625, 10.03125]);
    assert.equal(count, 12);
    assert.deepEqual([...(gradient as tf.NdArray).data], [1.96875, 1.9375, 1.875, 1.75, 1.5, 1]);
  });

  test("a branch runs the side that is asked for", async () => {
    const values = await onDevice("native", async (session) => {
      const flag = tf.placeholder("bool", []);
      const x = tf.constant([2, 3], { dtype: "float32" });
      const y = tf.cond(
        flag,
        () => tf.square(x),
        () => tf.negative(x),
      ) as tf.Tensor;
      return [await session.run(y, [[flag, true]]), await session.run(y, [[flag, false]])];
    });
    assert.deepEqual(
      values.map((value) => [...(value as tf.NdArray).data]),
      [
        [4, 9],
        [-2, -3],
      ],
    );
  });

  test("products of awkward sizes, however the operands lie", async () => {
    // Columns around whole tiles, groups of tiles and what is left narrow; steps around chunks and vectors.
    const columns = [9, 23, 24, 25, 50, 97, 120, 121, 136, 145, 248, 264, 505];
    const rows = [1, 5, 16, 33, 130, 257];
    const depths = [1, 7, 16, 100, 255, 513, 600];
    const products = columns.flatMap((n, i) =>
      [0, 1].map((j) => {
        const [m, k] = [rows[(2 * i + j) % rows.length] as number, depths[(3 * i + j) % depths.length] as number];
        return { m, k, n, transposeA: (i & 1) === 1, transposeB: j === 1 };
      }),
    );
    // Small whole numbers: every order of summing gives the same bits.
    const numbers = (shape: readonly [number, number], seed: number): tf.NdArray<"float32"> =>
      new tf.NdArray(
        "float32",
        shape,
        Float32Array.from({ length: shape[0] * shape[1] }, (_, at) => ((at * 31 + seed * 17) % 13) - 6),
      );
    const sides = products.map(({ m, k, n, transposeA, transposeB }, i) => ({
      a: numbers(transposeA ? [k, m] : [m, k], i),
      b: numbers(transposeB ? [n, k] : [k, n], i + 1),
    }));
    const results = await onDevice("native", (session) => {
      const feeds: [tf.Tensor<"float32">, tf.NdArray<"float32">][] = [];
      const fed = (value: tf.NdArray<"float32">): tf.Tensor<"float32"> => {
        const x = tf.placeholder("float32", value.shape) as tf.Tensor<"float32">;
        feeds.push([x, value]);
        return x;
      };
      const fetches = products.map(({ transposeA, transposeB }, i) => {
        const { a, b } = sides[i] as (typeof sides)[number];
        return tf.matmul(fed(a), fed(b), { transposeA, transposeB });
      });
      return session.run(fetches, feeds);
    });
    products.forEach(({ m, k, n, transposeA, transposeB }, i) => {
      const { a, b } = sides[i] as (typeof sides)[number];
      const got = results[i] as tf.NdArray<"float32">;
      const wanted = new Float32Array(m * n);
      for (let row = 0; row < m; row++)
        for (let column = 0; column < n; column++) {
          let sum = 0;
          for (let step = 0; step < k; step++)
            sum +=
              (a.data[transposeA ? step * m + row : row * k + step] as number) *
              (b.data[transposeB ? column * k + step : step * n + column] as number);
          wanted[row * n + column] = sum;
        }
      assert.deepEqual([...got.data], [...wanted], `[${m}, ${k}] × [${k}, ${n}], turned: ${transposeA}, ${transposeB}`);
    });
  });

  test("large feeds are copied by the program itself, from wherever they lie", async () => {
    const [rows, row, classes] = [61, 787, 97];
    const floats = new tf.NdArray(
      "float32",
      [200, row],
      Float32Array.from({ length: 200 * row }, (_, i) => Math.sin(i)),
    );
    const bytes = new tf.NdArray(
      "uint8",
      [200, row],
      Uint8Array.from({ length: 200 * row }, (_, i) => (i * 31) % 256),
    );
    const images = tf.NdArray.from(bytes, "float32").reshape([200, row]);
    const order = Int32Array.from({ length: 200 }, (_, i) => (i * 37) % 200);
    const results = (device: "native" | "wasm") =>
      onDevice(device, async (session) => {
        const fed = (width: number) => tf.placeholder("float32", [null, width]) as tf.Tensor<"float32">;
        const [x, y, few] = [fed(row), fed(classes), fed(2)];
        const weights = tf.constant(floats.rows(0, classes)) as tf.Tensor<"float32">;
        const product = tf.add(tf.matmul(x, weights, { transposeB: true }), y);
        const fetches = [product, tf.multiply(x, 2), tf.add(few, 1)];
        using uploaded = await session.upload(floats);
        const second = new tf.NdArray("float32", [rows, classes], floats.data.slice(5, 5 + rows * classes));
        const small = new tf.NdArray("float32", [rows, 2], floats.data.slice(0, 2 * rows));
        const sources = [
          floats.rows(3, 3 + rows),
          tf.takeRows(floats, order, 7, 7 + rows),
          tf.takeRows(floats, null, 9, 9 + rows),
          tf.takeRows(uploaded, order, 11, 11 + rows),
          tf.takeRows(bytes, order, 1, 1 + rows),
          images.rows(100, 100 + rows),
          // Of another element type: converted before the program runs.
          tf.NdArray.from(floats.rows(0, rows), "float64"),
          floats.rows(40, 40 + rows),
        ];
        const found = [];
        for (const source of sources)
          found.push(
            await session.run(fetches, [
              [x, source],
              [y, second],
              [few, small],
            ]),
          );
        return found.flat().map((value) => (value as tf.NdArray<"float32">).data);
      });
    const [native, wasm] = [await results("native"), await results("wasm")];
    assert.equal(native.length, 24);
    native.forEach((values, i) => {
      const wanted = wasm[i] as Float32Array;
      assert.equal(values.length, wanted.length);
      // Products are summed in other orders; everything else is the same bits.
      if (i % 3 === 0) assert.ok(values.every((value, at) => Math.abs(value - (wanted[at] as number)) < 2e-2));
      else assert.deepEqual(values, wanted);
    });
  });

  test("equal layers are one function that is told where its arrays lie", async () => {
    if ("missing" in toolchain) return;
    const sources: string[] = [];
    const device = new NativeDevice({
      debug: async (stage, text) => {
        if (stage === "c") sources.push(await text());
      },
      warn: assert.fail,
      toolchain,
      compileAfter: 0,
      alikeFrom: 0,
      threads: 1,
    });
    const weights = (layer: number): tf.NdArray<"float32"> =>
      new tf.NdArray(
        "float32",
        [16, 16],
        Float32Array.from({ length: 256 }, (_, i) => Math.sin(i + layer) / 8),
      );
    const layers = 6;
    const { program } = new tf.Graph().asDefault(() => {
      let x: tf.Tensor = tf.placeholder("float32", [8, 16]) as tf.Tensor;
      const feeds = [x];
      for (let layer = 0; layer < layers; layer++) x = tf.tanh(tf.matmul(x, tf.constant(weights(layer)))) as tf.Tensor;
      return compileGraph({ fetches: [x], feeds });
    });
    const executable = await device.compile(program);
    await executable.prepare?.();
    const input = new tf.NdArray("float32", [8, 16], new Float32Array(128).fill(0.5));
    const [result] = executable.run([input]);
    let wanted = Array.from({ length: 16 }, () => 0.5);
    for (let layer = 0; layer < layers; layer++) {
      const { data } = weights(layer);
      wanted = wanted.map((_, column) =>
        Math.tanh(wanted.reduce((sum, value, row) => sum + value * (data[row * 16 + column] as number), 0)),
      );
    }
    Array.from(result?.data as Float32Array).forEach((value, i) => {
      assert.ok(Math.abs(value - (wanted[i % 16] as number)) < 1e-5, `${i}: ${value}`);
    });
    const functions = sources.at(-1)?.match(/static ALONE void kernel/g) ?? [];
    // The first and the last layer read and write elsewhere; none of them needs a function of its own.
    assert.ok(functions.length > 0 && functions.length < layers / 2, `${functions.length} functions`);
    device.close();
  });

  test("a long program is compiled in parts, which are cached as one", async () => {
    if ("missing" in toolchain) return;
    const counts: number[] = [];
    const watching = loadingBy((parts, thorough) => {
      counts.push(parts.length);
      return toolchain.load(parts, thorough);
    });
    const opened = () =>
      new NativeDevice({ debug: () => undefined, warn: assert.fail, toolchain: watching, compileAfter: 0, threads: 1 });
    const sizes = [20, 33, 47, 18, 29, 51, 24, 19, 37, 26, 44, 31, 22, 41];
    const { program } = new tf.Graph().asDefault(() => {
      const x = tf.placeholder("float32", [9, sizes[0] as number]);
      let y = x as tf.Tensor;
      for (const [i, size] of sizes.slice(1).entries())
        y = tf.tanh(tf.matmul(y, tf.fill([sizes[i] as number, size], 0.01 * (i + 1)))) as tf.Tensor;
      return compileGraph({ fetches: [y], feeds: [x as tf.Tensor] });
    });
    const input = new tf.NdArray("float32", [9, 20], new Float32Array(180).fill(0.5));
    let wanted = 0.5;
    for (const [i, size] of sizes.slice(0, -1).entries()) wanted = Math.tanh(wanted * size * 0.01 * (i + 1));
    for (let time = 0; time < 2; time++) {
      const device = opened();
      const executable = await device.compile(program);
      await executable.prepare?.();
      const [result] = executable.run([input]) as [tf.NdArray<"float32">];
      for (const value of result.data) assert.ok(Math.abs(value - wanted) < 1e-6, `${value}`);
      device.close();
    }
    assert.ok(counts.length === 2 && counts.every((count) => count > 1), `${counts}`);
  });

  test("programs of long runs are worth the compiler's pains", async () => {
    if ("missing" in toolchain) return;
    const thoroughness: boolean[] = [];
    const watching = loadingBy((parts, thorough) => {
      thoroughness.push(thorough);
      return toolchain.load(parts, thorough);
    });
    const options = { debug: () => undefined, warn: assert.fail, toolchain: watching, compileAfter: 0, threads: 1 };
    for (const size of [20, 500]) {
      const device = new NativeDevice(options);
      const { program } = new tf.Graph().asDefault(() => {
        const x = tf.placeholder("float32", [size, size]);
        return compileGraph({ fetches: [tf.matmul(x, x)], feeds: [x as tf.Tensor] });
      });
      const executable = await device.compile(program);
      await executable.prepare?.();
      const [result] = executable.run([new tf.NdArray("float32", [size, size], new Float32Array(size * size).fill(1))]);
      assert.ok(result?.data.every((value: number) => value === size));
      device.close();
    }
    assert.deepEqual(thoroughness, [false, true]);
  });

  test("what a run that failed had taken is not fed to the next", async () => {
    if ("missing" in toolchain) return;
    let fedRuns = 0;
    const counting = loadingBy(async (parts, thorough) => {
      const program = await toolchain.load(parts, thorough);
      return {
        run: (memory, team) => program.run(memory, team),
        runFed: (...told) => {
          fedRuns++;
          return program.runFed(...told);
        },
      };
    });
    const device = new NativeDevice({
      debug: () => undefined,
      warn: assert.fail,
      toolchain: counting,
      compileAfter: 0,
      threads: 1,
    });
    const { program } = new tf.Graph().asDefault(() => {
      const feeds = [tf.placeholder("float32", [64, 100]), tf.placeholder("float32", [2])] as tf.Tensor[];
      return compileGraph({ fetches: feeds.map((feed) => tf.add(feed, 1)), feeds });
    });
    const executable = await device.compile(program);
    await executable.prepare?.();
    const large = tf.NdArray.zeros("float32", [64, 100]);
    const small = tf.NdArray.zeros("float32", [2]);
    executable.run([large, small]);
    assert.equal(fedRuns, 1, "the program copies the large feed itself");
    const released = await device.upload(small);
    released.release();
    const gone = { dtype: "float32", shape: [2], source: released, order: null, begin: 0 } as const;
    assert.throws(() => executable.run([large, gone]), /memory was given back/);
    // Whole numbers are not among what a program copies itself.
    const source = tf.NdArray.zeros("int32", [64, 100]);
    source.data.fill(7);
    const whole = { dtype: "int32", shape: [64, 100], source, order: null, begin: 0 } as const;
    const [first] = executable.run([whole, small]);
    assert.ok(first?.data.every((value) => value === 8));
    device.close();
  });

  test("a product without rows has no elements", async () => {
    const value = await onDevice("native", async (session) => {
      const x = tf.placeholder("float32", [null, 17]);
      const product = tf.matmul(x, tf.ones([17, 20]));
      return session.run(product, [[x, new tf.NdArray("float32", [0, 17], new Float32Array(0))]]);
    });
    assert.deepEqual((value as tf.NdArray).shape, [0, 20]);
  });

  test("a check that fails among threads leaves variables as they were, and the next run works", async () => {
    await onDevice("native", async (session) => {
      const size = 400;
      const x = tf.placeholder("float32", [size, size]);
      const labels = tf.placeholder("int32", [size]);
      const total = new tf.Variable(tf.zeros([size, size]));
      const logits = tf.matmul(x, x);
      const losses = tf.nn.sparseSoftmaxCrossEntropyWithLogits({ logits, labels });
      const update = tf.assignAdd(total, logits);
      await session.run(tf.globalVariablesInitializer());
      const ones = new tf.NdArray("float32", [size, size], new Float32Array(size * size).fill(1));
      const run = (label: number) =>
        session.run(
          [losses, update.op],
          [
            [x, ones],
            [labels, new tf.NdArray("int32", [size], new Int32Array(size).fill(label))],
          ],
        );
      for (let again = 0; again < 3; again++) await assert.rejects(run(size), tf.errors.InvalidArgumentError);
      assert.equal(await session.run(tf.reduceMax(total)), 0);
      await run(3);
      assert.equal(await session.run(tf.reduceMax(total)), size);
    });
  });
});
