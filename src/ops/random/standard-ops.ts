/**
 * @file The operations that draw numbers: standard uniform, normal and truncated normal, and whole
 * numbers of a range. What has another mean or spread is arithmetic on these. Follows `random_op.cc` of
 * TensorFlow 1.3: the same seeds give the same numbers.
 */
import { type DType, isFloating, NdArray, type NumericDType, type PartialShape, sizeOf } from "../../core/index.js";
import {
  fillNormalFloat32,
  fillNormalFloat64,
  fillTruncatedNormalFloat32,
  fillTruncatedNormalFloat64,
  fillUniformFloat32,
  fillUniformFloat64,
  fillUniformInt32,
  RandomState,
  type SeedPair,
  seedPair,
} from "../../core/random.js";
import type { Attributes, Graph, InferContext, OpDefinition, Sample } from "../../graph/index.js";
import { compiled, type Distribution, type LowerContext } from "../../ir/index.js";
import { inputAsShape, knownNumbers, requireDimensions, shapeNumbers } from "../array/shape-argument.js";
import { defineOp, type OpBuilder, requireRank } from "../define.js";

/** The seeds of an operation as attributes; a pair of zeros stands for "any seed", as in TensorFlow's kernels. */
export interface SeedAttributes {
  readonly seed: number;
  readonly seed2: number;
}

/**
 * The seeds of the operation that `graph` gets next. It takes the number of operations before it where
 * only the graph has a seed.
 */
export function seedAttributes(graph: Graph, seed: number | null | undefined): SeedAttributes {
  const [first, second] = seedPair(graph.seed, seed ?? null, graph.version) ?? [0, 0];
  return { seed: first, seed2: second };
}

/** The pair of an operation's attributes, or `null` for any seed. */
export function seedsOf({ seed, seed2 }: Attributes): SeedPair | null {
  return seed === 0 && seed2 === 0 ? null : [seed as number, seed2 as number];
}

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

/** The shape that input 0 asks for, as far as it is known while building. */
function resultShape(c: InferContext): PartialShape {
  requireRank(c, 0, 1);
  requireDimensions(c, knownNumbers(c, 0) ?? []);
  return inputAsShape(c, 0);
}
/** The shape that input 0 asks for in this program. */
function concreteShape(c: LowerContext): number[] {
  const shape = shapeNumbers(c, 0);
  requireDimensions(c, shape);
  return shape;
}

interface RealSpec {
  readonly name: string;
  readonly summary: string;
  readonly distribution: Exclude<Distribution, "uniformInteger">;
  readonly fill32: (out: Float32Array, state: RandomState) => void;
  readonly fill64: (out: Float64Array, state: RandomState) => void;
}

function realOp(spec: RealSpec): OpBuilder {
  return defineOp({
    name: spec.name,
    summary: spec.summary,
    inputs: ["shape"],
    shapeInputs: [0],
    stateful: true,
    infer: (c) => {
      const dtype = c.attributes.dtype as DType;
      if (!isFloating(dtype))
        c.fail(
          `Value passed to parameter 'dtype' has DataType ${dtype} not in list of allowed values: float32, float64`,
        );
      return [{ dtype, shape: resultShape(c) }];
    },
    lower: compiled((c) => [c.random(spec.distribution, concreteShape(c), c.outputDType(0), seedsOf(c.attributes))]),
    gradient: null,
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
  });
}

/** Uniform in [0, 1). */
export const randomUniformOp = realOp({
  name: "RandomUniform",
  summary: "Numbers in [0, 1), every one equally likely.",
  distribution: "uniform",
  fill32: fillUniformFloat32,
  fill64: fillUniformFloat64,
});
/** Mean 0, standard deviation 1. */
export const randomStandardNormalOp = realOp({
  name: "RandomStandardNormal",
  summary: "Normally distributed numbers of mean 0 and standard deviation 1.",
  distribution: "normal",
  fill32: fillNormalFloat32,
  fill64: fillNormalFloat64,
});
/** Standard normal, values of magnitude 2 or more drawn again. */
export const truncatedNormalOp = realOp({
  name: "TruncatedNormal",
  summary: "Standard normal numbers; those of magnitude 2 or more are drawn again.",
  distribution: "truncatedNormal",
  fill32: fillTruncatedNormalFloat32,
  fill64: fillTruncatedNormalFloat64,
});

const integerRange = (low: number, high: number, fail: OpDefinitionFail): number => {
  if (!(low < high)) fail(`Need minval < maxval, got ${low} >= ${high}`, "maxval itself is never drawn");
  return high - low;
};
type OpDefinitionFail = (message: string, hint?: string) => never;
const scalarOf = (value: NdArray): number => (value as NdArray<"int32">).item();

const randomUniformInt: OpDefinition = {
  name: "RandomUniformInt",
  summary: "Whole numbers in [minval, maxval).",
  inputs: ["shape", "minval", "maxval"],
  shapeInputs: [0, 1, 2],
  stateful: true,
  infer: (c) => {
    const low = c.constant(1);
    const high = c.constant(2);
    if (low !== undefined && high !== undefined) integerRange(scalarOf(low), scalarOf(high), c.fail);
    return [{ dtype: "int32", shape: resultShape(c) }];
  },
  lower: compiled((c) => {
    const low = scalarOf(c.shapeValue(1));
    const range = integerRange(low, scalarOf(c.shapeValue(2)), c.fail);
    const shape = concreteShape(c);
    return [c.random("uniformInteger", shape, "int32", seedsOf(c.attributes), { low, range })];
  }),
  gradient: null,
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
};
/** Whole numbers of a range. */
export const randomUniformIntOp = defineOp(randomUniformInt);
