/**
 * @file The three operations of a convolution: the product, and its derivatives by input and by filter.
 * Each is bilinear, so the gradients of all three are again these three, to any order. A family says how
 * its channels combine and how each operation is lowered; inference, checks and gradients live here.
 */
import { isFullyDefined, NdArray, type PartialShape } from "../../core/index.js";
import type { InferContext, Tensor } from "../../graph/index.js";
import { compiled, type LowerContext, type TensorValue } from "../../ir/index.js";
import { shape } from "../array/shape.js";
import { inputAsShape, shapeNumbers } from "../array/shape-argument.js";
import { constantTensor, defineOp, type OpBuilder, requireFloating, requireRank, requireSameDType } from "../define.js";
import {
  inferWindows,
  type PerAxis,
  type WindowAttributes,
  type WindowAxis,
  windowAxis,
} from "./convolution-windows.js";

/** What every convolution stores. */
export interface ConvolutionAttributes extends WindowAttributes {
  readonly dilations: PerAxis;
}

/** One convolution with all sizes known. */
export interface ConvolutionSizes {
  readonly batch: number;
  readonly rows: WindowAxis;
  readonly columns: WindowAxis;
  readonly inChannels: number;
  readonly outChannels: number;
  /** `[height, width, in channels, out channels or multiplier]`. */
  readonly filter: readonly number[];
}

interface ConvolutionFamily {
  readonly name: string;
  /** Channels out, from the last two dimensions of the filter; `null` where they do not tell. */
  readonly outChannels: (inChannels: number | null, last: number | null) => number | null;
  /** From input and filter. */
  readonly lower: (c: LowerContext, sizes: ConvolutionSizes, x: TensorValue, filter: TensorValue) => TensorValue;
  /** From filter and output gradient. */
  readonly lowerInput: (c: LowerContext, sizes: ConvolutionSizes, filter: TensorValue, dy: TensorValue) => TensorValue;
  /** From input and output gradient. */
  readonly lowerFilter: (c: LowerContext, sizes: ConvolutionSizes, x: TensorValue, dy: TensorValue) => TensorValue;
}

export interface ConvolutionOps {
  readonly forward: OpBuilder;
  /** `(inputSizes, filter, outBackprop)`: the derivative by the input; a transposed convolution. */
  readonly backpropInput: OpBuilder;
  /** `(input, filterSizes, outBackprop)`: the derivative by the filter. */
  readonly backpropFilter: OpBuilder;
}

type Dimensions = readonly [number | null, number | null, number | null, number | null];
const unknown: Dimensions = [null, null, null, null];
const dimensions = (known: PartialShape): Dimensions => (known ?? unknown) as Dimensions;

/** @throws ShapeError where both are known and differ */
function mergeDimension(c: InferContext, a: number | null, b: number | null, hint: string): number | null {
  if (a !== null && b !== null && a !== b) c.fail(`Dimensions must be equal, but are ${a} and ${b}`, hint);
  return a ?? b;
}

/** What is known of the shape that a shape input holds. */
function inferSizes(c: InferContext, i: number): Dimensions {
  requireRank(c, i, 1);
  const known = inputAsShape(c, i);
  if (known !== null && known.length !== 4) c.fail(`Shape must be rank 4 but is rank ${known.length}`);
  return dimensions(known);
}

/** The tensor's shape as a shape argument: a constant where it is known. */
export function shapeOf(tensor: Tensor): Tensor<"int32"> {
  const known = tensor.partialShape;
  return isFullyDefined(known) ? constantTensor(NdArray.from([...known], "int32"), "Shape") : shape(tensor);
}

/* @__NO_SIDE_EFFECTS__ */
export function defineConvolution(family: ConvolutionFamily): ConvolutionOps {
  const { name } = family;
  const backpropInputName = `${name}BackpropInput`;
  const backpropFilterName = `${name}BackpropFilter`;

  /** Output shape from the shapes of input and filter. */
  function inferOutput(c: InferContext, input: Dimensions, filter: Dimensions): Dimensions {
    const { strides, dilations } = c.attributes as ConvolutionAttributes;
    const [batch, height, width, channels] = input;
    const inChannels = mergeDimension(c, channels, filter[2], "the filter is [height, width, in channels, …]");
    return [
      batch,
      inferWindows(c, height, filter[0], strides[1], dilations[1]),
      inferWindows(c, width, filter[1], strides[2], dilations[2]),
      family.outChannels(inChannels, filter[3]),
    ];
  }
  /** Checks the gradient at the output against what the convolution gives. */
  function inferBackprop(c: InferContext, input: Dimensions, filter: Dimensions): Dimensions {
    const expected = inferOutput(c, input, filter);
    const given = dimensions(requireRank(c, 2, 4));
    return expected.map((size, axis) =>
      mergeDimension(c, given[axis] as number | null, size, "out_backprop has the shape of the convolution's output"),
    ) as unknown as Dimensions;
  }

  /** Sizes from concrete shapes. @throws InvalidArgumentError in TensorFlow's words */
  function sizesOf(c: LowerContext, input: readonly number[], filter: readonly number[]): ConvolutionSizes {
    const { strides, dilations } = c.attributes as ConvolutionAttributes;
    if (input.length !== 4) c.fail(`input must be 4-dimensional: [${input}]`);
    if (filter.length !== 4) c.fail(`filter must be 4-dimensional: [${filter}]`);
    const [batch = 0, height = 0, width = 0, inChannels = 0] = input;
    const [filterHeight = 0, filterWidth = 0, depth = 0, last = 0] = filter;
    if (inChannels !== depth)
      c.fail(
        `input and filter must have the same depth: ${inChannels} vs ${depth}`,
        "the filter is [height, width, in channels, …]",
      );
    return {
      batch,
      rows: windowAxis(c, height, filterHeight, strides[1], dilations[1]),
      columns: windowAxis(c, width, filterWidth, strides[2], dilations[2]),
      inChannels,
      outChannels: family.outChannels(inChannels, last) as number,
      filter,
    };
  }
  function checkOutBackprop(c: LowerContext, op: string, sizes: ConvolutionSizes, given: readonly number[]): void {
    const { batch, rows, columns, outChannels } = sizes;
    if (given.length !== 4) c.fail(`out_backprop must be 4-dimensional: [${given}]`);
    if (given[0] !== batch) c.fail(`${op}: input and out_backprop must have the same batch size`);
    if (given[3] !== outChannels) c.fail(`${op}: filter and out_backprop must have the same out_depth`);
    for (const [i, { output }] of [rows, columns].entries())
      if (given[i + 1] !== output)
        c.fail(
          `${op}: Size of out_backprop doesn't match computed: actual = ${given[i + 1]}, computed = ${output}`,
          "the sizes asked for must give the output's height and width under these strides and this padding",
        );
  }

  const ops: ConvolutionOps = {
    forward: defineOp({
      name,
      inputs: ["input", "filter"],
      infer: (c) => {
        requireFloating(c, name);
        const dtype = requireSameDType(c, { name, inputs: ["input", "filter"] });
        return [{ dtype, shape: inferOutput(c, dimensions(requireRank(c, 0, 4)), dimensions(requireRank(c, 1, 4))) }];
      },
      lower: compiled((c) => {
        const [x, filter] = [c.input(0), c.input(1)];
        return [family.lower(c, sizesOf(c, x.shape, filter.shape), x, filter)];
      }),
      gradient: ({ inputs, attributes }, dy) => {
        const [x, filter] = inputs as readonly [Tensor, Tensor];
        return [
          ops.backpropInput.build([shapeOf(x), filter, dy], attributes),
          ops.backpropFilter.build([x, shapeOf(filter), dy], attributes),
        ];
      },
    }),

    backpropInput: defineOp({
      name: backpropInputName,
      inputs: ["input_sizes", "filter", "out_backprop"],
      shapeInputs: [0],
      infer: (c) => {
        const operands = { ...c, inputs: c.inputs.slice(1) };
        requireFloating(operands, backpropInputName);
        const dtype = requireSameDType(operands, { name: backpropInputName, inputs: ["filter", "out_backprop"] });
        const sizes = inferSizes(c, 0);
        const filter = dimensions(requireRank(c, 1, 4));
        const [batch] = inferBackprop(c, sizes, filter);
        return [{ dtype, shape: [batch, sizes[1], sizes[2], sizes[3] ?? filter[2]] }];
      },
      lower: compiled((c) => {
        const [filter, dy] = [c.input(1), c.input(2)];
        const sizes = sizesOf(c, shapeNumbers(c, 0), filter.shape);
        checkOutBackprop(c, backpropInputName, sizes, dy.shape);
        return [family.lowerInput(c, sizes, filter, dy)];
      }),
      gradient: ({ inputs, attributes }, dx) => {
        const [, filter, dy] = inputs as readonly [Tensor, Tensor, Tensor];
        return [
          null,
          ops.backpropFilter.build([dx, shapeOf(filter), dy], attributes),
          ops.forward.build([dx, filter], attributes),
        ];
      },
    }),

    backpropFilter: defineOp({
      name: backpropFilterName,
      inputs: ["input", "filter_sizes", "out_backprop"],
      shapeInputs: [1],
      infer: (c) => {
        const operands = { ...c, inputs: c.inputs.filter((_, i) => i !== 1) };
        requireFloating(operands, backpropFilterName);
        const dtype = requireSameDType(operands, { name: backpropFilterName, inputs: ["input", "out_backprop"] });
        const input = dimensions(requireRank(c, 0, 4));
        const filter = inferSizes(c, 1);
        inferBackprop(c, input, filter);
        return [{ dtype, shape: [filter[0], filter[1], filter[2] ?? input[3], filter[3]] }];
      },
      lower: compiled((c) => {
        const [x, dy] = [c.input(0), c.input(2)];
        const sizes = sizesOf(c, x.shape, shapeNumbers(c, 1));
        checkOutBackprop(c, backpropFilterName, sizes, dy.shape);
        return [family.lowerFilter(c, sizes, x, dy)];
      }),
      gradient: ({ inputs, attributes }, dFilter) => {
        const [x, , dy] = inputs as readonly [Tensor, Tensor, Tensor];
        return [
          ops.backpropInput.build([shapeOf(x), dFilter, dy], attributes),
          null,
          ops.forward.build([x, dFilter], attributes),
        ];
      },
    }),
  };
  return ops;
}
