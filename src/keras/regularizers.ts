/**
 * @file `keras.regularizers`: penalties that the loss grows by. Each is a function of a weight. Follows
 * `regularizers.py` of Keras 3. May import `ops` and below.
 */
import { ArgumentError, ShapeError } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { eye } from "../ops/array/index.js";
import { matmul, nn } from "../ops/index.js";
import { recordOf, requireNoMore, shown } from "./arguments.js";
import { callable } from "./callable.js";
import type { Config, RegularizerIdentifier } from "./contracts.js";
import { get as getByName, optionsOf, register } from "./registry.js";

/** Base of the regularizers: `regularizer(weight)` is a scalar. */
export abstract class Regularizer extends callable<(weight: Tensor) => Tensor>() {
  /** The penalty of a weight. */
  abstract compute(weight: Tensor): Tensor;
  /** The options, under Keras's names. */
  abstract getConfig(): Config;
}

/** @throws ArgumentError for a factor that is negative or not finite */
function requireFactor(value: number, name: string): number {
  if (!(Number.isFinite(value) && value >= 0))
    throw new ArgumentError(
      `Invalid value for argument ${name}: expected a non-negative float. Received: ${name}=${shown(value)}`,
      {
        hint: typeof value === "object" ? "a factor alone stands by place: new L2(0.01)" : "pass a number of 0 or more",
      },
    );
  return value;
}

/** `l1 · Σ|w|`. `keras.regularizers.L1`. */
export class L1 extends Regularizer {
  readonly l1: number;
  /** @param l1 default 0.01 */
  constructor(l1 = 0.01) {
    super();
    this.l1 = requireFactor(l1, "l1");
  }
  compute(weight: Tensor): Tensor {
    return weight.abs().reduceSum().mul(this.l1) as Tensor;
  }
  getConfig(): Config {
    return { l1: this.l1 };
  }
  static fromConfig(config: Config): L1 {
    return new L1(config.l1 as number);
  }
}

/** `l2 · Σw²`, without a half. `keras.regularizers.L2`. */
export class L2 extends Regularizer {
  readonly l2: number;
  /** @param l2 default 0.01 */
  constructor(l2 = 0.01) {
    super();
    this.l2 = requireFactor(l2, "l2");
  }
  compute(weight: Tensor): Tensor {
    return weight.square().reduceSum().mul(this.l2) as Tensor;
  }
  getConfig(): Config {
    return { l2: this.l2 };
  }
  static fromConfig(config: Config): L2 {
    return new L2(config.l2 as number);
  }
}

/** Options of {@link L1L2}. */
export interface L1L2Options {
  /** Default 0. */
  readonly l1?: number;
  /** Default 0. */
  readonly l2?: number;
}

/** `l1 · Σ|w| + l2 · Σw²`. `keras.regularizers.L1L2`. */
export class L1L2 extends Regularizer {
  readonly l1: number;
  readonly l2: number;
  constructor(options: L1L2Options = {}) {
    const { l1 = 0, l2 = 0, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["l1", "l2"]);
    super();
    this.l1 = requireFactor(l1, "l1");
    this.l2 = requireFactor(l2, "l2");
  }
  compute(weight: Tensor): Tensor {
    const absolute = weight.abs().reduceSum().mul(this.l1) as Tensor;
    const squared = weight.square().reduceSum().mul(this.l2) as Tensor;
    if (this.l2 === 0) return absolute;
    return this.l1 === 0 ? squared : absolute.add(squared);
  }
  getConfig(): Config {
    return { l1: this.l1, l2: this.l2 };
  }
  static fromConfig(config: Config): L1L2 {
    return new L1L2(optionsOf(config));
  }
}

/** Options of {@link OrthogonalRegularizer}. */
export interface OrthogonalRegularizerOptions {
  /** Default 0.01. */
  readonly factor?: number;
  /** Whether rows or columns are to be orthogonal. Default `"rows"`. */
  readonly mode?: "rows" | "columns";
}

/**
 * The mean magnitude of the cosines between the rows (or columns) of a matrix, times `factor`.
 * `keras.regularizers.OrthogonalRegularizer`.
 */
export class OrthogonalRegularizer extends Regularizer {
  readonly factor: number;
  readonly mode: "rows" | "columns";
  /** @throws ArgumentError for a negative factor or an unknown mode */
  constructor(options: OrthogonalRegularizerOptions = {}) {
    const { factor = 0.01, mode = "rows", ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["factor", "mode"]);
    super();
    this.factor = requireFactor(factor, "factor");
    if (mode !== "rows" && mode !== "columns")
      throw new ArgumentError(
        `Invalid value for argument \`mode\`. Expected one of {"rows", "columns"}. Received: mode=${mode}`,
      );
    this.mode = mode;
  }
  /** @throws ShapeError for a weight that is no matrix of known size */
  compute(weight: Tensor): Tensor {
    const byRows = this.mode === "rows";
    const size = weight.partialShape?.[byRows ? 0 : 1];
    if (weight.rank !== 2 || size === null || size === undefined)
      throw new ShapeError(`Inputs to OrthogonalRegularizer must have rank 2. Received: ${weight}`, {
        op: weight.op.name,
        createdAt: weight.op.createdAt,
      });
    const unit: Tensor = nn.l2Normalize(weight, byRows ? 1 : 0, { epsilon: 1e-14 });
    const cosines = matmul(unit, unit, { transposeA: !byRows, transposeB: byRows }) as Tensor;
    const others = cosines.mul((eye(size, { dtype: weight.dtype }) as Tensor).neg().add(1) as Tensor) as Tensor;
    const pairs = (size * (size - 1)) / 2;
    return others
      .abs()
      .reduceSum()
      .mul((this.factor * 0.5) / pairs) as Tensor;
  }
  getConfig(): Config {
    return { factor: this.factor, mode: this.mode };
  }
  static fromConfig(config: Config): OrthogonalRegularizer {
    return new OrthogonalRegularizer(optionsOf(config));
  }
}

/** `new L1(l1)`. `keras.regularizers.l1`. */
export const l1 = (factor = 0.01): L1 => new L1(factor);
/** `new L2(l2)`. `keras.regularizers.l2`. */
export const l2 = (factor = 0.01): L2 => new L2(factor);
/** Both penalties, 0.01 each by default as in Keras 2. `keras.regularizers.l1_l2`. */
export const l1L2 = ({ l1 = 0.01, l2 = 0.01 }: L1L2Options = {}): L1L2 => new L1L2({ l1, l2 });

const module = "keras.regularizers";
register("regularizer", "L1", L1, { module });
register("regularizer", "L2", L2, { module });
register("regularizer", "L1L2", L1L2, { module, aliases: ["l1l2", "l1_l2"] });
register("regularizer", "OrthogonalRegularizer", OrthogonalRegularizer, { module });

/** The regularizer of a name, config or function. `keras.regularizers.get`. */
export const get = (identifier: RegularizerIdentifier) => getByName("regularizer", identifier);
