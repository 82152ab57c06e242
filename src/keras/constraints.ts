/**
 * @file `keras.constraints`: what a weight is brought back to after every update. Each is a function of a
 * weight. Follows `constraints.py` of Keras 3. May import `ops` and below.
 */
import type { Tensor } from "../graph/index.js";
import { type NoOptions, recordOf, requireNoMore, requireNumber } from "./arguments.js";
import { callable } from "./callable.js";
import type { Config, ConstraintIdentifier } from "./contracts.js";
import { get as getByName, optionsOf, register } from "./registry.js";

/** Base of the constraints: `constraint(weight)` is the admissible value, of the same shape. */
export abstract class Constraint extends callable<(weight: Tensor) => Tensor>() {
  /** The admissible value nearest to a weight's. */
  abstract compute(weight: Tensor): Tensor;
  /** The options, under Keras's names. */
  abstract getConfig(): Config;
}

/** Which elements make one vector. */
export interface NormAxisOption {
  /** The axes whose elements make one vector: 0 for the inputs of a dense unit. Default 0. */
  readonly axis?: number | readonly number[];
}

/** Keeps divisions by a norm of 0 finite. */
const epsilon = 1e-7;

const normsOf = (weight: Tensor, axis: number | readonly number[]): Tensor =>
  weight.square().reduceSum({ axis, keepDims: true }).sqrt() as Tensor;

/** `weight` with vectors of the `desired` norms. */
const scaled = (weight: Tensor, norms: Tensor, desired: Tensor): Tensor =>
  weight.mul(desired.div(norms.add(epsilon)) as Tensor);

/** Vectors no longer than `maxValue`. `keras.constraints.MaxNorm`. */
export class MaxNorm extends Constraint {
  readonly axis: number | readonly number[];
  /** @param maxValue default 2 */
  constructor(
    readonly maxValue = 2,
    options: NormAxisOption = {},
  ) {
    const { axis = 0, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["axis"]);
    super();
    requireNumber(maxValue, "max_value", new.target, "it stands by place before the options: new MaxNorm(2)");
    this.axis = axis;
  }
  compute(weight: Tensor): Tensor {
    const norms = normsOf(weight, this.axis);
    return scaled(weight, norms, norms.clipByValue(0, this.maxValue));
  }
  getConfig(): Config {
    return { max_value: this.maxValue, axis: this.axis };
  }
  static fromConfig({ max_value: maxValue, ...config }: Config): MaxNorm {
    return new MaxNorm(maxValue as number | undefined, optionsOf(config));
  }
}

/** Nothing below 0. `keras.constraints.NonNeg`. */
export class NonNeg extends Constraint {
  constructor(options: NoOptions = {}) {
    requireNoMore(recordOf(options, new.target), new.target);
    super();
  }
  compute(weight: Tensor): Tensor {
    return weight.maximum(0);
  }
  getConfig(): Config {
    return {};
  }
  static fromConfig(): NonNeg {
    return new NonNeg();
  }
}

/** Vectors of length 1. `keras.constraints.UnitNorm`. */
export class UnitNorm extends Constraint {
  readonly axis: number | readonly number[];
  constructor(options: NormAxisOption = {}) {
    const { axis = 0, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["axis"]);
    super();
    this.axis = axis;
  }
  compute(weight: Tensor): Tensor {
    return weight.div(normsOf(weight, this.axis).add(epsilon) as Tensor);
  }
  getConfig(): Config {
    return { axis: this.axis };
  }
  static fromConfig(config: Config): UnitNorm {
    return new UnitNorm(optionsOf(config));
  }
}

/** Options of {@link MinMaxNorm}. */
export interface MinMaxNormOptions extends NormAxisOption {
  /** Default 0. */
  readonly minValue?: number;
  /** Default 1. */
  readonly maxValue?: number;
  /** How far to go towards the bounds, 1 being all the way. Default 1. */
  readonly rate?: number;
}

/** Vectors with lengths between two bounds. `keras.constraints.MinMaxNorm`. */
export class MinMaxNorm extends Constraint {
  readonly minValue: number;
  readonly maxValue: number;
  readonly rate: number;
  readonly axis: number | readonly number[];
  constructor(options: MinMaxNormOptions = {}) {
    const { minValue = 0, maxValue = 1, rate = 1, axis = 0, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["minValue", "maxValue", "rate", "axis"]);
    super();
    this.minValue = requireNumber(minValue, "min_value", new.target);
    this.maxValue = requireNumber(maxValue, "max_value", new.target);
    this.rate = requireNumber(rate, "rate", new.target);
    this.axis = axis;
  }
  compute(weight: Tensor): Tensor {
    const norms = normsOf(weight, this.axis);
    const bounded = norms.clipByValue(this.minValue, this.maxValue);
    return scaled(weight, norms, bounded.mul(this.rate).add(norms.mul(1 - this.rate)) as Tensor);
  }
  getConfig(): Config {
    return { min_value: this.minValue, max_value: this.maxValue, rate: this.rate, axis: this.axis };
  }
  static fromConfig(config: Config): MinMaxNorm {
    return new MinMaxNorm(optionsOf(config));
  }
}

const module = "keras.constraints";
register("constraint", "MaxNorm", MaxNorm, { module });
register("constraint", "MinMaxNorm", MinMaxNorm, { module });
register("constraint", "NonNeg", NonNeg, { module });
register("constraint", "UnitNorm", UnitNorm, { module });

/** The constraint of a name, config or function. `keras.constraints.get`. */
export const get = (identifier: ConstraintIdentifier) => getByName("constraint", identifier);
