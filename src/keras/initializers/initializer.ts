/** @file What Keras's initializers share: they are called like functions, and made again from a config. */
import { type DType, DTypeError, type FloatDType, isFloating } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { callable } from "../callable.js";
import type { Config } from "../contracts.js";
import { optionsOf } from "../registry.js";

/** What an initializer is told besides the shape. */
export interface InitializerCall {
  /** Element type. Default float32. */
  readonly dtype?: DType | undefined;
}
/** What every initializer is. Level 1 takes it as well: `tf.getVariable("w", { initializer })`. */
export type InitializerFunction = (shape: readonly number[], options?: InitializerCall) => Tensor;

/** Base of the initializers: `initializer(shape, { dtype })` is the first value of a weight. */
export abstract class Initializer extends callable<InitializerFunction>() {
  /** Draws or fills a tensor of the shape. */
  abstract compute(shape: readonly number[], options?: InitializerCall): Tensor;
  /** The options, under Keras's names. */
  getConfig(): Config {
    return {};
  }
  static fromConfig<T>(this: new (options: never) => T, config: Config): T {
    return new this(optionsOf(config) as never);
  }
}

/** The seed of an initializer that draws. */
export interface SeedOption {
  /** The same number draws the same values. Default: from the graph's seed, else others in every session. */
  readonly seed?: number | null;
}

/** @throws DTypeError for a dtype that is not floating */
export function floatOf({ dtype = "float32" }: InitializerCall): FloatDType {
  if (!isFloating(dtype))
    throw new DTypeError(`Expected floating point type, got ${dtype}.`, {
      hint: 'random initializers draw float32 or float64; use "zeros" or "ones" for other dtypes',
    });
  return dtype;
}
