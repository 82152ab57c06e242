/** @file Numbers as people read them in a terminal, and as Python prints them. Imports nothing. */

/** Four decimals, or an exponent for 0.001 and less, and from a million on: `0.9173`, `8.2000e-04`. */
export function formatMetric(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const magnitude = Math.abs(value);
  return magnitude > 1e-3 && magnitude < 1e6 ? value.toFixed(4) : twoDigitExponent(value.toExponential(4));
}

/** Thousands and millions in short: `412`, `412k`, `1.2M`. */
export function formatCount(value: number): string {
  if (value < 1000) return value.toFixed(0);
  if (value < 999_500) return `${(value / 1000).toFixed(value < 9950 ? 1 : 0)}k`;
  return `${(value / 1e6).toFixed(1)}M`;
}

/** Whole numbers with thousands separated: `55,000`. */
export const formatWhole = (value: number): string => value.toLocaleString("en-US");

/** Milliseconds to a useful digit: `0.53ms`, `1.9ms`, `126ms`. */
export function formatMilliseconds(value: number): string {
  return `${value.toFixed(value < 1 ? 2 : value < 100 ? 1 : 0)}ms`;
}

/** Seconds, or minutes and seconds from a minute on: `4s`, `1m04s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
}

/**
 * A number as Python's `print` shows a float: `1.0` where JavaScript has `1`, and exponents of at least
 * two digits below 1e-4 and from 1e16 on.
 */
export function formatPython(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) return twoDigitExponent(value.toExponential());
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** JavaScript writes `1e-5` where Python and C write `1e-05`. */
const twoDigitExponent = (text: string): string => text.replace(/e([+-])(\d)$/, "e$10$2");
