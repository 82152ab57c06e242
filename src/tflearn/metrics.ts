/**
 * @file Metrics: what training shows beside the loss. A metric is built from predictions, targets and
 * inputs; its tensor is a scalar. Follows `metrics.py` of TFLearn. May import `ops` and below.
 */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  describe,
  isCompatible,
  ShapeError,
  tupled,
} from "../core/index.js";
import { Tensor } from "../graph/index.js";
import {
  addN,
  argmax,
  cast,
  convertToTensor,
  divide,
  equal,
  greater,
  nn,
  oneHot,
  reduceMean,
  reduceSum,
  square,
  subtract,
  withNameScope,
} from "../ops/index.js";
import { lookUp } from "./identifiers.js";

const meanOf = (x: Tensor): Tensor => reduceMean(x) as Tensor;
const sumOfSquares = (x: Tensor): Tensor => reduceSum(square(x)) as Tensor;
const shareOfTrue = (x: Tensor): Tensor => meanOf(cast(x, "float32") as Tensor);

// ---- as functions of tensors ----

/** The share of rows whose largest prediction stands where the target's does. */
export const accuracyOp = (predictions: Tensor, targets: Tensor): Tensor =>
  withNameScope(
    "Accuracy",
    () => shareOfTrue(equal(argmax(predictions, 1) as Tensor, argmax(targets, 1) as Tensor) as Tensor),
    { values: [predictions] },
  );

/** The share of raw outputs that are above 0 where the target is 1, and not where it is 0. */
export const binaryAccuracyOp = (predictions: Tensor, targets: Tensor): Tensor =>
  withNameScope(
    "BinaryAccuracy",
    () => {
      const positive = cast(greater(predictions, 0) as Tensor, "float32") as Tensor;
      return shareOfTrue(equal(positive, cast(convertToTensor(targets), "float32") as Tensor) as Tensor);
    },
    { values: [predictions] },
  );

/** The share of rows whose target is among the `k` largest predictions. */
export const topKOp = (predictions: Tensor, targets: Tensor, k = 1): Tensor =>
  withNameScope(`Top_${k}`, () => shareOfTrue(nn.inTopK(predictions, argmax(targets, 1) as Tensor, k) as Tensor), {
    values: [predictions],
  });

/** `1 − Σ(y−p)² / Σ(y−ȳ)²` */
export const r2Op = (predictions: Tensor, targets: Tensor): Tensor =>
  withNameScope(
    "StandardError",
    () => {
      const errors = sumOfSquares(subtract(targets, predictions) as Tensor);
      const spread = sumOfSquares(subtract(targets, meanOf(targets)) as Tensor);
      return subtract(1, divide(errors, spread) as Tensor) as Tensor;
    },
    { values: [predictions] },
  );

/**
 * `Σ(p−x)² / Σ(y−x)²` with x the inputs.
 * @throws ShapeError where inputs and targets differ in shape
 */
export function weightedR2Op(predictions: Tensor, targets: Tensor, inputs: Tensor | readonly Tensor[]): Tensor {
  return withNameScope(
    "WeightedStandardError",
    () => {
      const x: Tensor = inputs instanceof Tensor ? inputs : (addN(inputs as readonly Tensor[]) as Tensor);
      if (x.rank !== targets.rank || !isCompatible(x.partialShape, targets.partialShape ?? []))
        throw new ShapeError("Weighted R2 metric requires Inputs and Targets to have same shape.", {
          op: targets.op.name,
          createdAt: targets.op.createdAt,
          hint: `they are ${tupled(x.partialShape)} and ${tupled(targets.partialShape)}`,
        });
      return divide(
        sumOfSquares(subtract(predictions, x) as Tensor),
        sumOfSquares(subtract(targets, x) as Tensor),
      ) as Tensor;
    },
    { values: [predictions] },
  );
}

// ---- as objects for regression() ----

/** Base of the metrics. */
export abstract class Metric {
  private built: Tensor | undefined;

  /** @param shownName the name in the terminal; a subclass may choose it when it is built */
  constructor(protected shownName: string | null = null) {}

  get name(): string {
    return this.shownName ?? this.constructor.name;
  }

  /** Makes the tensor. */
  build(predictions: Tensor, targets: Tensor, inputs: readonly Tensor[] = []): void {
    this.built = this.create(predictions, targets, inputs);
  }

  /** The scalar. @throws ArgumentError before {@link build} */
  getTensor(): Tensor {
    if (this.built !== undefined) return this.built;
    throw new ArgumentError(
      "Metric class Tensor hasn't be built. 'build' method must be invoked before using 'get_tensor'.",
      {
        hint: "call build(predictions, targets), or pass the metric to regression(), which does",
      },
    );
  }

  protected abstract create(predictions: Tensor, targets: Tensor, inputs: readonly Tensor[]): Tensor;
}

const isSingleOutput = ({ partialShape }: Tensor): boolean =>
  partialShape?.length === 1 || (partialShape?.length === 2 && partialShape[1] === 1);

/** {@link accuracyOp}, shown as `acc`; of a single output {@link binaryAccuracyOp}, shown as `binary_acc`. */
export class Accuracy extends Metric {
  static override readonly name: string = "Accuracy";
  protected override create(predictions: Tensor, targets: Tensor): Tensor {
    const single = isSingleOutput(predictions);
    this.shownName ??= single ? "binary_acc" : "acc";
    return single ? binaryAccuracyOp(predictions, targets) : accuracyOp(predictions, targets);
  }
}

/** Options of {@link TopK}. */
export interface TopKMetricOptions {
  /** Default 1. */
  readonly k?: number;
  /** Default `top<k>`. */
  readonly name?: string;
}
/** {@link topKOp} */
export class TopK extends Metric {
  static override readonly name: string = "TopK";
  private readonly k: number;
  constructor({ k = 1, name = `top${k}` }: TopKMetricOptions = {}) {
    super(name);
    this.k = k;
  }
  protected override create(predictions: Tensor, targets: Tensor): Tensor {
    return topKOp(predictions, targets, this.k);
  }
}

/** {@link r2Op} */
export class R2 extends Metric {
  static override readonly name: string = "R2";
  constructor(name = "R2") {
    super(name);
  }
  protected override create(predictions: Tensor, targets: Tensor): Tensor {
    return r2Op(predictions, targets);
  }
}

/** {@link weightedR2Op} */
export class WeightedR2 extends Metric {
  static override readonly name: string = "WeightedR2";
  constructor(name = "R2") {
    super(name);
  }
  protected override create(predictions: Tensor, targets: Tensor, inputs: readonly Tensor[]): Tensor {
    return weightedR2Op(predictions, targets, inputs);
  }
}

/**
 * Another metric that also counts how often each class is predicted: fetch {@link counts}. (The original
 * prints them to stderr from inside the graph.)
 */
export class PredictionCounts extends Metric {
  static override readonly name: string = "PredictionCounts";
  private counted: Tensor | undefined;
  constructor(
    private readonly inner: Metric,
    name?: string,
  ) {
    super(name ?? null);
  }
  /** How many rows of a batch each class has, `[classes]`. @throws ArgumentError before `build` */
  get counts(): Tensor {
    if (this.counted !== undefined) return this.counted;
    throw new ArgumentError("PredictionCounts has no counts before it is built", { hint: "call build() first" });
  }
  protected override create(predictions: Tensor, targets: Tensor, inputs: readonly Tensor[]): Tensor {
    this.inner.build(predictions, targets, inputs);
    this.shownName ??= this.inner.name;
    this.counted = withNameScope(
      "PredictionCounts",
      () => {
        const single = isSingleOutput(predictions);
        const classes = single ? 2 : (predictions.partialShape?.[1] ?? 0);
        const chosen = single ? cast(greater(predictions, 0) as Tensor, "int32") : argmax(predictions, 1);
        const axis = single && predictions.rank === 2 ? [0, 1] : [0];
        return reduceSum(oneHot(chosen as Tensor, classes) as Tensor, { axis }) as Tensor;
      },
      { values: [predictions] },
    );
    return this.inner.getTensor();
  }
}

const metrics = {
  accuracy: Accuracy,
  Accuracy,
  top_k: TopK,
  Top_k: TopK,
  R2,
  r2: R2,
  WeightedR2,
  weighted_r2: WeightedR2,
} as const satisfies Record<string, new () => Metric>;

/** Names of metrics. */
export type MetricName = keyof typeof metrics;
/** A function of predictions, targets and inputs. */
export type MetricFunction = (predictions: Tensor, targets: Tensor, inputs: readonly Tensor[]) => Tensor;
/** A name, an object, a function, or the scalar itself. */
export type MetricLike = MetricName | Metric | MetricFunction | Tensor;

/** What an identifier stands for. @throws ArgumentError */
export function get(identifier: MetricName): new () => Metric {
  if (/^prediction_?counts$/i.test(identifier))
    throw new ArgumentError(`The metric ${identifier} counts beside another one, so a name does not say enough`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "pass new tflearn.metrics.PredictionCounts(new tflearn.metrics.Accuracy())",
    });
  return lookUp<new () => Metric>("metric", metrics, identifier);
}

/** A metric as a tensor, and the name it is shown under. @throws ArgumentError for what is no metric */
export function metricOf(
  given: MetricLike,
  predictions: Tensor,
  targets: Tensor,
  inputs: readonly Tensor[],
): { readonly tensor: Tensor; readonly name: string } {
  const metric = typeof given === "string" ? new (get(given))() : given;
  if (metric instanceof Metric) {
    metric.build(predictions, targets, inputs);
    return { tensor: metric.getTensor(), name: metric.name };
  }
  const tensor: unknown = typeof metric === "function" ? metric(predictions, targets, inputs) : metric;
  if (tensor instanceof Tensor) return { tensor, name: tensor.op.name };
  throw new ArgumentError("Invalid Metric type.", {
    hint: `pass a name such as "accuracy", a metric, a tensor, or a function (predictions, targets, inputs) that returns one, not ${describe(given)}`,
  });
}
