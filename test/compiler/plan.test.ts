/** @file Memory plans: nobody's memory is taken while it is wanted, and variables are updated in place when that is safe. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Device } from "../../src/backends/backend.js";
import { InterpreterDevice } from "../../src/backends/interpreter/device.js";
import { alignment } from "../../src/compiler/index.js";
import { printPlan } from "../../src/compiler/print.js";
import * as tf from "../../src/index.js";
import type { Program } from "../../src/ir/index.js";
import { Executor } from "../../src/runtime/executor.js";
import { randomProgram } from "../fuzz/graphs.js";
import { faultsOf } from "./memory-simulation.js";
import { compileGraph, type Stages, stagesOf } from "./support.js";

/** The programs of the runs of a random graph. */
async function programsOf(seed: number): Promise<Program[]> {
  const programs: Program[] = [];
  const device: Device = new InterpreterDevice();
  const recording: Device = {
    backend: device.backend,
    bytes: 0,
    readVariable: (name) => device.readVariable(name),
    upload: (array) => device.upload(array),
    close: () => device.close(),
    compile: (program) => {
      programs.push(program);
      return device.compile(program);
    },
  };
  const { runs, build } = randomProgram(seed);
  const { tensors, variables } = build("known");
  const executor = new Executor(recording);
  await executor.run(
    [],
    variables.map((v) => v.initializer),
    [],
  );
  for (const { fetches, targets, feeds } of runs)
    await executor
      .run(
        fetches.map((id) => tensors[id] as tf.Tensor),
        targets.map((id) => (tensors[id] as tf.Tensor).op),
        Array.from(feeds, ([id, value]) => ({ tensor: tensors[id] as tf.Tensor, value })),
      )
      .catch(() => undefined);
  return programs;
}

test("no value of a random program is overwritten while somebody wants it", async () => {
  let kernels = 0;
  for (let seed = 1; seed <= 250; seed++)
    for (const program of await programsOf(seed)) {
      const stages = stagesOf(program);
      kernels += stages.schedule.kernels.length;
      assert.deepEqual(faultsOf(stages), [], `seed ${seed}\n${printPlan(program, stages.plan)}`);
    }
  assert.ok(kernels > 1000, `only ${kernels} kernels were looked at`);
});

test("memory is shared: a chain of products needs room for four values", () => {
  const x = tf.placeholder("float32", [64, 16]);
  let y: tf.Tensor = x;
  for (let i = 0; i < 10; i++) y = tf.matmul(y, tf.matmul(y, y, { transposeA: true }));
  const { plan } = compileGraph({ fetches: [y], feeds: [x] });
  const one = 64 * 16 * 4 + 2 * alignment;
  assert.ok(plan.arenaBytes <= 4 * one, `${plan.arenaBytes} bytes for values of ${one}`);
});

test("thousands of buffers: none is overwritten while somebody wants it, and those that died make room", () => {
  inGraph(() => {
    const x = tf.placeholder("float32", []);
    const kept: tf.Tensor[] = [];
    let y: tf.Tensor = x;
    for (let i = 0; i < 1000; i++) {
      // Random numbers stand in memory; their count differs, so that sizes do.
      y = tf.add(y, tf.reduceMax(tf.randomUniform([16 + 16 * (i % 5)], { seed: i })));
      if (i % 10 === 0) kept.push(tf.negative(y));
    }
    const stages = sound(compileGraph({ fetches: [y, ...kept], feeds: [x] }));
    const { offsets, arenaBytes } = stages.plan;
    assert.ok(offsets.size > 1200, `only ${offsets.size} buffers`);
    assert.ok(arenaBytes < (offsets.size / 3) * 2 * alignment, `${arenaBytes} bytes for ${offsets.size} buffers`);
  });
});

const variables = (...shapes: readonly (readonly number[])[]): tf.Variable[] =>
  shapes.map((shape, i) => new tf.Variable(tf.zeros(shape), { name: `v${i}` }));
const sound = (stages: Stages): Stages => {
  assert.deepEqual(faultsOf(stages), []);
  return stages;
};
const inGraph = (body: () => void): void => new tf.Graph().asDefault(body);

test("an update in step with the old value happens in place", () => {
  inGraph(() => {
    const [v] = variables([3, 4]) as [tf.Variable];
    const update = v.assignSub(tf.multiply(v, 0.5));
    const { plan } = sound(compileGraph({ targets: [update] }));
    assert.deepEqual([...plan.inPlace.values()], ["v0"]);
    assert.deepEqual([plan.copies.length, plan.saves.length, plan.arenaBytes], [0, 0, 0]);
  });
});

test("an update made of elements from elsewhere is copied at the end", () => {
  inGraph(() => {
    const [v, w] = variables([3, 3], [3, 3]) as [tf.Variable, tf.Variable];
    for (const value of [tf.transpose(v), tf.reverse(v, [1]), tf.matmul(v, w), tf.matmul(w, v)]) {
      const { plan, program } = sound(compileGraph({ targets: [v.assign(value as tf.Tensor<"float32", [3, 3]>)] }));
      assert.deepEqual([...plan.inPlace.values()], [], printPlan(program, plan));
      assert.deepEqual(
        plan.copies.map((c) => c.variable),
        ["v0"],
      );
    }
  });
});

test("a product whose epilogue reads the variable in step updates it in place", () => {
  inGraph(() => {
    const [v] = variables([5, 8]) as [tf.Variable];
    const [x, y] = [tf.placeholder("float32", [7, 5]), tf.placeholder("float32", [7, 8])];
    const update = v.assignSub(tf.matmul(x, y, { transposeA: true }));
    const { plan, kernels } = sound(compileGraph({ targets: [update], feeds: [x, y] }));
    assert.equal(kernels.length, 1);
    assert.deepEqual([...plan.inPlace.values()], ["v0"]);
  });
});

test("two variables exchanged: one is saved before, none is lost", () => {
  inGraph(() => {
    const [a, b] = variables([4], [4]) as [tf.Variable, tf.Variable];
    const [oldA, oldB] = [tf.identity(a), tf.identity(b)];
    const swap = [a.assign(oldB), b.assign(oldA)];
    const { plan } = sound(compileGraph({ targets: swap }));
    assert.ok(plan.saves.length + plan.inPlace.size + plan.copies.length >= 2);
    assert.ok(plan.saves.length > 0, "an exchange needs a third place");
  });
});

test("the old value of a variable that is updated can be fetched", () => {
  inGraph(() => {
    const [v] = variables([4]) as [tf.Variable];
    const { plan } = sound(compileGraph({ fetches: [v.value()], targets: [v.assignAdd(tf.ones([4]))] }));
    assert.deepEqual([plan.saves.length, [...plan.inPlace.values()]], [1, ["v0"]]);
  });
});

test("a variable assigned from another that is updated too", () => {
  inGraph(() => {
    const [a, b] = variables([4], [4]) as [tf.Variable, tf.Variable];
    const copy = a.assign(tf.multiply(b, 2));
    const update = b.assignAdd(tf.ones([4]));
    sound(compileGraph({ targets: [copy, update] }));
    const after = tf.withControlDependencies([update], () => a.assign(b.readValue()));
    sound(compileGraph({ targets: [after], fetches: [after, update] }));
  });
});

test("nothing is written in place before the checks", () => {
  inGraph(() => {
    const [v] = variables([4]) as [tf.Variable];
    const at = tf.placeholder("int32", [2]);
    const update = v.assignAdd(tf.ones([4]));
    const picked = tf.withControlDependencies([update], () => tf.gather(tf.range(10), at));
    const { plan } = sound(compileGraph({ fetches: [picked], targets: [update], feeds: [at] }));
    assert.ok(plan.checkAfter >= 0);
  });
});

test("a plan in print names what lives where", () => {
  inGraph(() => {
    const [v] = variables([4]) as [tf.Variable];
    const x = tf.placeholder("float32", [4], { name: "x" });
    const { program, plan } = compileGraph({ fetches: [v.value()], targets: [v.assignSub(x)], feeds: [x] });
    const text = printPlan(program, plan);
    assert.match(text, /0 {2}v0 {2}x$/m);
    assert.match(text, /save {2}v\d+ {2}v0$/m);
    assert.match(text, /in place {2}v\d+ {2}v0$/m);
    assert.match(text, /^arena \d+ bytes$/m);
  });
});
