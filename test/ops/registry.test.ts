/**
 * @file The generic test: every operation of the registry, on every backend, against its oracle; what
 * inference says of every sample; every gradient against central differences. An operation is covered
 * by having samples, or listed here with the reason why it cannot.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { backendNames } from "../../src/backends/index.js";
import { bracketed, GradientError, isCompatible, isFullyDefined, type NdArray } from "../../src/core/index.js";
import { definitions, Graph, type OpDefinition, type Sample } from "../../src/graph/index.js";
import "../../src/index.js";
import { Session } from "../../src/runtime/index.js";
import { checkGradient, checkSecondOrder, differentiable } from "./registry-gradients.js";
import { assertClose, buildSample, knowledge, runToArrays, toleranceFor } from "./registry-runs.js";

/** Operations without samples, and why. */
const withoutSamples: Readonly<Record<string, string>> = {
  Placeholder: "has no value of its own; every sample feeds some",
  PlaceholderWithDefault: "what it gives depends on feeds; tested in test/runtime/feeds.test.ts",
  ShuffleWords: "draws as RandomUniformInt does, which has samples; tested in test/ops/random",
  If: "runs functions; tested in test/ops/control-flow",
  Loop: "runs functions; tested in test/ops/control-flow",
  NoOp: "has no outputs; tested in test/runtime/order.test.ts",
  VariableV2: "state of a session; tested in test/graph/variable.test.ts",
  Assign: "needs a variable; tested in test/graph/variable.test.ts",
  AssignAdd: "needs a variable; tested in test/graph/variable.test.ts",
  AssignSub: "needs a variable; tested in test/graph/variable.test.ts",
  IsVariableInitialized: "needs a variable; tested in test/graph/variable.test.ts",
  InitializedValue: "needs a variable; tested in test/graph/variable.test.ts",
  ReportUninitializedVariables: "asks a session about its variables; tested in test/graph/variable.test.ts",
  ScatterUpdate: "needs a variable; tested in test/ops/array/scatter.test.ts",
  ScatterAdd: "needs a variable; tested in test/ops/array/scatter.test.ts",
  ScatterSub: "needs a variable; tested in test/ops/array/scatter.test.ts",
  ApplyGradientDescent: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyMomentum: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyRMSProp: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyCenteredRMSProp: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyAdam: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyAdagrad: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyAdadelta: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyAdagradDA: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyFtrlV2: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyProximalGradientDescent: "updates variables; traced in test/train/optimizers.test.ts",
  ApplyProximalAdagrad: "updates variables; traced in test/train/optimizers.test.ts",
};

/** Gradients that are not the derivative, on purpose. */
const notTheDerivative: Readonly<Record<string, string>> = {};

const graph = new Graph();
const interpreter = new Session({ graph, device: "interpreter" });
/** The interpreter first: it is the reference of operations without an oracle. */
const sessions = [
  interpreter,
  ...backendNames.filter((device) => device !== "interpreter").map((device) => new Session({ graph, device })),
];
after(() => {
  for (const session of sessions) session.close();
});

const samplesOf = (definition: OpDefinition): readonly Sample[] => definition.samples?.() ?? [];
const describeSample = (definition: OpDefinition, sample: Sample, index: number): string =>
  `${definition.name} sample ${index} ${sample.inputs.map((x) => `${x.dtype}${bracketed(x.shape)}`).join(" ")}`;

test("every operation has samples or a reason to have none", () => {
  for (const definition of definitions().values()) {
    const isListed = Object.hasOwn(withoutSamples, definition.name);
    const count = samplesOf(definition).length;
    if (count === 0)
      assert.ok(
        isListed,
        `${definition.name} has no samples; give it some, or list it in withoutSamples with a reason`,
      );
    else assert.ok(!isListed, `${definition.name} has samples now; take it out of withoutSamples`);
  }
});

test("the lists of exceptions name operations that exist", () => {
  for (const list of [withoutSamples, notTheDerivative])
    for (const name of Object.keys(list)) assert.ok(definitions().has(name), `${name} is no operation`);
});

async function checkValues(definition: OpDefinition): Promise<void> {
  for (const [index, sample] of samplesOf(definition).entries()) {
    const what = describeSample(definition, sample, index);
    const tolerance = toleranceFor(sample);
    const built = knowledge.map((known) => buildSample(graph, definition, sample, known));
    const outputs = built.flatMap(({ operation }) => operation.outputs);
    const feeds = built.flatMap((b) => b.feeds);
    const reference = definition.oracle?.(sample.inputs, sample.attributes ?? {});
    let first: readonly NdArray[] | undefined;
    for (const session of sessions) {
      const device = session.deviceName;
      const results = await runToArrays(session, outputs, feeds);
      results.forEach((result, i) => {
        const tensor = outputs[i];
        const shape = tensor?.partialShape ?? null;
        assert.equal(result.dtype, tensor?.dtype, `${what}: inferred dtype`);
        assert.ok(
          isCompatible(shape, result.shape),
          `${what} (${knowledge[Math.floor((i * knowledge.length) / outputs.length)]} known): inferred ${bracketed(shape)}, computed ${bracketed(result.shape)} on ${device}`,
        );
        const expected = reference?.[i % reference.length] ?? first?.[i];
        if (expected !== undefined) assertClose(result, expected, tolerance, `${what} output ${i} on ${device}`);
      });
      first ??= results;
    }
    const [exact] = built;
    if (definition.lower.kind === "compiled")
      for (const output of exact?.operation.outputs ?? [])
        assert.ok(
          isFullyDefined(output.partialShape),
          `${what}: inferred only ${bracketed(output.partialShape)} although every input is known`,
        );
  }
}

async function checkDerivatives(definition: OpDefinition): Promise<void> {
  for (const [index, sample] of samplesOf(definition).entries())
    if (differentiable(sample).length > 0)
      await checkGradient(graph, interpreter, definition, sample, describeSample(definition, sample, index));
  const small = (sample: Sample): boolean =>
    differentiable(sample).length > 0 && sample.inputs.every(({ size }) => size > 0 && size <= 60);
  const chosen = samplesOf(definition).filter(small);
  const [sample] = [...chosen.filter((s) => s.inputs.some(({ size }) => size > 2)), ...chosen];
  if (sample === undefined) return;
  try {
    await checkSecondOrder(graph, interpreter, definition, sample, `${definition.name} differentiated twice`);
  } catch (error) {
    // Its gradient is made of operations that say of themselves that they have none.
    if (!(error instanceof GradientError)) throw error;
  }
}

for (const definition of definitions().values()) {
  if (samplesOf(definition).length === 0) continue;
  test(`${definition.name}: values and shapes on every backend`, () => checkValues(definition));
  if (typeof definition.gradient === "function" && !Object.hasOwn(notTheDerivative, definition.name))
    test(`${definition.name}: gradient`, () => checkDerivatives(definition));
}
