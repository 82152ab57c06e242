/** @file Gradients: paths, what stops them, what arrives, second order, and operations without any. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { compiled } from "../../src/ir/index.js";
import { defineOp } from "../../src/ops/define.js";
import { assertFails, plain } from "../runtime/support.js";

const { errors } = tf;
let session: tf.Session;
beforeEach(() => {
  tf.resetDefaultGraph();
  session = new tf.Session({ device: "interpreter" });
});
const scalar = (name: string) => tf.placeholder("float64", [], { name });

/** A copy of its input that says of itself that it cannot be differentiated. */
const opaqueOp = defineOp({
  name: "TestOpaque",
  inputs: ["x"],
  infer: (c) => [{ dtype: "float64", shape: c.shape(0) }],
  lower: compiled((c) => [c.input(0)]),
});
const customOp = defineOp({ ...opaqueOp.definition, name: "TestCustomGradient" });

test("contributions of several paths are summed", async () => {
  const x = scalar("x");
  const y = tf.add(tf.multiply(x, x), tf.multiply(x, 3));
  const [dx] = tf.gradients(tf.add(y, x), [x]);
  assert.ok(dx !== null);
  assert.equal(await session.run(dx as tf.Tensor<"float64", readonly []>, [[x, 5]]), 2 * 5 + 3 + 1);
});

test("several ys are summed, several xs listed in order", async () => {
  const [a, b, c] = [scalar("a"), scalar("b"), scalar("c")];
  const found = tf.gradients([tf.multiply(a, b), tf.square(b)], [b, a, c]);
  assert.equal(found.length, 3);
  assert.equal(found[2], null, "c is not connected");
  const [db, da] = found as [tf.Tensor, tf.Tensor, null];
  assert.deepEqual(
    plain(
      await session.run(
        [da, db],
        [
          [a, 3],
          [b, 4],
        ],
      ),
    ),
    [4, 3 + 8],
  );
});

test("a single x may stand without a list; x itself has gradient one", async () => {
  const x = tf.placeholder("float32", [null]);
  const [dx] = tf.gradients(x, x) as unknown as [tf.Tensor];
  assert.deepEqual(plain(await session.run(dx, [[x, [1, 2, 3]]])), [1, 1, 1]);
  assert.deepEqual(dx.shape, [null]);
});

test("the gradient of the sum of all elements, with a broadcast undone", async () => {
  const x = tf.placeholder("float64", [2, 3]);
  const b = tf.placeholder("float64", [3]);
  const found = tf.gradients(tf.multiply(x, b), [x, b]) as [tf.Tensor, tf.Tensor];
  assert.deepEqual(found[1].shape, [3]);
  assert.deepEqual(
    plain(
      await session.run(found, [
        [
          x,
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ],
        [b, [7, 8, 9]],
      ]),
    ),
    [
      [
        [7, 8, 9],
        [7, 8, 9],
      ],
      [5, 7, 9],
    ],
  );
});

test("gradYs weigh the ys; null stands for ones", async () => {
  const x = tf.placeholder("float64", [2]);
  const w = tf.placeholder("float64", [2]);
  const ys = [tf.square(x), tf.multiply(x, 10)];
  const [dx] = tf.gradients(ys, [x], { gradYs: [w, null] }) as [tf.Tensor];
  assert.deepEqual(
    plain(
      await session.run(dx, [
        [x, [1, 2]],
        [w, [3, 4]],
      ]),
    ),
    [2 * 3 + 10, 4 * 4 + 10],
  );
  await assertFails(() => tf.gradients(ys, [x], { gradYs: [w] }), {
    type: errors.ArgumentError,
    says: "Passed 1 grad_ys for 2 ys",
  });
  await assertFails(() => tf.gradients(x, [x], { gradYs: tf.placeholder("float64", [3]) }), {
    type: errors.GradientError,
    says: /^Gradient Tensor\(.*shape=\(3,\).*\) does not fit Tensor\(.*shape=\(2,\)/,
    hint: false,
  });
});

test("stopGradient ends a path; stopGradients takes tensors as constants", async () => {
  const a = scalar("a");
  const b = tf.multiply(a, 2);
  const y = tf.add(tf.multiply(tf.stopGradient(a), a), b);
  const [whole] = tf.gradients(y, [a]) as [tf.Tensor];
  assert.equal(plain(await session.run(whole, [[a, 5]])), 5 + 2);
  const partial = tf.gradients(tf.add(a, b), [a, b], { stopGradients: [a, b] }) as [tf.Tensor, tf.Tensor];
  assert.deepEqual(await session.run(partial, [[a, 5]]), [1, 1]);
  const total = tf.gradients(tf.add(a, b), [a, b]) as [tf.Tensor, tf.Tensor];
  assert.deepEqual(await session.run(total, [[a, 5]]), [3, 1]);
  assert.deepEqual(tf.gradients(tf.square(b), [a], { stopGradients: [b] }), [null]);
});

test("nothing flows through what is not differentiable, nor into whole numbers", () => {
  const x = scalar("x");
  const n = tf.placeholder("int32", []);
  for (const y of [
    tf.floor(x),
    tf.ceil(x),
    tf.round(x),
    tf.cast(tf.greater(x, 0), "float64"),
    tf.cast(tf.cast(x, "int32"), "float64"),
  ])
    assert.deepEqual(tf.gradients(y, [x]), [null]);
  assert.deepEqual(tf.gradients(tf.cast(n, "float64"), [n]), [null]);
  assert.deepEqual(tf.gradients(tf.multiply(n, n), [n]), [null]);
});

test("kinks and ties go where the original sends them", async () => {
  const x = scalar("x");
  const y = scalar("y");
  const at = async (f: tf.Tensor, by: tf.Tensor[], values: number[]) =>
    plain(
      await session.run(
        tf.gradients(f, by) as tf.Tensor[],
        by.map((t, i) => [t, values[i] as number] as const),
      ),
    );
  assert.deepEqual(await at(tf.relu(x) as tf.Tensor, [x], [0]), [0]);
  assert.deepEqual(await at(tf.abs(x), [x], [0]), [0]);
  assert.deepEqual(await at(tf.sign(x), [x], [3]), [0]);
  assert.deepEqual(await at(tf.maximum(x, y), [x, y], [2, 2]), [1, 0]);
  assert.deepEqual(await at(tf.minimum(x, y), [x, y], [2, 2]), [1, 0]);
});

test("casts between floats pass the gradient through", async () => {
  const x = tf.placeholder("float32", []);
  const [dx] = tf.gradients(tf.square(tf.cast(x, "float64")), [x]) as [tf.Tensor];
  assert.equal(dx.dtype, "float32");
  assert.equal(plain(await session.run(dx, [[x, 3]])), 6);
});

test("gradients can be differentiated again and again", async () => {
  const x = scalar("x");
  let y: tf.Tensor = tf.pow(x, 4);
  const values: unknown[] = [];
  for (let order = 1; order <= 5; order++) {
    const [next] = tf.gradients(y, [x]);
    if (next === null || next === undefined) break;
    y = next;
    values.push(plain(await session.run(y, [[x, 3]])));
  }
  assert.deepEqual(values.slice(0, 4), [4 * 27, 12 * 9, 24 * 3, 24]);
});

test("a variable's gradient covers every read of it", async () => {
  const v = new tf.Variable(tf.constant([1, 2, 3], { dtype: "float64" }));
  await session.run(v.initializer);
  const y = tf.add(tf.square(v), tf.multiply(v.readValue(), 10));
  const [dv] = tf.gradients(y, [v]) as [tf.Tensor];
  assert.deepEqual(plain(await session.run(dv)), [12, 14, 16]);
  const [one] = tf.gradients(y, [v.value()]) as [tf.Tensor];
  assert.deepEqual(plain(await session.run(one)), [2, 4, 6]);
});

test("shapes known only while running", async () => {
  const x = tf.placeholder("float64");
  const b = tf.placeholder("float64");
  const found = tf.gradients(tf.multiply(x, b), [x, b]) as [tf.Tensor, tf.Tensor];
  assert.deepEqual(
    plain(
      await session.run(found, [
        [
          x,
          [
            [1, 2],
            [3, 4],
          ],
        ],
        [b, [[5], [6]]],
      ]),
    ),
    [
      [
        [5, 5],
        [6, 6],
      ],
      [[3], [7]],
    ],
  );
});

test("gradient operations are named after what they differentiate", () => {
  const x = scalar("x");
  const y = tf.withNameScope("layer", () => tf.exp(x, { name: "y" }));
  const [dx] = tf.gradients(y, [x]) as [tf.Tensor];
  assert.match(dx.op.name, /^gradients\/layer\/y_grad\//);
  const [again] = tf.gradients(y, [x], { name: "mine" }) as [tf.Tensor];
  assert.match(again.op.name, /^mine\/layer\/y_grad\//);
  const [third] = tf.gradients(y, [x]) as [tf.Tensor];
  assert.match(third.op.name, /^gradients_1\//);
});

test("an operation without a gradient is an error only on the path", async () => {
  const x = scalar("x");
  const opaque = opaqueOp.build([x], {}, { name: "deep/opaque" });
  await assertFails(() => tf.gradients(tf.square(opaque as tf.Tensor<"float64">), [x]), {
    type: errors.GradientError,
    says: "No gradient defined for operation 'deep/opaque' (op type: TestOpaque)",
    createdIn: "gradients.test",
    hint: /tf\.registerGradient\("TestOpaque", …\)/,
  });
  const y = scalar("y");
  const [dy] = tf.gradients(tf.multiply(opaque as tf.Tensor<"float64">, y), [y]);
  assert.ok(dy !== null);
  assert.ok(tf.gradients(tf.square(tf.stopGradient(opaque) as tf.Tensor<"float64">), [x])[0] === null);
});

test("registerGradient gives a type a gradient, which must fit", async () => {
  const x = tf.placeholder("float64", [2]);
  const y = customOp.build([x]);
  tf.registerGradient("TestCustomGradient", (op, dy) => [
    tf.multiply(dy as tf.Tensor<"float64">, tf.multiply(op.inputs[0] as tf.Tensor<"float64">, 100)),
  ]);
  const [dx] = tf.gradients(y, [x]) as [tf.Tensor];
  assert.deepEqual(plain(await session.run(dx, [[x, [1, 2]]])), [100, 200]);
  tf.registerGradient("TestCustomGradient", null);
  assert.deepEqual(tf.gradients(y, [x]), [null]);
  tf.registerGradient("TestCustomGradient", () => []);
  await assertFails(() => tf.gradients(y, [x]), {
    type: errors.GradientError,
    says: /^Num gradients 0 generated for op <tf\.Operation 'TestCustomGradient' type=TestCustomGradient> do not match num inputs 1$/,
    createdIn: "gradients.test",
  });
  tf.registerGradient("TestCustomGradient", () => [tf.constant([1, 2, 3], { dtype: "float64" })]);
  await assertFails(() => tf.gradients(y, [x]), {
    type: errors.GradientError,
    says: /^Incompatible shapes between op input and calculated input gradient\. Forward operation: TestCustomGradient\. Input index: 0\./,
    hint: /correct the gradient function of TestCustomGradient/,
  });
});

test("what gradients refuses", async () => {
  const x = scalar("x");
  await assertFails(() => tf.gradients([], [x]), {
    type: errors.ArgumentError,
    says: "gradients() needs at least one tensor to differentiate",
    hint: false,
  });
  await assertFails(() => tf.gradients(x, [3 as never]), {
    type: errors.ArgumentError,
    says: "gradients(): every entry of xs must be a tensor or variable",
    hint: false,
  });
});

test("gradients are built in the graph of the ys", () => {
  const graph = new tf.Graph();
  const [x, y] = graph.asDefault(() => {
    const input = scalar("x");
    return [input, tf.square(input)] as const;
  });
  const [dx] = tf.gradients(y, [x]) as [tf.Tensor];
  assert.equal(dx.graph, graph);
});

test("gradients built under a control dependency wait for it", async () => {
  const x = scalar("x");
  const v = new tf.Variable(1.5, { name: "v" });
  const y = tf.square(x);
  const [dx] = tf.withControlDependencies([v.initializer], () => tf.gradients(y, [x])) as [tf.Tensor];
  assert.equal(plain(await session.run(dx, [[x, 3]])), 6);
  assert.equal(await session.run(v), 1.5);
});

test("gradientOverrideMap gives the operations of a block another gradient", async () => {
  await new tf.Graph().asDefault(async (graph) => {
    const x = tf.constant([1, -2], { dtype: "float32" });
    tf.registerGradient("TestTenfold", (_op, dy) => [tf.multiply(dy, 10) as tf.Tensor]);
    const inside = graph.gradientOverrideMap({ Relu: "TestTenfold" }, () => tf.nn.relu(x));
    const outside = tf.nn.relu(x);
    const [a] = tf.gradients(inside as tf.Tensor, [x]);
    const [b] = tf.gradients(outside as tf.Tensor, [x]);
    const unknown = graph.gradientOverrideMap({ Relu: "TestNobody" }, () => tf.nn.relu(x));
    assert.throws(
      () => tf.gradients(unknown as tf.Tensor, [x]),
      (error) =>
        error instanceof tf.errors.GradientError && /No gradient registered under 'TestNobody'/.test(error.message),
    );
    using session = new tf.Session({ graph });
    const [tenfold, plain] = (await session.run([a, b] as tf.Tensor[])) as tf.NdArray[];
    assert.deepEqual(tenfold?.toArray(), [10, 10]);
    assert.deepEqual(plain?.toArray(), [1, 0]);
  });
});
