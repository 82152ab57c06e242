/** @file Conditionals, loops and scans: values, gradients, effects on variables, misuse; on every backend. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as tf from "tensorstrata";
import { backendNames } from "../../../src/backends/index.js";
import { definitions } from "../../../src/graph/index.js";

const float = (value: number | number[] | number[][]) =>
  tf.constant(value, { dtype: "float32" }) as tf.Tensor<"float32">;
type Scalar = tf.Tensor<"float32">;

for (const device of backendNames)
  describe(`control flow on ${device}`, () => {
    /** Builds in a graph of its own and runs there. */
    async function inGraph(body: (open: () => tf.Session) => Promise<void>): Promise<void> {
      const graph = new tf.Graph();
      const sessions: tf.Session[] = [];
      await graph.asDefault(() =>
        body(() => {
          const session = new tf.Session({ device, graph });
          sessions.push(session);
          return session;
        }),
      );
      for (const session of sessions) session.close();
    }

    test("cond runs only the branch it takes", () =>
      inGraph(async (open) => {
        const x = tf.placeholder("float32", []);
        const count = new tf.Variable(float(0) as tf.Tensor<"float32", readonly []>, { trainable: false });
        const y = tf.cond(
          tf.less(x, 0) as tf.Tensor<"bool">,
          () => tf.withControlDependencies([count.assignAdd(1)], () => tf.negative(x)) as Scalar,
          () => tf.multiply(x, 10) as Scalar,
        );
        const session = open();
        await session.run(tf.globalVariablesInitializer());
        assert.equal(await session.run(y, [[x, -2]]), 2);
        assert.equal(await session.run(y, [[x, 3]]), 30);
        assert.equal(await session.run(y, [[x, -5]]), 5);
        assert.equal(await session.run(count), 2);
      }));

    test("cond's gradient is that of the branch taken, and zero for what it does not use", () =>
      inGraph(async (open) => {
        const x = tf.placeholder("float32", []);
        const w = tf.placeholder("float32", []);
        const y = tf.cond(
          tf.less(x, 0) as tf.Tensor<"bool">,
          () => tf.multiply(x, w) as Scalar,
          () => tf.square(x) as Scalar,
        );
        const g = tf.gradients(y, [x, w]);
        const session = open();
        assert.deepEqual(
          await session.run(g as never, [
            [x, -2],
            [w, 3],
          ]),
          [3, -2],
        );
        assert.deepEqual(
          await session.run(g as never, [
            [x, 5],
            [w, 3],
          ]),
          [10, 0],
        );
      }));

    test("branches may differ in what they draw, and gradients see the same draw", () =>
      inGraph(async (open) => {
        const x = tf.placeholder("float32", [4]);
        const training = tf.placeholder("bool", []);
        const y = tf.cond(
          training,
          () => tf.nn.dropout(x, 0.5, { seed: 3 }) as Scalar,
          () => tf.identity(x) as Scalar,
        );
        const [g] = tf.gradients(y, [x]);
        const session = open();
        const ones = [1, 1, 1, 1];
        const [out, gradient] = (await session.run([y, g] as never, [
          [x, ones],
          [training, true],
        ])) as tf.NdArray[];
        assert.deepEqual(gradient?.toArray(), out?.toArray(), "a dropout mask is its own gradient at ones");
        assert.deepEqual(
          (
            (await session.run(y, [
              [x, ones],
              [training, false],
            ])) as tf.NdArray
          ).toArray(),
          ones,
        );
      }));

    test("switchCase takes the first condition that holds", () =>
      inGraph(async (open) => {
        const x = tf.placeholder("float32", []);
        const y = tf.switchCase(
          [
            [tf.less(x, 0) as tf.Tensor<"bool">, () => float(-1)],
            [tf.less(x, 10) as tf.Tensor<"bool">, () => float(1)],
          ],
          () => float(2),
        );
        const session = open();
        const results = [];
        for (const value of [-3, 3, 30]) results.push(await session.run(y, [[x, value]]));
        assert.deepEqual(results, [-1, 1, 2]);
      }));

    test("whileLoop repeats until its condition fails; several variables keep their structure", () =>
      inGraph(async (open) => {
        const limit = tf.placeholder("float32", []);
        const { a, b } = tf.whileLoop(
          ({ a }) => tf.less(a as Scalar, limit) as tf.Tensor<"bool">,
          ({ a, b }) => ({ a: b as Scalar, b: tf.add(a as Scalar, b as Scalar) as Scalar }),
          { a: float(1), b: float(1) } as { a: Scalar; b: Scalar },
        );
        const session = open();
        assert.deepEqual(await session.run({ a, b }, [[limit, 100]]), { a: 144, b: 233 });
        assert.deepEqual(await session.run({ a, b }, [[limit, 0]]), { a: 1, b: 1 }, "no step at all");
      }));

    test("whileLoop's gradients, first and second, follow the number of steps really taken", () =>
      inGraph(async (open) => {
        const w = tf.placeholder("float32", []);
        const n = tf.placeholder("float32", []);
        const [, power] = tf.whileLoop(
          ([i]) => tf.less(i as Scalar, n) as tf.Tensor<"bool">,
          ([i, r]) => [tf.add(i as Scalar, 1) as Scalar, tf.multiply(r as Scalar, w) as Scalar],
          [float(0), float(1)] as Scalar[],
          { maximumIterations: 8 },
        );
        const [first] = tf.gradients(power as Scalar, [w]);
        const [second] = tf.gradients(first as Scalar, [w]);
        const session = open();
        const fetches = [power, first, second] as never;
        assert.deepEqual(
          await session.run(fetches, [
            [w, 3],
            [n, 4],
          ]),
          [81, 108, 108],
        );
        assert.deepEqual(
          await session.run(fetches, [
            [w, 2],
            [n, 3],
          ]),
          [8, 12, 12],
        );
        assert.deepEqual(
          await session.run(power as Scalar, [
            [w, 2],
            [n, 100],
          ]),
          256,
          "maximumIterations ends it",
        );
      }));

    test("compositions in a body take tensors of the graph around it, whichever operand comes first", () =>
      inGraph(async (open) => {
        const outside = tf.placeholder("float32", [3]) as tf.Tensor<"float32">;
        const limits = tf.placeholder("float32", [2]) as tf.Tensor<"float32">;
        const clipped = tf.mapFn((limit) => tf.clipByValue(outside, 0, limit as Scalar) as Scalar, limits as Scalar);
        const session = open();
        const feeds = [
          [outside, [-1, 1, 3]],
          [limits, [2, 0.5]],
        ] as const;
        assert.deepEqual(((await session.run(clipped, feeds)) as tf.NdArray).toArray(), [
          [0, 1, 2],
          [0, 0.5, 0.5],
        ]);
      }));

    test("scan stacks every step, forwards and backwards, and its gradients match differences", () =>
      inGraph(async (open) => {
        const e = tf.placeholder("float32", [null, 2]);
        const w = tf.placeholder("float32", []);
        const forwards = tf.scan(
          (a, x) => tf.add(tf.tanh(tf.multiply(a as Scalar, w) as Scalar), x as Scalar) as Scalar,
          e as Scalar,
          {
            initializer: tf.zeros([2]) as Scalar,
          },
        );
        const backwards = tf.scan((a, x) => tf.add(a as Scalar, x as Scalar) as Scalar, e as Scalar, {
          initializer: tf.zeros([2]) as Scalar,
          reverse: true,
        });
        const loss = tf.reduceSum(tf.square(forwards)) as Scalar;
        const [ge, gw] = tf.gradients(loss, [e, w]);
        const session = open();
        const elements = [
          [0.1, 0.2],
          [0.3, -0.4],
          [-0.5, 0.6],
        ];
        const at = (weight: number, data = elements): Promise<number> =>
          session.run(loss, [
            [e, data],
            [w, weight],
          ]) as Promise<unknown> as Promise<number>;
        const [gradE, gradW] = (await session.run([ge, gw] as never, [
          [e, elements],
          [w, 0.7],
        ])) as [tf.NdArray, number];
        // Central differences of a float32 program: h³ of truncation and about 1e-7/h of rounding.
        const h = 1e-2;
        assert.ok(Math.abs(gradW - ((await at(0.7 + h)) - (await at(0.7 - h))) / (2 * h)) < 1e-4);
        const moved = (by: number) => elements.map((row, i) => row.map((v, j) => (i === 0 && j === 1 ? v + by : v)));
        const difference = ((await at(0.7, moved(h))) - (await at(0.7, moved(-h)))) / (2 * h);
        assert.ok(Math.abs((gradE.item(0, 1) as number) - difference) < 1e-4);
        const sums = (await session.run(backwards, [
          [
            e,
            [
              [1, 2],
              [3, 4],
              [5, 6],
            ],
          ],
        ])) as tf.NdArray;
        assert.deepEqual(sums.toArray(), [
          [9, 12],
          [8, 10],
          [5, 6],
        ]);
      }));

    test("a fused update inside a branch keeps everything it writes", () =>
      inGraph(async (open) => {
        const taken = tf.placeholder("bool", []);
        const weight = new tf.Variable(float(1) as tf.Tensor<"float32", readonly []>);
        const velocity = new tf.Variable(float(0) as tf.Tensor<"float32", readonly []>, { trainable: false });
        const momentum = definitions().get("ApplyMomentum");
        assert.ok(momentum !== undefined);
        const after = tf.cond(
          taken,
          () => {
            const operands = [weight.ref, velocity.ref, float(0.1), float(1), float(0.9)] as tf.Tensor[];
            const update = tf.getDefaultGraph().createOperation(momentum, operands, {});
            return tf.withControlDependencies([update], () => weight.readValue()) as Scalar;
          },
          () => tf.identity(weight) as Scalar,
        );
        const session = open();
        await session.run(tf.globalVariablesInitializer());
        const results: number[] = [];
        for (const value of [true, false, true]) results.push(Number(await session.run(after, [[taken, value]])));
        // Velocity 1, then 0.9 + 1: the second step is 1.9 times the first.
        for (const [i, wanted] of [0.9, 0.9, 0.71].entries())
          assert.ok(Math.abs((results[i] as number) - wanted) < 1e-6, `${results}`);
        assert.ok(Math.abs(Number(await session.run(velocity)) - 1.9) < 1e-6);
      }));

    test("foldl, foldr and mapFn", () =>
      inGraph(async (open) => {
        const e = float([
          [1, 2],
          [3, 4],
          [5, 6],
        ]);
        const minus = (a: Scalar, x: Scalar): Scalar => tf.subtract(x, a) as Scalar;
        const session = open();
        const initializer = tf.zeros([2]) as Scalar;
        const [left, right, rows] = (await session.run([
          tf.foldl(minus, e, { initializer }),
          tf.foldr(minus, e, { initializer }),
          tf.mapFn((x: Scalar) => tf.reduceSum(x) as Scalar, e),
        ])) as tf.NdArray[];
        assert.deepEqual(left?.toArray(), [3, 4]);
        assert.deepEqual(right?.toArray(), [3, 4]);
        assert.deepEqual(rows?.toArray(), [3, 7, 11]);
      }));

    test("loops nest, and write variables", () =>
      inGraph(async (open) => {
        const total = new tf.Variable(float(0) as tf.Tensor<"float32", readonly []>, { trainable: false });
        const rows = float([
          [1, 2, 3],
          [4, 5, 6],
        ]);
        const sums = tf.mapFn((row: Scalar) => {
          const sum = tf.foldl((a: Scalar, x: Scalar) => tf.add(a, x) as Scalar, row, { initializer: float(0) });
          return tf.withControlDependencies([total.assignAdd(sum)], () => tf.identity(sum)) as Scalar;
        }, rows);
        const session = open();
        await session.run(tf.globalVariablesInitializer());
        assert.deepEqual(((await session.run(sums)) as tf.NdArray).toArray(), [6, 15]);
        assert.equal(await session.run(total), 21);
      }));

    test("one loop program serves every length it was compiled for, with no trace of the one before", () =>
      inGraph(async (open) => {
        const e = tf.placeholder("float32", [null, 1]);
        const sum = tf.foldl((a: Scalar, x: Scalar) => tf.add(a, x) as Scalar, e as Scalar, {
          initializer: tf.zeros([1]) as Scalar,
        });
        const session = open();
        for (const length of [3, 1, 0, 5, 3]) {
          const values = Array.from({ length }, (_, i) => [i + 1]);
          const fed = new tf.NdArray("float32", [length, 1], Float32Array.from(values.flat()));
          const result = (await session.run(sum, [[e, fed]])) as tf.NdArray;
          assert.deepEqual(result.toArray(), [(length * (length + 1)) / 2]);
        }
      }));
  });

describe("misuse of control flow", () => {
  const misuse = (name: string, body: () => unknown, type: new (...args: never[]) => Error, words: RegExp) =>
    test(name, () => {
      new tf.Graph().asDefault(() =>
        assert.throws(body, (error) => error instanceof type && words.test(error.message)),
      );
    });
  const { ArgumentError, DTypeError, ShapeError, GradientError } = tf.errors;
  misuse(
    "a JavaScript boolean as condition",
    () =>
      tf.cond(
        true as never,
        () => float(1),
        () => float(2),
      ),
    ArgumentError,
    /pred must not be a Python bool/,
  );
  misuse(
    "branches of different dtypes",
    () =>
      tf.cond(
        tf.less(1, 2) as tf.Tensor<"bool">,
        () => float(1),
        () => tf.constant(1),
      ),
    DTypeError,
    /must have the same type: float32, int32/,
  );
  misuse(
    "branches of different structure",
    () =>
      tf.cond(
        tf.less(1, 2) as tf.Tensor<"bool">,
        () => [float(1), float(2)],
        () => [float(1)],
      ),
    ArgumentError,
    /same structure/,
  );
  misuse(
    "no loop variables",
    () =>
      tf.whileLoop(
        () => tf.less(1, 2) as tf.Tensor<"bool">,
        (v) => v,
        [],
      ),
    ArgumentError,
    /No loop variables/,
  );
  misuse(
    "a body that changes a dtype",
    () =>
      tf.whileLoop(
        (v) => tf.less(v as Scalar, 2) as tf.Tensor<"bool">,
        () => tf.constant(1) as never,
        float(1),
      ),
    DTypeError,
    /dtype float32 before a step and int32 after/,
  );
  misuse(
    "a body that changes a shape",
    () =>
      tf.whileLoop(
        () => tf.less(1, 2) as tf.Tensor<"bool">,
        (v) => tf.concat([v as Scalar, v as Scalar], 0) as Scalar,
        float([1, 2]),
      ),
    ShapeError,
    /not an invariant for the loop/,
  );
  misuse(
    "a gradient without maximumIterations",
    () => {
      const w = float(2);
      const y = tf.whileLoop(
        (v) => tf.less(v as Scalar, 9) as tf.Tensor<"bool">,
        (v) => tf.multiply(v as Scalar, w) as Scalar,
        float(1),
      );
      tf.gradients(y, [w]);
    },
    GradientError,
    /maximumIterations/,
  );

  test("an operation inside a branch cannot be fetched", async () => {
    await new tf.Graph().asDefault(async (graph) => {
      let inside: tf.Tensor | undefined;
      tf.cond(
        tf.less(float(1), 2) as tf.Tensor<"bool">,
        () => {
          inside = tf.add(float(1), 1) as tf.Tensor;
          return inside as Scalar;
        },
        () => float(2),
      );
      using session = new tf.Session({ graph });
      await assert.rejects(session.run(inside as tf.Tensor), /not fetchable|not an element of this graph/);
    });
  });
});
