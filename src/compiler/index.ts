/** @file What the rest of the library may use of `compiler`. */
export { liveValues, rootsOf, sourcesOf } from "./liveness.js";
export { printProgram } from "./print.js";
export { pathTo, prune } from "./prune.js";
export { NeedsValues, type Specialized, type SpecializeRequest, specialize, type VariableFacts } from "./specialize.js";
