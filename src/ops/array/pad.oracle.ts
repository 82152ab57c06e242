/** @file What `pad.ts` is held against by the generic tests: oracles and samples of its operations. */
import type { NdArray } from "../../core/index.js";
import type { Attributes } from "../../graph/index.js";
import type { References } from "../reference.js";
import { array, spread } from "../samples.js";
import { arrayOf, elementAt, type Numeric, picked, pointsOf } from "./oracles.js";
import type { PadMode } from "./pad.js";

const mirror = (mode: PadMode, i: number, extent: number): number => {
  const edge = mode === "SYMMETRIC" ? 1 : 0;
  return i < 0 ? -i - edge : i >= extent ? 2 * extent - 2 + edge - i : i;
};

/** Reference: the source of each element of the padded tensor, `null` in a constant border. */
function oracleSource(shape: readonly number[], paddings: NdArray, mode: PadMode) {
  const before = shape.map((_, axis) => elementAt(paddings, [axis, 0]));
  const padded = shape.map((d, axis) => d + elementAt(paddings, [axis, 0]) + elementAt(paddings, [axis, 1]));
  const of = (at: readonly number[]): number[] | null => {
    const source = at.map((i, axis) => i - (before[axis] as number));
    if (mode !== "CONSTANT") return source.map((i, axis) => mirror(mode, i, shape[axis] as number));
    return source.every((i, axis) => i >= 0 && i < (shape[axis] as number)) ? source : null;
  };
  return { padded, of };
}

const cases: readonly { shape: readonly number[]; paddings: readonly (readonly number[])[]; attributes: Attributes }[] =
  [
    { shape: [3], paddings: [[1, 2]], attributes: { mode: "CONSTANT", constantValue: 0 } },
    {
      shape: [3, 10],
      paddings: [
        [0, 1],
        [7, 0],
      ],
      attributes: { mode: "CONSTANT", constantValue: -1.5 },
    },
    {
      shape: [0, 2],
      paddings: [
        [1, 1],
        [0, 0],
      ],
      attributes: { mode: "CONSTANT", constantValue: 3 },
    },
    { shape: [17], paddings: [[16, 3]], attributes: { mode: "REFLECT", constantValue: 0 } },
    {
      shape: [2, 3],
      paddings: [
        [1, 0],
        [2, 2],
      ],
      attributes: { mode: "REFLECT", constantValue: 0 },
    },
    {
      shape: [4, 3],
      paddings: [
        [4, 1],
        [3, 3],
      ],
      attributes: { mode: "SYMMETRIC", constantValue: 0 },
    },
  ];

export const references: References = {
  Pad: {
    summary: "The input with a border of constants or mirror images.",
    oracle: ([x, paddings], { mode, constantValue }) => {
      const { padded, of } = oracleSource((x as NdArray).shape, paddings as NdArray, mode as PadMode);
      return [picked(x as NdArray, padded, of, constantValue as number)];
    },
    samples: () =>
      cases.map(({ shape, paddings, attributes }) => ({
        inputs: [spread(shape), array(paddings, "int32")],
        attributes,
      })),
  },
  PadGrad: {
    summary: "The gradient of `Pad`: each element's share, mirror images summed.",
    oracle: ([x, paddings, dy], { mode }) => {
      const { shape } = x as NdArray;
      const { padded, of } = oracleSource(shape, paddings as NdArray, mode as PadMode);
      const totals = new Map<string, number>();
      for (const at of pointsOf(padded)) {
        const target = of(at)?.join();
        if (target !== undefined) totals.set(target, (totals.get(target) ?? 0) + elementAt(dy as NdArray, at));
      }
      return [arrayOf(shape, (dy as Numeric).dtype, (at) => totals.get(at.join()) ?? 0)];
    },
    samples: () =>
      cases.map(({ shape, paddings, attributes }) => {
        const border = array(paddings, "int32");
        const { padded } = oracleSource(shape, border, attributes.mode as PadMode);
        return {
          inputs: [spread(shape), border, spread(padded)],
          attributes: { mode: attributes.mode },
          notDifferentiable: [0],
        };
      }),
  },
};
