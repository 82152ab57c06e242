/**
 * @file What layers demand of the static shape of their inputs, in TensorFlow's words. May import `core`
 * and `graph`.
 */
import { bracketed, callSiteOf, captureCallSite, type Shape, ShapeError } from "../core/index.js";
import type { Tensor } from "../graph/index.js";

function clash(inputs: Tensor, message: string, hint: string): ShapeError {
  return new ShapeError(message, { op: inputs.op.name, createdAt: callSiteOf(captureCallSite()), hint });
}

/** @throws ShapeError for inputs of unknown rank */
function knownShape(layer: string, inputs: Tensor): Shape {
  const shape = inputs.partialShape;
  if (shape === null)
    throw clash(
      inputs,
      `Input 0 of layer ${layer} is incompatible with the layer: its rank is undefined, but the layer requires a defined rank.`,
      "tell it with inputs.setShape([null, …]), or where the placeholder is made",
    );
  return shape;
}

/** @throws ShapeError for inputs of another rank than `rank` */
export function requireRank(layer: string, inputs: Tensor, rank: number, layout: string): Shape {
  const shape = knownShape(layer, inputs);
  if (shape.length !== rank)
    throw clash(
      inputs,
      `Input 0 of layer ${layer} is incompatible with the layer: expected ndim=${rank}, found ndim=${shape.length}. Full shape received: ${bracketed(shape)}`,
      `its inputs are ${layout}`,
    );
  return shape;
}

/** @throws ShapeError for inputs of a lower rank than `rank` */
export function requireMinimumRank(layer: string, inputs: Tensor, rank: number, layout: string): Shape {
  const shape = knownShape(layer, inputs);
  if (shape.length < rank)
    throw clash(
      inputs,
      `Input 0 of layer ${layer} is incompatible with the layer: expected min_ndim=${rank}, found ndim=${shape.length}. Full shape received: ${bracketed(shape)}`,
      `its inputs are ${layout}`,
    );
  return shape;
}

/** @throws ShapeError where axis `axis` (negative: from the end) certainly differs from what the weights are made for */
export function requireExtent(layer: string, inputs: Tensor, axis: number, extent: number): void {
  const shape = knownShape(layer, inputs);
  const found = shape.at(axis) ?? null;
  if (found !== null && found !== extent)
    throw clash(
      inputs,
      `Input 0 of layer ${layer} is incompatible with the layer: expected axis ${axis} of input shape to have value ${extent} but received input with shape ${bracketed(shape)}`,
      "a layer that is applied again shares its weights, which were made for the first input's extent",
    );
}

/** The extent of an axis that weights are made for. @throws ShapeError where it is unknown */
export function definedExtent(inputs: Tensor, extent: number | null | undefined, message: string): number {
  if (extent === null || extent === undefined)
    throw clash(inputs, message, "weights need a known extent: give the placeholder one, or inputs.setShape([…])");
  return extent;
}
