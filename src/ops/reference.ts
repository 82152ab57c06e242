/**
 * @file What the generic tests and the reference table know of an operation, beside what it computes. A
 * file `x.oracle.ts` beside `x.ts` holds it for the operations that `x.ts` defines. Nothing that a program
 * loads may import these files (test/house), so that they cost a page nothing.
 */
import type { DType, NdArray, NumericDType } from "../core/index.js";
import type { Attributes, Sample } from "../graph/index.js";
import { type ReduceAttributes, reduceAttributes } from "./reduce-op.js";
import { reduceOracle, reduceSamples } from "./reduce-samples.js";
import { binarySamples, broadcastOracle, mapOracle, spread, unarySamples } from "./samples.js";

/** Independent float64 reference for the generic tests. */
export type Oracle = (inputs: readonly NdArray[], attributes: Attributes) => readonly NdArray[];

/** How an operation is tested: by samples, against an oracle where it has one, or not at all for a reason. */
export type OpReference = {
  /** One sentence for the reference table. */
  readonly summary: string;
} & (
  | {
      readonly samples: () => readonly Sample[];
      /** Without one, the backends are held against the interpreter. */
      readonly oracle?: Oracle;
    }
  | {
      /** Why the generic tests cannot run it, and what tests it instead. */
      readonly untested: string;
    }
);

/** What a file `*.oracle.ts` exports as `references`: one entry for each operation type, by its name. */
export type References = Readonly<Record<string, OpReference>>;

/** The reference of a `unaryOp`: the function of one number, and the range of its samples. */
export function unaryReference(spec: {
  readonly summary: string;
  readonly oracle: (x: number) => number;
  readonly samples?: Parameters<typeof unarySamples>[0];
  /** Takes int32 too. */
  readonly whole?: boolean;
}): OpReference {
  return {
    summary: spec.summary,
    oracle: mapOracle(spec.oracle),
    samples: () => [
      ...unarySamples(spec.samples),
      ...(spec.whole === true ? [{ inputs: [spread([17], { low: -9, high: 9, dtype: "int32" })] }] : []),
    ],
  };
}

/** The reference of a `binaryOp`: the function of two numbers, and the range of its samples. */
export function binaryReference(spec: {
  readonly summary: string;
  readonly oracle: (a: number, b: number) => number;
  readonly samples?: Parameters<typeof binarySamples>[0];
  /** The result's element type. Default: the operands'. */
  readonly out?: DType;
  /** Takes every numeric element type. */
  readonly numeric?: boolean;
}): OpReference {
  return {
    summary: spec.summary,
    oracle: broadcastOracle(spec.oracle, spec.out as NumericDType | undefined),
    samples: () => [...binarySamples(spec.samples), ...(spec.numeric === true ? numbersOfBothKinds() : [])],
  };
}

/** Operations on numbers are tried on whole and on fractional ones, whatever their own samples are. */
const numbersOfBothKinds = (): Sample[] =>
  (["int32", "float32"] as const).map((dtype) => ({
    inputs: [spread([17], { low: 1, high: 6, dtype, seed: 5 }), spread([17], { low: 1, high: 6, dtype, seed: 6 })],
  }));

/** The reference of a `reduceOp`: the function of the elements that fall together, in row-major order. */
export function reduceReference(spec: {
  readonly summary: string;
  readonly oracle: (values: readonly number[], dtype: NumericDType) => number;
  readonly samples?: Parameters<typeof reduceSamples>[0];
}): OpReference {
  return {
    summary: spec.summary,
    oracle: ([x], attributes) => {
      const reduction: ReduceAttributes = reduceAttributes({ attributes });
      return [reduceOracle(x as NdArray<NumericDType>, reduction, spec.oracle)];
    },
    samples: () => reduceSamples(spec.samples),
  };
}
