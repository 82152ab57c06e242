/**
 * @file `keras.serialization`: finds losses, metrics, optimizers and the like by name or config, and turns
 * them into configs. Loads every room whose objects have names.
 */
import "./activations.js";
import "./constraints.js";
import "./initializers/index.js";
import "./losses/index.js";
import "./metrics/index.js";
import "./optimizers/index.js";
import "./regularizers.js";

export { stringifyConfig } from "./json.js";
export {
  type ConfigurableClass,
  deserialize,
  get,
  namesOf,
  nearest,
  optionsOf,
  type RegisterOptions,
  register,
  registerFunction,
  serialize,
  serializeOptional,
  snakeCase,
} from "./registry.js";
