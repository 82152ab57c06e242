/** @file Which classes a network confuses: counts over predictions and labels. Pure functions. */
import type { NdArray } from "../core/index.js";
import { labelOf } from "../pictures/index.js";

/** How well one class was recognised. */
export interface ClassReport {
  readonly label: number;
  readonly examples: number;
  /** Fraction of the class's examples that were recognised: its recall. */
  readonly recognised: number;
  /** What the others were taken for, most frequent first. */
  readonly mistakenFor: readonly { readonly label: number; readonly count: number }[];
}

/**
 * The classes that were recognised worst, worst first; without those that have no examples or no mistake.
 * @param predictions class of each row, [n]
 * @param labels one-hot rows or classes
 * @param count how many classes to report on
 */
export function hardestClasses(predictions: NdArray, labels: NdArray, count: number): ClassReport[] {
  const taken = new Map<number, Map<number, number>>();
  for (let i = 0; i < predictions.size; i++) {
    const label = labelOf(labels, i);
    const row = taken.get(label) ?? new Map<number, number>();
    taken.set(label, row);
    const prediction = Number(predictions.data[i]);
    row.set(prediction, (row.get(prediction) ?? 0) + 1);
  }
  return [...taken]
    .map(([label, row]) => reportOf(label, row))
    .filter(({ recognised }) => recognised < 1)
    .sort((a, b) => a.recognised - b.recognised || a.label - b.label)
    .slice(0, count);
}

function reportOf(label: number, row: ReadonlyMap<number, number>): ClassReport {
  const examples = [...row.values()].reduce((sum, n) => sum + n, 0);
  const mistakenFor = [...row]
    .filter(([prediction]) => prediction !== label)
    .map(([prediction, count]) => ({ label: prediction, count }))
    .sort((a, b) => b.count - a.count || a.label - b.label);
  return { label, examples, recognised: (row.get(label) ?? 0) / examples, mistakenFor };
}
