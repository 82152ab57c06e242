/**
 * @file Chained methods of `Tensor`. The functions of `unary.ts` and `binary.ts` become methods by
 * themselves, in values and in types; the others are listed here.
 */
import type {
  BinaryDType,
  BinaryShape,
  Checked,
  CommonDType,
  DType,
  DTypeClash,
  MatMulShape,
  Ok,
  Shape,
} from "../core/index.js";
import { Tensor } from "../graph/index.js";
import * as binary from "./binary.js";
import { cast } from "./cast.js";
import type { NameOption } from "./define.js";
import { type MatMulOptions, matmul } from "./matmul.js";
import * as unary from "./unary.js";

type UnaryMethods<D extends DType, S extends Shape> = {
  [K in keyof typeof unary]: (options?: NameOption) => Tensor<D, S>;
};

type BinaryMethods = {
  [K in keyof typeof binary]: (typeof binary)[K] extends binary.BinaryFunction<infer Name, infer Out>
    ? <A extends Tensor, const B extends binary.Operand>(
        this: A,
        other: Checked<B, BinaryShape<A, B, Name>>,
        options?: NameOption,
      ) => Tensor<Out extends DType ? Out : BinaryDType<A, B>, Ok<BinaryShape<A, B, Name>>>
    : never;
};
/** Short names of the arithmetic operators. */
interface OperatorNames {
  readonly sub: "subtract";
  readonly mul: "multiply";
  readonly div: "divide";
}
type OperatorMethods = { [K in keyof OperatorNames]: BinaryMethods[OperatorNames[K]] };

declare module "../graph/tensor.js" {
  interface Tensor<D extends DType = DType, S extends Shape = Shape>
    extends UnaryMethods<D, S>,
      BinaryMethods,
      OperatorMethods {
    /** The negative. */
    neg(options?: NameOption): Tensor<D, S>;
    /** The tensor in another element type. @see tf.cast */
    cast<E extends DType>(dtype: E, options?: NameOption): Tensor<E, S>;
    /** The matrix product with `b`. @see tf.matmul */
    matmul<
      D extends DType,
      A extends Shape,
      E extends DType,
      B extends Shape,
      TransposeA extends boolean = false,
      TransposeB extends boolean = false,
    >(
      this: Tensor<D, A>,
      b: Checked<Tensor<E, B>, DTypeClash<D, E, "matmul"> | MatMulShape<A, B, TransposeA, TransposeB>>,
      options?: MatMulOptions<TransposeA, TransposeB>,
    ): Tensor<CommonDType<D, E>, Ok<MatMulShape<A, B, TransposeA, TransposeB>>>;
  }
}

type AnyFunction = (...operands: unknown[]) => unknown;

/** Makes functions whose first operand is a tensor methods of `Tensor`. */
export function installMethods(functions: Readonly<Record<string, unknown>>): void {
  for (const [name, method] of Object.entries(functions))
    Object.defineProperty(Tensor.prototype, name, {
      configurable: true,
      writable: true,
      value(this: Tensor, ...rest: unknown[]): unknown {
        return (method as AnyFunction)(this, ...rest);
      },
    });
}

installMethods({ ...unary, ...binary, cast, matmul });
installMethods({ neg: unary.negative, sub: binary.subtract, mul: binary.multiply, div: binary.divide });
