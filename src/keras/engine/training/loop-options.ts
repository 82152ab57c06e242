/** @file What `fit` and its siblings are told, checked for callers without types: misspelt options are not passed over. */
import { recordOf, requireNoMore } from "../../arguments.js";
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

/** @throws ArgumentError for options that are no record, or one that the method does not have */
export function checkLoopOptions(method: keyof typeof known, options: object): void {
  const names = known[method];
  for (const name of Object.keys(recordOf(options, `${method}()`)))
    if (!Object.hasOwn(names, name)) requireNoMore({ [name]: true }, `${method}()`, Object.keys(names));
}
