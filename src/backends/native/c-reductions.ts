/**
 * @file Reductions as C: an accumulator is an array with an element per lane, which the compiler keeps in vector
 * registers. How many lanes there are, and in which order all is combined, depends on the extents alone and not on
 * the processor. Sums are cut into blocks; see `sum-blocks`.
 */
import { combineOp, reduceIdentity } from "../../compiler/evaluate.js";
import type { ArgReducePhase, ReducePhase } from "../../compiler/index.js";
import type { NumericDType } from "../../core/index.js";
import { sumBlocks } from "../sum-blocks.js";
import { combine, constantText, registerTypes } from "./c-expression.js";

/** Where the C goes, and how it names what it reduces. */
export interface ReductionText {
  line(text: string): void;
  /** A block: its head, then what `body` writes. */
  block(head: string, body: () => void): void;
  unique(): string;
  /** Whether vectors along an axis may read past its end; see `overrunsSafely`. */
  overruns(axis: number): boolean;
  /** The value of the phase's body with its axes so named, its statements written. */
  value(axisName: (axis: number) => string): string;
}

/** Lanes along the innermost of the reduced axes, or outside: neighbouring results side by side. */
type Along = "inside" | "outside";

interface Loops {
  readonly extents: readonly number[];
  /** The number of outer axes. */
  readonly rank: number;
  readonly width: number;
  readonly along: Along;
  /** Whether the last lanes may lie beyond the innermost axis. */
  readonly overruns: boolean;
}

const axisName = (axis: number): string => `i${axis}`;

/** Lanes for a reduction whose innermost axis is so long. */
const widthFor = (extent: number): number => (extent >= 128 ? 32 : extent >= 32 ? 16 : extent >= 8 ? 8 : 1);

/** `for (lane …)` as a vector; what `body` writes names the innermost axis by what it is given. */
function inLanes(text: ReductionText, count: number, body: () => void): void {
  text.line("#pragma omp simd");
  text.block(`for (int32_t lane = 0; lane < ${count}; lane++)`, body);
}

/** So many lanes are computed where fewer count: what fills vectors is cheaper than what does not. */
const wholeLanes = 8;

/** Writes what happens in each of `count` lanes, of which the first `live` count. */
type Step = (name: (axis: number) => string, count: number, live: number) => void;

/** Visits every point of `extents`. `carry` is called after each block, if there are several. */
function walk(
  text: ReductionText,
  loops: Loops,
  step: Step,
  blocks?: { readonly depth: number; readonly length: number; readonly carry: () => void },
): void {
  const { extents, rank, width, along, overruns } = loops;
  const last = extents.length - 1;
  const level = (depth: number): void => {
    if (depth > last) {
      step(axisName, width, width);
      return;
    }
    const extent = extents[depth] as number;
    if (blocks?.depth !== depth) {
      range(depth, "0", String(extent), extent % width);
      return;
    }
    const [start, stop] = [text.unique(), text.unique()];
    text.block(`for (int32_t ${start} = 0; ${start} < ${extent}; ${start} += ${blocks.length})`, () => {
      text.line(
        `const int32_t ${stop} = ${start} + ${blocks.length} < ${extent} ? ${start} + ${blocks.length} : ${extent};`,
      );
      range(depth, start, stop, extent % width);
      blocks.carry();
    });
  };
  const range = (depth: number, begin: string, end: string, rest: number): void => {
    const name = axisName(rank + depth);
    if (depth < last || along === "outside" || width === 1) {
      text.block(`for (int32_t ${name} = ${begin}; ${name} < ${end}; ${name}++)`, () => level(depth + 1));
      return;
    }
    const inner = (axis: number): string => (axis === rank + depth ? `(${name} + lane)` : axisName(axis));
    text.block("", () => {
      text.line(`int32_t ${name} = ${begin};`);
      text.block(`for (; ${name} + ${width} <= ${end}; ${name} += ${width})`, () => step(inner, width, width));
      if (rest > 0)
        text.block(`if (${name} < ${end})`, () =>
          step(inner, overruns ? Math.ceil(rest / wholeLanes) * wholeLanes : rest, rest),
        );
    });
  };
  level(0);
}

/** Declares `names` as arrays of lanes with one value each. */
function declare(text: ReductionText, type: string, name: string, width: number, value: string): void {
  text.line(`${type} ${name}[${width}];`);
  text.line(`for (int32_t lane = 0; lane < ${width}; lane++) ${name}[lane] = ${value};`);
}

/** Writes a reduction into an array of lanes; returns its name. */
function reduceLanes(text: ReductionText, phase: ReducePhase, loops: Loops): string {
  const { dtype } = phase.body;
  const type = registerTypes[dtype];
  const { width } = loops;
  const op = combineOp(phase.op);
  const identity = constantText(reduceIdentity(phase.op, dtype), dtype);
  const sum = text.unique();
  declare(text, type, sum, width, identity);
  if (phase.extents.includes(0)) return sum;
  const step: Step = (name, count, live) =>
    inLanes(text, count, () => {
      const body = text.value(name);
      const value = live < count ? `(lane < ${live} ? ${body} : ${identity})` : body;
      text.line(`${sum}[lane] = ${combine(op, `${sum}[lane]`, value, dtype)};`);
    });
  const isSum = phase.op === "sum" && (dtype === "float32" || dtype === "float64");
  const perStep = loops.along === "inside" ? width : 1;
  const blocks = isSum ? sumBlocks(phase.extents, perStep, 1) : undefined;
  if (blocks === undefined) {
    text.block("", () => walk(text, loops, step));
    return sum;
  }
  const [total, lost] = [text.unique(), text.unique()];
  declare(text, type, total, width, "0");
  declare(text, type, lost, width, "0");
  const carry = (): void =>
    inLanes(text, width, () => {
      // Knuth's two-sum: what the addition loses is kept.
      text.line(`const ${type} next = ${total}[lane] + ${sum}[lane], shift = next - ${total}[lane];`);
      text.line(`${lost}[lane] += (${total}[lane] - (next - shift)) + (${sum}[lane] - shift);`);
      text.line(`${total}[lane] = next;`);
      text.line(`${sum}[lane] = 0;`);
    });
  text.block("", () => walk(text, loops, step, { ...blocks, carry }));
  // What was lost is no number where infinities met; the total says all there is then.
  inLanes(text, width, () =>
    text.line(`${sum}[lane] = ${total}[lane] + (${lost}[lane] == ${lost}[lane] ? ${lost}[lane] : 0);`),
  );
  return sum;
}

/** Writes a reduction at one outer point; returns the register with its result. */
export function writeReduction(text: ReductionText, phase: ReducePhase, rank: number): string {
  const { dtype } = phase.body;
  const width = widthFor(phase.extents.at(-1) ?? 0);
  const sum = reduceLanes(text, phase, {
    extents: phase.extents,
    rank,
    width,
    along: "inside",
    overruns: text.overruns(rank + phase.extents.length - 1),
  });
  for (let half = width / 2; half >= 1; half /= 2)
    inLanes(text, half, () =>
      text.line(`${sum}[lane] = ${combine(combineOp(phase.op), `${sum}[lane]`, `${sum}[lane + ${half}]`, dtype)};`),
    );
  const result = text.unique();
  text.line(`const ${registerTypes[dtype]} ${result} = ${sum}[0];`);
  return result;
}

/** Writes `width` neighbouring reductions side by side; returns the array of their results. */
export const writeReductionLanes = (text: ReductionText, phase: ReducePhase, rank: number, width: number): string =>
  reduceLanes(text, phase, { extents: phase.extents, rank, width, along: "outside", overruns: false });

/** The least of all values, or for a minimum the greatest. */
function worst(which: "max" | "min", dtype: NumericDType): string {
  if (dtype === "float32" || dtype === "float64") return which === "max" ? "-INFINITY" : "INFINITY";
  return which === "max" ? "INT32_MIN" : "INT32_MAX";
}

/** Whether `value` replaces `best`: it is better, or the first NaN. */
const beats = (which: "max" | "min", value: string, best: string): string =>
  `(${best} == ${best} ? !(${value} ${which === "max" ? "<=" : ">="} ${best}) : 0)`;

/** Writes the search for an extreme in lanes; returns the arrays of the best values and of their positions. */
function searchLanes(
  text: ReductionText,
  phase: ArgReducePhase,
  loops: Loops,
): { readonly best: string; readonly at: string } {
  const { dtype } = phase.body;
  const { width, along } = loops;
  const [best, at, position] = [text.unique(), text.unique(), text.unique()];
  const isInside = along === "inside" && width > 1;
  declare(text, registerTypes[dtype], best, width, worst(phase.which, dtype));
  declare(text, "int32_t", at, width, isInside ? "lane" : "0");
  if (phase.extents.includes(0)) return { best, at };
  text.line(`int32_t ${position} = 0;`);
  text.block("", () =>
    walk(text, loops, (name, count, live) => {
      inLanes(text, count, () => {
        const value = text.value(name);
        const taken = text.unique();
        const better = beats(phase.which, value, `${best}[lane]`);
        text.line(`const int32_t ${taken} = ${live < count ? `lane < ${live} ? ${better} : 0` : better};`);
        text.line(`${best}[lane] = ${taken} ? ${value} : ${best}[lane];`);
        text.line(`${at}[lane] = ${taken} ? ${isInside ? `${position} + lane` : position} : ${at}[lane];`);
      });
      text.line(`${position} += ${isInside ? live : 1};`);
    }),
  );
  return { best, at };
}

/** Writes the search for the position of an extreme at one outer point; returns the register with the position. */
export function writeArgReduction(text: ReductionText, phase: ArgReducePhase, rank: number): string {
  const { which } = phase;
  const width = Math.min(widthFor(phase.extents.at(-1) ?? 0), 16);
  const { best, at } = searchLanes(text, phase, {
    extents: phase.extents,
    rank,
    width,
    along: "inside",
    overruns: text.overruns(rank + phase.extents.length - 1),
  });
  const result = text.unique();
  if (width > 1)
    text.block(`for (int32_t lane = 1; lane < ${width}; lane++)`, () => {
      const better = beats(which, `${best}[lane]`, `${best}[0]`);
      const worse = beats(which, `${best}[0]`, `${best}[lane]`);
      text.line(`const int32_t taken = ${better} | (!${worse} & (${at}[lane] < ${at}[0]));`);
      text.line(`${best}[0] = taken ? ${best}[lane] : ${best}[0];`);
      text.line(`${at}[0] = taken ? ${at}[lane] : ${at}[0];`);
    });
  text.line(`const int32_t ${result} = ${at}[0];`);
  return result;
}

/** Writes `width` neighbouring searches side by side; returns the array of positions. */
export const writeArgReductionLanes = (
  text: ReductionText,
  phase: ArgReducePhase,
  rank: number,
  width: number,
): string => searchLanes(text, phase, { extents: phase.extents, rank, width, along: "outside", overruns: false }).at;
