/**
 * @file What every example takes from its command line: `--data`, `--epochs`, `--steps`, `--seed`. An
 * example says with its defaults which of them it has. Imports the package and Node alone.
 */
import { parseArgs } from "node:util";
import * as tf from "tensorstrata";
import { findData } from "tensorstrata/datasets";

/** Lengths that an example may let its user choose. */
type Length = "epochs" | "steps";

/** A value for each length of the defaults, and where the data are. */
export type ExampleOptions<K extends Length> = Readonly<Record<K, number>> & {
  /** What `readDataSets` takes. */
  readonly source: string;
  readonly seed: number | undefined;
};

/**
 * Reads the command line of an example, and finds data where it names none: MNIST, or else a sample of
 * it. A `--seed` also becomes the default graph's.
 * @param defaults the lengths that the example has, such as `{ epochs: 20 }`
 * @throws TypeError for other options, RangeError for values that are no whole numbers
 */
export async function exampleOptions<K extends Length>(
  defaults: Readonly<Record<K, number>>,
): Promise<ExampleOptions<K>> {
  const lengths = Object.keys(defaults) as K[];
  const names = ["data", "seed", ...lengths];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  const { values } = parseArgs({ options });
  const chosen = Object.fromEntries(lengths.map((name) => [name, wholeNumber(name, values[name]) ?? defaults[name]]));
  const seed = wholeNumber("seed", values.seed);
  if (seed !== undefined) tf.setRandomSeed(seed);
  const { source, description } = await findData(values.data ?? "mnist");
  console.error(`Data: ${description}`);
  return { ...(chosen as Record<K, number>), source, seed };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const minimum = name === "seed" ? 0 : 1;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value < 2 ** 31) return value;
  throw new RangeError(`--${name} must be a whole number of at least ${minimum}, not ${text}`);
}
