/**
 * @file The optimizers: TensorFlow's traces, slots and their names, what an update reads and when,
 * hyper-parameters, errors.
 */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import * as tf from "tensorstrata";
import { type BackendName, backendNames } from "../../src/backends/index.js";
import { assertClose, openSession } from "./support.js";

const { train } = tf;
type Float = "float32" | "float64";

beforeEach(() => tf.resetDefaultGraph());

/** Weights after the gradients 0.1, 0.2 and −0.1, beginning at 1. */
async function traceOf(
  make: (step: tf.Variable) => tf.train.Optimizer,
  dtype: Float,
  device: BackendName,
): Promise<number[]> {
  const w = new tf.Variable(tf.constant(1, { dtype }), { name: "w" });
  const g = tf.placeholder(dtype, [], { name: "g" });
  const globalStep = train.getOrCreateGlobalStep();
  const step = make(globalStep).applyGradients([[g, w]], { globalStep });
  using session = new tf.Session({ device });
  await session.run(tf.globalVariablesInitializer());
  const weights: number[] = [];
  for (const gradient of [0.1, 0.2, -0.1]) {
    await session.run(step, [[g, gradient]]);
    weights.push(Number(await session.run(w)));
  }
  return weights;
}

type Trace = readonly [name: string, make: (step: tf.Variable) => tf.train.Optimizer, weights: readonly number[]];

/** Computed in float64, given to nine decimals. */
const golden: readonly Trace[] = [
  ["gradient descent", () => new train.GradientDescentOptimizer(0.1), [0.99, 0.97, 0.98]],
  ["momentum", () => new train.MomentumOptimizer(0.1, 0.9), [0.99, 0.961, 0.9449]],
  ["Nesterov", () => new train.MomentumOptimizer(0.1, 0.9, { useNesterov: true }), [0.981, 0.9349, 0.93041]],
  ["RMSProp", () => new train.RMSPropOptimizer(0.1), [0.989464926, 0.967309615, 0.978978537]],
  [
    "centered RMSProp",
    () => new train.RMSPropOptimizer(0.1, { centered: true }),
    [0.989464341, 0.967297589, 0.97896857],
  ],
  ["Adam", () => new train.AdamOptimizer(0.1), [0.900000316, 0.80348225, 0.761473374]],
  ["Adagrad", () => new train.AdagradOptimizer(0.1), [0.969848866, 0.918209088, 0.943209088]],
  ["Adadelta of 1.5", () => new train.AdadeltaOptimizer(0.1), [0.999955279, 0.999898426, 0.999933791]],
  ["Ftrl", () => new train.FtrlOptimizer(0.1), [0.016386276, -0.035253502, -0.010253502]],
  [
    "Ftrl with L1 and L2",
    () => new train.FtrlOptimizer(0.1, { l1RegularizationStrength: 0.001, l2RegularizationStrength: 0.01 }),
    [0.015988352, -0.034872385, -0.009996763],
  ],
];

const shrinking = { l1RegularizationStrength: 0.01, l2RegularizationStrength: 0.02 };
/** Printed by TensorFlow itself in float32. */
const original: readonly Trace[] = [
  ["AdagradDA", (s) => new train.AdagradDAOptimizer(0.1, s), [-0.030151136, -0.077459671, -0.050000004]],
  [
    "AdagradDA with L1 and L2",
    (s) => new train.AdagradDAOptimizer(0.1, s, shrinking),
    [-0.026973367, -0.071556658, -0.041871928],
  ],
  [
    "proximal gradient descent",
    () => new train.ProximalGradientDescentOptimizer(0.1, shrinking),
    [0.987025976, 0.964097857, 0.971155584],
  ],
  [
    "proximal Adagrad",
    () => new train.ProximalAdagradOptimizer(0.1, shrinking),
    [0.96103853, 0.902157962, 0.920057654],
  ],
  [
    "Ftrl with shrinkage",
    () =>
      new train.FtrlOptimizer(0.1, {
        l1RegularizationStrength: 0.001,
        l2RegularizationStrength: 0.02,
        l2ShrinkageRegularizationStrength: 0.3,
      }),
    [-0.162262097, -0.188493416, -0.135746866],
  ],
  [
    "Ftrl of another power",
    () => new train.FtrlOptimizer(0.1, { learningRatePower: -0.7 }),
    [0.01765614, -0.05781243, -0.021744931],
  ],
  [
    "RMSProp with momentum",
    () => new train.RMSPropOptimizer(0.1, { momentum: 0.5 }),
    [0.989464939, 0.962042093, 0.959999561],
  ],
  [
    "centered RMSProp, every parameter",
    () => new train.RMSPropOptimizer(0.1, { decay: 0.8, momentum: 0.5, epsilon: 0.01, centered: true }),
    [0.988899827, 0.958665252, 0.957270265],
  ],
  [
    "Adam, every parameter",
    () => new train.AdamOptimizer(0.1, { beta1: 0.8, beta2: 0.95, epsilon: 0.01 }),
    [0.930901706, 0.849608421, 0.819335103],
  ],
  [
    "Adadelta, every parameter",
    () => new train.AdadeltaOptimizer(0.5, { rho: 0.8, epsilon: 0.01 }),
    [0.954356432, 0.877204776, 0.92242223],
  ],
];

describe("traces", () => {
  for (const device of backendNames) {
    for (const [name, make, expected] of golden) {
      // The table's last decimal, and about ten float32 roundings of numbers up to 1.
      test(`${name}, float64, ${device}`, async () =>
        assertClose(await traceOf(make, "float64", device), expected, 1e-9));
      test(`${name}, float32, ${device}`, async () =>
        assertClose(await traceOf(make, "float32", device), expected, 1e-6));
    }
    for (const [name, make, expected] of original)
      test(`${name}, as TensorFlow, ${device}`, async () =>
        assertClose(await traceOf(make, "float32", device), expected, 1e-6));
  }
});

/** `Σ w²` of `w = [1, 2]`, whose gradient is `2w`. */
function parabola(): { w: tf.Variable; loss: tf.Tensor } {
  const w = new tf.Variable(tf.constant([1, 2], { dtype: "float32" }), { name: "W" });
  return { w, loss: tf.reduceSum(tf.square(w)) };
}
const variableNames = (): string[] => tf.globalVariables().map((variable) => variable.op.name);

describe("names", () => {
  test("slots stand under their variable, operations under the optimizer, as in TensorFlow", () => {
    const { w, loss } = parabola();
    const globalStep = train.getOrCreateGlobalStep();
    const adam = new train.AdamOptimizer();
    assert.equal(adam.minimize(loss, { globalStep }).name, "Adam");
    const momentum = new train.MomentumOptimizer(0.1, 0.9);
    momentum.minimize(loss);
    assert.equal(new train.MomentumOptimizer(0.1, 0.9).minimize(loss, { name: "second" }).name, "second");
    assert.deepEqual(variableNames(), [
      "W",
      "global_step",
      "beta1_power",
      "beta2_power",
      "W/Adam",
      "W/Adam_1",
      "W/Momentum",
      "W/Momentum_1",
    ]);
    const names = tf
      .getDefaultGraph()
      .getOperations()
      .map((op) => op.name);
    for (const name of [
      "beta1_power/initial_value",
      "W/Adam/Initializer/zeros",
      "W/Adam_1/read",
      "Adam/learning_rate",
      "Adam/beta2",
      "Adam/epsilon",
      "Adam/update_W/ApplyAdam",
      "Adam/update",
      "Adam/value",
      "Momentum/learning_rate",
      "Momentum/update_W/ApplyMomentum",
      "second/momentum",
    ])
      assert.ok(names.includes(name), `${name} is missing`);
    assert.equal(adam.getSlot(w, "v")?.op.name, "W/Adam_1");
    assert.equal(momentum.getSlot(w, "momentum")?.trainable, false);
    assert.deepEqual(
      tf.trainableVariables().map((variable) => variable.op.name),
      ["W"],
    );
  });

  test("scopes change the names of operations, not of slots", () => {
    const { loss } = parabola();
    const graph = tf.getDefaultGraph();
    const step = graph.nameScope("outer", () => new train.AdamOptimizer(0.1, { name: "Mine" }).minimize(loss));
    assert.equal(step.name, "outer/Mine");
    assert.deepEqual(variableNames(), ["W", "beta1_power", "beta2_power", "W/Mine", "W/Mine_1"]);
  });

  test("slot names, by kind of optimizer", () => {
    const { loss } = parabola();
    const step = train.getOrCreateGlobalStep();
    const slots: readonly (readonly [tf.train.Optimizer, readonly string[]])[] = [
      [new train.GradientDescentOptimizer(1), []],
      [new train.MomentumOptimizer(1, 1), ["momentum"]],
      [new train.RMSPropOptimizer(1), ["momentum", "rms"]],
      [new train.RMSPropOptimizer(1, { centered: true }), ["mg", "momentum", "rms"]],
      [new train.AdamOptimizer(), ["m", "v"]],
      [new train.AdagradOptimizer(1), ["accumulator"]],
      [new train.AdadeltaOptimizer(), ["accum", "accum_update"]],
      [new train.FtrlOptimizer(1), ["accum", "linear"]],
      [new train.AdagradDAOptimizer(1, step), ["gradient_accumulator", "gradient_squared_accumulator"]],
      [new train.ProximalGradientDescentOptimizer(1), []],
      [new train.ProximalAdagradOptimizer(1), ["accumulator"]],
    ];
    for (const [optimizer, names] of slots) {
      optimizer.minimize(loss);
      assert.deepEqual(optimizer.getSlotNames(), names, optimizer.name);
      const powers = optimizer instanceof train.AdamOptimizer ? 2 : 0;
      assert.equal(optimizer.variables().length, names.length + powers, optimizer.name);
    }
  });

  test("a training operation joins its collection, once", () => {
    const { loss } = parabola();
    const step = new train.GradientDescentOptimizer(0.1).minimize(loss);
    assert.deepEqual(tf.getDefaultGraph().getCollection(tf.GraphKeys.TRAIN_OP), [step]);
    assert.equal(step.type, "NoOp");
  });
});

describe("what a step does", () => {
  test("a fetched loss is the one before the update; the operation gives null", async () => {
    const { w, loss } = parabola();
    const step = new train.GradientDescentOptimizer(0.25).minimize(loss);
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    assert.deepEqual(await session.run([step, loss]), [null, 5]);
    assertClose(await session.run(w), [0.5, 1], 0); // exact in float32
  });

  test("two optimizers on one variable both take effect in one run", async () => {
    const { w, loss } = parabola();
    const first = new train.GradientDescentOptimizer(0.125).minimize(loss);
    const second = new train.MomentumOptimizer(0.25, 0.9).minimize(loss);
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    await session.run([first, second]);
    assertClose(await session.run(w), [0.25, 0.5], 0); // w − ⅛·2w − ¼·2w, gradients of the same w
  });

  test("an update reads its slot at that moment: one optimizer applied twice in one run", async () => {
    const w = new tf.Variable(tf.constant([0], { dtype: "float32" }));
    const optimizer = new train.MomentumOptimizer(1, 0.5);
    const steps = [1, 2].map((g) => optimizer.applyGradients([[tf.constant([g], { dtype: "float32" }), w]]));
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    await session.run(steps);
    const momentum = optimizer.getSlot(w, "momentum");
    assert.ok(momentum !== null);
    assertClose(await session.run(momentum), [2.5], 0); // ½·1 + 2
    assertClose(await session.run(w), [-3.5], 0); // −1 − 2.5
  });

  test("the step is counted after the updates, by 1, also beyond a tensor learning rate", async () => {
    const { w, loss } = parabola();
    const globalStep = new tf.Variable(0, { name: "step", trainable: false });
    const rate = tf.cast(globalStep, "float32").add(1).mul(0.125);
    const step = new train.GradientDescentOptimizer(rate).minimize(loss, { globalStep });
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    assert.equal(await session.run(globalStep), 0);
    await session.run(step);
    assertClose(await session.run(w), [0.75, 1.5], 0); // rate ⅛
    await session.run(step);
    assertClose(await session.run(w), [0.375, 0.75], 0); // rate ¼
    assert.equal(await session.run(globalStep), 2);
  });

  test("hyper-parameters may be placeholders", async () => {
    const { w, loss } = parabola();
    const rate = tf.placeholder("float32", []);
    const momentum = tf.placeholder("float32", []);
    const step = new train.MomentumOptimizer(rate, momentum).minimize(loss);
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    const feeds = (r: number, m: number) => [[rate, r] as const, [momentum, m] as const];
    await session.run(step, feeds(0.25, 0)); // a = 2w = [2, 4]
    await session.run(step, feeds(0.5, 1)); // a = [2, 4] + [1, 2]
    assertClose(await session.run(w), [-1, -2], 0);
  });

  test("Adam's powers advance once for each step", async () => {
    const { loss } = parabola();
    const adam = new train.AdamOptimizer(0.1, { beta1: 0.5, beta2: 0.25 });
    const step = adam.minimize(loss);
    const [power1, power2] = adam.variables() as [tf.Variable, tf.Variable];
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    for (let i = 0; i < 3; i++) await session.run(step);
    assert.deepEqual(await session.run([power1, power2]), [0.5 ** 4, 0.25 ** 4]);
  });

  test("variables of several dtypes share an optimizer", async () => {
    const a = new tf.Variable(tf.constant([1], { dtype: "float32" }));
    const b = new tf.Variable(tf.constant([1], { dtype: "float64" }));
    const loss = tf.add(tf.cast(tf.reduceSum(a), "float64"), tf.reduceSum(b));
    const step = new train.AdamOptimizer(0.1).minimize(loss);
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    await session.run(step);
    const [x, y] = await session.run([a, b]);
    assertClose(x, [0.9], 1e-6); // the first step of Adam is the learning rate
    assertClose(y, [0.9], 1e-6);
  });

  test("only the listed variables change; pairs without a gradient are skipped", async () => {
    const { w, loss } = parabola();
    const other = new tf.Variable(tf.constant([5], { dtype: "float32" }));
    const both = tf.add(loss, tf.reduceSum(other));
    const optimizer = new train.GradientDescentOptimizer(0.25);
    const pairs = optimizer.computeGradients(loss);
    assert.deepEqual(
      pairs.map(([gradient, variable]) => [gradient === null, variable]),
      [
        [false, w],
        [true, other],
      ],
    );
    const step = optimizer.minimize(both, { varList: [other] });
    const gradLoss = tf.constant(2, { dtype: "float32" });
    const doubled = optimizer.applyGradients(optimizer.computeGradients(loss, { gradLoss }));
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    await session.run(step);
    assertClose(await session.run(w), [1, 2], 0);
    assertClose(await session.run(other), [4.75], 0);
    await session.run(doubled);
    assertClose(await session.run(w), [0, 0], 0); // w − ¼·2·2w
  });

  test("updates wait for control dependencies", async () => {
    const { w, loss } = parabola();
    const graph = tf.getDefaultGraph();
    const doubled = w.assign(tf.multiply(w, 2));
    const step = graph.controlDependencies([doubled], () => new train.GradientDescentOptimizer(0.25).minimize(loss));
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    await session.run(step);
    assertClose(await session.run(w), [1.5, 3], 0); // 2w − ¼·2w
  });

  test("a variable whose shape is known only when running gets slots of that shape", async () => {
    const size = tf.placeholder("int32", [1]);
    const w = new tf.Variable(tf.fill(size, 1.5), { validateShape: false, name: "w" });
    const step = new train.MomentumOptimizer(0.5, 0.9).minimize(tf.reduceSum(w));
    using session = openSession();
    await session.run(tf.globalVariablesInitializer(), [[size, [3]]]);
    await session.run(step);
    assertClose(await session.run(w), [1, 1, 1], 0);
  });

  test("a slot that was not initialized is named", async () => {
    const { w, loss } = parabola();
    const init = tf.globalVariablesInitializer();
    const step = new train.MomentumOptimizer(0.1, 0.9).minimize(loss);
    using session = openSession();
    await session.run(init);
    await assert.rejects(session.run(step), (error: Error) => {
      assert.ok(error instanceof tf.errors.FailedPreconditionError);
      assert.match(error.message, /^Attempting to use uninitialized value W\/Momentum/);
      return true;
    });
    assertClose(await session.run(w), [1, 2], 0); // nothing half done
  });

  test("fits a line", async () => {
    const x = tf.placeholder("float32", [null, 1]);
    const y = tf.placeholder("float32", [null, 1]);
    const w = new tf.Variable(tf.zeros([1, 1]));
    const b = new tf.Variable(tf.zeros([1]));
    const loss = tf.reduceMean(tf.square(tf.subtract(tf.add(tf.matmul(x, w), b), y)));
    const step = new train.AdamOptimizer(0.1).minimize(loss);
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    const xs = Array.from({ length: 20 }, (_, i) => [i / 10 - 1]);
    const ys = xs.map(([v]) => [3 * (v as number) - 2]);
    const feeds = [[x, xs] as const, [y, ys] as const];
    for (let i = 0; i < 300; i++) await session.run(step, feeds);
    assertClose(await session.run(w), [3], 1e-2);
    assertClose(await session.run(b), [-2], 1e-2);
  });
});

describe("errors", () => {
  const descent = (): tf.train.Optimizer => new train.GradientDescentOptimizer(0.1);

  test("no variables", () => {
    const x = tf.placeholder("float32", []);
    assert.throws(() => descent().minimize(x), { name: "ArgumentError", message: /^No variables to optimize\./ });
    assert.throws(() => descent().applyGradients([]), { name: "ArgumentError", message: /^No variables provided\./ });
  });

  test("no path from the loss to a variable", () => {
    const { w } = parabola();
    const other = tf.constant(1.5);
    assert.throws(() => descent().minimize(other), {
      name: "ArgumentError",
      message:
        /^No gradients provided for any variable, check your graph for ops that do not support gradients, between variables \[<tf.Variable 'W:0' shape=\(2,\) dtype=float32>\] and loss Tensor\("Const/,
    });
    assert.throws(() => descent().applyGradients([[null, w]]), {
      name: "ArgumentError",
      message: /^No gradients provided for any variable: \[<tf.Variable 'W:0'/,
    });
  });

  test("integers", () => {
    const counter = new tf.Variable(0, { name: "counter" });
    assert.throws(() => descent().minimize(counter), {
      name: "DTypeError",
      message: /^Invalid type int32 for counter\/read:0, expected: float32, float64\./,
    });
    const { loss } = parabola();
    assert.throws(() => descent().minimize(loss), {
      name: "DTypeError",
      message: /^Invalid type int32 for counter:0, expected/,
    });
  });

  test("something else in place of a variable", () => {
    const { w, loss } = parabola();
    const list = [w.value()] as unknown as tf.Variable[];
    assert.throws(() => descent().minimize(loss, { varList: list }), {
      name: "ArgumentError",
      message: /^Argument is not a tf.Variable: Tensor\("W\/read:0"/,
    });
  });

  test("a gradient of another shape, found while building and when running", async () => {
    const { w } = parabola();
    const wrong = tf.constant([1, 2, 3], { dtype: "float32" });
    assert.throws(() => descent().applyGradients([[wrong, w]]), {
      name: "ShapeError",
      message: /^var and grad do not have the same shape \[2\] \[3\]/,
    });
    const fed = tf.placeholder("float32");
    const step = descent().applyGradients([[fed, w]]);
    using session = openSession();
    await session.run(tf.globalVariablesInitializer());
    await assert.rejects(session.run(step, [[fed, [[1, 2]]]]), {
      name: "InvalidArgumentError",
      message: /^var and grad do not have the same shape \[2\] \[1,2\]/,
    });
    assertClose(await session.run(w), [1, 2], 0);
  });

  test("a learning rate that is no scalar", () => {
    const { loss } = parabola();
    const rates = tf.constant([0.5, 0.25]);
    assert.throws(() => new train.GradientDescentOptimizer(rates).minimize(loss), {
      name: "ShapeError",
      message: /^alpha is not a scalar: \[2\]/,
    });
  });

  test("arguments out of range", () => {
    const step = train.getOrCreateGlobalStep();
    const bad: readonly (readonly [() => unknown, RegExp])[] = [
      [
        () => new train.AdagradOptimizer(1, { initialAccumulatorValue: 0 }),
        /initial_accumulator_value must be positive: 0/,
      ],
      [
        () => new train.ProximalAdagradOptimizer(1, { initialAccumulatorValue: -1 }),
        /initial_accumulator_value must be positive: -1/,
      ],
      [
        () => new train.AdagradDAOptimizer(1, step, { initialGradientSquaredAccumulatorValue: 0 }),
        /initial_gradient_squared_accumulator_value must be positive: 0/,
      ],
      [
        () => new train.FtrlOptimizer(1, { learningRatePower: 1 }),
        /learning_rate_power 1 needs to be negative or zero/,
      ],
      [
        () => new train.FtrlOptimizer(1, { l1RegularizationStrength: -1 }),
        /l1_regularization_strength -1 needs to be positive or zero/,
      ],
      [() => new train.AdamOptimizer(1, { name: "" }), /Must specify the optimizer name/],
    ];
    for (const [make, message] of bad) assert.throws(make, { name: "ArgumentError", message });
  });
});
