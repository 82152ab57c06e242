/**
 * @file A training run for people: results on standard output, progress on standard error, where one line
 * is redrawn while an epoch lasts. Without a terminal there are whole lines alone.
 */
import { ProgressLine } from "../platform/progress-line.js";
import type { ClassReport } from "./confusion.js";
import { type Host, styled, writeLine } from "./host.js";
import type { Metrics, Progress } from "./meter.js";
import { formatDuration, formatMetric, formatPython, formatWhole } from "./numbers.js";
import { previewRow } from "./preview.js";
import { progressText } from "./progress-text.js";
import type { Divergence, Reporter, Result, Run } from "./reporter.js";

const DEFAULT_COLUMNS = 80;

export class TerminalReporter implements Reporter {
  private readonly line: ProgressLine;
  private run: Run | undefined;

  /** @param quiet results alone, and what a run needs to be repeated */
  constructor(
    private readonly host: Host,
    private readonly quiet: boolean,
  ) {
    this.line = new ProgressLine({ stream: host.stderr, now: host.now });
  }

  started(run: Run): void {
    this.run = run;
    if (this.quiet) return;
    const { digits, plan } = run;
    const count = (examples: { images: { shape: readonly number[] } }) => formatWhole(examples.images.shape[0] ?? 0);
    const { stdout } = this.host;
    const [first, ...rest] = digits.description.split("; ");
    this.fact("Data", `${first}`);
    for (const more of rest) this.fact("", more);
    this.fact(
      "",
      `${count(digits.training)} to train on, ${count(digits.validation)} to validate, ${count(digits.test)} to test`,
    );
    this.fact("Network", `${run.network}: ${run.summary}`);
    const length =
      plan.unit === "epochs" && plan.totalSteps === plan.rounds * plan.stepsPerEpoch
        ? `${plural(plan.rounds, "epoch")} of ${plural(plan.stepsPerEpoch, "step")}`
        : plural(plan.totalSteps, "step");
    this.fact("Training", `${length}, batches of ${plan.batchSize}, learning rate ${run.learningRate}`);
    this.fact("Device", `${run.device}, seed ${plan.seed}`);
    writeLine(stdout);
    if (!stdout.isTerminal) return;
    stdout.write(previewRow(digits.training, stdout.columns ?? DEFAULT_COLUMNS, digits.nameOf));
    writeLine(stdout);
  }

  stepped(progress: Progress): void {
    if (this.quiet || this.run === undefined) return;
    this.line.update(progressText(progress, this.run.plan, this.columns - 1));
  }

  logged(index: number, { accuracy, loss }: Metrics): void {
    if (this.quiet) return;
    this.line.finish();
    writeLine(this.host.stdout, `Epoch: ${index}, accuracy: ${formatPython(accuracy)}, loss: ${formatPython(loss)}`);
  }

  roundEnded(progress: Progress, validation: Metrics): void {
    if (this.quiet || this.run === undefined) return;
    const columns = this.host.stderr.isTerminal ? this.columns : Number.POSITIVE_INFINITY;
    this.line.finish(progressText(progress, this.run.plan, columns, validation));
  }

  saved(path: string): void {
    if (this.quiet) return;
    this.line.finish();
    writeLine(this.host.stderr, `Saved ${path}`);
  }

  interrupted(steps: number): void {
    this.line.finish();
    const { stderr } = this.host;
    writeLine(stderr, `Interrupted after ${plural(steps, "step")}.`);
    if (this.run !== undefined) writeLine(stderr, `  again  ${this.run.replay}`);
  }

  searching(): void {
    this.line.finish();
    if (!this.quiet) this.line.update("Looking for the operation that is to blame …");
  }

  diverged({ step, loss, culprit, remedy }: Divergence): void {
    this.line.finish();
    const { stderr } = this.host;
    writeLine(stderr, `The loss became ${formatMetric(loss)} in step ${step}; training stopped.`);
    if (culprit !== undefined) {
      const { operation, found, inputs } = culprit;
      const from = inputs.map(({ name, largest }) => `${name} (up to ${largest.toPrecision(3)})`).join(", ");
      writeLine(stderr, `  first ${found.padEnd(8)}  ${operation.name} (${operation.type})${from && ` of ${from}`}`);
      if (operation.type.startsWith("Variable"))
        writeLine(stderr, "                  the update in the step before had already gone out of range");
    }
    writeLine(stderr, `  fix             take smaller steps: ${remedy}`);
    if (this.run !== undefined) writeLine(stderr, `  again           ${this.run.replay}`);
  }

  finished({ test, hardest, steps, milliseconds, next }: Result): void {
    const { run } = this;
    if (run === undefined) return;
    const { stdout } = this.host;
    this.line.finish();
    if (run.plan.unit === "steps") writeLine(stdout, `testing accuracy: ${formatPython(test.accuracy)}`);
    else {
      if (!this.quiet) writeLine(stdout);
      const accuracy = styled(stdout, "bold", `Test accuracy ${formatMetric(test.accuracy)}`);
      const seconds = milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)}s` : formatDuration(milliseconds);
      writeLine(stdout, `${accuracy}, loss ${formatMetric(test.loss)}, after ${plural(steps, "step")} in ${seconds}`);
    }
    if (!this.quiet) {
      writeLine(stdout);
      this.confusion(hardest, run);
    }
    this.fact("Again", run.replay);
    if (this.quiet) return;
    writeLine(stdout);
    writeLine(stdout, "What to try next:");
    const width = Math.max(...next.map(({ command }) => command.length));
    for (const { command, about } of next)
      writeLine(stdout, `  ${command.padEnd(width)}  ${styled(stdout, "dim", about)}`);
  }

  close(): void {
    this.line.finish();
  }

  private confusion(hardest: readonly ClassReport[], { digits }: Run): void {
    const { stdout } = this.host;
    if (hardest.length === 0) return;
    writeLine(stdout, "Hardest to recognise:");
    const width = Math.max(...hardest.map(({ label }) => digits.nameOf(label).length));
    for (const { label, recognised, mistakenFor } of hardest) {
      const others = mistakenFor.slice(0, 3).map((other) => `${digits.nameOf(other.label)} (${other.count}×)`);
      const percent = `${(100 * recognised).toFixed(1)}%`.padStart(6);
      writeLine(stdout, `  ${digits.nameOf(label).padEnd(width)}  ${percent}  taken for ${others.join(", ")}`);
    }
    writeLine(stdout);
  }

  private fact(name: string, value: string): void {
    writeLine(this.host.stdout, `${styled(this.host.stdout, "dim", name.padEnd(8))}  ${value}`);
  }

  private get columns(): number {
    return this.host.stderr.columns ?? DEFAULT_COLUMNS;
  }
}

const plural = (count: number, noun: string): string => `${formatWhole(count)} ${noun}${count === 1 ? "" : "s"}`;
