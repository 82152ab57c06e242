/**
 * @file The generic test: every operation of the registry, on every backend, against its oracle; what
 * inference says of every sample; every gradient against central differences. An operation is covered
 * by having samples, or its reference (`*.oracle.ts`) says why it cannot.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { backendNames } from "../../src/backends/index.js";
import { bracketed, GradientError, isCompatible, isFullyDefined, type NdArray } from "../../src/core/index.js";
import { definitions, Graph, type OpDefinition, type Sample } from "../../src/graph/index.js";
import "../../src/index.js";
import type { Oracle } from "../../src/ops/reference.js";
import { Session } from "../../src/runtime/index.js";
import { references, samplesOf } from "./references.js";
import { checkGradient, checkSecondOrder, differentiable } from "./registry-gradients.js";
import { assertClose, buildSample, knowledge, runToArrays, toleranceFor } from "./registry-runs.js";

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

const describeSample = (definition: OpDefinition, sample: Sample, index: number): string =>
  `${definition.name} sample ${index} ${sample.inputs.map((x) => `${x.dtype}${bracketed(x.shape)}`).join(" ")}`;

test("every operation has samples or a reason to have none", () => {
  for (const { name } of definitions().values()) {
    const reference = references.get(name);
    assert.ok(reference, `${name} has no reference: add it to the file *.oracle.ts beside the one that defines it`);
    assert.ok(reference.summary.length > 0, `${name} has no summary`);
    if ("untested" in reference) assert.ok(reference.untested.length > 0, `${name} has neither samples nor a reason`);
    else assert.ok(reference.samples().length > 0, `${name} has no samples, and no reason to have none`);
  }
});

test("references and lists of exceptions name operations that exist", () => {
  for (const name of [...references.keys(), ...Object.keys(notTheDerivative)])
    assert.ok(definitions().has(name), `${name} is no operation`);
});

function oracleOf({ name }: OpDefinition): Oracle | undefined {
  const reference = references.get(name);
  return reference !== undefined && "samples" in reference ? reference.oracle : undefined;
}

async function checkValues(definition: OpDefinition): Promise<void> {
  for (const [index, sample] of samplesOf(definition).entries()) {
    const what = describeSample(definition, sample, index);
    const tolerance = toleranceFor(sample);
    const built = knowledge.map((known) => buildSample(graph, definition, sample, known));
    const outputs = built.flatMap(({ operation }) => operation.outputs);
    const feeds = built.flatMap((b) => b.feeds);
    const reference = oracleOf(definition)?.(sample.inputs, sample.attributes ?? {});
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
