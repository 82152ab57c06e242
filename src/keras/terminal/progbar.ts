/**
 * @file `Progbar`: the progress of an epoch on one line that redraws itself, as Keras 3 or Keras 2 draws it.
 * Where no terminal is, only the finished line is written, without escapes. Follows `progbar.py` of
 * Keras 3 and `generic_utils.py` of Keras 2.0. May import `platform`.
 */
import { platform } from "#platform";
import { ArgumentError } from "../../core/index.js";
import type { OutputStream } from "../../platform/types.js";
import { fixed, scientific } from "./number-format.js";

export type ProgbarStyle = "keras3" | "keras2";

/** Options of {@link Progbar}. */
export interface ProgbarOptions {
  /** Characters of the bar. Default 20; 30 for Keras 2. */
  readonly width?: number;
  /** 0 is silent, 1 a line that redraws itself, 2 one line at the end. Default 1. */
  readonly verbose?: 0 | 1 | 2;
  /** Seconds between two drawings. Default 0.05. */
  readonly interval?: number;
  /** Names whose values are shown as they are; all others are averaged over the steps. */
  readonly statefulMetrics?: Iterable<string>;
  /** Names whose values are averaged; all others are shown as they are. */
  readonly statelessMetrics?: Iterable<string>;
  /** What is counted. Default `"step"`. */
  readonly unitName?: string;
  /** Whose format. Default `"keras3"`. */
  readonly style?: ProgbarStyle;
  /** Where it is drawn. Default: the standard output. */
  readonly stream?: OutputStream;
  /** Milliseconds. Default: the platform's clock. */
  readonly now?: () => number;
}

export type NamedValue = readonly [name: string, value: number];

/** Colours a text, or leaves it as it is. */
type Paint = (style: keyof typeof codes, text: string) => string;
const codes = { bold: 1, green: 32, grey: 37 } as const;
const colored: Paint = (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m`;
const plain: Paint = (_, text) => text;

/** A progress bar with the values of metrics. `keras.utils.Progbar`. */
export class Progbar {
  private readonly width: number;
  private readonly verbose: 0 | 1 | 2;
  private readonly interval: number;
  private readonly isAveraged: (name: string) => boolean;
  private readonly unitName: string;
  private readonly style: ProgbarStyle;
  private readonly stream: OutputStream;
  private readonly now: () => number;
  private readonly values = new Map<string, { sum: number; count: number }>();
  private readonly start: number;
  private firstStepEnd: number | undefined;
  private lastUpdate = Number.NEGATIVE_INFINITY;
  private seenSoFar = 0;
  private previousWidth = 0;

  /**
   * @param target steps in all; `null` where nobody knows
   * @throws ArgumentError where both `statefulMetrics` and `statelessMetrics` are given
   */
  constructor(
    public target: number | null,
    options: ProgbarOptions = {},
  ) {
    const { statefulMetrics, statelessMetrics, style = "keras3" } = options;
    if (statefulMetrics !== undefined && statelessMetrics !== undefined)
      throw new ArgumentError("Only one of statefulMetrics or statelessMetrics can be provided.", {
        hint: "statefulMetrics lists what is shown as it is, statelessMetrics what is averaged",
      });
    const listed = new Set(statelessMetrics ?? statefulMetrics);
    this.isAveraged = (name) => listed.has(name) === (statelessMetrics !== undefined);
    this.style = style;
    this.width = options.width ?? (style === "keras3" ? 20 : 30);
    this.verbose = options.verbose ?? 1;
    this.interval = options.interval ?? 0.05;
    this.unitName = options.unitName ?? "step";
    this.stream = options.stream ?? platform.stdout;
    this.now = options.now ?? platform.now;
    this.start = this.now();
  }

  /**
   * Draws the state after `current` steps.
   * @param values of the steps since the last update
   * @param finalize ends the line. Default: whether the target is reached
   */
  update(
    current: number,
    values: Iterable<NamedValue> = [],
    finalize: boolean = this.target !== null && current >= this.target,
  ): void {
    for (const [name, value] of values) this.take(name, value, current, finalize);
    this.seenSoFar = current;
    const now = this.now();
    const perUnit = this.secondsPerUnit(current, now);
    if (this.verbose === 1) {
      const isTooEarly = (now - this.lastUpdate) / 1000 < this.interval;
      // Without a terminal each drawing would be a line of its own.
      if (!finalize && (isTooEarly || !this.stream.isTerminal)) return;
      this.draw(current, finalize, now, perUnit);
    } else if (this.verbose === 2 && finalize && this.target !== null && this.target > 0) {
      this.stream.write(`${this.summaryLine(current, now, perUnit)}\n`);
    }
    this.lastUpdate = now;
  }

  /** Draws the state after `steps` more. */
  add(steps: number, values?: Iterable<NamedValue>): void {
    this.update(this.seenSoFar + steps, values);
  }

  private take(name: string, value: number, current: number, finalize: boolean): void {
    const known = this.values.get(name);
    const isLast = finalize && this.style === "keras3";
    if (isLast || !this.isAveraged(name)) {
      if (known === undefined) this.values.set(name, { sum: value, count: 1 });
      else Object.assign(known, { sum: value, count: 1 });
      return;
    }
    const weight = Math.max(current - this.seenSoFar, 1);
    if (known === undefined) this.values.set(name, { sum: value * weight, count: weight });
    else {
      known.sum += value * weight;
      known.count += weight;
    }
  }

  private draw(current: number, finalize: boolean, now: number, perUnit: number): void {
    const { stream } = this;
    const hasColors = stream.isTerminal && stream.colorDepth > 1 && this.style === "keras3";
    const line = (paint: Paint): string =>
      this.style === "keras3"
        ? this.bar3(current, paint) + this.time3(current, finalize, now, perUnit, paint) + this.metrics()
        : this.bar2(current) + this.time2(current, now, perUnit) + this.metrics();
    const uncolored = line(plain);
    const end = finalize ? "\n" : "";
    if (!stream.isTerminal) {
      stream.write(uncolored + end);
      return;
    }
    const padding = " ".repeat(Math.max(0, this.previousWidth - uncolored.length));
    stream.write(`${"\b".repeat(this.previousWidth)}\r${hasColors ? line(colored) : uncolored}${padding}${end}`);
    this.previousWidth = uncolored.length;
  }

  // ---- Keras 3 ----

  private bar3(current: number, paint: Paint): string {
    if (this.target === null || this.target <= 0) return `${String(current).padStart(7)}/Unknown`;
    const filled = Math.min(this.width, Math.trunc((this.width * current) / this.target));
    // Two shades of one character need colours; without them the rest of the bar is a thinner line.
    const rest = (paint === plain ? "─" : "━").repeat(this.width - filled);
    const done = filled > 0 ? paint("green", "━".repeat(filled)) : "";
    return `${paint("bold", this.count(current))} ${done}${paint("grey", rest)}`;
  }
  private time3(current: number, finalize: boolean, now: number, perUnit: number, paint: Paint): string {
    const time =
      this.target !== null && this.target > 0 && !finalize
        ? clockTime(perUnit * (this.target - current))
        : `${fixed((now - this.start) / 1000, 0)}s`;
    return ` ${paint("bold", time)} ${this.rate(perUnit)}`;
  }
  private rate(perUnit: number): string {
    if (perUnit >= 1 || perUnit === 0) return `${fixed(perUnit, 0)}s/${this.unitName}`;
    if (perUnit >= 1e-3) return `${fixed(perUnit * 1e3, 0)}ms/${this.unitName}`;
    return `${fixed(perUnit * 1e6, 0)}us/${this.unitName}`;
  }
  /** The first step, which compiles, does not count as soon as there are others. */
  private secondsPerUnit(current: number, now: number): number {
    if (current === 0) return 0;
    const perUnit =
      this.firstStepEnd !== undefined && current > 1
        ? (now - this.firstStepEnd) / 1000 / (current - 1)
        : (now - this.start) / 1000 / current;
    if (current === 1) this.firstStepEnd = now;
    return perUnit;
  }

  // ---- Keras 2 ----

  private bar2(current: number): string {
    if (this.target === null || this.target <= 0) return "";
    const filled = Math.min(this.width, Math.trunc((this.width * current) / this.target));
    const head = filled === 0 ? "" : "=".repeat(filled - 1) + (current < this.target ? ">" : "=");
    return `${this.count(current)} [${head}${".".repeat(this.width - filled)}]`;
  }
  private time2(current: number, now: number, perUnit: number): string {
    if (this.target !== null && current < this.target)
      return ` - ETA: ${Math.trunc(perUnit * (this.target - current))}s`;
    return ` - ${Math.trunc((now - this.start) / 1000)}s`;
  }

  // ---- both ----

  private count(current: number): string {
    const target = String(this.target);
    return `${String(current).padStart(target.length)}/${target}`;
  }
  private summaryLine(current: number, now: number, perUnit: number): string {
    const seconds = (now - this.start) / 1000;
    const head =
      this.style === "keras3"
        ? `${this.count(current)} - ${fixed(seconds, 0)}s - ${this.rate(perUnit)}`
        : `${Math.trunc(seconds)}s`;
    return head + this.metrics();
  }
  private metrics(): string {
    let text = "";
    for (const [name, { sum, count }] of this.values) text += ` - ${name}: ${metricText(sum / count, this.verbose)}`;
    return text;
  }
}

/** Negative values count as small in the line of `verbose: 2`, as in the originals. */
const metricText = (value: number, verbose: 0 | 1 | 2): string =>
  (verbose === 2 ? value : Math.abs(value)) > 1e-3 ? fixed(value, 4) : scientific(value, 4);

/** Seconds as `7:09` or `1:55:30`, up to a minute as `59s`. */
function clockTime(seconds: number): string {
  const part = (value: number): string => String(Math.trunc(value)).padStart(2, "0");
  if (seconds > 3600) return `${Math.trunc(seconds / 3600)}:${part((seconds % 3600) / 60)}:${part(seconds % 60)}`;
  if (seconds > 60) return `${Math.trunc(seconds / 60)}:${part(seconds % 60)}`;
  return `${Math.trunc(seconds)}s`;
}
