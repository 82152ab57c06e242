/**
 * @file Checks that numbers are finite: a run fails at the first tensor that is not, in place of going on
 * with NaN. Follows `numeric_ops.py` of TensorFlow 1.3, and its kernel `check_numerics_op.cc`.
 */
import { type DType, InvalidArgumentError, type NdArray, type NumericDType, type Shape } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { compiled } from "../ir/index.js";
import { defineOp, likeFirst, type NameOption, requireFloating } from "./define.js";

const largest = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE } as const;

const checkNumericsOp = defineOp({
  name: "CheckNumerics",
  inputs: ["tensor"],
  infer: (c) => {
    requireFloating(c, "CheckNumerics");
    return likeFirst(c);
  },
  lower: compiled((c) => {
    const { e, where } = c;
    const x = c.input(0);
    const limit = largest[x.dtype as keyof typeof largest];
    const isBad = c.map(x.shape, "bool", (axes) => {
      const value = c.load(x, axes);
      return e.not(e.le(e.abs(value), e.like(value, limit)));
    });
    const message = String(c.attributes.message);
    c.check(isBad, [x], ([values]) => {
      const found = Array.from((values as NdArray<NumericDType>).data);
      const what = [
        ...(found.some((value) => Math.abs(value) === Number.POSITIVE_INFINITY) ? ["Inf"] : []),
        ...(found.some(Number.isNaN) ? ["NaN"] : []),
      ].join(" and ");
      return new InvalidArgumentError(`${message} : Tensor had ${what} values`, {
        ...where,
        hint: "lower the learning rate, keep logarithms and divisors from 0, or look at the data for such values",
      });
    });
    return [x];
  }),
  gradient: (op, dy) => {
    const message = `Not a number (NaN) or infinity (Inf) values detected in gradient. ${String(op.attributes.message)}`;
    return [checkNumericsOp.build([dy], { message })];
  },
});

/**
 * The tensor itself; a run that needs it fails where one of its elements is NaN or infinite. So does one that
 * needs its gradient, where that is. `tf.check_numerics`.
 * @param message begins the error's message: what the tensor is
 * @throws InvalidArgumentError when running, `<message> : Tensor had NaN values`
 * @throws DTypeError for a tensor that is not floating
 */
export const checkNumerics = <D extends DType, S extends Shape>(
  tensor: Tensor<D, S>,
  message: string,
  options: NameOption = {},
): Tensor<D, S> => checkNumericsOp.build([tensor], { message }, options) as Tensor as Tensor<D, S>;

/** {@link checkNumerics} with the arguments' names of another age. `tf.verify_tensor_all_finite`. */
export const verifyTensorAllFinite = <D extends DType, S extends Shape>(
  t: Tensor<D, S>,
  msg: string,
  options: NameOption = {},
): Tensor<D, S> => checkNumerics(t, msg, { name: options.name ?? "VerifyFinite" });
