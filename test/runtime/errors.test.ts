/** @file Misuse of sessions, and what the user reads: the first line as in TensorFlow, the origin, the way out. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as tf from "tensorstrata";
import { assertFails } from "./support.js";

const { errors } = tf;
const here = "errors.test";
let session: tf.Session;
beforeEach(() => {
  tf.resetDefaultGraph();
  session = new tf.Session({ device: "interpreter" });
});

test("an uninitialized variable is named, with its origin, its user and the initializer", async () => {
  const kernel = new tf.Variable([[1.5]], { name: "dense/kernel" });
  const loss = tf.matmul(kernel, kernel, { name: "loss" });
  const error = await assertFails(() => session.run(loss), {
    type: errors.FailedPreconditionError,
    says: "Attempting to use uninitialized value dense/kernel",
    createdIn: here,
    hint: /await session\.run\(tf\.globalVariablesInitializer\(\)\)$/,
  });
  assert.match(error.message, /^ {2}needed by {3}loss ← dense\/kernel\/read ← dense\/kernel$/m);
  await session.run(tf.globalVariablesInitializer());
  assert.deepEqual((await session.run(loss)).toArray(), [[2.25]]);
});

test("a variable made after the initializer ran says so", async () => {
  new tf.Variable(1.5, { name: "early" });
  await session.run(tf.globalVariablesInitializer());
  const late = new tf.Variable(2.5, { name: "late" });
  await assertFails(() => session.run(late), {
    type: errors.FailedPreconditionError,
    says: "Attempting to use uninitialized value late",
    createdIn: here,
    hint: /yours ran before this variable existed/,
  });
});

test("adding to an uninitialized variable is an error too, and assigning is not", async () => {
  const v = new tf.Variable(1.5, { name: "v" });
  await assertFails(() => session.run(v.assignAdd(1)), {
    type: errors.FailedPreconditionError,
    says: "Attempting to use uninitialized value v",
  });
  assert.equal(await session.run(v.assign(4)), 4);
});

test("a placeholder that is needed must be fed", async () => {
  const pixels = tf.placeholder("float32", [null, 784], { name: "pixels" });
  const any = tf.placeholder("int32", undefined, { name: "any" });
  const scalar = tf.placeholder("float64", [], { name: "scalar" });
  const error = await assertFails(() => session.run(tf.negative(pixels, { name: "loss" })), {
    type: errors.InvalidArgumentError,
    says: "You must feed a value for placeholder tensor 'pixels' with dtype float and shape [?,784]",
    createdIn: here,
    hint: /session\.run\(fetches, \[\[pixels, values\]\]\)/,
  });
  assert.match(error.message, /needed by {3}loss ← pixels/);
  await assertFails(() => session.run(tf.negative(any)), {
    type: errors.InvalidArgumentError,
    says: "You must feed a value for placeholder tensor 'any' with dtype int32",
  });
  await assertFails(() => session.run(tf.negative(scalar)), {
    type: errors.InvalidArgumentError,
    says: "You must feed a value for placeholder tensor 'scalar' with dtype double",
  });
});

test("a fed value must have the tensor's static shape, whichever tensor it is", async () => {
  const x = tf.placeholder("float32", [null, 784], { name: "pixels" });
  const sum = tf.add(tf.constant([1.5, 2]), 1, { name: "sum" });
  await assertFails(() => session.run(x, [[x, new tf.NdArray("float32", [64, 100], new Float32Array(6400))]]), {
    type: errors.FeedError,
    says: "Cannot feed value of shape (64, 100) for Tensor 'pixels:0', which has shape '(?, 784)'",
    createdIn: here,
  });
  await assertFails(() => session.run(sum, [[sum, [1, 2, 3]]]), {
    type: errors.FeedError,
    says: "Cannot feed value of shape (3,) for Tensor 'sum:0', which has shape '(2,)'",
    createdIn: here,
  });
});

test("a feed key must be a tensor of the graph", async () => {
  const x = tf.placeholder("float32", [], { name: "x" });
  const other = new tf.Graph().asDefault(() => tf.placeholder("float32", [], { name: "elsewhere" }));
  const feed = (key: unknown) => session.run(x, [[key as tf.Tensor, 1]]);
  for (const [key, says] of [
    [other, /^Cannot interpret feed_dict key as Tensor: Tensor .*elsewhere:0.* is not an element of this graph\.$/],
    [
      "nothing",
      /^Cannot interpret feed_dict key as Tensor: The name 'nothing:0' refers to a Tensor which does not exist/,
    ],
    ["x:1", /^Cannot interpret feed_dict key as Tensor: The name 'x:1' .* exists but only has 1 outputs/],
    [3, /^Cannot interpret feed_dict key as Tensor: Can not convert a number into a Tensor\.$/],
    [x.op, /^Cannot interpret feed_dict key as Tensor: Can not convert a Operation into a Tensor\.$/],
  ] as const)
    await assertFails(() => feed(key), {
      type: errors.FeedError,
      says,
      hint: says.source.includes("only has") ? false : undefined,
    });
});

test("a feed value is data, not a tensor and not nothing", async () => {
  const x = tf.placeholder("float32", [], { name: "x" });
  const v = new tf.Variable(1.5, { name: "v" });
  for (const value of [x, v])
    await assertFails(() => session.run(x, [[x, value as never]]), {
      type: errors.FeedError,
      says: /^The value of a feed cannot be a tf\.Tensor object/,
      createdIn: here,
      hint: /run the tensor first/,
    });
  await assertFails(() => session.run(x, [[x, null as never]]), {
    type: errors.FeedError,
    says: "Tensor 'x:0' was fed null",
  });
  await assertFails(() => session.run(x, [[x, "seven"]]), {
    type: errors.FeedError,
    says: /^Cannot convert the value fed for Tensor 'x:0' to float32: Expected float32, got 'seven' of type 'string'/,
    hint: false,
  });
  await assertFails(() => session.run(x, [x, 1] as never), {
    type: errors.FeedError,
    says: "Feeds must be pairs of a tensor and a value, got Tensor",
    hint: /\[\[x, values\], \[y, labels\]\]/,
  });
});

test("a whole number must fit the dtype it is fed as", async () => {
  const byte = tf.placeholder("uint8", [], { name: "byte" });
  await assertFails(() => session.run(byte, [[byte, 300]]), {
    type: errors.FeedError,
    says: /^Cannot convert the value fed for Tensor 'byte:0' to uint8: Value 300 does not fit dtype uint8/,
  });
  assert.equal(await session.run(byte, [[byte, 255]]), 255);
});

test("a ragged value is refused", async () => {
  const x = tf.placeholder("float32", [null, null], { name: "x" });
  await assertFails(() => session.run(x, [[x, [[1, 2], [3]]]]), {
    type: errors.FeedError,
    says: /^Cannot convert the value fed for Tensor 'x:0' to float32: Argument must be a dense tensor/,
  });
});

test("a tensor marked unfeedable may not be fed", async () => {
  const x = tf.constant(1.5, { name: "x" });
  x.graph.preventFeeding(x);
  await assertFails(() => session.run(x, [[x, 1]]), {
    type: errors.FeedError,
    says: 'Tensor Tensor("x:0", shape=(), dtype=float32) may not be fed.',
    createdIn: here,
    hint: false,
  });
});

test("a fetch must be an element of the graph", async () => {
  tf.constant(1.5, { name: "here" });
  const other = new tf.Graph().asDefault(() => tf.constant(1.5, { name: "elsewhere" }));
  const fails = (fetch: unknown, says: string | RegExp, hint?: RegExp) =>
    assertFails(() => session.run(fetch as tf.Tensor), { type: errors.FetchError, says, ...(hint && { hint }) });
  await fails(null, /^Fetch argument null has invalid type null, must be a string or Tensor\./);
  await fails(
    3,
    "Fetch argument 3 has invalid type number, must be a string or Tensor. (Can not convert a number into a Tensor or Operation.)",
  );
  await fails([3], /^Fetch argument 3 has invalid type number/);
  await fails(
    new Date(0),
    /has invalid type Date, must be a string or Tensor\. \(Can not convert a Date into a Tensor or Operation\.\)$/,
  );
  await fails(tf.NdArray.from(3), /has invalid type NdArray, must be a string or Tensor/);
  await fails(
    other,
    /^Fetch argument Tensor\("elsewhere:0".*\) cannot be interpreted as a Tensor\. \(Tensor .* is not an element of this graph\.\)$/,
  );
  await fails(
    "foo:0",
    "Fetch argument 'foo:0' cannot be interpreted as a Tensor. (The name 'foo:0' refers to a Tensor which does not exist. The operation, 'foo', does not exist in the graph.)",
  );
  await fails("her", /The name 'her' refers to an Operation not in the graph\.\)$/, /did you mean 'here'\?/);
});

test("what is inside a branch may be marked unfetchable", async () => {
  const x = tf.constant(1.5, { name: "x" });
  x.graph.preventFetching(x.op);
  for (const fetch of [x, x.op])
    await assertFails(() => session.run(fetch), {
      type: errors.FetchError,
      says: "Operation <tf.Operation 'x' type=Const> has been marked as not fetchable.",
    });
});

test("a closed session runs nothing", async () => {
  const x = tf.constant(1.5);
  const callable = session.makeCallable(x);
  session.close();
  session.close();
  const closed = { type: errors.SessionError, says: "Attempted to use a closed Session." };
  await assertFails(() => session.run(x), closed);
  await assertFails(() => session.run([]), closed);
  await assertFails(() => callable(), closed);
  await assertFails(() => session.makeCallable(x), closed);
  await assertFails(() => session.partialRunSetup([x]), closed);
});

test("a session closed meanwhile refuses the runs that have not begun", async () => {
  const x = tf.constant(1.5);
  const first = session.run(x);
  const second = session.run(x);
  session.close();
  await assertFails(() => second, { type: errors.SessionError, says: "Attempted to use a closed Session." });
  await first.catch(() => undefined);
});

test("an empty graph has nothing to run", async () => {
  for (const fetch of ["x:0", [], {}])
    await assertFails(() => session.run(fetch), {
      type: errors.SessionError,
      says: "The Session graph is empty. Add operations to the graph before calling run().",
    });
});

test("eval() and run() need a default session of the tensor's graph", async () => {
  const x = tf.constant(1.5);
  const says = (what: string) => new RegExp(`^Cannot ${what}: No default session is registered\\. Use `);
  await assertFails(() => x.eval(), { type: errors.SessionError, says: says("evaluate tensor using `eval\\(\\)`") });
  await assertFails(() => x.op.run(), { type: errors.SessionError, says: says("execute operation using `run\\(\\)`") });
  const y = new tf.Graph().asDefault(() => tf.constant(2.5));
  await tf.withSession(session, async () => {
    assert.equal(await x.eval(), 1.5);
    await assertFails(() => y.eval(), {
      type: errors.SessionError,
      says: /^Cannot use the default session to evaluate tensor: the tensor's graph is different from the session's graph\./,
      hint: false,
    });
    await assertFails(() => y.op.run(), {
      type: errors.SessionError,
      says: /^Cannot use the default session to execute operation: the operation's graph is different from the session's graph\./,
      hint: false,
    });
    await assertFails(() => y.eval(undefined, session), {
      type: errors.SessionError,
      says: /^Cannot use the given session to evaluate tensor: the tensor's graph is different/,
      hint: false,
    });
  });
});

test("matrices that do not fit are an error while building where the shapes are known", async () => {
  const x = tf.placeholder("float32", [null, 784]);
  await assertFails(() => tf.matmul(x as tf.Tensor, tf.placeholder("float32", [10, 5])), {
    type: errors.ShapeError,
    says: "Dimensions must be equal, but are 784 and 10 for 'MatMul' (op: 'MatMul') with input shapes: [?,784], [10,5].",
    createdIn: here,
    hint: /columns of the first matrix must equal the rows of the second/,
  });
  const vector: tf.Tensor = tf.placeholder("float32", [3]);
  await assertFails(() => tf.matmul(vector, tf.placeholder("float32", [3, 2])), {
    type: errors.ShapeError,
    says: /^Shape must be rank 2 but is rank 1 for 'MatMul(_1)?' \(op: 'MatMul'\) with input shapes: \[3\], \[3,2\]\.$/,
    createdIn: here,
    hint: false,
  });
});

test("… and while running where they are not", async () => {
  const a = tf.placeholder("float32");
  const b = tf.placeholder("float32");
  const product = tf.matmul(a, b);
  const fails = (x: number[] | number[][], y: number[][], says: string, hint?: false) =>
    assertFails(
      () =>
        session.run(product, [
          [a, x],
          [b, y],
        ]),
      {
        type: errors.InvalidArgumentError,
        says,
        createdIn: here,
        ...(hint === false && { hint }),
      },
    );
  await fails(
    [[1, 2]],
    [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ],
    "Matrix size-incompatible: In[0]: [1,2], In[1]: [3,4]",
  );
  await fails([1, 2], [[1], [2]], "In[0] is not a matrix", false);
});

test("shapes that do not broadcast", async () => {
  const three: tf.Tensor = tf.placeholder("float32", [3]);
  await assertFails(() => tf.add(three, tf.placeholder("float32", [4])), {
    type: errors.ShapeError,
    says: "Dimensions must be equal, but are 3 and 4 for 'Add' (op: 'Add') with input shapes: [3], [4].",
    createdIn: here,
  });
  const a = tf.placeholder("float32");
  const b = tf.placeholder("float32");
  await assertFails(
    () =>
      session.run(tf.add(a, b), [
        [a, [1, 2, 3]],
        [b, [1, 2, 3, 4]],
      ]),
    {
      type: errors.InvalidArgumentError,
      says: "Incompatible shapes: [3] vs. [4]",
      createdIn: here,
      hint: false,
    },
  );
});

test("operands of two dtypes", async () => {
  const a: tf.Tensor = tf.placeholder("float32", [2, 2]);
  await assertFails(() => tf.matmul(a, tf.placeholder("float64", [2, 2])), {
    type: errors.DTypeError,
    says: "Input 'b' of 'MatMul' Op has type float64 that does not match type float32 of argument 'a'.",
    createdIn: here,
    hint: /tf\.cast/,
  });
  await assertFails(() => tf.add(a, "a" as never), {
    type: errors.DTypeError,
    says: "Expected float32 passed to parameter 'y' of op 'Add', got 'a' of type 'string' instead.",
    createdIn: here,
  });
});

test("an assigned value of another shape", async () => {
  const v = new tf.Variable([1.5, 2], { name: "v" });
  await assertFails(() => v.assign([1, 2, 3]), {
    type: errors.ShapeError,
    says: /^Assign requires shapes of both tensors to match\. lhs shape= \[2\] rhs shape= \[3\]/,
    createdIn: here,
  });
  const any = tf.placeholder("float32");
  await session.run(v.initializer);
  for (const change of [v.assign(any), v.assignAdd(any), v.assignSub(any)])
    await assertFails(() => session.run(change, [[any, [1, 2, 3]]]), {
      type: errors.InvalidArgumentError,
      says: "Assign requires shapes of both tensors to match. lhs shape= [2] rhs shape= [3]",
      createdIn: here,
      hint: false,
    });
  assert.deepEqual((await session.run(v)).toArray(), [1.5, 2]);
});

test("a tensor is neither a number, nor a truth value, nor a list", async () => {
  const x = tf.constant(1.5, { name: "x" });
  await assertFails(() => Number(x), {
    type: errors.GraphError,
    says: /^Using a Tensor as a JavaScript number or boolean is not allowed/,
  });
  await assertFails(() => [...(x as unknown as Iterable<number>)], {
    type: errors.GraphError,
    says: "'Tensor' object is not iterable",
  });
  assert.equal(`${x}`, 'Tensor("x:0", shape=(), dtype=float32)');
});

test("a device that does not exist", async () => {
  await assertFails(() => new tf.Session({ device: "abacus" as never }), {
    type: errors.ArgumentError,
    says: "Unknown device 'abacus'",
    hint: /use auto, /,
  });
});

test("what a run finds wrong with values says where the operation was made", async () => {
  const bad = { type: errors.InvalidArgumentError, createdIn: here };
  const table = tf.constant([1.5, 2.5, 3.5]);
  const index = tf.constant([0, 3]);
  const labels = tf.constant([4]);
  const logits = tf.constant([[1.5, 2.5]]);
  const whole = tf.constant([1, 2]);
  for (const [says, tensor] of [
    ["indices[1] = 3 is not in [0, 3)", tf.gather(table, index)],
    [/^Received a label value of 4 /, tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels, logits })],
    ["loss : Tensor had NaN values", tf.checkNumerics(tf.log(tf.constant(-1.5)), "loss")],
    ["Integer division by zero", tf.floorDiv(whole, tf.constant([1, 0]))],
  ] as const)
    for (const device of ["interpreter", "wasm"] as const) {
      using run = new tf.Session({ device });
      await assertFails(() => run.run(tensor as tf.Tensor), { ...bad, says });
    }
});
