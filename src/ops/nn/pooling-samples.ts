/**
 * @file What the generic tests run pooling on, and what it must give: naive loops over windows and their
 * cells that know nothing of the lowering.
 */
import { NdArray, type NumericDType, sizeOf } from "../../core/index.js";
import type { Attributes, Sample } from "../../graph/index.js";
import type { Oracle } from "../reference.js";
import { array, spread } from "../samples.js";
import { naiveWindows } from "./convolution-samples.js";
import type { PoolingAttributes } from "./pooling-ops.js";

type Sizes = readonly number[];
type Tests = { readonly oracle: Oracle; readonly samples: () => readonly Sample[] };

/** Calls `visit` once for each window, with the flat positions of its cells in row-major order. */
function visitWindows(
  [batch = 0, height = 0, width = 0, channels = 0]: Sizes,
  attributes: Attributes,
  visit: (cells: readonly number[], window: number) => void,
): Sizes {
  const { ksize, strides, padding } = attributes as PoolingAttributes;
  const [outHeight, top] = naiveWindows(height, ksize[1], strides[1], 1, padding);
  const [outWidth, left] = naiveWindows(width, ksize[2], strides[2], 1, padding);
  let window = 0;
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < outHeight; i++)
      for (let j = 0; j < outWidth; j++)
        for (let c = 0; c < channels; c++) {
          const cells: number[] = [];
          for (let row = i * strides[1] - top; row < i * strides[1] - top + ksize[1]; row++)
            for (let column = j * strides[2] - left; column < j * strides[2] - left + ksize[2]; column++)
              if (row >= 0 && row < height && column >= 0 && column < width)
                cells.push(((n * height + row) * width + column) * channels + c);
          visit(cells, window++);
        }
  return [batch, outHeight, outWidth, channels];
}

const numbers = (value: NdArray | undefined): number[] => Array.from((value as NdArray<NumericDType>).data);
const at = (values: readonly number[], i: number): number => values[i] as number;
const like = (values: readonly number[], shape: Sizes, of: NdArray | undefined): NdArray[] => [
  NdArray.from([...values], (of as NdArray<NumericDType>).dtype).reshape(shape),
];
const pooledShape = (input: Sizes, attributes: Attributes): Sizes => visitWindows(input, attributes, () => {});

/** The first of `cells` whose element is the largest. */
const firstMaximum = (x: readonly number[], cells: readonly number[]): number =>
  cells.reduce((best, cell) => (at(x, cell) > at(x, best) ? cell : best));

function maxPool(x: NdArray, attributes: Attributes): NdArray {
  const values = numbers(x);
  const y: number[] = [];
  const shape = visitWindows(x.shape, attributes, (cells) => {
    y.push(at(values, firstMaximum(values, cells)));
  });
  return like(y, shape, x)[0] as NdArray;
}

// ---- samples ----

const pooling = (
  input: Sizes,
  ksize: readonly [number, number],
  strides: readonly [number, number],
  padding: "SAME" | "VALID",
) => ({ input, attributes: { ksize: [1, ...ksize, 1], strides: [1, ...strides, 1], padding } as PoolingAttributes });

// One cell; windows side by side, overlapping, ragged, with gaps; padding on one and on both sides; all of it.
const cases = [
  pooling([1, 1, 1, 1], [1, 1], [1, 1], "VALID"),
  pooling([2, 4, 6, 3], [2, 2], [2, 2], "VALID"),
  pooling([2, 5, 7, 3], [2, 2], [2, 2], "SAME"),
  pooling([1, 7, 6, 4], [3, 3], [2, 2], "SAME"),
  pooling([1, 6, 7, 1], [3, 2], [1, 1], "VALID"),
  pooling([1, 5, 5, 2], [3, 3], [1, 1], "SAME"),
  pooling([1, 9, 8, 2], [2, 1], [3, 2], "VALID"),
  pooling([1, 10, 4, 1], [1, 2], [3, 3], "SAME"),
  pooling([2, 3, 4, 17], [3, 4], [1, 1], "VALID"),
  pooling([1, 1, 49, 1], [1, 5], [1, 2], "SAME"),
];

/** Ties everywhere, an all-equal window, and the smallest value there is. */
const ties = pooling([1, 4, 4, 1], [3, 3], [1, 1], "SAME");
const tiedValues = (): NdArray =>
  array([2, 1, 2, 0, 2, 2, 1, 1, Number.NEGATIVE_INFINITY, 0, 0, 0, 1, 1, 1, 1]).reshape([1, 4, 4, 1]);

const values = (shape: Sizes, seed: number, dtype: NumericDType = "float32"): NdArray => spread(shape, { seed, dtype });

/** Samples of an operation of `(x, y, g)`: only `g` is differentiated. */
const gradientSamples = (gradShape: (input: Sizes, attributes: Attributes) => Sizes) => (): Sample[] => {
  const inputsOf = (x: NdArray, attributes: Attributes, seed: number): NdArray[] => [
    x,
    maxPool(x, attributes),
    values(gradShape(x.shape, attributes), seed + 50),
  ];
  return [
    ...cases.map(({ input, attributes }, i) => ({ x: values(input, i + 1), attributes, seed: i })),
    { x: tiedValues(), attributes: ties.attributes, seed: 90 },
  ].map(({ x, attributes, seed }) => ({
    inputs: inputsOf(x, attributes, seed),
    attributes,
    notDifferentiable: [0, 1],
  }));
};

export const maxPoolTests: Tests = {
  samples: () => [
    ...cases.map(({ input, attributes }, i) => ({ inputs: [values(input, i + 1)], attributes })),
    { inputs: [values(ties.input, 7, "float64")], attributes: ties.attributes },
    { inputs: [tiedValues()], attributes: ties.attributes, notDifferentiable: [0] },
  ],
  oracle: ([x], attributes) => [maxPool(x as NdArray, attributes)],
};

export const maxPoolGradTests: Tests = {
  samples: gradientSamples(pooledShape),
  oracle: ([x, , dy], attributes) => {
    const [from, arriving] = [numbers(x), numbers(dy)];
    const { shape } = x as NdArray;
    const dx = new Array<number>(sizeOf(shape)).fill(0);
    visitWindows(shape, attributes, (cells, window) => {
      const chosen = firstMaximum(from, cells);
      dx[chosen] = at(dx, chosen) + at(arriving, window);
    });
    return like(dx, shape, x);
  },
};

export const maxPoolGradGradTests: Tests = {
  samples: gradientSamples((input) => input),
  oracle: ([x, , g], attributes) => {
    const [from, arriving] = [numbers(x), numbers(g)];
    const result: number[] = [];
    const shape = visitWindows((x as NdArray).shape, attributes, (cells) => {
      result.push(at(arriving, firstMaximum(from, cells)));
    });
    return like(result, shape, x);
  },
};

export const avgPoolTests: Tests = {
  samples: () => [
    ...cases.map(({ input, attributes }, i) => ({ inputs: [values(input, i + 1)], attributes })),
    { inputs: [values(ties.input, 7, "float64")], attributes: ties.attributes },
  ],
  oracle: ([x], attributes) => {
    const from = numbers(x);
    const y: number[] = [];
    const shape = visitWindows((x as NdArray).shape, attributes, (cells) => {
      y.push(cells.reduce((total, cell) => total + at(from, cell), 0) / cells.length);
    });
    return like(y, shape, x);
  },
};

export const avgPoolGradTests: Tests = {
  samples: () =>
    cases.map(({ input, attributes }, i) => ({
      inputs: [NdArray.from([...input], "int32"), values(pooledShape(input, attributes), i + 1)],
      attributes,
      notDifferentiable: [0],
    })),
  oracle: ([inputShape, dy], attributes) => {
    const [shape, arriving] = [numbers(inputShape), numbers(dy)];
    const dx = new Array<number>(sizeOf(shape)).fill(0);
    visitWindows(shape, attributes, (cells, window) => {
      for (const cell of cells) dx[cell] = at(dx, cell) + at(arriving, window) / cells.length;
    });
    return like(dx, shape, dy);
  },
};
