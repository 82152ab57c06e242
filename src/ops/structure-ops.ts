/** @file Operations that shape the graph rather than compute: placeholders, identities, groups. */
import { type DType, isCompatible, NdArray, type PartialShape } from "../core/index.js";
import { compiled } from "../ir/index.js";
import { defineOp, likeFirst } from "./define.js";

const identitySamples = () => [{ inputs: [NdArray.from([[1.5, -2, 3]])] }, { inputs: [NdArray.from(7.5)] }];

export const placeholderOp = defineOp({
  name: "Placeholder",
  summary: "A value supplied when running.",
  inputs: [],
  infer: ({ attributes }) => [{ dtype: attributes.dtype as DType, shape: attributes.shape as PartialShape }],
  lower: { kind: "placeholder" },
  gradient: () => [],
});

export const placeholderWithDefaultOp = defineOp({
  name: "PlaceholderWithDefault",
  summary: "A value that may be supplied when running.",
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
  summary: "Its input.",
  inputs: ["input"],
  infer: likeFirst,
  lower: compiled((c) => [c.input(0)]),
  gradient: (_op, dy) => [dy],
  staticValue: (op, known) => {
    const [input] = op.inputs;
    return input === undefined ? undefined : known(input);
  },
  oracle: ([x]) => [x as NdArray],
  samples: identitySamples,
});

export const stopGradientOp = defineOp({
  name: "StopGradient",
  summary: "Its input; gradients stop here.",
  inputs: ["input"],
  infer: likeFirst,
  lower: compiled((c) => [c.input(0)]),
  gradient: null,
  oracle: ([x]) => [x as NdArray],
  samples: identitySamples,
});

export const noOpOp = defineOp({
  name: "NoOp",
  summary: "Nothing; a place for control dependencies.",
  inputs: [],
  infer: () => [],
  lower: { kind: "none" },
});
