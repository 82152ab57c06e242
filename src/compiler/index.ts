/** @file What the rest of the library may use of `compiler`. */

export { coefficientOf, dependsOn } from "./axes.js";
export { workOf, workOfKernel } from "./cost.js";
export { loopUnits, productUnits, unitsOf } from "./division.js";
export { fuse } from "./fuse.js";
export * from "./kernels.js";
export { liveValues, rootsOf, sourcesOf } from "./liveness.js";
export { alignment, hasChecks, type Plan, planMemory, slack, touchedBy } from "./plan.js";
export {
  axesOf,
  groupPanels,
  lineElements,
  narrowColumns,
  type ProductTarget,
  panelSize,
  panelStrides,
  panelsAtOnce,
  partialSize,
  rowsOfTile,
  type ScheduledContraction,
  tileSizes,
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
export {
  loadBlocks,
  NeedsValues,
  needsBlocks,
  type Specialized,
  type SpecializeRequest,
  specialize,
  type VariableFacts,
} from "./specialize.js";
