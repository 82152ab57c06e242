/**
 * @file `keras.optimizers`: how weights follow gradients. Where an optimizer is asked for, its name serves
 * as well, in any case: `"adam"`, `"SGD"`.
 */
import type { OptimizerIdentifier } from "../contracts.js";
import { get as getByName, register } from "../registry.js";
import { Adam, Adamax, AdamW, Nadam } from "./adam.js";
import { Adadelta, Adagrad, Ftrl, RMSprop } from "./adaptive.js";
import { Lion, SGD } from "./gradient-descent.js";
import { Adafactor, Lamb, Muon } from "./layerwise.js";

export * as schedules from "../schedules.js";
export {
  Adam,
  Adamax,
  type AdamFamilyOptions,
  type AdamOptions,
  AdamW,
  Nadam,
  type NadamOptions,
} from "./adam.js";
export {
  Adadelta,
  type AdadeltaOptions,
  Adagrad,
  type AdagradOptions,
  Ftrl,
  type FtrlOptions,
  RMSprop,
  type RmspropOptions,
} from "./adaptive.js";
export { Lion, type LionOptions, SGD, type SgdOptions } from "./gradient-descent.js";
export { Adafactor, type AdafactorOptions, Lamb, Muon, type MuonOptions } from "./layerwise.js";
export {
  type GradientAndVariable,
  Optimizer,
  type OptimizerOptions,
  type Slot,
  type Step,
} from "./optimizer.js";
export type { Rate } from "./options.js";

const classes = {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  AdamW,
  Adamax,
  Ftrl,
  Lamb,
  Lion,
  Muon,
  Nadam,
  RMSprop,
  SGD,
};
for (const [name, source] of Object.entries(classes))
  register("optimizer", name, source, { module: "keras.optimizers", aliases: [name.toLowerCase()] });

/** The optimizer of a name, config or object. `keras.optimizers.get`. */
export const get = (identifier: OptimizerIdentifier) => getByName("optimizer", identifier);
