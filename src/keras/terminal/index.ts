/** @file What the Keras level shows on a terminal, for the rooms beside it. */
export { fixed, floatText, formatTemplate, grouped, scientific } from "./number-format.js";
export { type NamedValue, Progbar, type ProgbarOptions, type ProgbarStyle } from "./progbar.js";
export {
  amountOf,
  memorySize,
  printSummary,
  type SummarizedModel,
  type SummaryOptions,
  shapeText,
  summaryText,
} from "./summary.js";
