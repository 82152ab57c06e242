/** @file What the rest of the library may use of `compiler`. */

export { coefficientOf, dependsOn } from "./axes.js";
export { workOf } from "./cost.js";
export {
  type Division,
  divide,
  type KernelDivision,
  loopUnits,
  productUnits,
  unitsOf,
} from "./division.js";
export { fuse } from "./fuse.js";
export * from "./kernels.js";
export { liveValues, rootsOf, sourcesOf } from "./liveness.js";
export { alignment, hasChecks, type Plan, planMemory, printPlan, slack, touchedBy } from "./plan.js";
export { printProgram } from "./print.js";
export {
  axesOf,
  narrowColumns,
  type ProductTarget,
  panelSize,
  partialShape,
  type ScheduledContraction,
} from "./products.js";
export { pathTo, prune } from "./prune.js";
export {
  type NestedProgram,
  type Schedule,
  type ScheduledBlock,
  type ScheduledKernel,
  type ScheduledLoops,
  type ScratchValue,
  schedule,
} from "./schedule.js";
export { NeedsValues, type Specialized, type SpecializeRequest, specialize, type VariableFacts } from "./specialize.js";
