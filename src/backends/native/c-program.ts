/**
 * @file A scheduled program as C. Every value lies at a fixed offset of the session's memory, so a kernel
 * is a function of that memory alone; `run` calls them in order, tests the checks and copies updates.
 */
import {
  type ArgReducePhase,
  coefficientOf,
  type MapPhase,
  type Phase,
  type Plan,
  type ReducePhase,
  registersOf,
  type Schedule,
  type ScheduledContraction,
  type ScheduledKernel,
  type ScheduledLoops,
  type ScratchValue,
  type Store,
} from "../../compiler/index.js";
import { dtypeFacts, sizeOf } from "../../core/index.js";
import type { Expr, ExpressionBuilder, LoadExpr, Program, Value, ValueId } from "../../ir/index.js";
import { overrunsSafely } from "../wasm/reduce-code.js";
import { combine, memoryTypes, registerTypes, StatementWriter } from "./c-expression.js";
import {
  type ReductionText,
  writeArgReduction,
  writeArgReductionLanes,
  writeReduction,
  writeReductionLanes,
} from "./c-reductions.js";
import { prelude } from "./prelude.js";

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

/** Lanes of a block of neighbouring outer points that are reduced side by side. */
const block = 16;

export interface NativeAddresses {
  value(id: ValueId): number;
  variable(name: string, bytes: number): number;
}

/** The C translation, or `undefined` for a program with something that stays with WebAssembly. */
export function translateProgram(
  program: Program,
  schedule: Schedule,
  plan: Plan,
  addresses: NativeAddresses,
): string | undefined {
  if (schedule.kernels.some((kernel) => kernel.kind === "random" || kernel.kind === "block")) return undefined;
  return new Translation(program, schedule, plan, addresses).text();
}

class Translation {
  private readonly lines: string[] = [];
  private depth = 0;
  private count = 0;
  private registers = new Map<ValueId, string>();
  /** Rows this kernel has just stored, which it reads again from where they were computed. */
  private rows = new Map<ValueId, { readonly position: Expr; readonly buffer: string; readonly axis: number }>();

  constructor(
    private readonly program: Program,
    private readonly schedule: Schedule,
    private readonly plan: Plan,
    private readonly addresses: NativeAddresses,
  ) {}

  text(): string {
    this.schedule.kernels.forEach((kernel, i) => {
      this.open(`static void kernel${i}(u8 *restrict m) {`);
      this.kernel(kernel);
      this.close();
    });
    this.open("int32_t run(u8 *m) {");
    for (const { value, variable } of this.plan.saves)
      this.copy(this.addresses.value(value), variable, this.bytesOf(value));
    if (this.plan.checkAfter < 0) this.tests();
    this.schedule.kernels.forEach((_, i) => {
      this.line(`kernel${i}(m);`);
      if (i === this.plan.checkAfter) this.tests();
    });
    for (const { value, variable } of this.plan.copies) {
      const bytes = this.bytesOf(value);
      this.line(
        `memmove(m + ${this.addresses.variable(variable, bytes)}u, m + ${this.addresses.value(value)}u, ${bytes}u);`,
      );
    }
    this.line("return 0;");
    this.close();
    return `${prelude}\n${this.lines.join("\n")}\n`;
  }

  private tests(): void {
    this.program.checks.forEach(({ flag }, i) => {
      this.line(`if (m[${this.addresses.value(flag)}u]) return ${i + 1};`);
    });
  }

  private copy(to: number, variable: string, bytes: number): void {
    this.line(`memcpy(m + ${to}u, m + ${this.addresses.variable(variable, bytes)}u, ${bytes}u);`);
  }

  // ---- text ----

  private line(text: string): void {
    this.lines.push("  ".repeat(this.depth) + text);
  }
  private open(text: string): void {
    this.line(text);
    this.depth++;
  }
  private close(): void {
    this.depth--;
    this.line("}");
  }
  private readonly unique = (): string => `t${this.count++}`;

  private factsOf(id: ValueId): Value | ScratchValue {
    return this.program.values[id] ?? (this.schedule.scratch.find((s) => s.id === id) as ScratchValue);
  }
  private bytesOf(id: ValueId): number {
    const { dtype, shape } = this.factsOf(id);
    return sizeOf(shape) * dtypeFacts[dtype].bytes;
  }
  private array(id: ValueId): string {
    return `((${memoryTypes[this.factsOf(id).dtype]} *)(m + ${this.addresses.value(id)}u))`;
  }

  private writer(
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
      this.unique,
    );
  }

  /** Evaluates everything before anything is stored: an update may overwrite what another reads. */
  private stores(stores: readonly Store[], writer: StatementWriter): void {
    const results = stores.map((s) => ({
      at: writer.value(s.indices[0] as Expr),
      value: writer.value(s.expression),
      id: s.value,
    }));
    for (const text of writer.lines) this.line(text);
    for (const { at, value, id } of results) this.line(`${this.array(id)}[${at}] = ${value};`);
  }

  // ---- kernels ----

  private kernel(kernel: ScheduledKernel): void {
    this.registers = new Map();
    this.rows = new Map();
    if (kernel.kind === "loops") this.loops(kernel);
    else if (kernel.kind === "contraction") this.contraction(kernel);
    else if (kernel.kind === "scatter") this.scatter(kernel);
  }

  private loops(kernel: ScheduledLoops): void {
    const { outer, phases, vector } = kernel;
    if (outer.includes(0)) return;
    const reduces = phases.some((phase) => phase.kind !== "map");
    const blocked = vector === "outer" && reduces && outer.length > 0;
    const axis = (i: number): string => `i${i}`;
    const last = outer.length - 1;
    outer.forEach((extent, i) => {
      if (i === last && blocked) return;
      if (i === last && !reduces) this.line("#pragma omp simd");
      this.open(`for (int32_t i${i} = 0; i${i} < ${extent}; i${i}++) {`);
    });
    if (blocked) this.blockedPhases(kernel, last);
    else for (const phase of phases) this.phase(phase, outer.length, axis);
    outer.forEach((_, i) => {
      if (!(i === last && blocked)) this.close();
    });
  }

  /** One phase at one outer point. */
  private phase(phase: Phase, rank: number, axis: (i: number) => string): void {
    if (phase.kind === "map") {
      const count = shortRow(this.program.builder, phase, rank);
      if (count > 0) {
        this.shortMap(phase, rank, axis, count);
        return;
      }
      this.innerLoops(phase, rank, phase.extents.length > 0 ? "#pragma omp simd" : undefined, () =>
        this.stores(phase.stores, this.writer(axis)),
      );
      return;
    }
    const text = this.reductionText(phase, axis, this.registers);
    const result = phase.kind === "reduce" ? writeReduction(text, phase, rank) : writeArgReduction(text, phase, rank);
    this.registers.set(phase.result, result);
  }

  /** A row that is no whole vectors: computed as if it were, of which the elements that exist are stored. */
  private shortMap(phase: MapPhase, rank: number, axis: (i: number) => string, count: number): void {
    const last = rank + phase.extents.length - 1;
    const buffers = phase.stores.map(({ expression }) => {
      const name = this.unique();
      this.line(`${registerTypes[expression.dtype]} ${name}[${count}];`);
      return name;
    });
    this.line("#pragma omp simd");
    this.open(`for (int32_t i${last} = 0; i${last} < ${count}; i${last}++) {`);
    const writer = this.writer(axis);
    const values = phase.stores.map(({ expression }) => writer.value(expression));
    for (const line of writer.lines) this.line(line);
    values.forEach((value, i) => {
      this.line(`${buffers[i]}[i${last}] = ${value};`);
    });
    this.close();
    this.line("#pragma omp simd");
    this.open(`for (int32_t i${last} = 0; i${last} < ${phase.extents.at(-1)}; i${last}++) {`);
    const positions = this.writer(axis);
    const at = phase.stores.map(({ indices }) => positions.value(indices[0] as Expr));
    for (const line of positions.lines) this.line(line);
    phase.stores.forEach(({ value }, i) => {
      this.line(`${this.array(value)}[${at[i]}] = ${buffers[i]}[i${last}];`);
    });
    this.close();
    phase.stores.forEach(({ value, indices }, i) => {
      this.rows.set(value, { position: indices[0] as Expr, buffer: buffers[i] as string, axis: last });
    });
  }

  private reductionText(
    { body }: ReducePhase | ArgReducePhase,
    outer: (axis: number) => string,
    registers: ReadonlyMap<ValueId, string>,
  ): ReductionText {
    return {
      line: (line) => this.line(line),
      block: (head, inside) => {
        this.open(`${head} {`);
        inside();
        this.close();
      },
      unique: this.unique,
      overruns: (inner) => overrunsSafely(this.program.builder, [body], inner),
      value: (inner) => {
        const writer = this.writer((axis) => (outer(axis) === `i${axis}` ? inner(axis) : outer(axis)), registers);
        const name = writer.value(body);
        for (const line of writer.lines) this.line(line);
        return name;
      },
    };
  }

  private innerLoops(phase: Phase, rank: number, pragma: string | undefined, body: () => void): void {
    const { extents } = phase;
    if (extents.includes(0)) return;
    extents.forEach((extent, i) => {
      const name = `i${rank + i}`;
      if (i === extents.length - 1 && pragma !== undefined) this.line(pragma);
      this.open(`for (int32_t ${name} = 0; ${name} < ${extent}; ${name}++) {`);
    });
    if (extents.length === 0) this.open("{");
    body();
    for (let i = 0; i < Math.max(extents.length, 1); i++) this.close();
  }

  /** Reductions of neighbouring outer points side by side: a register is an array with an element per lane. */
  private blockedPhases(kernel: ScheduledLoops, last: number): void {
    const { outer, phases } = kernel;
    const extent = outer[last] as number;
    const whole = extent - (extent % block);
    const lanesLoop = (width: number): void => {
      const registers = new Map<ValueId, string>();
      const axis = (i: number): string => (i === last ? "(base + lane)" : `i${i}`);
      const inLanes = (body: () => void): void => {
        this.line("#pragma omp simd");
        this.open(`for (int32_t lane = 0; lane < ${width}; lane++) {`);
        body();
        this.close();
      };
      const laneRegisters = (): Map<ValueId, string> =>
        new Map(Array.from(registers, ([id, name]) => [id, `${name}[lane]`]));
      for (const phase of phases) {
        if (phase.kind === "map") {
          const { extents } = phase as MapPhase;
          extents.forEach((e, i) => {
            this.open(`for (int32_t i${outer.length + i} = 0; i${outer.length + i} < ${e}; i${outer.length + i}++) {`);
          });
          inLanes(() => this.stores(phase.stores, this.writer(axis, laneRegisters())));
          for (const _ of extents) this.close();
        } else {
          const text = this.reductionText(phase, axis, laneRegisters());
          const write =
            phase.kind === "reduce"
              ? writeReductionLanes(text, phase, outer.length, width)
              : writeArgReductionLanes(text, phase, outer.length, width);
          registers.set(phase.result, write);
        }
      }
    };
    if (whole > 0) {
      this.open(`for (int32_t base = 0; base < ${whole}; base += ${block}) {`);
      lanesLoop(block);
      this.close();
    }
    if (whole < extent) {
      this.open("{");
      this.line(`const int32_t base = ${whole};`);
      lanesLoop(extent - whole);
      this.close();
    }
  }

  private scatter({ value, definition }: Extract<ScheduledKernel, { kind: "scatter" }>): void {
    const { shape } = this.factsOf(value);
    const flat =
      shape.reduce((text, extent, i) => (text === "" ? `i${i}` : `(${text}) * ${extent} + i${i}`), "") || "0";
    shape.forEach((extent, i) => {
      this.open(`for (int32_t i${i} = 0; i${i} < ${extent}; i${i}++) {`);
    });
    const base = this.writer((i) => `i${i}`);
    const start = base.value(definition.base);
    for (const text of base.lines) this.line(text);
    this.line(`${this.array(value)}[${flat}] = ${start};`);
    for (const _ of shape) this.close();
    if (definition.extents.includes(0)) return;
    definition.extents.forEach((extent, i) => {
      this.open(`for (int32_t i${i} = 0; i${i} < ${extent}; i${i}++) {`);
    });
    const [at, inside] = definition.indices as readonly [Expr, Expr];
    const guard = this.writer((i) => `i${i}`);
    const holds = guard.value(inside);
    for (const text of guard.lines) this.line(text);
    this.open(`if (${holds}) {`);
    const writer = this.writer((i) => `i${i}`);
    const target = writer.value(at);
    const update = writer.value(definition.update);
    for (const text of writer.lines) this.line(text);
    const element = `${this.array(value)}[${target}]`;
    this.line(
      `${element} = ${definition.combine === "add" ? combine("add", element, update, this.factsOf(value).dtype) : update};`,
    );
    this.close();
    for (const _ of definition.extents) this.close();
  }

  // ---- products ----

  private contraction(kernel: ScheduledContraction): void {
    const { batch } = kernel;
    const [m, n, k] = [kernel.m[0] ?? 1, kernel.n[0] ?? 1, kernel.k[0] ?? 1];
    if ([...batch, m, n, k].includes(0)) return;
    batch.forEach((extent, i) => {
      this.open(`for (int32_t i${i} = 0; i${i} < ${extent}; i${i}++) {`);
    });
    this.open(`for (int32_t row = 0; row + TILE_ROWS <= ${m}; row += TILE_ROWS) {`);
    this.columns(kernel, "TILE_ROWS", n, k);
    this.close();
    for (const rows of [5, 4, 3, 2, 1]) {
      this.open(`if (${m} % TILE_ROWS == ${rows}) {`);
      this.line(`const int32_t row = ${m} - ${rows};`);
      this.columns(kernel, String(rows), n, k);
      this.close();
    }
    for (const _ of batch) this.close();
  }

  private columns(kernel: ScheduledContraction, rows: string, n: number, k: number): void {
    this.open(`for (int32_t column = 0; column < ${n}; column += TILE_VECTORS * VL) {`);
    this.line(`const int32_t width = ${n} - column < TILE_VECTORS * VL ? ${n} - column : TILE_VECTORS * VL;`);
    this.line(`float sums[${rows}][TILE_VECTORS * VL];`);
    for (const vectors of [4, 3, 2, 1]) {
      this.open(`${vectors === 4 ? "" : "else "}if (${vectors} <= TILE_VECTORS && width > ${vectors - 1} * VL) {`);
      this.tile(kernel, rows, vectors, k);
      this.close();
    }
    this.epilogue(kernel, rows);
    this.close();
  }

  private tile(kernel: ScheduledContraction, rows: string, vectors: number, k: number): void {
    const e = this.program.builder;
    const axes = {
      m: kernel.batch.length,
      n: kernel.batch.length + kernel.m.length,
      k: kernel.batch.length + kernel.m.length + kernel.n.length,
    };
    const position = (operand: Expr): Expr => (operand as LoadExpr).indices[0] as Expr;
    const stride = (operand: Expr, axis: number, exists: boolean): number =>
      exists ? (coefficientOf(e, position(operand), axis) ?? 0) : 0;
    const start = (operand: Expr, axis: number, name: string): string => {
      const linear = e.linearOf(position(operand));
      const terms = linear.terms.flatMap(({ atom, coefficient }) => {
        if (atom.kind !== "axis" || (kernel.k.length > 0 && atom.axis === axes.k)) return [];
        return [`${coefficient} * ${atom.axis === axis ? name : `i${atom.axis}`}`];
      });
      return [String(linear.offset), ...terms].join(" + ");
    };
    const aStep = stride(kernel.a, axes.k, kernel.k.length > 0);
    const bStep = stride(kernel.b, axes.k, kernel.k.length > 0);
    const aRow = stride(kernel.a, axes.m, kernel.m.length > 0);
    this.line(`const f32 *a = ${this.array((kernel.a as LoadExpr).value)} + (${start(kernel.a, axes.m, "row")});`);
    this.line(`const f32 *b = ${this.array((kernel.b as LoadExpr).value)} + (${start(kernel.b, axes.n, "column")});`);
    this.line(`vec s[${rows}][${vectors}];`);
    this.line(`for (int r = 0; r < ${rows}; r++) for (int v = 0; v < ${vectors}; v++) s[r][v] = (vec){0};`);
    this.open(`for (int32_t p = 0; p < ${k}; p++) {`);
    for (let v = 0; v < vectors; v++) this.line(`const vec b${v} = *(const vec *)(b + ${v} * VL);`);
    this.line("#pragma GCC unroll 8");
    this.open(`for (int r = 0; r < ${rows}; r++) {`);
    this.line(`const float x = a[r * ${aRow}];`);
    for (let v = 0; v < vectors; v++) this.line(`s[r][${v}] += x * b${v};`);
    this.close();
    this.line(`a += ${aStep}; b += ${bStep};`);
    this.close();
    this.line(
      `for (int r = 0; r < ${rows}; r++) for (int v = 0; v < ${vectors}; v++) *(vec *)(sums[r] + v * VL) = s[r][v];`,
    );
  }

  private epilogue(kernel: ScheduledContraction, rows: string): void {
    const axes = { m: kernel.batch.length, n: kernel.batch.length + kernel.m.length };
    this.open(`for (int32_t r = 0; r < ${rows}; r++) {`);
    this.line("#pragma omp simd");
    this.open("for (int32_t c = 0; c < width; c++) {");
    const name = (axis: number): string =>
      kernel.n.length > 0 && axis === axes.n
        ? "(column + c)"
        : kernel.m.length > 0 && axis === axes.m
          ? "(row + r)"
          : `i${axis}`;
    const registers = new Map([...registersOf(kernel)].map((id) => [id, "sums[r][c]"]));
    this.stores(kernel.stores, this.writer(name, registers));
    this.close();
    this.close();
  }
}
