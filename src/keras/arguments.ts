/**
 * @file What constructors make of their arguments, for callers without types: options that are no record, have a
 * name that nobody knows or a value of the wrong kind are refused, not passed over. Imports `core` and the registry.
 */
import { ArgumentError, describe } from "../core/index.js";
import type { Config, Configurable } from "./contracts.js";
import { shown } from "./json.js";
import { camelCase, isOurs, nameOf, nearest, ofConfig } from "./registry.js";

export { shown } from "./json.js";

const isNumber = (value: unknown): boolean => typeof value === "number" && !Number.isNaN(value);

/** A class, as messages name it. */
type Owner = { readonly name: string } | string;
const nameOfOwner = (owner: Owner): string => (typeof owner === "string" ? owner : nameOf(owner));

/**
 * What options must be that mean the same kind of thing in every class that has them; `null` stands for none. An
 * option of this library that is true or false is among these, but for `scale`, which is a number elsewhere.
 */
const kinds: readonly (readonly [what: string, fits: (value: unknown) => boolean, names: string])[] = [
  [
    "true or false",
    (value) => typeof value === "boolean",
    `amsgrad append applyClassBalancing approximate byName center centered charLevel color cycle deleteCheckpoint
    excludeEmbeddings expandNested fromLogits goBackwards keepdims lower maskZero multiLabel nesterov normalize
    raiseError relativeStep resetAfter restoreBestWeights returnSequences returnState saveBestOnly saveWeightsOnly
    sendAsJson showDtype showLayerNames showShapes showTrainable skipMismatch sparseYPred sparseYTrue staircase
    stateful swapOnEpoch trainable training unitForgetBias unroll useBias useEma zeroOutputForMask`,
  ],
  [
    "a number",
    isNumber,
    `adamBeta1 adamBeta2 adamLrRatio adamWeightDecay alpha beta beta1 beta2 beta2Decay classId clipThreshold clipnorm
    clipvalue decay delta emaMomentum epsilon epsilon1 epsilon2 gamma globalClipnorm ignoreClass
    initialAccumulatorValue k l1RegularizationStrength l2RegularizationStrength l2ShrinkageRegularizationStrength
    labelSmoothing lossScaleFactor lr momentum muonA muonB muonC nsSteps numRegressors rho rmsRate scheduleDecay
    threshold topK weightDecay`,
  ],
  [
    "a number, or a list of numbers",
    (value) => isNumber(value) || (Array.isArray(value) && value.every(isNumber)),
    "axis labelWeights thresholds",
  ],
  ["a text", (value) => typeof value === "string", "name"],
  ["0, 1 or 2", (value) => ["number", "boolean"].includes(typeof value) || value === "auto", "verbose"],
];
const kindOf = new Map(
  kinds.flatMap(([what, fits, names]) => names.split(/\s+/).map((name) => [name, { what, fits }] as const)),
);

/** Options of a class that has none. */
export type NoOptions = Readonly<Record<string, never>>;

/** Whether something is no list, map, promise or the like. */
export const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Object]";

/**
 * The options of a constructor or method.
 * @throws ArgumentError for what is no record, or an option of the wrong kind
 */
export function recordOf<Options extends object>(options: Options, owner: Owner): Options {
  if (isRecord(options)) {
    for (const [name, value] of Object.entries(options)) {
      const kind = kindOf.get(name);
      if (kind !== undefined && value !== undefined && value !== null && !kind.fits(value))
        throw invalid(value, name, owner, kind.what);
    }
    return options;
  }
  throw new ArgumentError(`The options of ${nameOfOwner(owner)} must be one record, not ${describe(options)}`, {
    hint: "pass by name what Python passes by place: { name: value }",
  });
}

/**
 * Says that no options are left over.
 * @param rest what remains of the options when all that are known are taken out
 * @param told their names, for the hint; those of subclasses are found by their configs. Default: none
 * @throws ArgumentError for the first that is left
 */
export function requireNoMore(rest: object, owner: Owner, told: readonly string[] = []): void {
  const [name] = Object.keys(rest);
  if (name === undefined || ofConfig in rest) return;
  const found = isOurs(owner) ? optionNames(owner as unknown as Sampled) : null;
  const known = [...new Set([...told, ...(found ?? [])])];
  const camel = camelCase(name);
  const similar = known.includes(camel) ? [camel] : nearest(name, known);
  throw new ArgumentError(`${nameOfOwner(owner)} has no option '${name}'`, {
    hint:
      similar.length > 0
        ? `did you mean ${similar.map((option) => `'${option}'`).join(" or ")}?`
        : camel !== name
          ? `names are in camelCase: '${camel}'`
          : known.length > 0
            ? `there are ${known.join(", ")}`
            : "leave it out",
  });
}

/** @throws ArgumentError for what is no record, has a name that is not among `names`, or a value of the wrong kind */
export function requireAmong(names: readonly string[], options: object, owner: Owner): void {
  const rest = Object.entries(recordOf(options, owner)).filter(([name]) => !names.includes(name));
  requireNoMore(Object.fromEntries(rest), owner, names);
}

/** A class whose objects tell their options, under Keras's names. */
interface Sampled {
  fromConfig(config: Config): object;
}
/**
 * What constructors need, by its names in configs: enough to make a sample of any class. And options that configs
 * leave out where nothing was told.
 */
const needed: Config = {
  name: "sample",
  activation: "linear",
  axes: 1,
  decay: 0.5,
  dims: [1],
  factor: 0.1,
  filters: 1,
  input_dim: 1,
  kernel_size: 1,
  layer: { class_name: "SimpleRNN", config: { name: "sample", units: 1 } },
  layers: [],
  n: 1,
  num_classes: 2,
  output_dim: 1,
  precision: 0.5,
  rate: 0.5,
  recall: 0.5,
  schedule_decay: 0.5,
  sensitivity: 0.5,
  specificity: 0.5,
  stddev: 1,
  target_class_ids: [0],
  target_shape: [1],
  units: 1,
};
const namesOfOptions = new WeakMap<Sampled, readonly string[] | null>();

/**
 * The names of a class's options, as the config of a sample tells them; `null` where no sample can be made.
 * A constructor of a base class asks before its subclasses have set what their own configs need.
 */
export function optionNames(type: Sampled): readonly string[] | null {
  const known = namesOfOptions.get(type);
  if (known !== undefined) return known;
  // The sample's own constructor asks, too: it is told that nothing is known.
  namesOfOptions.set(type, null);
  const names = sampleNames(type);
  namesOfOptions.set(type, names);
  return names;
}
function sampleNames(type: Sampled): readonly string[] | null {
  // What is a number that one class needs is true or false of others.
  for (const config of [needed, { ...needed, scale: 1 }])
    try {
      return Object.keys((type.fromConfig(config) as Configurable).getConfig()).map(camelCase);
    } catch {}
  return null;
}

/** The error of an argument that is not what it must be, in Keras's words. */
const invalid = (value: unknown, name: string, owner: Owner, expected: string, hint?: string): ArgumentError =>
  new ArgumentError(
    `Invalid value for argument \`${name}\` of ${nameOfOwner(owner)}. Expected ${expected}, but received ${name}=${shown(value)}.`,
    hint === undefined ? {} : { hint },
  );

/** An argument that must be a finite number. @throws ArgumentError in Keras's words */
export function requireNumber(value: unknown, name: string, owner: Owner, hint?: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw invalid(value, name, owner, "a number", hint);
}

/** An option that must be true or false, or is left out. @throws ArgumentError in Keras's words */
export function requireBoolean(value: unknown, name: string, owner: Owner): void {
  if (value === undefined || value === null || typeof value === "boolean") return;
  throw invalid(value, name, owner, "true or false");
}

/** An argument that must be a whole number. @throws ArgumentError in Keras's words */
export function requireInteger(value: unknown, name: string, owner: Owner): number {
  if (Number.isInteger(value)) return value as number;
  throw invalid(value, name, owner, "a whole number");
}

/** An argument that must be a list of finite numbers. @throws ArgumentError in Keras's words */
export function requireNumbers(value: unknown, name: string, owner: Owner): readonly number[] {
  if (Array.isArray(value) && value.every((item) => Number.isFinite(item))) return value as number[];
  throw invalid(value, name, owner, "a list of numbers");
}

/** An argument that must be a function. @throws ArgumentError in Keras's words */
export function requireFunction<F extends (...operands: never[]) => unknown>(value: F, name: string, owner: Owner): F {
  if (typeof value === "function") return value;
  throw invalid(value, name, owner, "a function");
}

/** An argument that must be a text of at least one letter. @throws ArgumentError */
export function requireText(value: unknown, name: string, owner: Owner, example: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(value, name, owner, "a text", `write for example ${example}`);
}
