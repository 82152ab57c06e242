/**
 * @file Loops, reductions and scatters as C. The compiler makes vectors of them: stretches of straight-line
 * code carry no branches, and neighbouring points that reduce side by side are arrays with an element a lane.
 */
import {
  type ArgReducePhase,
  loopUnits,
  type MapPhase,
  type Phase,
  type ReducePhase,
  type ScheduledKernel,
  type ScheduledLoops,
  type Store,
} from "../../compiler/index.js";
import type { NumericDType } from "../../core/index.js";
import type { Expr, ExpressionBuilder, Program, ValueId } from "../../ir/index.js";
import { overrunsSafely } from "../wasm/reduce-code.js";
import { combine, registerTypes, StatementWriter } from "./c-expression.js";
import {
  type ReductionText,
  writeArgReduction,
  writeArgReductionLanes,
  writeReduction,
  writeReductionLanes,
} from "./c-reductions.js";
import type { CText } from "./c-text.js";

/** Lanes of a block of neighbouring outer points that are reduced side by side. */
const block = 16;

/** How a kernel's C reaches its surroundings: the text it becomes part of, and the values in memory. */
export class KernelText {
  readonly registers = new Map<ValueId, string>();
  /** Rows this kernel has just stored, which it reads again from where they were computed. */
  readonly rows = new Map<ValueId, { readonly position: Expr; readonly buffer: string; readonly axis: number }>();

  constructor(
    readonly text: CText,
    readonly program: Program,
    /** The array behind a value. */
    readonly array: (id: ValueId) => string,
    readonly factsOf: (id: ValueId) => { readonly dtype: NumericDType; readonly shape: readonly number[] },
  ) {}

  writer(
    axisName: (axis: number) => string,
    registers: ReadonlyMap<ValueId, string> = this.registers,
  ): StatementWriter {
    return new StatementWriter(
      this.program.builder,
      axisName,
      (id, position) => {
        const row = this.rows.get(id);
        if (row !== undefined && row.position === position) return { register: `${row.buffer}[${axisName(row.axis)}]` };
        const register = registers.get(id);
        return register === undefined ? { array: this.array(id) } : { register };
      },
      () => this.text.unique(),
    );
  }

  /** The value of an expression, its statements written. */
  value(
    expression: Expr,
    axisName: (axis: number) => string,
    registers: ReadonlyMap<ValueId, string> = this.registers,
  ): string {
    const writer = this.writer(axisName, registers);
    const name = writer.value(expression);
    for (const line of writer.lines) this.text.line(line);
    return name;
  }

  /** What a reduction needs; `outer` names the axes that are not its own. */
  reduction(
    { body }: ReducePhase | ArgReducePhase,
    outer: (axis: number) => string,
    registers: ReadonlyMap<ValueId, string>,
  ): ReductionText {
    const { text } = this;
    return {
      line: (line) => text.line(line),
      block: (head, inside) => text.block(head, inside),
      unique: () => text.unique(),
      overruns: (inner) => overrunsSafely(this.program.builder, [body], inner),
      value: (inner) =>
        this.value(body, (axis) => (outer(axis) === plainAxis(axis) ? inner(axis) : outer(axis)), registers),
    };
  }

  /** Evaluates everything before anything is stored: an update may overwrite what another reads. */
  stores(stores: readonly Store[], writer: StatementWriter): void {
    const results = stores.map((s) => ({
      at: writer.position(s.indices[0] as Expr),
      value: writer.value(s.expression),
      id: s.value,
    }));
    for (const line of writer.lines) this.text.line(line);
    for (const { at, value, id } of results) this.text.line(`${this.array(id)}[${at}] = ${value};`);
  }
}

const plainAxis = (axis: number): string => `i${axis}`;

/** Writes units `begin` to `end` of a loop kernel. */
export function writeLoops(kernel: ScheduledLoops, kernelText: KernelText): void {
  const { text } = kernelText;
  const { outer, phases, vector } = kernel;
  if (outer.includes(0)) return;
  const reduces = phases.some((phase) => phase.kind !== "map");
  const blocked = vector === "outer" && reduces && outer.length > 0;
  const last = outer.length - 1;
  const units = loopUnits(kernel);
  /** The part of an axis that this call computes, as bounds. */
  const range = (axis: number): readonly [string, string] => {
    const extent = outer[axis] as number;
    if (axis !== units.axis || units.count === 1) return ["0", String(extent)];
    if (units.size === 1) return ["begin", "end"];
    return [`begin * ${units.size}`, `(end < ${units.count} ? end * ${units.size} : ${extent})`];
  };
  const nest = (axis: number): void => {
    if (axis > last) {
      for (const phase of phases) writePhase(phase, outer.length, kernelText);
      return;
    }
    const [begin, end] = range(axis);
    if (axis === last && blocked) {
      writeBlockedPhases(kernel, begin, end, kernelText);
      return;
    }
    if (axis === last && !reduces) text.line("#pragma omp simd");
    text.block(`for (int32_t i${axis} = ${begin}; i${axis} < ${end}; i${axis}++)`, () => nest(axis + 1));
  };
  nest(0);
}

const innerAxes = ({ extents }: Phase, rank: number): (readonly [string, number])[] =>
  extents.map((extent, i) => [`i${rank + i}`, extent]);

/** One phase at one outer point. */
function writePhase(phase: Phase, rank: number, kernelText: KernelText): void {
  const { text } = kernelText;
  if (phase.kind !== "map") {
    const reduction = kernelText.reduction(phase, plainAxis, kernelText.registers);
    const result =
      phase.kind === "reduce" ? writeReduction(reduction, phase, rank) : writeArgReduction(reduction, phase, rank);
    kernelText.registers.set(phase.result, result);
    return;
  }
  if (phase.extents.includes(0)) return;
  const count = shortRow(kernelText.program.builder, phase, rank);
  if (count > 0) writeShortRow(phase, rank, count, kernelText);
  else
    text.block("", () =>
      text.loops(
        innerAxes(phase, rank),
        () => kernelText.stores(phase.stores, kernelText.writer(plainAxis)),
        "#pragma omp simd",
      ),
    );
}

/** Elements to compute in place of a short row's whose loads may run past its end; 0 for what is no such row. */
function shortRow(e: ExpressionBuilder, { extents, stores }: MapPhase, rank: number): number {
  const extent = extents.at(-1) ?? 0;
  const axis = rank + extents.length - 1;
  const fits =
    extents.length === 1 &&
    extent > 8 &&
    extent < 64 &&
    extent % 8 !== 0 &&
    overrunsSafely(
      e,
      stores.map(({ expression }) => expression),
      axis,
    );
  return fits ? Math.ceil(extent / 8) * 8 : 0;
}

/** A row that is no whole vectors: computed as if it were, of which the elements that exist are stored. */
function writeShortRow(phase: MapPhase, rank: number, count: number, kernelText: KernelText): void {
  const { text } = kernelText;
  const axis = rank + phase.extents.length - 1;
  const buffers = phase.stores.map(({ expression }) => {
    const name = text.unique();
    text.line(`${registerTypes[expression.dtype]} ${name}[${count}];`);
    return name;
  });
  text.line("#pragma omp simd");
  text.loop(`i${axis}`, count, () => {
    const writer = kernelText.writer(plainAxis);
    const values = phase.stores.map(({ expression }) => writer.value(expression));
    for (const line of writer.lines) text.line(line);
    values.forEach((value, i) => {
      text.line(`${buffers[i]}[i${axis}] = ${value};`);
    });
  });
  text.line("#pragma omp simd");
  text.loop(`i${axis}`, phase.extents.at(-1) as number, () => {
    const writer = kernelText.writer(plainAxis);
    const at = phase.stores.map(({ indices }) => writer.value(indices[0] as Expr));
    for (const line of writer.lines) text.line(line);
    phase.stores.forEach(({ value }, i) => {
      text.line(`${kernelText.array(value)}[${at[i]}] = ${buffers[i]}[i${axis}];`);
    });
  });
  phase.stores.forEach(({ value, indices }, i) => {
    kernelText.rows.set(value, { position: indices[0] as Expr, buffer: buffers[i] as string, axis });
  });
}

/** Reductions of neighbouring outer points side by side: a register is an array with an element per lane. */
function writeBlockedPhases(
  { outer, phases }: ScheduledLoops,
  begin: string,
  end: string,
  kernelText: KernelText,
): void {
  const { text } = kernelText;
  const last = outer.length - 1;
  const extent = outer[last] as number;
  const axis = (i: number): string => (i === last ? "(base + lane)" : `i${i}`);
  const lanesLoop = (width: number): void => {
    const registers = new Map<ValueId, string>();
    const inLanes = (): Map<ValueId, string> => new Map(Array.from(registers, ([id, name]) => [id, `${name}[lane]`]));
    for (const phase of phases) {
      if (phase.kind === "map")
        text.loops(innerAxes(phase, outer.length), () => {
          text.line("#pragma omp simd");
          text.loop("lane", width, () => kernelText.stores(phase.stores, kernelText.writer(axis, inLanes())));
        });
      else {
        const reduction = kernelText.reduction(phase, axis, inLanes());
        const result =
          phase.kind === "reduce"
            ? writeReductionLanes(reduction, phase, outer.length, width)
            : writeArgReductionLanes(reduction, phase, outer.length, width);
        registers.set(phase.result, result);
      }
    }
  };
  const whole = extent - (extent % block);
  if (whole > 0)
    text.block(`for (int32_t base = ${begin}; base + ${block} <= ${end}; base += ${block})`, () => lanesLoop(block));
  if (whole < extent)
    text.block(`if (${end} == ${extent})`, () => {
      text.line(`const int32_t base = ${whole};`);
      lanesLoop(extent - whole);
    });
}

/** Writes a scatter, which one thread computes. */
export function writeScatter(
  { value, definition }: Extract<ScheduledKernel, { kind: "scatter" }>,
  kernelText: KernelText,
): void {
  const { text } = kernelText;
  const { dtype, shape } = kernelText.factsOf(value);
  const axes = (extents: readonly number[]): (readonly [string, number])[] => extents.map((x, i) => [`i${i}`, x]);
  const flat = shape.reduce((at, extent, i) => (at === "" ? `i${i}` : `(${at}) * ${extent} + i${i}`), "") || "0";
  text.block("", () =>
    text.loops(axes(shape), () =>
      text.line(`${kernelText.array(value)}[${flat}] = ${kernelText.value(definition.base, plainAxis)};`),
    ),
  );
  if (definition.extents.includes(0)) return;
  const [at, inside] = definition.indices as readonly [Expr, Expr];
  text.block("", () =>
    text.loops(axes(definition.extents), () => {
      const holds = kernelText.value(inside, plainAxis);
      text.block(`if (${holds})`, () => {
        const writer = kernelText.writer(plainAxis);
        const target = writer.value(at);
        const update = writer.value(definition.update);
        for (const line of writer.lines) text.line(line);
        const element = `${kernelText.array(value)}[${target}]`;
        text.line(`${element} = ${definition.combine === "add" ? combine("add", element, update, dtype) : update};`);
      });
    }),
  );
}
