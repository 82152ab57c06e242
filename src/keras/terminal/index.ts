/** @file What the Keras level shows on a terminal, for the rooms beside it. */
export { fixed, floatText, formatTemplate, grouped, scientific } from "./number-format.js";
export { type NamedValue, Progbar, type ProgbarOptions, type ProgbarStyle } from "./progbar.js";
