/** @file What `standard-ops.ts` is held against: numbers drawn one after another from the generator itself. */
import { NdArray, type NumericDType, sizeOf } from "../../core/index.js";
import {
  fillNormalFloat32,
  fillNormalFloat64,
  fillTruncatedNormalFloat32,
  fillTruncatedNormalFloat64,
  fillUniformFloat32,
  fillUniformFloat64,
  fillUniformInt32,
  RandomState,
} from "../../core/random.js";
import type { Attributes, Sample } from "../../graph/index.js";
import type { OpReference, References } from "../reference.js";
import { scalarOf, seedsOf } from "./standard-ops.js";

const seedVariants: readonly Attributes[] = [
  { seed: 87654321, seed2: 42 },
  { seed: 7, seed2: 0 },
];
const shapes: readonly (readonly number[])[] = [[], [1], [3], [10], [17], [2, 49], [4, 5, 3], [130], [0, 3]];
const shapeSamples = (dtypes: readonly NumericDType[], ...more: readonly NdArray[]): Sample[] =>
  dtypes.flatMap((dtype) =>
    seedVariants.flatMap((seeds) =>
      shapes.map((shape) => ({
        inputs: [NdArray.from([...shape], "int32"), ...more],
        attributes: { dtype, ...seeds },
        notDifferentiable: [0, 1, 2],
      })),
    ),
  );
const dimensionsOf = (shape: NdArray | undefined): number[] => Array.from(shape?.data as Int32Array);

function realReference(spec: {
  readonly summary: string;
  readonly fill32: (out: Float32Array, state: RandomState) => void;
  readonly fill64: (out: Float64Array, state: RandomState) => void;
}): OpReference {
  return {
    summary: spec.summary,
    oracle: ([shape], attributes) => {
      const dimensions = dimensionsOf(shape);
      const state = RandomState.fromSeeds(seedsOf(attributes));
      if (attributes.dtype === "float64") {
        const data = new Float64Array(sizeOf(dimensions));
        spec.fill64(data, state);
        return [new NdArray("float64", dimensions, data)];
      }
      const data = new Float32Array(sizeOf(dimensions));
      spec.fill32(data, state);
      return [new NdArray("float32", dimensions, data)];
    },
    samples: () => shapeSamples(["float32", "float64"]),
  };
}

export const references: References = {
  RandomUniform: realReference({
    summary: "Numbers in [0, 1), every one equally likely.",
    fill32: fillUniformFloat32,
    fill64: fillUniformFloat64,
  }),
  RandomStandardNormal: realReference({
    summary: "Normally distributed numbers of mean 0 and standard deviation 1.",
    fill32: fillNormalFloat32,
    fill64: fillNormalFloat64,
  }),
  TruncatedNormal: realReference({
    summary: "Standard normal numbers; those of magnitude 2 or more are drawn again.",
    fill32: fillTruncatedNormalFloat32,
    fill64: fillTruncatedNormalFloat64,
  }),
  RandomUniformInt: {
    summary: "Whole numbers in [minval, maxval).",
    oracle: ([shape, low, high], attributes) => {
      const dimensions = dimensionsOf(shape);
      const data = new Int32Array(sizeOf(dimensions));
      fillUniformInt32(
        data,
        scalarOf(low as NdArray),
        scalarOf(high as NdArray),
        RandomState.fromSeeds(seedsOf(attributes)),
      );
      return [new NdArray("int32", dimensions, data)];
    },
    samples: () => [
      ...shapeSamples(["int32"], NdArray.from(-5), NdArray.from(5)),
      ...shapeSamples(["int32"], NdArray.from(0), NdArray.from(2 ** 31 - 1)),
    ],
  },
};
