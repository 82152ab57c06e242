/**
 * @file Learning rates that change with the step. Each function returns a scalar tensor that follows
 * the step it is given: pass the same variable as `globalStep` to `minimize`, which increments it.
 * Follows `learning_rate_decay.py` of TensorFlow 1.3, and of 1.12 for the cosine family.
 */
import {
  ArgumentError,
  type DType,
  DTypeError,
  isFloating,
  isInteger,
  type NumericDType,
  type OptionNames,
  requireOptions,
} from "../core/index.js";
import { getDefaultGraph, type Tensor } from "../graph/index.js";
import { where } from "../ops/array/index.js";
import { divide, lessEqual, maximum, minimum, multiply, pow, subtract } from "../ops/binary.js";
import { convertToTensor, type NameOption, tensorOf } from "../ops/define.js";
import { ceil, cos, exp, floor, log } from "../ops/unary.js";
import { type Hyperparameter, scalarOf } from "./optimizer.js";

/** The learning rate as a scalar: of the given rate's dtype, float32 for a number. */
export type Schedule<L> = Tensor<L extends { readonly dtype: infer D extends DType } ? D : "float32", readonly []>;

interface Scope {
  readonly rate: Tensor;
  readonly step: Tensor;
  /** A further argument in the rate's dtype. */
  scalar(value: Hyperparameter, name: string): Tensor;
}

/** Converts rate and step to one floating dtype, and builds under one name scope. */
function schedule<L extends Hyperparameter>(
  name: string,
  learningRate: L,
  globalStep: Hyperparameter | null | undefined,
  build: (scope: Scope) => Tensor,
): Schedule<L> {
  if (globalStep === null || globalStep === undefined)
    throw new ArgumentError(`global_step is required for ${name}.`, {
      hint: "pass tf.train.getOrCreateGlobalStep(), and the same to minimize()",
    });
  const graph = tensorOf(globalStep)?.graph ?? tensorOf(learningRate)?.graph ?? getDefaultGraph();
  const made = graph.asDefault(() =>
    graph.nameScope(name, () => {
      const rate = convertToTensor(learningRate, {
        dtype: typeof learningRate === "number" ? "float32" : undefined,
        name: "learning_rate",
      });
      if (!isFloating(rate.dtype))
        throw new DTypeError(`The learning rate must be floating, got ${rate}`, { op: rate.op.name });
      const scalar = (value: Hyperparameter, label: string): Tensor => scalarOf(value, rate.dtype, label);
      return build({ rate, step: scalar(globalStep, "global_step"), scalar });
    }),
  );
  return made as Tensor as Schedule<L>;
}

/** Options of {@link exponentialDecay}, {@link inverseTimeDecay} and {@link naturalExpDecay}. */
export interface DecayOptions extends NameOption {
  /** Decay once every `decaySteps` in place of a little at each step. Default false. */
  readonly staircase?: boolean;
}
const decayOptions: OptionNames<DecayOptions> = { name: true, staircase: true };

/** `globalStep / decaySteps`, whole numbers alone where it goes in stairs. */
function periods({ step, scalar }: Scope, decaySteps: Hyperparameter, options: DecayOptions): Tensor {
  const p: Tensor = divide(step, scalar(decaySteps, "decay_steps"));
  return options.staircase === true ? floor(p) : p;
}

/**
 * `learningRate · decayRate^(globalStep/decaySteps)`. `tf.train.exponential_decay`.
 * @throws ArgumentError without a step
 */
export function exponentialDecay<L extends Hyperparameter>(
  learningRate: L,
  globalStep: Hyperparameter,
  decaySteps: Hyperparameter,
  decayRate: Hyperparameter,
  options: DecayOptions = {},
): Schedule<L> {
  requireOptions("exponentialDecay", options, decayOptions);
  return schedule(options.name ?? "ExponentialDecay", learningRate, globalStep, (scope) =>
    multiply(scope.rate, pow(scope.scalar(decayRate, "decay_rate"), periods(scope, decaySteps, options))),
  );
}

/**
 * `learningRate · exp(−decayRate · globalStep/decaySteps)`. `tf.train.natural_exp_decay`.
 * @throws ArgumentError without a step
 */
export function naturalExpDecay<L extends Hyperparameter>(
  learningRate: L,
  globalStep: Hyperparameter,
  decaySteps: Hyperparameter,
  decayRate: Hyperparameter,
  options: DecayOptions = {},
): Schedule<L> {
  requireOptions("naturalExpDecay", options, decayOptions);
  return schedule(options.name ?? "NaturalExpDecay", learningRate, globalStep, (scope) => {
    const exponent = multiply(scope.scalar(decayRate, "decay_rate"), periods(scope, decaySteps, options));
    return multiply(scope.rate, exp(subtract(0, exponent)));
  });
}

/**
 * `learningRate / (1 + decayRate · globalStep/decaySteps)`. `tf.train.inverse_time_decay`.
 * @throws ArgumentError without a step
 */
export function inverseTimeDecay<L extends Hyperparameter>(
  learningRate: L,
  globalStep: Hyperparameter,
  decaySteps: Hyperparameter,
  decayRate: Hyperparameter,
  options: DecayOptions = {},
): Schedule<L> {
  requireOptions("inverseTimeDecay", options, decayOptions);
  return schedule(options.name ?? "InverseTimeDecay", learningRate, globalStep, (scope) => {
    const decayed: Tensor = multiply(scope.scalar(decayRate, "decay_rate"), periods(scope, decaySteps, options));
    return divide(scope.rate, decayed.add(1));
  });
}

/** Options of {@link polynomialDecay}. */
export interface PolynomialDecayOptions extends NameOption {
  /** The rate at `decaySteps` and after. Default 0.0001. */
  readonly endLearningRate?: Hyperparameter;
  /** 1 is a straight line. Default 1. */
  readonly power?: Hyperparameter;
  /** Begin again, over a longer stretch, whenever the end is reached. Default false. */
  readonly cycle?: boolean;
}
const polynomialOptions: OptionNames<PolynomialDecayOptions> = {
  name: true,
  endLearningRate: true,
  power: true,
  cycle: true,
};

/**
 * `(learningRate − end)·(1 − step/decaySteps)^power + end` with the step no larger than `decaySteps`,
 * or `decaySteps` grown to the next multiple that reaches the step. `tf.train.polynomial_decay`.
 * @throws ArgumentError without a step
 */
export function polynomialDecay<L extends Hyperparameter>(
  learningRate: L,
  globalStep: Hyperparameter,
  decaySteps: Hyperparameter,
  options: PolynomialDecayOptions = {},
): Schedule<L> {
  requireOptions("polynomialDecay", options, polynomialOptions);
  const { endLearningRate = 0.0001, power = 1, cycle = false } = options;
  return schedule(options.name ?? "PolynomialDecay", learningRate, globalStep, ({ rate, step, scalar }) => {
    const end = scalar(endLearningRate, "end_learning_rate");
    const length = scalar(decaySteps, "decay_steps");
    // At step 0 one period has begun, though it would round to none.
    const total: Tensor = cycle ? multiply(length, maximum(ceil(divide(step, length)), 1)) : length;
    const reached: Tensor = cycle ? step : minimum(step, length);
    const left = pow(subtract(1, divide(reached, total)), scalar(power, "power"));
    return multiply(subtract(rate, end), left).add(end) as Tensor;
  });
}

/**
 * `values[0]` while `x ≤ boundaries[0]`, `values[i]` while `boundaries[i−1] < x ≤ boundaries[i]`, the
 * last beyond. The result has the dtype of the values, float32 for numbers. `tf.train.piecewise_constant`.
 * @param x the step
 * @param boundaries ascending, in the dtype of `x`
 * @param values one more than boundaries
 * @throws ArgumentError where the lengths do not fit
 * @throws DTypeError for boundaries of another dtype than `x`, or values of several
 */
export function piecewiseConstant<V extends Hyperparameter>(
  x: Hyperparameter,
  boundaries: readonly Hyperparameter[],
  values: readonly V[],
  options: NameOption = {},
): Schedule<V> {
  requireOptions("piecewiseConstant", options, { name: true });
  if (boundaries.length !== values.length - 1)
    throw new ArgumentError("The length of boundaries should be 1 less than the length of values", {
      hint: `${boundaries.length} boundaries need ${boundaries.length + 1} values, not ${values.length}`,
    });
  const graph = tensorOf(x)?.graph ?? getDefaultGraph();
  const made = graph.asDefault(() =>
    graph.nameScope(options.name ?? "PiecewiseConstant", () => {
      const position = convertToTensor(x);
      const limits = boundaries.map((boundary) => boundaryOf(boundary, position));
      const floating = values.find((value) => typeof value !== "number") as Tensor | undefined;
      const dtype = (tensorOf(floating)?.dtype ?? "float32") as NumericDType;
      const pieces = values.map((value) => convertToTensor(value, { dtype }));
      return limits.reduceRight<Tensor>(
        (later, limit, i) => where(lessEqual(position, limit), pieces[i] as Tensor, later) as Tensor,
        pieces.at(-1) as Tensor,
      );
    }),
  );
  return made as Tensor as Schedule<V>;
}

function boundaryOf(boundary: Hyperparameter, x: Tensor): Tensor {
  const tensor = tensorOf(boundary);
  const fits = tensor === undefined ? !isInteger(x.dtype) || Number.isInteger(boundary) : tensor.dtype === x.dtype;
  if (!fits)
    throw new DTypeError(`Boundaries (${boundary}) must have the same dtype as x (${x.dtype}).`, {
      op: x.op.name,
      hint: "give whole boundaries for a step, or tf.cast() the step",
    });
  return convertToTensor(boundary, { dtype: x.dtype });
}

/** Options of {@link cosineDecay}. */
export interface CosineDecayOptions extends NameOption {
  /** The smallest rate, as a part of `learningRate`. Default 0. */
  readonly alpha?: number;
}
const cosineOptions: OptionNames<CosineDecayOptions> = { name: true, alpha: true };

/** `½(1 + cos πx)` */
const halfCosine = (x: Tensor): Tensor =>
  cos(multiply(x, Math.PI) as Tensor)
    .add(1)
    .mul(0.5) as Tensor;

/**
 * `learningRate · ((1−alpha)·½(1 + cos(π·step/decaySteps)) + alpha)` with the step no larger than
 * `decaySteps`. `tf.train.cosine_decay`.
 * @throws ArgumentError without a step
 */
export function cosineDecay<L extends Hyperparameter>(
  learningRate: L,
  globalStep: Hyperparameter,
  decaySteps: Hyperparameter,
  options: CosineDecayOptions = {},
): Schedule<L> {
  requireOptions("cosineDecay", options, cosineOptions);
  const { alpha = 0 } = options;
  return schedule(options.name ?? "CosineDecay", learningRate, globalStep, ({ rate, step, scalar }) => {
    const length = scalar(decaySteps, "decay_steps");
    const decayed = halfCosine(divide(minimum(step, length), length));
    return multiply(rate, decayed.mul(1 - alpha).add(alpha));
  });
}

/** Options of {@link cosineDecayRestarts}. */
export interface CosineRestartsOptions extends CosineDecayOptions {
  /** Each period is this much longer than the one before. Default 2. */
  readonly tMul?: number;
  /** Each period begins at this part of the rate of the one before. Default 1. */
  readonly mMul?: number;
}
const restartsOptions: OptionNames<CosineRestartsOptions> = { ...cosineOptions, tMul: true, mMul: true };

/**
 * Cosine decay that begins again at the end of each period; the first has `firstDecaySteps`.
 * `tf.train.cosine_decay_restarts`.
 * @throws ArgumentError without a step
 */
export function cosineDecayRestarts<L extends Hyperparameter>(
  learningRate: L,
  globalStep: Hyperparameter,
  firstDecaySteps: Hyperparameter,
  options: CosineRestartsOptions = {},
): Schedule<L> {
  requireOptions("cosineDecayRestarts", options, restartsOptions);
  const { alpha = 0, tMul = 2, mMul = 1 } = options;
  return schedule(options.name ?? "SGDRDecay", learningRate, globalStep, ({ rate, step, scalar }) => {
    const done: Tensor = divide(step, scalar(firstDecaySteps, "first_decay_steps"));
    let restarts: Tensor;
    let fraction: Tensor;
    if (tMul === 1) {
      restarts = floor(done);
      fraction = subtract(done, restarts);
    } else {
      // Periods 1, tMul, tMul², …: their sum up to the i-th is (1 − tMul^i)/(1 − tMul).
      restarts = floor(divide(log(subtract(1, multiply(done, 1 - tMul))), Math.log(tMul)) as Tensor);
      const length: Tensor = pow(scalar(tMul, "t_mul"), restarts);
      fraction = divide(subtract(done, divide(subtract(1, length), 1 - tMul)), length);
    }
    const peak: Tensor = pow(scalar(mMul, "m_mul"), restarts);
    const decayed: Tensor = multiply(peak, halfCosine(fraction));
    return multiply(rate, decayed.mul(1 - alpha).add(alpha));
  });
}

/** Options of {@link linearCosineDecay}. */
export interface LinearCosineOptions extends NameOption {
  /** Periods of the cosine over `decaySteps`. Default 0.5. */
  readonly numPeriods?: number;
  /** Added to the linear part. Default 0. */
  readonly alpha?: number;
  /** Added to the whole. Default 0.001. */
  readonly beta?: number;
}
const linearCosineOptions: OptionNames<LinearCosineOptions> = { name: true, numPeriods: true, alpha: true, beta: true };

/**
 * `learningRate · ((alpha + linear)·cosine + beta)` with `linear` falling from 1 to 0 and
 * `cosine = ½(1 + cos(2π·numPeriods·step/decaySteps))`. `tf.train.linear_cosine_decay`.
 * @throws ArgumentError without a step
 */
export function linearCosineDecay<L extends Hyperparameter>(
  learningRate: L,
  globalStep: Hyperparameter,
  decaySteps: Hyperparameter,
  options: LinearCosineOptions = {},
): Schedule<L> {
  requireOptions("linearCosineDecay", options, linearCosineOptions);
  const { numPeriods = 0.5, alpha = 0, beta = 0.001 } = options;
  return schedule(options.name ?? "LinearCosineDecay", learningRate, globalStep, ({ rate, step, scalar }) => {
    const length = scalar(decaySteps, "decay_steps");
    const fraction: Tensor = divide(minimum(step, length), length);
    const linear: Tensor = subtract(1, fraction);
    const decayed: Tensor = multiply(linear.add(alpha), halfCosine(fraction.mul(2 * numPeriods)));
    return multiply(rate, decayed.add(beta));
  });
}
