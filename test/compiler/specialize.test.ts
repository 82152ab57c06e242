/** @file Programs of graphs: constants fold, equal values are one, variables become chains of values. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { liveValues } from "../../src/compiler/index.js";
import { printProgram } from "../../src/compiler/print.js";
import * as tf from "../../src/index.js";
import type { Program } from "../../src/ir/index.js";
import { type CompileRequest, compileGraph } from "./support.js";

beforeEach(() => tf.resetDefaultGraph());

const programOf = (request: CompileRequest): Program => compileGraph(request).program;
/** Definitions that remain, without those of feeds and variables. */
const kinds = (program: Program): string[] =>
  liveValues(program)
    .map((value) => value.definition.kind)
    .filter((kind) => kind !== "feed" && kind !== "variable");

test("arithmetic of constants folds to a constant", () => {
  const y = tf.add(tf.multiply(tf.constant([1, 2, 3]), 2), tf.constant([10, 20, 30]));
  const { values, outputs } = programOf({ fetches: [y] });
  const { definition } = values[outputs[0] as number] as (typeof values)[number];
  assert.deepEqual(definition.kind === "constant" && definition.data.toArray(), [12, 24, 36]);
});

test("a constant of equal elements is a formula, not memory", () => {
  const { values, outputs } = programOf({ fetches: [tf.ones([100, 100])] });
  assert.equal(values[outputs[0] as number]?.definition.kind, "map");
});

test("equal operations are one value; random ones are not", () => {
  const x = tf.placeholder("float32", [8]);
  const same = programOf({ fetches: [tf.exp(x), tf.exp(x)], feeds: [x] });
  assert.equal(same.outputs[0], same.outputs[1]);
  const draws = programOf({ fetches: [tf.randomUniform([8], { seed: 1 }), tf.randomUniform([8], { seed: 1 })] });
  assert.notEqual(draws.outputs[0], draws.outputs[1]);
});

test("x + (-0), x - 0, x * 1 and x / 1 are x; x + 0 is not where x may be -0", () => {
  const x = tf.placeholder("float32", [8]);
  const { builder } = programOf({ fetches: [x], feeds: [x] });
  const element = builder.load(0, "float32", [builder.axis(0, 8)]);
  const number = (value: number) => builder.constant(value, "float32");
  assert.equal(builder.add(element, number(-0)), element);
  assert.equal(builder.sub(element, number(0)), element);
  assert.equal(builder.mul(element, number(1)), element);
  assert.equal(builder.div(element, number(1)), element);
  assert.notEqual(builder.add(element, number(0)), element);
});

test("what is reduced to itself is no reduction", async () => {
  const x = tf.placeholder("float32", [4, 1]);
  const reduced = [tf.reduceSum(x, { axis: 1 }), tf.reduceMax(x, { axis: 1 }), tf.reduceProd(x, { axis: 1 })];
  assert.deepEqual(kinds(programOf({ fetches: reduced, feeds: [x] })), ["map", "map"]);
  for (const device of ["wasm", "interpreter"] as const) {
    using session = new tf.Session({ device });
    const feed = tf.NdArray.from([[-0], [1.5], [Number.NaN], [Number.NEGATIVE_INFINITY]]);
    const [sum, max] = (await session.run(reduced, [[x, feed]])).map((result) => [...result.data]);
    // Sums begin with 0, and 0 + -0 is 0.
    assert.deepEqual(sum, [0, 1.5, Number.NaN, Number.NEGATIVE_INFINITY]);
    assert.deepEqual(max, [-0, 1.5, Number.NaN, Number.NEGATIVE_INFINITY]);
  }
});

test("shapes of operands fold away", () => {
  const x = tf.placeholder("float32", [null, 3]);
  const rows = tf.gather(tf.shape(x), 0);
  const { program } = compileGraph({ fetches: [tf.multiply(rows, 2)], feeds: [[x, [7, 3]]] });
  assert.match(printProgram(program), /= 14 {2}#/);
});

test("what nobody needs is not live", () => {
  const x = tf.placeholder("float32", [4, 6]);
  const [left, right] = tf.split(tf.exp(x), 2, { axis: 1 }) as [tf.Tensor, tf.Tensor];
  assert.equal(kinds(programOf({ fetches: [left, right], feeds: [x] })).length, 3);
  const program = programOf({ fetches: [right], feeds: [x] });
  assert.equal(kinds(program).length, 2);
  assert.ok(program.values.length > liveValues(program).length);
});

test("an assignment is a new value that later reads see", () => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const update = v.assignAdd([1, 1]);
  const after = tf.withControlDependencies([update], () => v.readValue());
  const program = programOf({ fetches: [after, v.value()], targets: [update] });
  const [seen, before] = program.outputs;
  assert.deepEqual(
    program.updates.map(({ variable }) => variable),
    ["v"],
  );
  assert.equal(seen, program.updates[0]?.value);
  assert.equal(program.values[before as number]?.definition.kind, "variable");
});

test("a program in print says how each value is made", () => {
  const x = tf.placeholder("float32", [2, 3], { name: "x" });
  const y = tf.reduceSum(tf.transpose(x), { axis: 1, name: "y" });
  const text = printProgram(programOf({ fetches: [y], feeds: [x] }));
  assert.match(text, /^v0: float32\[2,3\] = feed {2}# x$/m);
  assert.match(text, /float32\[3\] = sum over \[2\] of /);
  assert.match(text, /^return v\d+$/m);
});
