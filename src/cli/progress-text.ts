/**
 * @file The progress line as text, fitted to a width: the bar gives way first, then the pace, so that the
 * metrics stay. Pure functions.
 */
import { progressBar } from "../platform/progress-line.js";
import type { Metrics, Progress } from "./meter.js";
import { formatCount, formatDuration, formatMetric, formatMilliseconds } from "./numbers.js";
import type { Plan } from "./training.js";

const LONGEST_BAR = 20;
const SHORTEST_BAR = 6;
/** Widths that time, pace and throughput keep to, so that the bar does not change its length as they grow. */
const PACE_WIDTHS = [5, 11, 9] as const;

/**
 * `Epoch  3/20 ━━━━━━━━━━━━────────  512/860  4s  1.9ms/step  412k ex/s  loss 0.2841  acc 0.9173`
 * @param validation adds `val_loss … val_acc …`
 * @param columns width to fit into; infinite where there is no terminal
 */
export function progressText(progress: Progress, plan: Plan, columns: number, validation?: Metrics): string {
  const { step } = progress;
  const width = String(plan.rounds).length;
  const head = plan.unit === "epochs" ? `Epoch ${String(step.round).padStart(width)}/${plan.rounds}` : "Training";
  const count = `${String(step.inRound).padStart(String(step.roundSteps).length)}/${step.roundSteps}`;
  const pace = [
    formatDuration(progress.milliseconds),
    `${formatMilliseconds(progress.millisecondsPerStep)}/step`,
    `${formatCount(progress.examplesPerSecond)} ex/s`,
  ];
  const metrics = [`loss ${formatMetric(progress.loss)}`, `acc ${formatMetric(progress.accuracy)}`];
  if (validation !== undefined)
    metrics.push(`val_loss ${formatMetric(validation.loss)}`, `val_acc ${formatMetric(validation.accuracy)}`);

  // Throughput goes first, then the bar, then the pace; the metrics are what one watches for.
  for (const paces of [3, 2]) {
    const reserved = [`${head} `, count, ...metrics].join(GAP).length;
    const free = columns - PACE_WIDTHS.slice(0, paces).reduce((sum, w) => sum + GAP.length + w, reserved);
    if (free < SHORTEST_BAR) continue;
    const bar = progressBar(step.inRound / step.roundSteps, Math.min(LONGEST_BAR, free));
    return [`${head} ${bar}`, count, ...pace.slice(0, paces), ...metrics].join(GAP);
  }
  const lines = [pace.length, 2, 1].map((paces) => [head, count, ...pace.slice(0, paces), ...metrics].join(GAP));
  return lines.find((line) => line.length <= columns) ?? [head, ...metrics].join(GAP);
}

const GAP = "  ";
