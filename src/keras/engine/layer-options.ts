/**
 * @file What options layers of Keras's classes have: those that their configs tell, a few that all take, and former
 * names. Options that nobody knows are refused, and so are values that would compute something else than Keras.
 */
import { ArgumentError, UnimplementedError } from "../../core/index.js";
import { optionNames, requireNoMore, shown } from "../arguments.js";
import type { Config } from "../contracts.js";
import { ofConfig, snakeCase } from "../registry.js";

interface LayerType {
  fromConfig(config: Config): object;
}

/** Classes whose configs tell all their options. */
export const checkedClasses = new WeakSet<object>();

/** What layers take beside what configs tell: the shape of the input, and former names. */
const commonOptions = [
  "activityRegularizer",
  "alpha",
  "batchInputShape",
  "dataFormat",
  "dtype",
  "inputDim",
  "inputLength",
  "inputShape",
  "name",
  "noiseShape",
  "trainable",
];

/** Options of Keras's layers that exist here with some values alone. */
const onlyValues: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  BatchNormalization: { renorm: [false] },
  Conv2DTranspose: { dilation_rate: [1, [1, 1]], output_padding: [null] },
  LayerNormalization: { rms_scaling: [false] },
  UpSampling2D: { interpolation: ["nearest"] },
};

/** @throws UnimplementedError for options, by their names in configs, that ask for what a layer does not have */
export function requireAvailable(className: string, name: unknown, config: Config): void {
  for (const [option, values] of Object.entries({
    data_format: ["channels_last", null],
    ...onlyValues[className],
  })) {
    const value = config[option];
    if (value === undefined || values.some((one) => shown(one) === shown(value))) continue;
    throw new UnimplementedError(
      `${className} '${String(name ?? "")}' has ${option}=${JSON.stringify(value)}, which is not available.`,
      {
        hint: `only ${values.map((v) => JSON.stringify(v)).join(" or ")} is; for another, write a class of layers of your own, and pass customObjects when reading configs`,
      },
    );
  }
}

/** @throws ArgumentError for an option that a layer of Keras's does not have; UnimplementedError for a value */
export function requireKnownOptions(type: object, className: string, name: string, options: object): void {
  const given = Object.entries(options);
  if (given.length === 0 || ofConfig in options || !checkedClasses.has(type)) return;
  requireAvailable(className, name, Object.fromEntries(given.map(([key, value]) => [snakeCase(key), value])));
  const names = optionNames(type as LayerType);
  if (names !== null) requireOptionsAmong(names, className, name, options);
}

/** @throws ArgumentError for an option that is neither among `names` nor one that all layers take */
export function requireOptionsAmong(names: readonly string[], className: string, name: string, options: object): void {
  const known = [...new Set([...names, ...commonOptions])];
  const rest = Object.entries(options).filter(([key, value]) => value !== undefined && !known.includes(key));
  if (rest.some(([key]) => key === "weights"))
    throw new ArgumentError(`${className} '${name}' takes no option 'weights'.`, {
      hint: "await layer.setWeights(…) once it is built, or give an initializer: new keras.initializers.Constant(matrix)",
    });
  if (rest.length > 0) requireNoMore(Object.fromEntries(rest), `${className} '${name}'`, known);
}
