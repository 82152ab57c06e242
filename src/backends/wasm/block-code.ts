/** @file Code for blocks: loops and branches, whose programs run inside that of the program. Loaded for programs that have one. */
import type { NestedProgram, ScheduledBlock } from "../../compiler/index.js";
import { InternalError } from "../../core/index.js";
import { type BranchBlock, blockSources, carriedName, type LoopBlock, type ValueId } from "../../ir/index.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import { bytesOf, type Frame, factsOf } from "./frame.js";
import type { ProgramCode } from "./program-code.js";

export class BlockCode {
  constructor(private readonly code: ProgramCode) {}

  /** A block is a function of the addresses it touches; it returns the number of a failed check, or 0. */
  call(f: FunctionBuilder, frame: Frame, kernel: ScheduledBlock): void {
    const outer = [
      ...new Set([
        ...blockSources(kernel.block),
        ...kernel.results.map((r) => r.value),
        ...kernel.carried,
        kernel.arena,
      ]),
    ];
    this.code.withAddresses(
      f,
      frame,
      `${kernel.block.kind}${this.code.nextNumber()}`,
      outer,
      ["i32"],
      undefined,
      (g, place) => {
        if (kernel.block.kind === "loop") this.loop(g, frame, kernel, kernel.block, place);
        else this.branch(g, frame, kernel, kernel.block, place);
        g.i32(0);
      },
    );
    const failed = f.local("i32");
    f.tee(failed);
    f.if(() => {
      f.get(failed);
      f.return();
    });
    f.freeLocal(failed);
  }

  private loop(
    f: FunctionBuilder,
    frame: Frame,
    kernel: ScheduledBlock,
    block: LoopBlock,
    place: (id: ValueId) => Local,
  ): void {
    const { steps, reverse, carried, sliced, invariant } = block;
    carried.forEach((initial, i) => {
      f.get(place(kernel.carried[i] as ValueId));
      f.get(place(initial));
      f.i32(bytesOf(frame, initial));
      f.memoryCopy();
    });
    const step = f.local("i32");
    const row = (bytes: number): void => {
      f.get(step);
      f.i32(bytes);
      f.op("i32.mul");
      f.op("i32.add");
    };
    const rowBytes = (id: ValueId): number => bytesOf(frame, id) / ((factsOf(frame, id).shape[0] as number) || 1);
    const feeds = [
      ...sliced.map((id) => ({
        id,
        push: (): void => {
          f.get(place(id));
          row(rowBytes(id));
        },
      })),
      ...invariant.map((id) => ({ id, push: (): void => f.get(place(id)) })),
    ];
    const frames = kernel.programs.map((nested) => this.nestedFrame(frame, kernel, nested, place, feeds));
    const body = frames.at(-1) as Frame;
    const condition = block.condition === null ? undefined : frames[0];
    const stacked = kernel.results.filter((r) => r.output >= carried.length);
    // Where the loop may end early, rows that no step fills are zero.
    if (block.condition !== null || block.count !== null)
      for (const { value } of stacked) {
        f.get(place(value));
        f.i32(0);
        f.i32(bytesOf(frame, value));
        f.memoryFill();
      }
    const limit = f.local("i32");
    if (block.count === null) f.i32(steps ?? 0);
    else {
      f.get(place(block.count));
      f.load("i32.load");
    }
    f.set(limit);
    if (reverse) {
      f.get(limit);
      f.i32(1);
      f.op("i32.sub");
    } else f.i32(0);
    f.set(step);
    f.block((done) => {
      f.loop((again) => {
        if (reverse) {
          f.get(step);
          f.i32(0);
          f.op("i32.lt_s");
          f.brIf(done);
        } else if (steps !== null) {
          f.get(step);
          f.get(limit);
          f.op("i32.ge_s");
          f.brIf(done);
        }
        if (condition !== undefined) {
          this.code.kernels(f, condition);
          condition.push(f, condition.program.outputs[0] as ValueId);
          f.load("i32.load8_u");
          f.op("i32.eqz");
          f.brIf(done);
        }
        this.code.kernels(f, body);
        stacked.forEach(({ value }, i) => {
          const bytes = rowBytes(value);
          f.get(place(value));
          row(bytes);
          body.push(f, body.program.outputs[i] as ValueId);
          f.i32(bytes);
          f.memoryCopy();
        });
        this.code.updates(f, body);
        f.get(step);
        f.i32(reverse ? -1 : 1);
        f.op("i32.add");
        f.set(step);
        f.br(again);
      });
    });
    f.freeLocal(limit);
    f.freeLocal(step);
  }

  private branch(
    f: FunctionBuilder,
    frame: Frame,
    kernel: ScheduledBlock,
    block: BranchBlock,
    place: (id: ValueId) => Local,
  ): void {
    const feeds = block.invariant.map((id) => ({ id, push: (): void => f.get(place(id)) }));
    const run = (nested: NestedProgram): void => {
      const inner = this.nestedFrame(frame, kernel, nested, place, feeds);
      this.code.kernels(f, inner);
      kernel.results.forEach(({ value }, i) => {
        f.get(place(value));
        inner.push(f, inner.program.outputs[i] as ValueId);
        f.i32(bytesOf(frame, value));
        f.memoryCopy();
      });
    };
    const [whenTrue, whenFalse] = kernel.programs as readonly [NestedProgram, NestedProgram];
    f.get(place(block.condition));
    f.load("i32.load8_u");
    f.if(
      () => run(whenTrue),
      () => run(whenFalse),
    );
  }

  private nestedFrame(
    outer: Frame,
    kernel: ScheduledBlock,
    nested: NestedProgram,
    place: (id: ValueId) => Local,
    feeds: readonly { readonly id: ValueId; readonly push: () => void }[],
  ): Frame {
    const { program, plan } = nested;
    const carriedIndex = (name: string): number => kernel.carried.findIndex((_, i) => carriedName(i) === name);
    /** The outer value whose memory a value of the nested program shares, if any. */
    const alias = (id: ValueId): { readonly outer: ValueId; readonly push?: () => void } | undefined => {
      const definition = program.values[id]?.definition;
      const isVariable = definition?.kind === "variable" && !plan.offsets.has(id);
      const variable = plan.inPlace.get(id) ?? (isVariable ? definition.variable : undefined);
      if (variable !== undefined) return { outer: kernel.carried[carriedIndex(variable)] as ValueId };
      const feed = definition?.kind === "feed" ? feeds[program.feeds.indexOf(id)] : undefined;
      return feed && { outer: feed.id, push: feed.push };
    };
    const offsetOf = (id: ValueId): number => {
      const offset = plan.offsets.get(id);
      if (offset === undefined) throw new InternalError(`Value v${id} of a block has no place in memory`);
      return offset;
    };
    const constantOf = (id: ValueId): number | undefined => {
      const definition = program.values[id]?.definition;
      return definition?.kind === "constant" ? this.code.addresses.constant(definition.data) : undefined;
    };
    return {
      ...nested,
      push: (f, id) => {
        const shared = alias(id);
        const constant = constantOf(id);
        if (shared?.push !== undefined) shared.push();
        else if (shared !== undefined) f.get(place(shared.outer));
        else if (constant !== undefined) f.i32(constant);
        else {
          f.get(place(kernel.arena));
          f.i32(offsetOf(id));
          f.op("i32.add");
        }
      },
      pushVariable: (f, name) => f.get(place(kernel.carried[carriedIndex(name)] as ValueId)),
      absolute: (id) => {
        const shared = alias(id);
        if (shared !== undefined) return outer.absolute(shared.outer);
        return constantOf(id) ?? outer.absolute(kernel.arena) + offsetOf(id);
      },
    };
  }
}
