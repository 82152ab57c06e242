/**
 * @file What a training run has to say, as calls in the order they come. `terminal-reporter.ts` says it to
 * people, `json-reporter.ts` to programs.
 */
import type { ClassReport } from "./confusion.js";
import type { Digits } from "./digits.js";
import type { Culprit } from "./divergence.js";
import type { Metrics, Progress } from "./meter.js";
import type { NetworkName } from "./networks.js";
import type { Plan } from "./training.js";

/** What is known before the first step. */
export interface Run {
  readonly network: NetworkName;
  readonly summary: string;
  readonly learningRate: number;
  readonly device: string;
  readonly digits: Digits;
  readonly plan: Plan;
  /** The command that does all this again. */
  readonly replay: string;
}

export interface Result {
  readonly test: Metrics;
  readonly hardest: readonly ClassReport[];
  readonly steps: number;
  /** From the first step to the last, validation included. */
  readonly milliseconds: number;
  /** Commands worth trying after this one, each with what it shows. */
  readonly next: readonly { readonly command: string; readonly about: string }[];
}

/** Why a run stopped early. */
export interface Divergence {
  readonly step: number;
  readonly loss: number;
  readonly culprit: Culprit | undefined;
  /** The same run with a learning rate that may do. */
  readonly remedy: string;
}

export interface Reporter {
  started(run: Run): void;
  stepped(progress: Progress): void;
  /** A measurement on the step's own batch after its update, as the workshop logs it. `index` counts from 0. */
  logged(index: number, metrics: Metrics): void;
  roundEnded(progress: Progress, validation: Metrics): void;
  saved(path: string): void;
  interrupted(steps: number): void;
  /** The loss is no number any more; what follows is a search for the reason. */
  searching(): void;
  diverged(divergence: Divergence): void;
  finished(result: Result): void;
  /** Nothing more comes, be it for an error: whatever is drawn in passing goes. */
  close(): void;
}
