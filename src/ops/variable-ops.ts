/**
 * @file The operations behind variables. A variable's value lives in a session; reading gives the
 * value at that point of a run, and every write gives the variable a new value for what comes later.
 */
import {
  bracketed,
  type DType,
  isCompatible,
  mergeShapes,
  NdArray,
  type PartialShape,
  sameShape,
} from "../core/index.js";
import type { InferContext, OutputSpec } from "../graph/index.js";
import { compiled, type LowerContext, type TensorValue } from "../ir/index.js";
import { defineOp, dtypeOf, requireSameDType } from "./define.js";

export const variableOp = defineOp({
  name: "VariableV2",
  inputs: [],
  stateful: true,
  infer: ({ attributes }) => [{ dtype: attributes.dtype as DType, shape: attributes.shape as PartialShape }],
  lower: { kind: "variable" },
  gradient: () => [],
});

function inferAssign(c: InferContext): OutputSpec[] {
  requireSameDType(c, { name: "Assign", inputs: ["ref", "value"] });
  if (c.attributes.validateShape === false) return [{ dtype: dtypeOf(c, 0), shape: c.shape(1) }];
  const merged = mergeShapes(c.shape(0), c.shape(1));
  if (merged === undefined)
    return c.fail(
      `Assign requires shapes of both tensors to match. lhs shape= ${bracketed(c.shape(0))} rhs shape= ${bracketed(c.shape(1))}`,
      "assign a value of the variable's shape, or pass { validateShape: false }",
    );
  return [{ dtype: dtypeOf(c, 0), shape: merged }];
}

export const assignOp = defineOp({
  name: "Assign",
  inputs: ["ref", "value"],
  stateful: true,
  writes: 0,
  infer: inferAssign,
  lower: compiled((c) => {
    const value = c.input(1);
    const declared = c.attributes.shape as PartialShape;
    if (c.attributes.validateShape !== false && !isCompatible(declared, value.shape))
      c.fail(
        `Assign requires shapes of both tensors to match. lhs shape= ${bracketed(declared)} rhs shape= ${bracketed(value.shape)}`,
      );
    c.writeVariable(0, value);
    return [value];
  }),
});

function update(combine: "add" | "sub") {
  return compiled((c: LowerContext): TensorValue[] => {
    const before = c.input(0);
    const delta = c.input(1);
    if (!sameShape(before.shape, delta.shape))
      c.fail(
        `Assign requires shapes of both tensors to match. lhs shape= ${bracketed(before.shape)} rhs shape= ${bracketed(delta.shape)}`,
      );
    const after = c.map(before.shape, before.dtype, (axes) => c.e[combine](c.load(before, axes), c.load(delta, axes)));
    c.writeVariable(0, after);
    return [after];
  });
}

export const assignAddOp = defineOp({
  name: "AssignAdd",
  inputs: ["ref", "value"],
  stateful: true,
  writes: 0,
  infer: inferAssign,
  lower: update("add"),
});

export const assignSubOp = defineOp({
  name: "AssignSub",
  inputs: ["ref", "value"],
  stateful: true,
  writes: 0,
  infer: inferAssign,
  lower: update("sub"),
});

export const isVariableInitializedOp = defineOp({
  name: "IsVariableInitialized",
  inputs: ["ref"],
  infer: () => [{ dtype: "bool", shape: [] }],
  lower: compiled((c) => [c.map([], "bool", () => c.e.bool(c.isInitialized(0)))]),
  gradient: null,
});

export const initializedValueOp = defineOp({
  name: "InitializedValue",
  inputs: ["ref", "initial_value"],
  infer: (c) => [{ dtype: dtypeOf(c, 0), shape: mergeShapes(c.shape(0), c.shape(1)) ?? c.shape(0) }],
  lower: compiled((c) => [c.isInitialized(0) ? c.input(0) : c.input(1)]),
  gradient: (_op, dy) => [dy, null],
});

export const reportUninitializedOp = defineOp({
  name: "ReportUninitializedVariables",
  inputs: [],
  stateful: true,
  infer: () => [{ dtype: "string", shape: [null] }],
  lower: {
    kind: "host",
    run: (_inputs, c) => {
      const names = (c.attributes.names as readonly string[]).filter((name) => !c.isVariableInitialized(name));
      return [new NdArray("string", [names.length], names)];
    },
  },
  gradient: null,
});
