/** @file What `fit` and its siblings are told, checked for callers without types: misspelt options are not passed over. */
import { ArgumentError } from "../../../core/index.js";
import { isRecord, recordOf, requireNoMore, shown } from "../../arguments.js";
import type { BatchOptions, EvaluateOptions, FitOptions, PredictOptions } from "./options.js";

type Names<Options> = { readonly [Option in keyof Required<Options>]: true };
const ofLoops = { batchSize: true, verbose: true, callbacks: true } as const;
const ofFit: Names<FitOptions> = {
  ...ofLoops,
  epochs: true,
  initialEpoch: true,
  validationSplit: true,
  validationData: true,
  shuffle: true,
  seed: true,
  classWeight: true,
  sampleWeight: true,
  stepsPerEpoch: true,
  validationSteps: true,
  validationBatchSize: true,
  validationFreq: true,
};
const ofEvaluate: Names<EvaluateOptions> = { ...ofLoops, sampleWeight: true, steps: true, returnDict: true };
const ofPredict: Names<PredictOptions> = { ...ofLoops, steps: true };
const ofBatch: Names<BatchOptions> = { sampleWeight: true, classWeight: true, returnDict: true };
const known = {
  fit: ofFit,
  evaluate: ofEvaluate,
  predict: ofPredict,
  trainOnBatch: ofBatch,
  testOnBatch: ofBatch,
} as const;

/** Options that are numbers of something, and the least of each; `null` stands for none. */
const counts = {
  batchSize: 1,
  epochs: 0,
  initialEpoch: 0,
  steps: 1,
  stepsPerEpoch: 1,
  validationBatchSize: 1,
  validationSteps: 1,
} as const;
const choices: { readonly [option: string]: readonly unknown[] } = {
  verbose: [0, 1, 2, "auto"],
  shuffle: [true, false, "batch"],
  returnDict: [true, false],
};

/** @throws ArgumentError for options that are no record, one that the method does not have, or a value it cannot be */
export function checkLoopOptions(method: keyof typeof known, options: object): void {
  const names = known[method];
  for (const name of Object.keys(recordOf(options, `${method}()`)))
    requireOption(method, name, (options as { readonly [option: string]: unknown })[name], names);
}

const isWholeAboveZero = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
/** Options of other kinds: what they must be, and whether a value is that. */
const others: { readonly [option: string]: readonly [what: string, fits: (value: unknown) => boolean] } = {
  validationSplit: ["a number from 0 to less than 1", (value) => Number(value) === value && value >= 0 && value < 1],
  validationFreq: [
    "a whole number above 0, or a list of epochs counted from 1",
    (value) => isWholeAboveZero(value) || (Array.isArray(value) && value.every(isWholeAboveZero)),
  ],
  classWeight: [
    "a record or Map of factors by class numbers: { 0: 1, 1: 2.5 }",
    (value) => value instanceof Map || isRecord(value),
  ],
  seed: ["a whole number", Number.isInteger],
};

function requireOption(method: string, name: string, value: unknown, names: object): void {
  if (!Object.hasOwn(names, name)) requireNoMore({ [name]: value }, `${method}()`, Object.keys(names));
  if (value === null || value === undefined) return;
  const fail = (what: string): never => {
    throw new ArgumentError(`${name} of ${method}() must be ${what}, not ${shown(value)}`);
  };
  const least = Object.hasOwn(counts, name) ? counts[name as keyof typeof counts] : undefined;
  if (least !== undefined && !(Number.isInteger(value) && (value as number) >= least))
    fail(`a whole number${least === 0 ? ", 0 or more" : " above 0"}`);
  const other = Object.hasOwn(others, name) ? others[name] : undefined;
  if (other?.[1](value) === false) fail(other[0]);
  const allowed = Object.hasOwn(choices, name) ? choices[name] : undefined;
  if (allowed !== undefined && !allowed.includes(value)) fail(`one of ${allowed.map(shown).join(", ")}`);
}
