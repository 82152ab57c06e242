/** @file What the rest of the library may use of `compiler`. */

export { workOf } from "./cost.js";
export { fuse } from "./fuse.js";
export * from "./kernels.js";
export { liveValues, rootsOf, sourcesOf } from "./liveness.js";
export { alignment, type Plan, planMemory, printPlan, slack } from "./plan.js";
export { printProgram } from "./print.js";
export { pathTo, prune } from "./prune.js";
export {
  coefficientOf,
  dependsOn,
  type NestedProgram,
  type Schedule,
  type ScheduledBlock,
  type ScheduledContraction,
  type ScheduledKernel,
  type ScheduledLoops,
  type ScratchValue,
  schedule,
} from "./schedule.js";
export { NeedsValues, type Specialized, type SpecializeRequest, specialize, type VariableFacts } from "./specialize.js";
