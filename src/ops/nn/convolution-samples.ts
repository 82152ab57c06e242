/**
 * @file What the generic tests run convolutions on, and what they must give: naive loops that visit every
 * (input cell, tap, output cell) triple and know nothing of the lowering.
 */
import { NdArray, type NumericDType, sizeOf } from "../../core/index.js";
import type { Attributes, Sample } from "../../graph/index.js";
import type { Oracle, References } from "../reference.js";
import { spread } from "../samples.js";
import type { ConvolutionAttributes } from "./convolution-family.js";

type Sizes = readonly number[];
interface Test {
  readonly oracle: Oracle;
  readonly samples: () => readonly Sample[];
}
type Tests = Readonly<Record<"forward" | "input" | "filter", Test>>;

/** `[windows, cells of padding before]` along one axis, from the definition of SAME and VALID. */
export function naiveWindows(input: number, size: number, stride: number, dilation: number, padding: unknown) {
  const span = size + (size - 1) * (dilation - 1);
  if (padding === "VALID") return [Math.max(0, Math.ceil((input - span + 1) / stride)), 0] as const;
  const windows = Math.ceil(input / stride);
  const needed = Math.max(0, (windows - 1) * stride + span - input);
  return [windows, Math.floor(needed / 2)] as const;
}

/** Calls `visit` with flat positions in input, filter and output; returns the output's shape. */
function visitTriples(
  [batch = 0, height = 0, width = 0, channels = 0]: Sizes,
  [filterHeight = 0, filterWidth = 0, , last = 0]: Sizes,
  attributes: Attributes,
  depthwise: boolean,
  visit: (cell: number, tap: number, out: number) => void,
): Sizes {
  const { strides, dilations, padding } = attributes as ConvolutionAttributes;
  const [outHeight, top] = naiveWindows(height, filterHeight, strides[1], dilations[1], padding);
  const [outWidth, left] = naiveWindows(width, filterWidth, strides[2], dilations[2], padding);
  const outChannels = depthwise ? channels * last : last;
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < outHeight; i++)
      for (let j = 0; j < outWidth; j++)
        for (let p = 0; p < filterHeight; p++)
          for (let q = 0; q < filterWidth; q++) {
            const row = i * strides[1] + p * dilations[1] - top;
            const column = j * strides[2] + q * dilations[2] - left;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            for (let c = 0; c < channels; c++)
              for (let o = 0; o < last; o++) {
                const cell = ((n * height + row) * width + column) * channels + c;
                const tap = ((p * filterWidth + q) * channels + c) * last + o;
                const out = ((n * outHeight + i) * outWidth + j) * outChannels + (depthwise ? c * last + o : o);
                visit(cell, tap, out);
              }
          }
  return [batch, outHeight, outWidth, outChannels];
}

const elements = (array: NdArray | undefined): ArrayLike<number> => (array as NdArray<NumericDType>).data;
const numbers = (array: NdArray | undefined): number[] => Array.from(elements(array));
const asArray = (values: readonly number[], shape: Sizes, like: NdArray | undefined): NdArray[] => [
  NdArray.from([...values], (like as NdArray<NumericDType>).dtype).reshape(shape),
];
const at = (values: ArrayLike<number>, i: number): number => values[i] as number;

interface Case {
  readonly input: Sizes;
  readonly filter: Sizes;
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly padding: "SAME" | "VALID";
  readonly dtype?: "float64";
}

const attributesOf = ({ strides = [1, 1], dilations = [1, 1], padding }: Case): ConvolutionAttributes => ({
  strides: [1, ...strides, 1],
  dilations: [1, ...dilations, 1],
  padding,
});

function testsOf(cases: readonly Case[], depthwise: boolean): Tests {
  const outputOf = (one: Case): Sizes => visitTriples(one.input, one.filter, attributesOf(one), depthwise, () => {});
  const sizes = (shape: Sizes): NdArray => NdArray.from([...shape], "int32");
  const values = ({ dtype }: Case, shape: Sizes, seed: number): NdArray =>
    spread(shape, { seed, ...(dtype && { dtype }) });
  const samples = (inputs: (one: Case, seed: number) => readonly NdArray[], fixed: readonly number[]) => (): Sample[] =>
    cases.map((one, i) => ({
      inputs: inputs(one, i + 1),
      attributes: attributesOf(one),
      notDifferentiable: fixed,
    }));
  return {
    forward: {
      samples: samples((one, seed) => [values(one, one.input, seed), values(one, one.filter, seed + 50)], []),
      oracle: ([x, filter], attributes) => {
        const shapes = [(x as NdArray).shape, (filter as NdArray).shape] as const;
        const shape = visitTriples(...shapes, attributes, depthwise, () => {});
        const y = new Array<number>(sizeOf(shape)).fill(0);
        visitTriples(...shapes, attributes, depthwise, (cell, tap, out) => {
          y[out] = at(y, out) + at(elements(x), cell) * at(elements(filter), tap);
        });
        return asArray(y, shape, x);
      },
    },
    input: {
      samples: samples(
        (one, seed) => [sizes(one.input), values(one, one.filter, seed), values(one, outputOf(one), seed + 50)],
        [0],
      ),
      oracle: ([inputSizes, filter, dy], attributes) => {
        const shape = numbers(inputSizes);
        const dx = new Array<number>(sizeOf(shape)).fill(0);
        visitTriples(shape, (filter as NdArray).shape, attributes, depthwise, (cell, tap, out) => {
          dx[cell] = at(dx, cell) + at(elements(dy), out) * at(elements(filter), tap);
        });
        return asArray(dx, shape, dy);
      },
    },
    filter: {
      samples: samples(
        (one, seed) => [values(one, one.input, seed), sizes(one.filter), values(one, outputOf(one), seed + 50)],
        [1],
      ),
      oracle: ([x, filterSizes, dy], attributes) => {
        const shape = numbers(filterSizes);
        const dFilter = new Array<number>(sizeOf(shape)).fill(0);
        visitTriples((x as NdArray).shape, shape, attributes, depthwise, (cell, tap, out) => {
          dFilter[tap] = at(dFilter, tap) + at(elements(x), cell) * at(elements(dy), out);
        });
        return asArray(dFilter, shape, dy);
      },
    },
  };
}

// One cell; padding on both sides; ragged strides; windows that skip cells; long sums; a fully covering
// window; long rows; dilation.
export const denseConvolutionTests: Tests = testsOf(
  [
    { input: [1, 1, 1, 1], filter: [1, 1, 1, 1], padding: "VALID" },
    { input: [2, 5, 4, 3], filter: [3, 3, 3, 4], padding: "SAME" },
    { input: [2, 5, 4, 3], filter: [3, 3, 3, 4], padding: "VALID" },
    { input: [1, 8, 6, 4], filter: [5, 5, 4, 3], strides: [2, 2], padding: "SAME" },
    { input: [1, 7, 9, 1], filter: [2, 3, 1, 5], strides: [2, 1], padding: "VALID" },
    { input: [1, 10, 7, 1], filter: [3, 3, 1, 1], strides: [3, 3], padding: "SAME" },
    { input: [1, 7, 7, 2], filter: [1, 1, 2, 3], strides: [2, 2], padding: "VALID" },
    { input: [2, 8, 8, 1], filter: [2, 2, 1, 3], strides: [3, 3], padding: "VALID" },
    { input: [3, 4, 5, 2], filter: [4, 5, 2, 17], padding: "VALID" },
    { input: [1, 1, 49, 1], filter: [1, 5, 1, 2], padding: "SAME" },
    { input: [1, 8, 7, 2], filter: [3, 2, 2, 2], dilations: [2, 2], padding: "SAME" },
    { input: [1, 9, 5, 1], filter: [3, 3, 1, 2], dilations: [3, 1], padding: "VALID" },
    { input: [1, 4, 4, 1], filter: [2, 2, 1, 2], strides: [2, 2], padding: "SAME", dtype: "float64" },
  ],
  false,
);

export const depthwiseConvolutionTests: Tests = testsOf(
  [
    { input: [1, 1, 1, 1], filter: [1, 1, 1, 1], padding: "VALID" },
    { input: [2, 5, 4, 3], filter: [3, 3, 3, 2], padding: "SAME" },
    { input: [1, 5, 7, 17], filter: [2, 3, 17, 1], padding: "VALID" },
    { input: [1, 7, 6, 2], filter: [3, 2, 2, 3], strides: [2, 2], padding: "SAME" },
    { input: [1, 7, 8, 2], filter: [1, 2, 2, 1], strides: [3, 3], padding: "VALID" },
    { input: [1, 7, 6, 2], filter: [3, 3, 2, 2], dilations: [2, 2], padding: "SAME" },
  ],
  true,
);

/** The references of a family's three operations. */
export const convolutionReferences = (name: string, summary: string, tests: Tests): References => ({
  [name]: { summary, ...tests.forward },
  [`${name}BackpropInput`]: {
    summary: `Derivative of ${name} by its input, of shape \`input_sizes\`.`,
    ...tests.input,
  },
  [`${name}BackpropFilter`]: {
    summary: `Derivative of ${name} by its filter, of shape \`filter_sizes\`.`,
    ...tests.filter,
  },
});
