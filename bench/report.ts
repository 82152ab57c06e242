/** @file What a section of the benchmark hands over, and how it becomes Markdown. Imports nothing of Node. */

import type { Outcome, Result } from "./contest.js";
import { titleOf } from "./entrants.js";

export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
/** One part of the report: for readers, and for programs. */
export interface Section {
  readonly letter: string;
  readonly title: string;
  readonly tables: readonly Table[];
  readonly notes: readonly string[];
  readonly data: unknown;
  /** Measured numbers by name, such as `c: native / pytorch`, for the table of targets. */
  readonly figures: Readonly<Record<string, number>>;
  /** Whether it could not be measured; the reason stands in the notes. */
  readonly hasFailed?: boolean;
}

export function sectionMarkdown({ letter, title, tables, notes }: Section): string {
  const parts = [`## ${letter}: ${title}`, ...tables.map(tableMarkdown), ...notes];
  return `${parts.join("\n\n")}\n`;
}

/** The first column is text, the others are numbers. */
export function tableMarkdown({ header, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = header.map((_, i) => (i === 0 ? "---" : "---:"));
  return [header, rule, ...rows].map(line).join("\n");
}

/** Three digits that count: `0.123`, `12.3`, `1,230`. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const rounded = Number(value.toPrecision(3));
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded) || 1)));
  return rounded.toLocaleString("en-US", { maximumFractionDigits: decimals, minimumFractionDigits: 0 });
}
export const microseconds = (seconds: number): string => number(seconds * 1e6);
export const milliseconds = (seconds: number): string => number(seconds * 1000);
export const ratio = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? "–" : `${number(value)}×`;
export const megabytes = (bytes: number): string => number(bytes / 2 ** 20);

/** The notes about who could not take part, and why. */
export const leftOutNotes = ({ leftOut }: Outcome): string[] =>
  leftOut.map(({ name, reason }) => `Left out: ${titleOf(name)} (${reason.replaceAll("\n", " ")}).`);

export const find = ({ results }: Outcome, name: string): Result | undefined =>
  results.find((result) => result.name === name);

/** The time of one over the time of the other: above 1, the second is ahead. */
export function timeRatio(outcome: Outcome, slow: string, fast: string): number | undefined {
  const [a, b] = [find(outcome, slow), find(outcome, fast)];
  return a === undefined || b === undefined ? undefined : a.step.median / b.step.median;
}
