/**
 * @file `keras.initializers`: how weights begin. Each is a function of a shape; where an initializer is
 * asked for, its name in snake_case serves as well: `"he_normal"`.
 */

import type { InitializerIdentifier } from "../contracts.js";
import { get as getByName, register } from "../registry.js";
import { Constant, Identity, Ones, Zeros } from "./constant.js";
import {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
} from "./random.js";

export { Constant, Identity, Ones, Zeros } from "./constant.js";
export { Initializer, type InitializerCall, type InitializerFunction, type SeedOption } from "./initializer.js";
export {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  type NormalOptions,
  Orthogonal,
  type OrthogonalOptions,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  type UniformOptions,
  VarianceScaling,
  type VarianceScalingOptions,
} from "./random.js";

const classes = {
  Constant,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  Identity,
  LecunNormal,
  LecunUniform,
  Ones,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
  Zeros,
};
const aliases: Partial<Record<keyof typeof classes, readonly string[]>> = {
  Identity: ["IdentityInitializer"],
  Ones: ["one"],
  Orthogonal: ["OrthogonalInitializer"],
  RandomNormal: ["normal"],
  RandomUniform: ["uniform"],
  Zeros: ["zero"],
};
for (const [name, source] of Object.entries(classes))
  register("initializer", name, source, {
    module: "keras.initializers",
    aliases: aliases[name as keyof typeof classes] ?? [],
  });

/** The initializer of a name, config or function. `keras.initializers.get`. */
export const get = (identifier: InitializerIdentifier) => getByName("initializer", identifier);
