/** @file Streams, a model and a clock that stand in for the real ones in tests of callbacks. */
import { mock } from "node:test";
import { platform } from "#platform";
import { NdArray } from "../../../src/core/index.js";
import type { Callback, CallbackParams, Logs, TrainedModel } from "../../../src/keras/contracts.js";
import type { OutputStream } from "../../../src/platform/types.js";

/** A stream that keeps what is written. */
export class Recorder implements OutputStream {
  readonly written: string[] = [];
  readonly columns = 80;
  constructor(
    readonly isTerminal: boolean,
    readonly colorDepth = isTerminal ? 24 : 1,
  ) {}
  write(text: string): void {
    this.written.push(text);
  }
  get text(): string {
    return this.written.join("");
  }
}

/** What goes to the standard output and to the standard error while `run` lasts. */
export async function outputOf(run: () => unknown): Promise<{ readonly out: string; readonly err: string }> {
  let out = "";
  let err = "";
  const mocks = [
    mock.method(platform.stdout, "write", (text: string) => {
      out += text;
    }),
    mock.method(platform.stderr, "write", (text: string) => {
      err += text;
    }),
  ];
  try {
    await run();
  } finally {
    for (const mocked of mocks) mocked.mock.restore();
  }
  return { out, err };
}

export const defaultParams: CallbackParams = {
  epochs: 1,
  steps: null,
  samples: null,
  batchSize: null,
  verbose: 1,
  doValidation: false,
  metrics: ["loss"],
};

/** A model whose only weight is the number of the epoch. */
export class ModelStandIn {
  stopTraining = false;
  weight = 0;
  readonly saved: string[] = [];
  readonly className = "Sequential";
  readonly name = "sequential";
  readonly metricsNames = ["loss"];
  readonly optimizer: TrainedModel["optimizer"] = null;
  metrics: unknown[] = [];
  getWeights(): Promise<NdArray<"float32">[]> {
    return Promise.resolve([NdArray.from(this.weight, "float32") as NdArray<"float32">]);
  }
  setWeights([weight]: readonly NdArray[]): Promise<void> {
    this.weight = Number(weight?.data[0]);
    return Promise.resolve();
  }
  save?(path: string): Promise<void> {
    this.saved.push(path);
    return Promise.resolve();
  }
  saveWeights?(path: string): Promise<void> {
    this.saved.push(path);
    return Promise.resolve();
  }
  /** As the contract sees it; what it lacks, no callback touches. */
  get asTrained(): TrainedModel {
    return this as unknown as TrainedModel;
  }
}

/** Runs the hooks of `fit` over epochs without batches. @returns the epochs that ran */
export async function train(
  model: ModelStandIn,
  callbacks: readonly Callback[],
  epochs: readonly Logs[],
): Promise<number> {
  for (const callback of callbacks) {
    callback.setParams?.({ ...defaultParams, epochs: epochs.length });
    callback.setModel?.(model.asTrained);
  }
  model.stopTraining = false;
  for (const callback of callbacks) await callback.onTrainBegin?.({});
  let ran = 0;
  for (const [epoch, values] of epochs.entries()) {
    const logs = { ...values };
    for (const callback of callbacks) await callback.onEpochBegin?.(epoch, {});
    model.weight = epoch;
    for (const callback of callbacks) await callback.onEpochEnd?.(epoch, logs);
    ran++;
    if (model.stopTraining) break;
  }
  for (const callback of callbacks) await callback.onTrainEnd?.({});
  return ran;
}
