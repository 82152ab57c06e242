/**
 * @file `keras.losses`: what training makes small. Each loss is a function of labels and predictions, which
 * gives a value for each sample, and a class with options; where a loss is asked for, its name serves as
 * well: `"mean_squared_error"`, `"mse"`.
 */
import type { LossIdentifier } from "../contracts.js";
import { type ConfigurableClass, get as getByName, register, registerFunction, wrapFunctions } from "../registry.js";
import * as crossentropy from "./crossentropy.js";
import * as classes from "./crossentropy-classes.js";
import { LossFunctionWrapper, type LossOptions } from "./loss.js";
import * as margin from "./margin.js";
import * as regression from "./regression.js";

export {
  type BinaryFocalOptions,
  binaryCrossentropy,
  binaryFocalCrossentropy,
  type CrossentropyOptions,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  type FocalOptions,
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from "./crossentropy.js";
export {
  BinaryCrossentropy,
  BinaryFocalCrossentropy,
  CategoricalCrossentropy,
  CategoricalFocalCrossentropy,
  SparseCategoricalCrossentropy,
} from "./crossentropy-classes.js";
export {
  Loss,
  LossFunctionWrapper,
  type LossOptions,
  type ReduceOptions,
  type Reduction,
  reduceWeightedValues,
} from "./loss.js";
export {
  CategoricalHinge,
  categoricalHinge,
  Dice,
  type DiceOptions,
  dice,
  Hinge,
  hinge,
  SquaredHinge,
  squaredHinge,
  Tversky,
  type TverskyOptions,
  tversky,
} from "./margin.js";
export {
  CosineSimilarity,
  type CosineSimilarityOptions,
  cosineProximity,
  cosineSimilarity,
  Huber,
  type HuberOptions,
  huber,
  KLDivergence,
  klDivergence,
  LogCosh,
  logCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  Poisson,
  poisson,
} from "./regression.js";

type LossClass = ConfigurableClass & (new (options?: LossOptions) => object);
type AnyLossFunction = (yTrue: never, yPred: never, options?: never) => unknown;

/** Keras's name of a function, the class that its name makes, and further names. */
const named: readonly (readonly [string, AnyLossFunction, string, LossClass, (readonly string[])?])[] = [
  ["mean_squared_error", regression.meanSquaredError, "MeanSquaredError", regression.MeanSquaredError, ["mse", "MSE"]],
  [
    "mean_absolute_error",
    regression.meanAbsoluteError,
    "MeanAbsoluteError",
    regression.MeanAbsoluteError,
    ["mae", "MAE"],
  ],
  [
    "mean_absolute_percentage_error",
    regression.meanAbsolutePercentageError,
    "MeanAbsolutePercentageError",
    regression.MeanAbsolutePercentageError,
    ["mape", "MAPE"],
  ],
  [
    "mean_squared_logarithmic_error",
    regression.meanSquaredLogarithmicError,
    "MeanSquaredLogarithmicError",
    regression.MeanSquaredLogarithmicError,
    ["msle", "MSLE"],
  ],
  ["log_cosh", regression.logCosh, "LogCosh", regression.LogCosh, ["logcosh"]],
  ["huber", regression.huber, "Huber", regression.Huber, ["huber_loss"]],
  ["cosine_similarity", regression.cosineSimilarity, "CosineSimilarity", regression.CosineSimilarity],
  ["poisson", regression.poisson, "Poisson", regression.Poisson],
  [
    "kl_divergence",
    regression.klDivergence,
    "KLDivergence",
    regression.KLDivergence,
    ["kullback_leibler_divergence", "kld", "KLD"],
  ],
  ["hinge", margin.hinge, "Hinge", margin.Hinge],
  ["squared_hinge", margin.squaredHinge, "SquaredHinge", margin.SquaredHinge],
  ["categorical_hinge", margin.categoricalHinge, "CategoricalHinge", margin.CategoricalHinge],
  ["dice", margin.dice, "Dice", margin.Dice],
  ["tversky", margin.tversky, "Tversky", margin.Tversky],
  [
    "categorical_crossentropy",
    crossentropy.categoricalCrossentropy,
    "CategoricalCrossentropy",
    classes.CategoricalCrossentropy,
  ],
  [
    "sparse_categorical_crossentropy",
    crossentropy.sparseCategoricalCrossentropy,
    "SparseCategoricalCrossentropy",
    classes.SparseCategoricalCrossentropy,
  ],
  [
    "binary_crossentropy",
    crossentropy.binaryCrossentropy,
    "BinaryCrossentropy",
    classes.BinaryCrossentropy,
    ["bce", "BCE"],
  ],
  [
    "categorical_focal_crossentropy",
    crossentropy.categoricalFocalCrossentropy,
    "CategoricalFocalCrossentropy",
    classes.CategoricalFocalCrossentropy,
  ],
  [
    "binary_focal_crossentropy",
    crossentropy.binaryFocalCrossentropy,
    "BinaryFocalCrossentropy",
    classes.BinaryFocalCrossentropy,
  ],
];

const module = "keras.losses";
for (const [name, fn, className, LossClass, aliases = []] of named) {
  register("loss", className, LossClass, { module });
  registerFunction("loss", name, fn, { module, aliases, create: (given) => new LossClass({ name: given }) });
}
registerFunction("loss", "cosine_proximity", regression.cosineProximity, {
  module,
  create: (name) => new LossFunctionWrapper(regression.cosineProximity, { name }),
});
wrapFunctions("loss", (fn: (typeof LossFunctionWrapper.prototype)["fn"]) => new LossFunctionWrapper(fn));

/** The loss of a name, config or function. `keras.losses.get`. */
export const get = (identifier: LossIdentifier) => getByName("loss", identifier);
