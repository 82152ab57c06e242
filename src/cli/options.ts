/** @file Checks of single options. What does not fit is a usage error that names the option. */
import { InvalidArgumentError } from "commander";

/** The largest seed; TensorFlow's graph seeds are 32-bit integers. */
export const MAXIMUM_SEED = 2 ** 31 - 1;

/** Takes a whole number of at least `minimum`. */
export function wholeNumber(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** Takes a number above 0, such as `0.5` or `1e-3`. */
export function positiveNumber(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It must be a number above 0.");
}

/** Takes any text but the empty one. */
export function someText(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
}

/** The hidden command that a process of a sweep runs. */
export const WORKER_COMMAND = "sweep-runs";
