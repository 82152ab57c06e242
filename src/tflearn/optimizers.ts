/**
 * @file Optimizers: TFLearn's names and defaults around the optimizers of `tf.train`, with a learning
 * rate that may decay. Follows `optimizers.py` of TFLearn. May import `train` and below.
 */
import { ArgumentError, describe, type OptionNames, requireOptions } from "../core/index.js";
import { getDefaultGraph, type Tensor } from "../graph/index.js";
import type { Variable } from "../ops/index.js";
import {
  AdadeltaOptimizer,
  AdagradOptimizer,
  AdamOptimizer,
  exponentialDecay,
  FtrlOptimizer,
  GradientDescentOptimizer,
  type Hyperparameter,
  MomentumOptimizer,
  RMSPropOptimizer,
  Optimizer as TrainOptimizer,
} from "../train/index.js";
import { Collections } from "./collections.js";
import { lookUp } from "./identifiers.js";

/** Options that all optimizers take. */
export interface OptimizerOptions {
  /** Default 0.001, unless the optimizer says otherwise. */
  readonly learningRate?: number;
  /** Name of its operations and slots. Default: the optimizer's. */
  readonly name?: string;
}
const plainOptions: OptionNames<OptimizerOptions> = { learningRate: true, name: true };

const checked = <Options extends object>(
  call: string,
  options: Options,
  known: Readonly<Record<string, true>>,
): Options => {
  requireOptions(`new ${call}`, options, known);
  return options;
};

/** Base of the optimizers. {@link build} makes the `tf.train` optimizer that {@link getTensor} returns. */
export abstract class Optimizer {
  readonly learningRate: number;
  /** Whether the learning rate follows a step variable. */
  readonly hasDecay: boolean = false;
  private built: TrainOptimizer | undefined;

  protected constructor(
    options: OptimizerOptions,
    readonly name: string,
    defaultRate = 0.001,
  ) {
    this.learningRate = options.learningRate ?? defaultRate;
  }

  /** What the terminal shows. */
  get displayName(): string {
    return this.constructor.name;
  }

  /**
   * Makes the optimizer in the default graph.
   * @param stepTensor the step that a decaying rate follows
   * @throws ArgumentError where the rate decays and there is no step
   */
  build(stepTensor: Tensor | null = null): void {
    this.built = this.create(this.rateAt(stepTensor));
  }

  /** The `tf.train` optimizer. @throws ArgumentError before {@link build} */
  getTensor(): TrainOptimizer {
    if (this.built !== undefined) return this.built;
    throw new ArgumentError(
      "Optimizer class Tensor hasn't be built. 'build' method must be invoked before using 'get_tensor'.",
      {
        hint: "call build(), or pass the optimizer to regression(), which does",
      },
    );
  }

  protected rateAt(_step: Tensor | null): Hyperparameter {
    return this.learningRate;
  }
  protected abstract create(learningRate: Hyperparameter): TrainOptimizer;
}

/** Options of optimizers whose learning rate decays: {@link SGD} and those with a momentum. */
export interface DecayingOptions extends OptimizerOptions {
  /** The rate is multiplied by this every `decayStep` steps. Default 0: no decay. */
  readonly lrDecay?: number;
  /** Default 100. */
  readonly decayStep?: number;
  /** Decay at once every `decayStep` in place of a little at each step. Default false. */
  readonly staircase?: boolean;
}

const decayingOptions: OptionNames<DecayingOptions> = {
  ...plainOptions,
  lrDecay: true,
  decayStep: true,
  staircase: true,
};

abstract class DecayingOptimizer extends Optimizer {
  override readonly hasDecay: boolean;
  private readonly decay: DecayingOptions;

  protected constructor(options: DecayingOptions, name: string) {
    super(options, name);
    this.decay = options;
    this.hasDecay = (options.lrDecay ?? 0) > 0;
  }

  protected override rateAt(step: Tensor | null): Hyperparameter {
    const { lrDecay = 0, decayStep = 100, staircase = false } = this.decay;
    if (!this.hasDecay) return this.learningRate;
    if (step === null)
      throw new ArgumentError("Learning rate decay but no step_tensor provided.", {
        hint: "build(step) needs the variable that counts the steps; regression() makes one",
      });
    const rate = exponentialDecay(this.learningRate, step, decayStep, lrDecay, { staircase });
    getDefaultGraph().addToCollection(Collections.LR_VARIABLES, rate);
    return rate;
  }
}

/** Stochastic gradient descent. */
export class SGD extends DecayingOptimizer {
  static override readonly name: string = "SGD";
  constructor(options: DecayingOptions = {}) {
    super(checked("SGD", options, decayingOptions), options.name ?? "SGD");
  }
  protected override create(rate: Hyperparameter): TrainOptimizer {
    return new GradientDescentOptimizer(rate, { name: this.name });
  }
}

/** Options of {@link Momentum} and {@link Nesterov}. */
export interface MomentumOptions extends DecayingOptions {
  /** Default 0.9. */
  readonly momentum?: number;
}
const momentumOptions: OptionNames<MomentumOptions> = { ...decayingOptions, momentum: true };

/** Gradient descent with momentum. */
export class Momentum extends DecayingOptimizer {
  static override readonly name: string = "Momentum";
  private readonly momentum: number;
  constructor(options: MomentumOptions = {}) {
    super(checked("Momentum", options, momentumOptions), options.name ?? "Momentum");
    this.momentum = options.momentum ?? 0.9;
  }
  protected override create(rate: Hyperparameter): TrainOptimizer {
    return new MomentumOptimizer(rate, this.momentum, { name: this.name });
  }
}

/** Momentum that looks ahead. */
export class Nesterov extends DecayingOptimizer {
  static override readonly name: string = "Nesterov";
  private readonly momentum: number;
  constructor(options: MomentumOptions = {}) {
    super(checked("Nesterov", options, momentumOptions), options.name ?? "Nesterov");
    this.momentum = options.momentum ?? 0.9;
  }
  protected override create(rate: Hyperparameter): TrainOptimizer {
    return new MomentumOptimizer(rate, this.momentum, { useNesterov: true, name: this.name });
  }
}

/** Options of {@link RMSProp}. */
export interface RMSPropOptions extends OptimizerOptions {
  /** Default 0.9. */
  readonly decay?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Default 1e-10. */
  readonly epsilon?: number;
}
const rmsPropOptions: OptionNames<RMSPropOptions> = { ...plainOptions, decay: true, momentum: true, epsilon: true };

/** Gradients divided by a running root of their mean square. */
export class RMSProp extends Optimizer {
  static override readonly name: string = "RMSProp";
  constructor(private readonly options: RMSPropOptions = {}) {
    super(checked("RMSProp", options, rmsPropOptions), options.name ?? "RMSProp");
  }
  protected override create(rate: Hyperparameter): TrainOptimizer {
    const { decay = 0.9, momentum = 0, epsilon = 1e-10 } = this.options;
    return new RMSPropOptimizer(rate, { decay, momentum, epsilon, name: this.name });
  }
}

/** Options of {@link Adam}. */
export interface AdamOptions extends OptimizerOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}
const adamOptions: OptionNames<AdamOptions> = { ...plainOptions, beta1: true, beta2: true, epsilon: true };

/** Adaptive moment estimation. */
export class Adam extends Optimizer {
  static override readonly name: string = "Adam";
  constructor(private readonly options: AdamOptions = {}) {
    super(checked("Adam", options, adamOptions), options.name ?? "Adam");
  }
  protected override create(rate: Hyperparameter): TrainOptimizer {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = this.options;
    return new AdamOptimizer(rate, { beta1, beta2, epsilon, name: this.name });
  }
}

/** Options of {@link AdaGrad} and {@link ProximalAdaGrad}. */
export interface AdaGradOptions extends OptimizerOptions {
  /** Default 0.1. */
  readonly initialAccumulatorValue?: number;
}
const adaGradOptions: OptionNames<AdaGradOptions> = { ...plainOptions, initialAccumulatorValue: true };

/** Gradients divided by the root of the sum of all squares so far. */
export class AdaGrad extends Optimizer {
  static override readonly name: string = "AdaGrad";
  constructor(private readonly options: AdaGradOptions = {}) {
    super(checked("AdaGrad", options, adaGradOptions), options.name ?? "AdaGrad");
  }
  protected override create(rate: Hyperparameter): TrainOptimizer {
    const { initialAccumulatorValue = 0.1 } = this.options;
    return new AdagradOptimizer(rate, { initialAccumulatorValue, name: this.name });
  }
}

/** Options of {@link AdaDelta}. */
export interface AdaDeltaOptions extends OptimizerOptions {
  /** Decay of the averages. Default 0.1, as the original has it; the paper's is 0.95. */
  readonly rho?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}
const adaDeltaOptions: OptionNames<AdaDeltaOptions> = { ...plainOptions, rho: true, epsilon: true };

/** Steps scaled by running averages of gradients and of steps. */
export class AdaDelta extends Optimizer {
  static override readonly name: string = "AdaDelta";
  constructor(private readonly options: AdaDeltaOptions = {}) {
    super(checked("AdaDelta", options, adaDeltaOptions), options.name ?? "AdaDelta");
  }
  protected override create(rate: Hyperparameter): TrainOptimizer {
    const { rho = 0.1, epsilon = 1e-8 } = this.options;
    return new AdadeltaOptimizer(rate, { rho, epsilon, name: this.name });
  }
}

/** Options of {@link Ftrl}. */
export interface FtrlOptions extends OptimizerOptions {
  /** Default −0.5. */
  readonly learningRatePower?: number;
  /** Default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** Default 0. */
  readonly l1RegularizationStrength?: number;
  /** Default 0. */
  readonly l2RegularizationStrength?: number;
}
const ftrlOptions: OptionNames<FtrlOptions> = {
  ...plainOptions,
  learningRatePower: true,
  initialAccumulatorValue: true,
  l1RegularizationStrength: true,
  l2RegularizationStrength: true,
};

/** "Follow the regularized leader", for sparse models. Learning rate 3 by default. */
export class Ftrl extends Optimizer {
  static override readonly name: string = "Ftrl";
  constructor(private readonly options: FtrlOptions = {}) {
    super(checked("Ftrl", options, ftrlOptions), options.name ?? "Ftrl", 3);
  }
  protected override create(rate: Hyperparameter): TrainOptimizer {
    const { learningRatePower = -0.5, initialAccumulatorValue = 0.1 } = this.options;
    const { l1RegularizationStrength = 0, l2RegularizationStrength = 0 } = this.options;
    return new FtrlOptimizer(rate, {
      learningRatePower,
      initialAccumulatorValue,
      l1RegularizationStrength,
      l2RegularizationStrength,
      name: this.name,
    });
  }
}

/** {@link AdaGrad} under another name: the original builds that too, and has no proximal step. */
export class ProximalAdaGrad extends Optimizer {
  static override readonly name: string = "ProximalAdaGrad";
  constructor(private readonly options: AdaGradOptions = {}) {
    super(checked("ProximalAdaGrad", options, adaGradOptions), options.name ?? "AdaGrad");
  }
  protected override create(rate: Hyperparameter): TrainOptimizer {
    const { initialAccumulatorValue = 0.1 } = this.options;
    return new AdagradOptimizer(rate, { initialAccumulatorValue, name: this.name });
  }
}

const optimizers = {
  sgd: SGD,
  momentum: Momentum,
  nesterov: Nesterov,
  rmsprop: RMSProp,
  adam: Adam,
  adagrad: AdaGrad,
  adadelta: AdaDelta,
  ftrl: Ftrl,
  proximaladagrad: ProximalAdaGrad,
} as const satisfies Record<string, new (options: OptimizerOptions) => Optimizer>;

/** Names of optimizers. */
export type OptimizerName =
  | keyof typeof optimizers
  | "SGD"
  | "Momentum"
  | "Nesterov"
  | "RMSProp"
  | "Adam"
  | "AdaGrad"
  | "AdaDelta"
  | "Ftrl"
  | "ProximalAdaGrad";

/** Makes an optimizer, and the step it counts by or `null`, from a learning rate. */
export type OptimizerFunction = (learningRate: number) => readonly [TrainOptimizer, Variable | null];

/** A name, an optimizer of this level or of `tf.train`, or a function that makes one. */
export type OptimizerLike = OptimizerName | Optimizer | TrainOptimizer | OptimizerFunction;

/** What an identifier stands for. @throws ArgumentError */
export const get = (identifier: OptimizerName): (new (options: OptimizerOptions) => Optimizer) =>
  lookUp<new (options: OptimizerOptions) => Optimizer>("optimizer", optimizers, identifier);

/** What {@link resolveOptimizer} finds. */
export interface ResolvedOptimizer {
  /** The optimizer of `tf.train`. */
  readonly optimizer: TrainOptimizer;
  /** The step the learning rate follows; `null` for none of its own. */
  readonly stepTensor: Variable | null;
  /** What the terminal shows; `undefined` where the optimizer says nothing. */
  readonly name: string | undefined;
}

/**
 * The `tf.train` optimizer of whatever stands for one.
 * @param learningRate for names and functions; objects have their own
 * @param makeStep makes the step variable where a decay needs one
 * @throws ArgumentError "Invalid Optimizer type."
 */
export function resolveOptimizer(
  given: OptimizerLike,
  learningRate: number,
  makeStep: () => Variable,
): ResolvedOptimizer {
  if (given instanceof TrainOptimizer) return { optimizer: given, stepTensor: null, name: undefined };
  const own = typeof given === "string" ? new (get(given))({ learningRate }) : given;
  if (own instanceof Optimizer) {
    const stepTensor = own.hasDecay ? makeStep() : null;
    own.build(stepTensor === null ? null : stepTensor.value());
    return { optimizer: own.getTensor(), stepTensor, name: own.displayName };
  }
  const made: unknown = typeof own === "function" ? own(learningRate) : undefined;
  if (Array.isArray(made) && made[0] instanceof TrainOptimizer)
    return { optimizer: made[0], stepTensor: (made[1] as Variable | null | undefined) ?? null, name: undefined };
  throw new ArgumentError("Invalid Optimizer type.", {
    hint: `pass a name such as "adam", an optimizer, or a function of the learning rate that returns [optimizer, stepTensor], not ${describe(given)}`,
  });
}
