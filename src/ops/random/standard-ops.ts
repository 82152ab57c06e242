/**
 * @file The operations that draw numbers: standard uniform, normal and truncated normal, and whole
 * numbers of a range. What has another mean or spread is arithmetic on these. Follows `random_op.cc` of
 * TensorFlow 1.3: the same seeds give the same numbers.
 */
import { type DType, isFloating, type NdArray, type PartialShape } from "../../core/index.js";
import { type SeedPair, seedPair } from "../../core/random-state.js";
import type { Attributes, Graph, InferContext, OpDefinition } from "../../graph/index.js";
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
  readonly distribution: Exclude<Distribution, "uniformInteger">;
}

/* @__NO_SIDE_EFFECTS__ */
function realOp(spec: RealSpec): OpBuilder {
  return defineOp({
    name: spec.name,
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
  });
}

/** Uniform in [0, 1). */
export const randomUniformOp = realOp({
  name: "RandomUniform",
  distribution: "uniform",
});
/** Mean 0, standard deviation 1. */
export const randomStandardNormalOp = realOp({
  name: "RandomStandardNormal",
  distribution: "normal",
});
/** Standard normal, values of magnitude 2 or more drawn again. */
export const truncatedNormalOp = realOp({
  name: "TruncatedNormal",
  distribution: "truncatedNormal",
});

const integerRange = (low: number, high: number, fail: OpDefinitionFail): number => {
  if (!(low < high)) fail(`Need minval < maxval, got ${low} >= ${high}`, "maxval itself is never drawn");
  return high - low;
};
type OpDefinitionFail = (message: string, hint?: string) => never;
export const scalarOf = (value: NdArray): number => (value as NdArray<"int32">).item();

const randomUniformInt: OpDefinition = {
  name: "RandomUniformInt",
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
};
/** Whole numbers of a range. */
export const randomUniformIntOp = defineOp(randomUniformInt);
