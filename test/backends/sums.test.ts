/**
 * @file Reductions of many elements on the compiled backends: errors that do not grow with the length, infinities
 * and NaN in any place, the first of equal extremes, and the same bits whatever the lanes around an element.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "../../src/index.js";
import { platform } from "../../src/platform/node.js";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const toolchain = platform.toolchain();
const roundoff = 2 ** -24;
/** Unit roundoffs of the sum of magnitudes that a float32 sum may be off by; see `sum-blocks`. */
const bound = 150;

/** What is computed from a fed tensor. */
interface Question {
  readonly value: tf.NdArray;
  readonly build: (x: tf.Tensor) => unknown;
}

/** Answers all questions with one program, since C compilers take their time. */
async function compute(device: "wasm" | "native", questions: readonly Question[]): Promise<number[][]> {
  return new tf.Graph().asDefault(async (graph) => {
    const inputs = questions.map(({ value }) => tf.placeholder(value.dtype, value.shape) as tf.Tensor);
    const results = questions.map(({ build }, i) => build(inputs[i] as tf.Tensor) as tf.Tensor);
    using session = new tf.Session({ graph, device });
    const feeds = questions.map(({ value }, i) => [inputs[i] as tf.Tensor, value] as const);
    const answers = (await session.run(results, feeds)) as readonly unknown[];
    return answers.map((x) => (x instanceof tf.NdArray ? Array.from(x.data as Float32Array, Number) : [Number(x)]));
  });
}

/** A deterministic sequence in 0 to 1 without pattern. */
const fraction = (i: number): number => ((i + 1) * 0.6180339887498949) % 1;
const float32 = (shape: readonly number[], f: (i: number) => number): tf.NdArray =>
  new tf.NdArray(
    "float32",
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => f(i)),
  );

/** The sums over some axes in float64. */
function exactSums({ shape, data }: tf.NdArray, axes: readonly number[]): Float64Array {
  const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const sums = new Float64Array(kept.reduce((a, b) => a * b, 1));
  (data as Float32Array).forEach((x, i) => {
    let [rest, at, stride] = [i, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] as number;
      if (!axes.includes(axis)) at += (rest % extent) * stride;
      stride *= kept[axis] as number;
      rest = Math.floor(rest / extent);
    }
    sums[at] = (sums[at] as number) + x;
  });
  return sums;
}

/** Rows with ties, with NaN once and again, and with nothing but the least or the greatest number. */
function trickyRows(length: number): number[][] {
  const rows: number[][] = [Array(length).fill(-infinity), Array(length).fill(infinity), Array(length).fill(0)];
  const places = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, length - 1];
  for (const at of places.filter((place) => place < length)) {
    const row = Array.from({ length }, (_, i) => Math.floor(fraction(i + at) * 4));
    rows.push(row);
    rows.push(row.map((x, i) => (i === at ? nan : x)));
    rows.push(row.map((x, i) => (i >= at && i % 2 === at % 2 ? nan : x)));
    rows.push(row.map((x, i) => (i === at ? 9 : x === 3 ? -9 : x)));
  }
  return rows;
}

/** The position of the first NaN, or else of the first of the best. */
function firstBest(row: readonly number[], better: (a: number, b: number) => boolean): number {
  const firstNaN = row.findIndex(Number.isNaN);
  return firstNaN >= 0 ? firstNaN : row.reduce((at, x, i) => (better(x, row[at] as number) ? i : at), 0);
}

for (const device of ["wasm", "native"] as const)
  describe(device, { skip: device === "native" && "missing" in toolchain && toolchain.missing }, () => {
    const compileAfter = process.env.STRATA_COMPILE_AFTER;
    before(() => {
      process.env.STRATA_COMPILE_AFTER = "0";
    });
    after(() => {
      if (compileAfter === undefined) delete process.env.STRATA_COMPILE_AFTER;
      else process.env.STRATA_COMPILE_AFTER = compileAfter;
    });

    test("a sum is off by no more than that of a few hundred elements, however long and along any axes", async () => {
      const cases: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
        [[1_000_003], [0]],
        [[3, 100_001], [1]],
        [[100_003, 3], [0]],
        [[2, 50_001, 3], [1]],
        [
          [301, 401, 3],
          [0, 1],
        ],
        [
          [100_003, 7],
          [0, 1],
        ],
      ];
      const questions = cases.map(([shape, axes]) => ({
        // All of one sign, where rounding accumulates most; multiples of 2^-23 keep the float64 sum exact.
        value: float32(shape, (i) => 1 + Math.floor(fraction(i) * 2 ** 20) / 2 ** 23),
        build: (x: tf.Tensor) => tf.reduceSum(x, { axis: [...axes] }),
      }));
      const answers = await compute(device, questions);
      cases.forEach(([shape, axes], question) => {
        const got = answers[question] as number[];
        const exact = exactSums(questions[question]?.value as tf.NdArray, axes);
        assert.equal(got.length, exact.length);
        got.forEach((sum, i) => {
          const error = Math.abs(sum - (exact[i] as number)) / ((exact[i] as number) * roundoff);
          assert.ok(error <= bound, `[${shape}] over ${axes}, element ${i}: ${sum} is off by ${error} roundoffs`);
        });
      });
    });

    test("infinities, NaN and subnormal numbers in a long sum", async () => {
      const sum = (f: (i: number) => number): Question => ({
        value: float32([20_001], f),
        build: (x) => tf.reduceSum(x),
      });
      const special = [infinity, -infinity, nan].flatMap((x) => [0, 4097, 20_000].map((at) => [x, at] as const));
      const answers = await compute(device, [
        ...special.map(([x, at]) => sum((i) => (i === at ? x : fraction(i)))),
        sum((i) => (i === 3 ? infinity : i === 19_999 ? -infinity : 0)),
        sum(() => 2 ** -149),
        { value: float32([19], () => 2 ** -126), build: (x) => tf.multiply(x, 0.5) },
      ]);
      assert.deepEqual(answers, [...special.map(([x]) => [x]), [nan], [20_001 * 2 ** -149], Array(19).fill(2 ** -127)]);
    });

    test("argmax and argmin along rows and columns: the first of equals, and NaN before all", async () => {
      const lengths = [1, 3, 4, 5, 8, 10, 16, 31, 32, 33, 49, 128, 300];
      const expected: number[][] = [];
      const questions = lengths.flatMap((length) => {
        const rows = trickyRows(length);
        const flat = rows.flat();
        const across = float32([rows.length, length], (i) => flat[i] as number);
        const down = float32(
          [length, rows.length],
          (i) => rows[i % rows.length]?.[Math.floor(i / rows.length)] as number,
        );
        return ([tf.argmax, tf.argmin] as const).flatMap((find) => {
          const answer = rows.map((row) => firstBest(row, find === tf.argmax ? (a, b) => a > b : (a, b) => a < b));
          expected.push(answer, answer);
          return [
            { value: across, build: (x: tf.Tensor) => find(x, { axis: 1 }) },
            { value: down, build: (x: tf.Tensor) => find(x, { axis: 0 }) },
          ];
        });
      });
      const answers = await compute(device, questions);
      answers.forEach((answer, i) => {
        assert.deepEqual(answer, expected[i], `length ${lengths[Math.floor(i / 4)]}, question ${i % 4}`);
      });
    });

    test("an element's result has the same bits wherever it stands", async () => {
      const functions = [tf.exp, tf.log1p, tf.sin, tf.tanh, tf.sigmoid, tf.erf] as const;
      const all = (x: tf.Tensor): unknown => tf.stack(functions.map((f) => f(x) as tf.Tensor));
      const length = 43;
      // A huge angle takes another way than its neighbours, which must not notice.
      const values = Array.from({ length }, (_, i) => (i === 17 ? 1e30 : 6 * fraction(i)));
      const [together, ...shifted] = await compute(
        device,
        [0, 1, 2, 3, 5, 13].map((from) => ({
          value: float32([length - from], (i) => values[from + i] as number),
          build: all,
        })),
      );
      for (const part of shifted) {
        const kept = part.length / functions.length;
        functions.forEach((_, f) => {
          const same = together?.slice((f + 1) * length - kept, (f + 1) * length);
          assert.deepEqual(part.slice(f * kept, (f + 1) * kept), same);
        });
      }
    });
  });
