/**
 * @file A training run for programs: one JSON object a line on standard output, told apart by `event`.
 * Numbers are not rounded; NaN and infinities, which JSON lacks, are strings.
 */
import type { Host } from "./host.js";
import type { Metrics, Progress } from "./meter.js";
import type { Divergence, Reporter, Result, Run } from "./reporter.js";

export class JsonReporter implements Reporter {
  constructor(private readonly host: Host) {}

  started({ network, summary, learningRate, device, digits, plan, replay }: Run): void {
    const count = (examples: { images: { shape: readonly number[] } }) => examples.images.shape[0] ?? 0;
    this.write("start", {
      network,
      summary,
      data: {
        source: digits.source,
        description: digits.description,
        training: count(digits.training),
        validation: count(digits.validation),
        test: count(digits.test),
      },
      device,
      seed: plan.seed,
      learningRate,
      batchSize: plan.batchSize,
      epochs: plan.unit === "epochs" ? plan.rounds : undefined,
      steps: plan.totalSteps,
      replay,
    });
  }

  stepped(): void {}

  logged(index: number, { accuracy, loss }: Metrics): void {
    this.write("log", { step: index, accuracy, loss });
  }

  roundEnded(progress: Progress, validation: Metrics): void {
    const { step } = progress;
    this.write("epoch", {
      epoch: step.round,
      step: step.number,
      seconds: progress.milliseconds / 1000,
      millisecondsPerStep: progress.millisecondsPerStep,
      examplesPerSecond: progress.examplesPerSecond,
      loss: progress.loss,
      accuracy: progress.accuracy,
      validationLoss: validation.loss,
      validationAccuracy: validation.accuracy,
    });
  }

  saved(path: string): void {
    this.write("saved", { path });
  }

  interrupted(steps: number): void {
    this.write("interrupted", { steps });
  }

  searching(): void {}

  diverged({ step, loss, culprit, remedy }: Divergence): void {
    this.write("diverged", {
      step,
      loss,
      operation: culprit?.operation.name,
      type: culprit?.operation.type,
      found: culprit?.found,
      inputs: culprit?.inputs,
      remedy,
    });
  }

  finished({ test, hardest, steps, milliseconds, next }: Result): void {
    this.write("result", {
      testLoss: test.loss,
      testAccuracy: test.accuracy,
      steps,
      seconds: milliseconds / 1000,
      hardest,
      next: next.map(({ command }) => command),
    });
  }

  close(): void {}

  private write(event: string, fields: Readonly<Record<string, unknown>>): void {
    this.host.stdout.write(`${toJson({ event, ...fields })}\n`);
  }
}

/** JSON on one line. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) =>
    typeof field === "number" && !Number.isFinite(field) ? String(field) : field,
  );
