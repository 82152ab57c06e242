/** @file Operations that shape the graph rather than compute: placeholders, identities, groups. */
import { type DType, isCompatible, type PartialShape } from "../core/index.js";
import { compiled } from "../ir/index.js";
import { defineOp, likeFirst } from "./define.js";

export const placeholderOp = defineOp({
  name: "Placeholder",
  inputs: [],
  infer: ({ attributes }) => [{ dtype: attributes.dtype as DType, shape: attributes.shape as PartialShape }],
  lower: { kind: "placeholder" },
  gradient: () => [],
});

export const placeholderWithDefaultOp = defineOp({
  name: "PlaceholderWithDefault",
  inputs: ["input"],
  infer: (c) => {
    const shape = c.attributes.shape as PartialShape;
    if (!isCompatible(c.shape(0), shape)) c.fail("The default value does not fit the placeholder's shape");
    return [{ dtype: (c.inputs[0] as { dtype: DType }).dtype, shape }];
  },
  lower: compiled((c) => [c.input(0)]),
  gradient: (_op, dy) => [dy],
});

export const identityOp = defineOp({
  name: "Identity",
  inputs: ["input"],
  infer: likeFirst,
  lower: compiled((c) => [c.input(0)]),
  gradient: (_op, dy) => [dy],
  staticValue: (op, known) => {
    const [input] = op.inputs;
    return input === undefined ? undefined : known(input);
  },
});

export const stopGradientOp = defineOp({
  name: "StopGradient",
  inputs: ["input"],
  infer: likeFirst,
  lower: compiled((c) => [c.input(0)]),
  gradient: null,
});

export const noOpOp = defineOp({
  name: "NoOp",
  inputs: [],
  infer: () => [],
  lower: { kind: "none" },
});
