/**
 * @file What every example takes from its command line: `--data`, `--epochs`, `--steps`, `--seed`. An
 * example says with its defaults which of them it has. Imports the package and Node alone.
 */
import { parseArgs } from "node:util";
import * as tf from "tensorstrata";
import { findData } from "tensorstrata/datasets";

/** Lengths that an example may let its user choose. */
type Length = "epochs" | "steps";

/** A value for each length of the defaults. */
type Lengths<K extends Length> = Readonly<Record<K, number>>;

/** The lengths, and where the data are. */
export type ExampleOptions<K extends Length> = Lengths<K> & {
  /** What `readDataSets` takes. */
  readonly source: string;
  readonly seed: number | undefined;
};

/** The lengths, and numbers to make data of. */
export type OwnDataOptions<K extends Length> = Lengths<K> & {
  readonly seed: number | undefined;
  /** The next random number from 0 to 1; the same ones for the same `--seed`. */
  random(): number;
};

/**
 * Reads the command line of an example, and finds data where it names none: MNIST, or else a sample of
 * it. A `--seed` also becomes the default graph's.
 * @param defaults the lengths that the example has, such as `{ epochs: 20 }`
 * @throws TypeError for other options, RangeError for values that are no whole numbers
 */
export async function exampleOptions<K extends Length>(defaults: Lengths<K>): Promise<ExampleOptions<K>> {
  const { data, ...options } = parse(["data"], defaults);
  const { source, description } = await findData(data ?? "mnist");
  console.error(`Data: ${description}`);
  return { ...options, source };
}

/** Reads the command line of an example that makes its data by itself. Errors as {@link exampleOptions}. */
export function ownDataOptions<K extends Length>(defaults: Lengths<K>): OwnDataOptions<K> {
  const options = parse([], defaults);
  let state = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  // A Weyl sequence, scrambled: each multiplication and shift carries its bits on to others.
  const random = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  };
  return { ...options, random };
}

function parse<K extends Length>(
  more: readonly "data"[],
  defaults: Lengths<K>,
): Lengths<K> & { readonly seed: number | undefined; readonly data: string | undefined } {
  const lengths = Object.keys(defaults) as K[];
  const names = ["seed", ...more, ...lengths];
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
  });
  const chosen = Object.fromEntries(lengths.map((name) => [name, wholeNumber(name, values[name]) ?? defaults[name]]));
  const seed = wholeNumber("seed", values.seed);
  if (seed !== undefined) tf.setRandomSeed(seed);
  return { ...(chosen as Record<K, number>), seed, data: values.data };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const minimum = name === "seed" ? 0 : 1;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value < 2 ** 31) return value;
  throw new RangeError(`--${name} must be a whole number of at least ${minimum}, not ${text}`);
}
