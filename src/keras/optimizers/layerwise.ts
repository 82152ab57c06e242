/**
 * @file Optimizers whose step depends on a whole weight: Lamb, Adafactor, Muon. Follows `lamb.py`,
 * `adafactor.py` and `muon.py` of Keras 3. Their updates are made of tensor operations, which read
 * everything as it is before the step.
 */
import { ShapeError } from "../../core/index.js";
import type { Operation, Tensor } from "../../graph/index.js";
import { expandDims, onesLike, transpose, where } from "../../ops/array/index.js";
import { group } from "../../ops/basic.js";
import { minimum, pow, subtract } from "../../ops/binary.js";
import { matmul } from "../../ops/index.js";
import type { Variable } from "../../ops/variable.js";
import type { Config } from "../contracts.js";
import { leading, type Without } from "../leading.js";
import type { AdamFamilyOptions } from "./adam.js";
import { choose } from "./choose.js";
import { Optimizer, type OptimizerOptions, type Slot, type Step } from "./optimizer.js";
import type { Rate } from "./options.js";

/** A weight as it is before the step, decayed. */
function decayedWeight({ variable, rate, weightDecay }: Step): Tensor {
  const weight = variable.value() as Tensor;
  return weightDecay === null ? weight : weight.sub(weight.mul(weightDecay).mul(rate));
}
/** A slot as it is before the step. */
function slotOf({ slots, variable }: Step, name: string): Variable {
  const slot = slots[name];
  if (slot === undefined) throw new ShapeError(`${variable} has no slot '${name}'`);
  return slot;
}
/** `average + (value − average)·(1 − beta)`. */
const towards = (average: Tensor, value: Tensor, beta: number): Tensor =>
  average.add(value.sub(average).mul(1 - beta) as Tensor);
/** `1 − beta^step`. */
const correction = (step: Tensor, beta: number): Tensor => subtract(1, pow(beta, step) as Tensor);
const normOf = (x: Tensor): Tensor => x.square().reduceSum().sqrt() as Tensor;
const rootMeanSquare = (x: Tensor): Tensor => x.square().reduceMean().sqrt() as Tensor;
/** Assigns new values to variables, if it is the step's turn. */
const assignAll = ({ isTurn }: Step, ...values: readonly (readonly [Variable, Tensor])[]): Operation =>
  group(
    ...values.map(([variable, value]) =>
      variable.assign(isTurn === null ? value : choose(isTurn, value, variable.value())),
    ),
  );

// ---- Lamb ----

/**
 * Adam with each weight's step in proportion to the weight: `w ← w − lr·(‖w‖/‖u‖)·u` (You et al., 2019), for
 * large batches. `keras.optimizers.Lamb`, rate 0.001.
 */
export class Lamb extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  constructor(options?: AdamFamilyOptions);
  constructor(learningRate: Rate, options?: Without<AdamFamilyOptions, "learningRate">);
  constructor(first?: Rate | AdamFamilyOptions, rest?: Without<AdamFamilyOptions, "learningRate">) {
    const options = leading<AdamFamilyOptions, "learningRate">("learningRate", first, rest);
    super(options, { learningRate: 0.001 });
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-7;
  }
  protected override slotsOf(): readonly Slot[] {
    return [{ name: "momentum" }, { name: "velocity" }];
  }
  protected updateStep(step: Step): Operation {
    const { beta1, beta2, epsilon } = this;
    const [momentum, velocity] = [slotOf(step, "momentum"), slotOf(step, "velocity")];
    const weight = decayedWeight(step);
    const m = towards(momentum.value(), step.gradient, beta1);
    const v = towards(velocity.value(), step.gradient.square(), beta2);
    const size = v.div(correction(step.step, beta2)).sqrt().add(epsilon) as Tensor;
    const update = m.div(correction(step.step, beta1)).div(size) as Tensor;
    const [weightNorm, updateNorm] = [normOf(weight), normOf(update)];
    const hasBoth = weightNorm.greater(0).logicalAnd(updateNorm.greater(0)) as Tensor<"bool">;
    const ratio = where(hasBoth, weightNorm.div(updateNorm) as Tensor, onesLike(weightNorm) as Tensor) as Tensor;
    const moved = weight.sub(update.mul(ratio.mul(step.rate) as Tensor) as Tensor) as Tensor;
    return assignAll(step, [momentum, m], [velocity, v], [step.variable, moved]);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), beta_1: this.beta1, beta_2: this.beta2, epsilon: this.epsilon };
  }
}

// ---- Adafactor ----

/** Options of {@link Adafactor}. */
export interface AdafactorOptions extends OptimizerOptions {
  /** Power of the step in the decay of the mean squares. Default −0.8. */
  readonly beta2Decay?: number;
  /** Added to squared gradients. Default 1e−30. */
  readonly epsilon1?: number;
  /** The least size a weight counts as having. Default 0.001. */
  readonly epsilon2?: number;
  /** Updates larger than this are scaled down. Default 1. */
  readonly clipThreshold?: number;
  /** Let the rate fall with the root of the step. Default true. */
  readonly relativeStep?: boolean;
}

/**
 * Keeps the mean squares of a matrix as those of its rows and columns (Shazeer and Stern, 2018): less memory
 * than Adam. `keras.optimizers.Adafactor`, rate 0.001.
 */
export class Adafactor extends Optimizer {
  readonly beta2Decay: number;
  readonly epsilon1: number;
  readonly epsilon2: number;
  readonly clipThreshold: number;
  readonly relativeStep: boolean;
  constructor(options?: AdafactorOptions);
  constructor(learningRate: Rate, options?: Without<AdafactorOptions, "learningRate">);
  constructor(first?: Rate | AdafactorOptions, rest?: Without<AdafactorOptions, "learningRate">) {
    const options = leading<AdafactorOptions, "learningRate">("learningRate", first, rest);
    super(options, { learningRate: 0.001 });
    this.beta2Decay = options.beta2Decay ?? -0.8;
    this.epsilon1 = options.epsilon1 ?? 1e-30;
    this.epsilon2 = options.epsilon2 ?? 0.001;
    this.clipThreshold = options.clipThreshold ?? 1;
    this.relativeStep = options.relativeStep ?? true;
  }
  protected override slotsOf(variable: Variable): readonly Slot[] {
    const shape = variable.shape as readonly number[];
    const isMatrix = shape.length >= 2;
    return [
      { name: "row", shape: isMatrix ? shape.slice(0, -1) : [] },
      { name: "column", shape: isMatrix ? [...shape.slice(0, -2), ...shape.slice(-1)] : [] },
      { name: "velocity" },
    ];
  }
  protected updateStep(step: Step): Operation {
    const { epsilon1, epsilon2, clipThreshold } = this;
    const { variable, gradient } = step;
    const weight = decayedWeight(step);
    const falling = step.step.rsqrt();
    const rate: Tensor = minimum(step.rate, falling);
    const size = rootMeanSquare(weight).maximum(epsilon2) as Tensor;
    const squares = gradient.square().add(epsilon1) as Tensor;
    const kept = subtract(1, step.step.pow(this.beta2Decay)) as Tensor;
    const blend = (average: Tensor, value: Tensor): Tensor =>
      average.mul(kept).add(value.mul(kept.neg().add(1) as Tensor) as Tensor) as Tensor;
    const velocity = slotOf(step, "velocity");
    const slots: [Variable, Tensor][] = [];
    let v: Tensor;
    if (variable.shape.length >= 2) {
      const [row, column] = [slotOf(step, "row"), slotOf(step, "column")];
      const r = blend(row.value(), squares.reduceMean(-1) as Tensor);
      const c = blend(column.value(), squares.reduceMean(-2) as Tensor);
      const shares = r.div(r.reduceMean({ axis: -1, keepDims: true }) as Tensor) as Tensor;
      v = (expandDims(shares, -1) as Tensor).mul(expandDims(c, -2) as Tensor);
      slots.push([row, r], [column, c]);
    } else v = blend(velocity.value(), squares);
    const update = gradient.div(v.sqrt()) as Tensor;
    const excess = rootMeanSquare(update).div(clipThreshold).maximum(1) as Tensor;
    const moved = weight.sub(update.div(excess).mul(size.mul(rate) as Tensor) as Tensor) as Tensor;
    return assignAll(step, ...slots, [velocity, v], [variable, moved]);
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      beta_2_decay: this.beta2Decay,
      epsilon_1: this.epsilon1,
      epsilon_2: this.epsilon2,
      clip_threshold: this.clipThreshold,
      relative_step: this.relativeStep,
    };
  }
}

// ---- Muon ----

/** Options of {@link Muon}. */
export interface MuonOptions extends OptimizerOptions {
  /** Decay of the gradient's average where Adam is used. Default 0.9. */
  readonly adamBeta1?: number;
  /** Decay of the mean square where Adam is used. Default 0.999. */
  readonly adamBeta2?: number;
  /** Weight decay where Adam is used. Default 0.004. */
  readonly adamWeightDecay?: number | null;
  /** Added to the root where Adam is used. Default 1e−7. */
  readonly epsilon?: number;
  /** Adam's rate, as a part of the rate. Default 1. */
  readonly adamLrRatio?: number;
  /** Patterns of names of variables left to Adam. Default none. */
  readonly excludeLayers?: readonly string[];
  /** Leave variables to Adam whose name contains "embedding". Default true. */
  readonly excludeEmbeddings?: boolean;
  /** The first coefficient of the Newton–Schulz iteration. Default 3.4445; the others −4.775 and 2.0315. */
  readonly muonA?: number;
  /** The second of these coefficients. */
  readonly muonB?: number;
  /** The third of these coefficients. */
  readonly muonC?: number;
  /** Decay of the momentum. Default 0.95. */
  readonly momentum?: number;
  /** Steps of the Newton–Schulz iteration. Default 5. */
  readonly nsSteps?: number;
  /** Look ahead along the momentum. Default true. */
  readonly nesterov?: boolean;
  /** Scale updates to this root mean square; `null` leaves them. Default 0.2. */
  readonly rmsRate?: number | null;
}

const muonDefaults = {
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamWeightDecay: 0.004 as number | null,
  epsilon: 1e-7,
  adamLrRatio: 1,
  excludeLayers: [] as readonly string[],
  excludeEmbeddings: true,
  muonA: 3.4445,
  muonB: -4.775,
  muonC: 2.0315,
  momentum: 0.95,
  nsSteps: 5,
  nesterov: true,
  rmsRate: 0.2 as number | null,
};

/**
 * Makes the momentum of each matrix orthogonal by a Newton–Schulz iteration (Jordan et al., 2024), and is
 * Adam for all other variables. `keras.optimizers.Muon`, rate 0.001, weight decay 0.004.
 */
export class Muon extends Optimizer {
  private readonly settings: typeof muonDefaults;
  constructor(options?: MuonOptions);
  constructor(learningRate: Rate, options?: Without<MuonOptions, "learningRate">);
  constructor(first?: Rate | MuonOptions, rest?: Without<MuonOptions, "learningRate">) {
    const options = leading<MuonOptions, "learningRate">("learningRate", first, rest);
    super(options, { learningRate: 0.001, weightDecay: 0.004 });
    const given = Object.entries(muonDefaults).map(([name, fallback]) => {
      const value = options[name as keyof typeof muonDefaults];
      return [name, value === undefined ? fallback : value];
    });
    this.settings = Object.fromEntries(given) as typeof muonDefaults;
  }
  private isAdams(variable: Variable): boolean {
    const { excludeEmbeddings, excludeLayers } = this.settings;
    if (variable.shape.length !== 2) return true;
    if (excludeEmbeddings && variable.name.toLowerCase().includes("embedding")) return true;
    return excludeLayers.some((pattern) => new RegExp(pattern).test(variable.name));
  }
  protected override slotsOf(variable: Variable): readonly Slot[] {
    return [{ name: "momentum" }, ...(this.isAdams(variable) ? [{ name: "velocity" }] : [])];
  }
  protected override weightDecayOf(variable: Variable): number | null {
    return this.isAdams(variable) ? this.settings.adamWeightDecay : this.weightDecay;
  }
  protected updateStep(step: Step): Operation {
    return this.isAdams(step.variable) ? this.adamStep(step) : this.muonStep(step);
  }

  private muonStep(step: Step): Operation {
    const { momentum: kept, nesterov, rmsRate } = this.settings;
    const momentum = slotOf(step, "momentum");
    const m = momentum.value().mul(kept).add(step.gradient) as Tensor;
    const direction = nesterov ? (step.gradient.add(m.mul(kept) as Tensor) as Tensor) : m;
    const [rows = 1, columns = 1] = step.variable.shape as readonly number[];
    const scale = rmsRate === null ? 1 : Math.sqrt(Math.max(rows, columns)) * rmsRate;
    const update = this.orthogonalized(direction).mul(step.rate.mul(scale) as Tensor) as Tensor;
    return assignAll(step, [momentum, m], [step.variable, decayedWeight(step).sub(update)]);
  }

  /** Roughly the orthogonal matrix nearest to `x`: its singular values are brought close to 1. */
  private orthogonalized(x: Tensor): Tensor {
    const { muonA: a, muonB: b, muonC: c, nsSteps } = this.settings;
    const [rows = 1, columns = 1] = x.shape as readonly number[];
    const isTall = rows > columns;
    let y: Tensor = isTall ? (transpose(x) as Tensor) : x;
    y = y.div(normOf(y).add(1e-7) as Tensor);
    for (let i = 0; i < nsSteps; i++) {
      const gram = matmul(y, y, { transposeB: true }) as Tensor;
      const polynomial = gram.mul(b).add((matmul(gram, gram) as Tensor).mul(c) as Tensor) as Tensor;
      y = y.mul(a).add(matmul(polynomial, y) as Tensor) as Tensor;
    }
    return isTall ? (transpose(y) as Tensor) : y;
  }

  private adamStep(step: Step): Operation {
    const { adamBeta1, adamBeta2, epsilon, adamLrRatio } = this.settings;
    const [momentum, velocity] = [slotOf(step, "momentum"), slotOf(step, "velocity")];
    const m = towards(momentum.value(), step.gradient, adamBeta1);
    const v = towards(velocity.value(), step.gradient.square(), adamBeta2);
    const alpha = step.rate
      .mul(adamLrRatio)
      .mul(correction(step.step, adamBeta2).sqrt())
      .div(correction(step.step, adamBeta1)) as Tensor;
    const moved = decayedWeight(step).sub(m.mul(alpha).div(v.sqrt().add(epsilon)) as Tensor);
    return assignAll(step, [momentum, m], [velocity, v], [step.variable, moved]);
  }

  override getConfig(): Config {
    const { settings: s } = this;
    return {
      ...super.getConfig(),
      adam_beta_1: s.adamBeta1,
      adam_beta_2: s.adamBeta2,
      adam_weight_decay: s.adamWeightDecay,
      epsilon: s.epsilon,
      adam_lr_ratio: s.adamLrRatio,
      exclude_layers: s.excludeLayers,
      exclude_embeddings: s.excludeEmbeddings,
      muon_a: s.muonA,
      muon_b: s.muonB,
      muon_c: s.muonC,
      momentum: s.momentum,
      ns_steps: s.nsSteps,
      nesterov: s.nesterov,
      rms_rate: s.rmsRate,
    };
  }
}
