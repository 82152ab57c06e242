/**
 * @file Numbers as Python writes them, so that what is printed, logged and put into file names looks as it
 * does with Keras: ties round to even, exponents have two digits. Imports `core`.
 */
import { ArgumentError } from "../../core/index.js";

const special = (value: number): string | undefined =>
  Number.isNaN(value) ? "nan" : Number.isFinite(value) ? undefined : value > 0 ? "inf" : "-inf";

/** `'%.{digits}f' % value`. */
export function fixed(value: number, digits: number): string {
  const magnitude = Math.abs(value);
  // x lies halfway between two results only if x·2^(digits+1) is odd; toFixed would then round it away from 0.
  const isTie = Math.abs(magnitude * 2 ** (digits + 1)) % 2 === 1;
  const scaled = Math.floor(magnitude * 10 ** digits);
  if (!isTie || scaled % 2 !== 0) return special(value) ?? value.toFixed(digits);
  return (value < 0 ? "-" : "") + (scaled / 10 ** digits).toFixed(digits);
}

/** `'%.{digits}e' % value`. */
export function scientific(value: number, digits: number): string {
  return special(value) ?? twoDigitExponent(value.toExponential(digits));
}

const twoDigitExponent = (text: string): string => text.replace(/e([+-])(\d)$/, "e$10$2");

/** `repr(float(value))`: the fewest digits that read back as the same number. */
export function floatText(value: number): string {
  const named = special(value);
  if (named !== undefined) return named;
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) return twoDigitExponent(value.toExponential());
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** `f"{value:,}"` of a whole number: `50,890`. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

/**
 * Fills the fields of a template: `weights.{epoch:02d}-{val_loss:.2f}.keras`. Formats are `d`, `f` and `e` with
 * width, leading zeros and precision; without one the number stands as Python prints it.
 * @param integers names of the fields that are whole numbers by nature
 * @throws ArgumentError for a field without a value, or an unknown format
 */
export function formatTemplate(
  template: string,
  values: Readonly<Record<string, number>>,
  integers: readonly string[] = [],
): string {
  return template.replace(/\{([^{}:]*)(?::([^{}]*))?\}/g, (_, name: string, format = "") => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined)
      throw new ArgumentError(`Failed to format "${template}": there is no value named '${name}'.`, {
        hint: `use one of ${Object.keys(values).join(", ")}`,
      });
    const parts = /^(0?)(\d*)(?:\.(\d+))?([dfe]?)$/.exec(format);
    if (parts === null)
      throw new ArgumentError(`Failed to format "${template}": the format '${format}' is not known.`, {
        hint: "write {epoch:02d}, {val_loss:.2f} or {loss:.3e}",
      });
    const [, zero, width, precision, type] = parts;
    const text = convert(value, type ?? "", precision === undefined ? undefined : Number(precision), () =>
      integers.includes(name) ? String(value) : floatText(value),
    );
    const sign = text.startsWith("-") ? "-" : "";
    if (zero === "") return text.padStart(Number(width));
    return sign + text.slice(sign.length).padStart(Number(width) - sign.length, "0");
  });
}

function convert(value: number, type: string, precision: number | undefined, plain: () => string): string {
  if (type === "d") return String(Math.trunc(value));
  if (type === "f") return fixed(value, precision ?? 6);
  if (type === "e") return scientific(value, precision ?? 6);
  return precision === undefined ? plain() : String(Number(value.toPrecision(Math.max(1, precision))));
}
