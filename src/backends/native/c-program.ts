/**
 * @file A scheduled program as C. Every value lies at a fixed offset of the session's memory, so a kernel
 * is a function of that memory alone. One function is the whole step: all threads run it, take their units
 * of the kernels they share, and meet where the division says so.
 */
import { type Division, divide } from "../../compiler/divide.js";
import {
  hasChecks,
  type NestedProgram,
  type Plan,
  type ProductTarget,
  type Schedule,
  type ScheduledBlock,
  type ScheduledKernel,
  type ScratchValue,
  unitsOf,
} from "../../compiler/index.js";
import { dtypeFacts, InternalError, sizeOf } from "../../core/index.js";
import {
  type BranchBlock,
  blockPrograms,
  carriedName,
  type LoopBlock,
  type Program,
  type Value,
  type ValueId,
} from "../../ir/index.js";
import type { Addresses, PlacedCheck } from "../wasm/program-code.js";
import { memoryTypes } from "./c-expression.js";
import { copyFeeds, directFeeds, feedFunctions, feedParameters, forgetFeeds, tellFeeds } from "./c-feeds.js";
import { KernelText, writeLoops, writeScatter } from "./c-loops.js";
import { type CFunction, inOneText, inParts } from "./c-parts.js";
import { tileFunction, tileName, tileTypes, writeProduct } from "./c-product.js";
import { teamHeader } from "./c-team.js";
import { CText } from "./c-text.js";
import { prelude } from "./prelude.js";

export interface Translated {
  /** Defines `run` and `run_fed`: texts that are compiled each by itself and linked. */
  readonly parts: readonly string[];
  /** The same as one text. */
  readonly source: () => string;
  /** Numbers of the feeds that `run_fed` copies, in the order of its parameters. */
  readonly direct: readonly number[];
  /** `run` returns 0, or one more than the position of the first check that failed. */
  readonly checks: readonly PlacedCheck[];
  /** Whether more than one thread would be of use. */
  readonly threaded: boolean;
}

/** Whether a program is all of a kind that can be written as C. Random numbers inside blocks cannot. */
export const isTranslatable = (program: Program): boolean => {
  const draws = (inner: Program): boolean =>
    inner.values.some(
      ({ definition: d }) => d.kind === "random" || (d.kind === "block" && blockPrograms(d.block).some(draws)),
    );
  return !program.values.some(({ definition: d }) => d.kind === "block" && blockPrograms(d.block).some(draws));
};

/** The C translation of a program. Random kernels are left to the caller: it fills them in before each run. */
export function translateProgram(
  program: Program,
  schedule: Schedule,
  plan: Plan,
  addresses: Addresses,
  feedBlock: number,
  target: ProductTarget,
): Translated {
  return new Translation(addresses, target).translate(program, schedule, plan, `${feedBlock}u`);
}

/** A program while its C is written, and where its values are: offsets into memory, as C. */
interface Frame {
  readonly program: Program;
  readonly schedule: Schedule;
  readonly plan: Plan;
  offset(id: ValueId): string;
  variable(name: string, bytes: number): string;
  /** The address as the host sees it, for details of failed checks. */
  absolute(id: ValueId): number;
  /** Counters of the loops around, which offsets may contain. */
  readonly counters: readonly string[];
}

const factsOf = ({ program, schedule }: Frame, id: ValueId): Value | ScratchValue =>
  program.values[id] ?? (schedule.scratch[id - program.values.length] as ScratchValue);
const bytesOf = (frame: Frame, id: ValueId): number => {
  const { dtype, shape } = factsOf(frame, id);
  return sizeOf(shape) * dtypeFacts[dtype].bytes;
};

/**
 * A function for each kernel that is the same but for where its arrays lie, as in a network of equal layers. One
 * that is used once, at places that do not change, knows them beforehand; others are told.
 */
class KernelFunction {
  private readonly uses: (readonly string[])[] = [];
  private isTold = false;

  constructor(
    private readonly name: string,
    private readonly body: string,
  ) {}

  /** @param changes whether the offsets differ from call to call; returns what writes the call */
  use(offsets: readonly string[], changes: boolean): (shares: string) => string {
    if (offsets.length !== (this.uses[0] ?? offsets).length)
      throw new InternalError(
        `${this.name} is used with ${offsets.length} arrays, and before with ${this.uses[0]?.length}`,
      );
    this.uses.push(offsets);
    this.isTold ||= changes || this.uses.length > 1;
    return (shares) => `${this.name}(${[shares, ...(this.isTold ? offsets : [])].join(", ")});`;
  }

  text(): CFunction {
    const [places = []] = this.uses;
    const told = this.isTold ? places.map((_, i) => `, uint32_t at${i}`) : [];
    const known = this.isTold ? [] : places.map((offset, i) => `  const uint32_t at${i} = ${offset};\n`);
    const head = `ALONE void ${this.name}(u8 *restrict m, int32_t begin, int32_t end, int32_t thread${told.join("")})`;
    return { head, body: known.join("") + this.body };
  }
}

/** A kernel's function, and the values that each of its arrays stands for. */
interface WrittenKernel {
  readonly written: KernelFunction;
  readonly arrays: readonly (readonly ValueId[])[];
}

class Translation {
  /** In the order of definition; the text of kernels is settled when all of them are known. */
  private readonly blocks: CText[] = [];
  private readonly kernels = new Map<string, KernelFunction>();
  private readonly written = new Map<ScheduledKernel, WrittenKernel>();
  private readonly tiles = new Map<string, CFunction>();
  private readonly checks: PlacedCheck[] = [];
  private count = 0;

  constructor(
    private readonly addresses: Addresses,
    private readonly target: ProductTarget,
  ) {}

  translate(program: Program, schedule: Schedule, plan: Plan, block: string): Translated {
    const frame: Frame = {
      program,
      schedule,
      plan,
      offset: (id) => `${this.addresses.value(id)}u`,
      variable: (name, bytes) => `${this.addresses.variable(name, bytes)}u`,
      absolute: (id) => this.addresses.value(id),
      counters: [],
    };
    const place = (id: ValueId) => {
      const from = this.addresses.value(id);
      return { from, to: from + Math.max(bytesOf(frame, id), 1) };
    };
    const divided = divide(schedule, plan, place, this.target);
    // A check inside a block is seen by one thread alone, which could not tell the others to stop.
    const division =
      divided.worthwhile && !program.values.some(({ definition: d }) => d.kind === "block" && hasChecks(d.block))
        ? divided
        : undefined;
    const direct = directFeeds(program, (id) => plan.offsets.has(id));
    const text = new CText();
    text.block("static int32_t step(u8 *m, team *t, int32_t thread, int32_t threads)", () => {
      if (direct.length > 0)
        text.block(`if (((const fed *)(m + ${block}))->given)`, () => {
          for (const call of copyFeeds(program, direct, block, frame.offset)) text.line(call);
          if (division !== undefined) text.line("meet(t, threads);");
        });
      this.run(text, frame, division);
      text.line("return 0;");
    });
    const start = (): void => {
      text.line("team *t = with;");
      if (division !== undefined) text.line("if (t != 0) return t->run(t, step, m);");
      text.line("return step(m, 0, 0, 1);");
    };
    text.block("int32_t run(uint8_t *m, void *with)", () => {
      text.line(forgetFeeds(block));
      start();
    });
    text.block(`int32_t run_fed(uint8_t *m, void *with, ${feedParameters})`, () => {
      text.line(tellFeeds(block));
      start();
    });
    const shared = [prelude, teamHeader, tileTypes(this.target), feedFunctions].join("\n");
    const functions = [...this.tiles.values(), ...Array.from(this.kernels.values(), (kernel) => kernel.text())];
    const main = `${[...this.blocks, text].join("\n")}\n`;
    const parts = inParts(shared, functions, main);
    return {
      parts,
      source: () => inOneText(shared, functions, main),
      direct,
      checks: this.checks,
      threaded: division !== undefined,
    };
  }

  // ---- a program ----

  /** Everything a program computes, its checks and updates; a failed check returns from the function. */
  private run(text: CText, frame: Frame, division?: Division): void {
    const { plan, schedule } = frame;
    const alone = (body: () => void): void => (division === undefined ? body() : text.block("if (thread == 0)", body));
    if (plan.saves.length > 0) {
      alone(() => this.saves(text, frame));
      if (division !== undefined) text.line("meet(t, threads);");
    }
    if (plan.checkAfter < 0) this.tests(text, frame);
    schedule.kernels.forEach((kernel, i) => {
      const part = division?.kernels[i];
      if (part?.meet === true) text.line("meet(t, threads);");
      // Random numbers are in place before the step begins.
      if (kernel.kind === "block") alone(() => this.callBlock(text, frame, kernel));
      else if (kernel.kind !== "random") {
        const place = this.kernel(frame, kernel);
        const { count } = unitsOf(kernel);
        const thread = division === undefined ? "0" : "thread";
        const call = (begin: string, end: string): void => text.lateLine(() => place(`m, ${begin}, ${end}, ${thread}`));
        if (part?.shared === true) call(`share(${count}, thread, threads)`, `share(${count}, thread + 1, threads)`);
        else alone(() => call("0", String(count)));
      }
      if (i === plan.checkAfter) {
        if (division !== undefined) text.line("meet(t, threads);");
        this.tests(text, frame);
      }
    });
    if (plan.copies.length > 0) {
      if (division !== undefined) text.line("meet(t, threads);");
      alone(() => this.copies(text, frame));
    }
  }

  /** Copies old values of variables that are still wanted once the new ones have taken their place. */
  private saves(text: CText, frame: Frame): void {
    for (const { value, variable } of frame.plan.saves) {
      const bytes = bytesOf(frame, value);
      text.line(`memcpy(m + ${frame.offset(value)}, m + ${frame.variable(variable, bytes)}, ${bytes}u);`);
    }
  }

  /** Copies into variables what could not be computed in place. */
  private copies(text: CText, frame: Frame): void {
    for (const { value, variable } of frame.plan.copies) {
      const bytes = bytesOf(frame, value);
      text.line(`memmove(m + ${frame.variable(variable, bytes)}, m + ${frame.offset(value)}, ${bytes}u);`);
    }
  }

  private tests(text: CText, frame: Frame): void {
    for (const check of frame.program.checks) {
      const details = check.details.map((id) => ({
        value: frame.program.values[id] as Value,
        address: frame.absolute(id),
      }));
      const number = this.checks.push({ check, details });
      text.line(`if (m[${frame.offset(check.flag)}]) return ${number};`);
    }
  }

  // ---- kernels ----

  /**
   * Writes a function of the kernel's units, unless there is one that differs in nothing but where its arrays
   * lie. Returns what writes a call, once all kernels are known.
   */
  private kernel(
    frame: Frame,
    kernel: Exclude<ScheduledKernel, { kind: "block" } | { kind: "random" }>,
  ): (shares: string) => string {
    const likeness = frame.schedule.alike.get(kernel);
    const first = likeness && this.written.get(likeness.first);
    if (likeness && first) {
      const offsets = first.arrays.map((ids) => ids.map((id) => frame.offset(likeness.values.get(id) ?? id)));
      // A variable that its new value replaces in place is one array with it: in each of them, or in none.
      const distinct = new Set(offsets.map(([offset]) => offset));
      if (distinct.size === offsets.length && offsets.every((same) => new Set(same).size === 1))
        return first.written.use([...distinct] as string[], frame.counters.length > 0);
    }
    const text = new CText();
    const arrays = new Map<string, { readonly name: string; readonly ids: Set<ValueId> }>();
    const array = (id: ValueId): string => {
      const offset = frame.offset(id);
      const { name, ids } = arrays.get(offset) ?? { name: `at${arrays.size}`, ids: new Set() };
      arrays.set(offset, { name, ids: ids.add(id) });
      return `((${memoryTypes[factsOf(frame, id).dtype]} *)(m + ${name}))`;
    };
    const kernelText = new KernelText(text, frame.program, array, (id) => factsOf(frame, id));
    if (kernel.kind === "loops") writeLoops(kernel, kernelText);
    else if (kernel.kind === "scatter") writeScatter(kernel, kernelText);
    else
      writeProduct(kernel, kernelText, this.target, (shape) => {
        this.tiles.set(tileName(shape), tileFunction(shape, this.target));
      });
    const body = text.toString();
    let found = this.kernels.get(body);
    if (found === undefined) {
      found = new KernelFunction(`kernel${this.count++}`, body);
      this.kernels.set(body, found);
    }
    this.written.set(kernel, { written: found, arrays: Array.from(arrays.values(), ({ ids }) => [...ids]) });
    return found.use([...arrays.keys()], frame.counters.length > 0);
  }

  // ---- blocks ----

  /** A block becomes a function that returns the number of a failed check, or 0. */
  private callBlock(text: CText, frame: Frame, kernel: ScheduledBlock): void {
    const name = `${kernel.block.kind}${this.count++}`;
    const inner = new CText();
    inner.block(`static int32_t ${name}(${["u8 *m", ...frame.counters.map((c) => `int32_t ${c}`)].join(", ")})`, () => {
      if (kernel.block.kind === "loop") this.loop(inner, frame, kernel, kernel.block);
      else this.branch(inner, frame, kernel, kernel.block);
      inner.line("return 0;");
    });
    this.blocks.push(inner);
    const failed = text.unique("failed");
    text.line(`const int32_t ${failed} = ${name}(${["m", ...frame.counters].join(", ")});`);
    text.line(`if (${failed}) return ${failed};`);
  }

  private loop(text: CText, frame: Frame, kernel: ScheduledBlock, block: LoopBlock): void {
    const { steps, reverse, carried, sliced, invariant } = block;
    const at = (id: ValueId): string => `m + ${frame.offset(id)}`;
    carried.forEach((initial, i) => {
      text.line(`memmove(${at(kernel.carried[i] as ValueId)}, ${at(initial)}, ${bytesOf(frame, initial)}u);`);
    });
    const counter = `step${this.count++}`;
    const rowBytes = (id: ValueId): number => bytesOf(frame, id) / ((factsOf(frame, id).shape[0] as number) || 1);
    const feeds = [
      ...sliced.map((id) => ({ id, offset: `(${frame.offset(id)} + (size_t)${counter} * ${rowBytes(id)}u)` })),
      ...invariant.map((id) => ({ id, offset: frame.offset(id) })),
    ];
    const frames = kernel.programs.map((nested) =>
      this.nestedFrame(frame, kernel, nested, feeds, [...frame.counters, counter]),
    );
    const body = frames.at(-1) as Frame;
    const condition = block.condition === null ? undefined : frames[0];
    const stacked = kernel.results.filter((r) => r.output >= carried.length);
    // Where the loop may end early, rows that no step fills are zero.
    if (block.condition !== null || block.count !== null)
      for (const { value } of stacked) text.line(`memset(${at(value)}, 0, ${bytesOf(frame, value)}u);`);
    const limit = block.count === null ? String(steps ?? 0) : `*(const i32 *)(${at(block.count)})`;
    text.line(`const int32_t limit = ${limit};`);
    const proceeds = reverse ? `${counter} >= 0` : steps === null ? "1" : `${counter} < limit`;
    const start = reverse ? "limit - 1" : "0";
    text.block(`for (int32_t ${counter} = ${start}; ${proceeds}; ${counter}${reverse ? "--" : "++"})`, () => {
      if (condition !== undefined) {
        this.run(text, condition);
        text.line(`if (!m[${condition.offset(condition.program.outputs[0] as ValueId)}]) break;`);
      }
      // Updates come after what the step returns has been kept.
      const { plan } = body;
      this.run(text, { ...body, plan: { ...plan, copies: [] } });
      stacked.forEach(({ value }, i) => {
        const bytes = rowBytes(value);
        const from = body.offset(body.program.outputs[i] as ValueId);
        text.line(`memcpy(${at(value)} + (size_t)${counter} * ${bytes}u, m + ${from}, ${bytes}u);`);
      });
      this.copies(text, body);
    });
  }

  private branch(text: CText, frame: Frame, kernel: ScheduledBlock, block: BranchBlock): void {
    const feeds = block.invariant.map((id) => ({ id, offset: frame.offset(id) }));
    const run = (nested: NestedProgram): void => {
      const inner = this.nestedFrame(frame, kernel, nested, feeds, frame.counters);
      this.run(text, { ...inner, plan: { ...inner.plan, copies: [] } });
      kernel.results.forEach(({ value }, i) => {
        const from = inner.offset(inner.program.outputs[i] as ValueId);
        text.line(`memcpy(m + ${frame.offset(value)}, m + ${from}, ${bytesOf(frame, value)}u);`);
      });
    };
    const [whenTrue, whenFalse] = kernel.programs as readonly [NestedProgram, NestedProgram];
    text.block(`if (m[${frame.offset(block.condition)}])`, () => run(whenTrue));
    text.block("else", () => run(whenFalse));
  }

  private nestedFrame(
    outer: Frame,
    kernel: ScheduledBlock,
    nested: NestedProgram,
    feeds: readonly { readonly id: ValueId; readonly offset: string }[],
    counters: readonly string[],
  ): Frame {
    const { program, plan } = nested;
    const carriedAt = (name: string): ValueId =>
      kernel.carried[kernel.carried.findIndex((_, i) => carriedName(i) === name)] as ValueId;
    /** The outer value whose memory a value of the nested program shares, if any. */
    const alias = (id: ValueId): { readonly outer: ValueId; readonly offset: string } | undefined => {
      const definition = program.values[id]?.definition;
      const isVariable = definition?.kind === "variable" && !plan.offsets.has(id);
      const variable = plan.inPlace.get(id) ?? (isVariable ? definition.variable : undefined);
      if (variable !== undefined) return { outer: carriedAt(variable), offset: outer.offset(carriedAt(variable)) };
      const feed = definition?.kind === "feed" ? feeds[program.feeds.indexOf(id)] : undefined;
      return feed && { outer: feed.id, offset: feed.offset };
    };
    const place = (id: ValueId): number => {
      const offset = plan.offsets.get(id);
      if (offset === undefined) throw new InternalError(`Value v${id} of a block has no place in memory`);
      return offset;
    };
    const constantOf = (id: ValueId): number | undefined => {
      const definition = program.values[id]?.definition;
      return definition?.kind === "constant" ? this.addresses.constant(definition.data) : undefined;
    };
    return {
      ...nested,
      counters,
      offset: (id) => {
        const constant = constantOf(id);
        return (
          alias(id)?.offset ??
          (constant === undefined ? `(${outer.offset(kernel.arena)} + ${place(id)}u)` : `${constant}u`)
        );
      },
      variable: (name) => outer.offset(carriedAt(name)),
      absolute: (id) => {
        const shared = alias(id);
        if (shared !== undefined) return outer.absolute(shared.outer);
        return constantOf(id) ?? outer.absolute(kernel.arena) + place(id);
      },
    };
  }
}
