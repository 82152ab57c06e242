/** @file Initializers without chance. Follows `constant_initializers.py` of Keras 3. */
import {
  ArgumentError,
  type ArrayLike_,
  bracketed,
  describe,
  NdArray,
  type NumericDType,
  ShapeError,
} from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { broadcastTo, eye, ones, zeros } from "../../ops/array/index.js";
import { constant } from "../../ops/basic.js";
import { type NoOptions, recordOf, requireNoMore, requireNumber, shown } from "../arguments.js";
import type { Config } from "../contracts.js";
import { Initializer, type InitializerCall } from "./initializer.js";

/** All zeros. `keras.initializers.Zeros`. */
export class Zeros extends Initializer {
  constructor(options: NoOptions = {}) {
    requireNoMore(recordOf(options, new.target), new.target);
    super();
  }
  compute(shape: readonly number[], { dtype = "float32" }: InitializerCall = {}): Tensor {
    return zeros(shape, { dtype }) as Tensor;
  }
}

/** All ones. `keras.initializers.Ones`. */
export class Ones extends Initializer {
  constructor(options: NoOptions = {}) {
    requireNoMore(recordOf(options, new.target), new.target);
    super();
  }
  compute(shape: readonly number[], { dtype = "float32" }: InitializerCall = {}): Tensor {
    return ones(shape, { dtype }) as Tensor;
  }
}

/** One value throughout, or an array that broadcasts to the shape. `keras.initializers.Constant`. */
export class Constant extends Initializer {
  /** @param value default 0 */
  constructor(readonly value: ArrayLike_ = 0) {
    super();
    if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
      throw new ArgumentError(`Constant takes its value by place, not ${shown(value)}`, {
        hint: "new keras.initializers.Constant(0.1)",
      });
    if (typeof value === "number") requireNumber(value, "value", new.target);
    else if (NdArray.from(value).dtype === "string")
      throw new ArgumentError(`Constant takes a number or an array of numbers, not ${describe(value)}`);
  }
  compute(shape: readonly number[], { dtype = "float32" }: InitializerCall = {}): Tensor {
    return broadcastTo(constant(NdArray.from(this.value, dtype)) as Tensor, shape) as Tensor;
  }
  override getConfig(): Config {
    return { value: typeof this.value === "number" ? this.value : NdArray.from(this.value).toArray() };
  }
  static override fromConfig(config: Config): never {
    return new Constant(config.value as ArrayLike_) as never;
  }
}

/** The identity matrix times `gain`. `keras.initializers.Identity`. */
export class Identity extends Initializer {
  readonly gain: number;
  /** @param options.gain default 1 */
  constructor(
    options: {
      /** Times the identity. Default 1. */
      readonly gain?: number;
    } = {},
  ) {
    const { gain = 1, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["gain"]);
    super();
    this.gain = requireNumber(gain, "gain", new.target);
  }
  /** @throws ShapeError for a shape that is no matrix */
  compute(shape: readonly number[], { dtype = "float32" }: InitializerCall = {}): Tensor {
    const [rows, columns] = shape;
    if (rows === undefined || columns === undefined || shape.length !== 2)
      throw new ShapeError("Identity matrix initializer can only be used for 2D matrices.", {
        hint: `the shape is ${bracketed(shape)}`,
      });
    const matrix = eye(rows, { numColumns: columns, dtype: dtype as NumericDType }) as Tensor;
    return this.gain === 1 ? matrix : matrix.mul(this.gain);
  }
  override getConfig(): Config {
    return { gain: this.gain };
  }
}
