/**
 * @file Loops, reductions and scatters as C. The compiler makes vectors of them: stretches of straight-line
 * code carry no branches, and neighbouring points that reduce side by side are arrays with an element a lane.
 */
import { combineOp, reduceIdentity } from "../../compiler/evaluate.js";
import {
  loopUnits,
  type MapPhase,
  type Phase,
  type ScheduledKernel,
  type ScheduledLoops,
  type Store,
} from "../../compiler/index.js";
import type { NumericDType } from "../../core/index.js";
import type { Expr, Program, ValueId } from "../../ir/index.js";
import { combine, constantText, registerTypes, StatementWriter } from "./c-expression.js";
import type { CText } from "./c-text.js";

/** Lanes of a block of neighbouring outer points that are reduced side by side. */
const block = 16;

/** How a kernel's C reaches its surroundings: the text it becomes part of, and the values in memory. */
export class KernelText {
  registers = new Map<ValueId, string>();

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
      (id) => {
        const register = registers.get(id);
        return register === undefined ? { array: this.array(id) } : { register };
      },
      () => this.text.unique(),
    );
  }

  /** The value of an expression, its statements written. */
  value(expression: Expr, axisName: (axis: number) => string): string {
    const writer = this.writer(axisName);
    const name = writer.value(expression);
    for (const line of writer.lines) this.text.line(line);
    return name;
  }

  /** Evaluates everything before anything is stored: an update may overwrite what another reads. */
  stores(stores: readonly Store[], writer: StatementWriter): void {
    const results = stores.map((s) => ({
      at: writer.value(s.indices[0] as Expr),
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
  const blocked = vector === "outer" && reduces && phases.every((p) => p.kind !== "argReduce") && outer.length > 0;
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
  if (phase.extents.includes(0) && phase.kind === "map") return;
  const inner = innerAxes(phase, rank);
  if (phase.kind === "map") {
    text.block("", () =>
      text.loops(inner, () => kernelText.stores(phase.stores, kernelText.writer(plainAxis)), "#pragma omp simd"),
    );
    return;
  }
  const { dtype } = phase.body;
  const result = text.unique();
  if (phase.kind === "reduce") {
    const op = combineOp(phase.op);
    text.line(`${registerTypes[dtype]} ${result} = ${constantText(reduceIdentity(phase.op, dtype), dtype)};`);
    const reducible = { sum: "+", prod: "*", max: undefined, min: undefined, any: undefined, all: undefined }[phase.op];
    const pragma = reducible === undefined ? undefined : `#pragma omp simd reduction(${reducible}:${result})`;
    if (!phase.extents.includes(0))
      text.block("", () =>
        text.loops(
          inner,
          () => {
            const value = kernelText.value(phase.body, plainAxis);
            text.line(`${result} = ${combine(op, result, value, dtype)};`);
          },
          pragma,
        ),
      );
    kernelText.registers.set(phase.result, result);
    return;
  }
  const [best, position] = [text.unique(), text.unique()];
  text.line(`int32_t ${result} = -1, ${position} = 0;`);
  text.line(`${registerTypes[dtype]} ${best} = 0;`);
  if (!phase.extents.includes(0))
    text.block("", () =>
      text.loops(inner, () => {
        const value = kernelText.value(phase.body, plainAxis);
        const better = `${value} ${phase.which === "max" ? ">" : "<"} ${best}`;
        text.line(
          `if (${result} < 0 || ${better} || (${value} != ${value} && ${best} == ${best})) { ${best} = ${value}; ${result} = ${position}; }`,
        );
        text.line(`${position}++;`);
      }),
    );
  text.line(`if (${result} < 0) ${result} = 0;`);
  kernelText.registers.set(phase.result, result);
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
    const inLanes = (body: (writer: StatementWriter) => void): void => {
      text.line("#pragma omp simd");
      text.loop("lane", width, () =>
        body(kernelText.writer(axis, new Map(Array.from(registers, ([id, name]) => [id, `${name}[lane]`])))),
      );
    };
    for (const phase of phases) {
      const inner = innerAxes(phase, outer.length);
      if (phase.kind === "map") {
        const { stores } = phase as MapPhase;
        text.loops(inner, () => inLanes((writer) => kernelText.stores(stores, writer)));
      } else if (phase.kind === "reduce") {
        const { dtype } = phase.body;
        const name = text.unique();
        const identity = constantText(reduceIdentity(phase.op, dtype), dtype);
        text.line(`${registerTypes[dtype]} ${name}[${width}];`);
        text.line(`for (int32_t lane = 0; lane < ${width}; lane++) ${name}[lane] = ${identity};`);
        if (!phase.extents.includes(0))
          text.loops(inner, () =>
            inLanes((writer) => {
              const value = writer.value(phase.body);
              for (const line of writer.lines) text.line(line);
              text.line(`${name}[lane] = ${combine(combineOp(phase.op), `${name}[lane]`, value, dtype)};`);
            }),
          );
        registers.set(phase.result, name);
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
