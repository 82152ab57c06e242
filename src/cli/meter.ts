/** @file Means and pace of a round of steps, for the progress line and its permanent successor. Pure. */
import type { Step } from "./training.js";

/** Where training stands within a round. */
export interface Progress {
  readonly step: Step;
  /** Means over the round's examples so far, or the averages that the network's level reports. */
  readonly loss: number;
  readonly accuracy: number;
  /** Since the round began. */
  readonly milliseconds: number;
  readonly millisecondsPerStep: number;
  readonly examplesPerSecond: number;
}

/** Loss and accuracy on a set of examples. */
export interface Metrics {
  readonly loss: number;
  readonly accuracy: number;
}

/** Adds up the steps of one round after another. */
export class Meter {
  private startedAt: number;
  private round = 0;
  private examples = 0;
  private loss = 0;
  private correct = 0;

  constructor(private readonly now: () => number) {
    this.startedAt = now();
  }

  /** Begins a round's clock. Time between rounds, for validation, belongs to none. */
  startRound(): void {
    this.startedAt = this.now();
  }

  add(step: Step): Progress {
    if (step.round !== this.round) {
      this.round = step.round;
      this.examples = this.loss = this.correct = 0;
    }
    this.examples += step.examples;
    this.loss += step.loss * step.examples;
    this.correct += step.accuracy * step.examples;
    const milliseconds = this.now() - this.startedAt;
    return {
      step,
      loss: step.isAverage ? step.loss : this.loss / this.examples,
      accuracy: step.isAverage ? step.accuracy : this.correct / this.examples,
      milliseconds,
      millisecondsPerStep: milliseconds / step.inRound,
      examplesPerSecond: (1000 * this.examples) / Math.max(milliseconds, Number.MIN_VALUE),
    };
  }
}
