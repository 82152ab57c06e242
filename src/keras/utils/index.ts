/** @file `keras.utils`: labels, rows, progress and pictures of models. Re-exports alone. */
export { clearSession } from "../engine/session.js";
export { type PadOptions, padSequences } from "../preprocessing/index.js";
export { Progbar, type ProgbarOptions, printSummary, type SummaryOptions, summaryText } from "../terminal/index.js";
export { normalize, toCategorical, toOrdinal } from "./arrays.js";
export { modelToDot, modelToSvg, type PlotModelOptions, type PlotOptions, plotModel } from "./plot-model.js";
