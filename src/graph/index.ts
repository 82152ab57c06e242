/** @file What the rest of the library may use of `graph`. */
export { constantValue } from "./constant-value.js";
export {
  definitions,
  type GradientFunction,
  type InferContext,
  type OpDefinition,
  registerDefinition,
  type Sample,
} from "./definition.js";
export {
  type BlockAttributes,
  type BranchAttributes,
  capturesOf,
  type FunctionBody,
  FunctionGraph,
  installCaptures,
  type LoopAttributes,
} from "./function-graph.js";
export {
  Graph,
  type GraphElementLike,
  getDefaultGraph,
  gradientTypeAttribute,
  pushDefaultGraph,
  resetDefaultGraph,
  typeName,
} from "./graph.js";
export { GraphKeys } from "./keys.js";
export { type Attributes, Operation, type OutputSpec } from "./operation.js";
export { type Scope, within } from "./scope.js";
export { Tensor } from "./tensor.js";
