/**
 * @file Configs as JSON that Python's Keras reads. JavaScript writes 2.0 as `2`, which Keras takes for an
 * integer: as a learning rate, a momentum or a schedule's value it is refused or rounded. Also values as messages show
 * them. Imports nothing.
 */

/** Options that Keras wants as floats. */
const floatOptions = new Set(["beta", "initial_learning_rate", "learning_rate", "momentum", "threshold", "values"]);

const mark = "\u0001float:";
const marked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(marked);
  return Number.isSafeInteger(value) ? `${mark}${value}` : value;
};

/**
 * `JSON.stringify`, but whole numbers of options that are floats keep a decimal point: `"momentum": 0.0`.
 * @param indent spaces for each level. Default: everything on one line
 */
export function stringifyConfig(config: unknown, indent?: number): string {
  const text = JSON.stringify(config, (key, value) => (floatOptions.has(key) ? marked(value) : value), indent);
  return text.replace(/"\\u0001float:(-?\d+)"/g, "$1.0");
}

/** A value as messages show it: lists and records by what is in them. */
export function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value === "string" ? `'${value}'` : String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return String(value);
  }
}
