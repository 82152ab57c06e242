/**
 * @file Bytes that become float32 on the way into a program. They are copied to the end of the place where
 * the program reads its feed, and spread over it from there. Loaded when the first such feed comes.
 */
import { copyRows, type NdArray } from "../../core/index.js";
import type { RowFeed } from "../feed.js";
import { type Local, ModuleBuilder } from "./assembler/index.js";
import type { Place } from "./bindings.js";
import { sharedPages } from "./program-code.js";

/** Spreads the `count` bytes that end the `4 * count` at `target` over them, as float32 times `scale`. */
type Spread = (target: number, count: number, scale: number) => void;

/** Rows of bytes that lie with the host. */
export interface ByteFeed extends RowFeed {
  readonly source: NdArray<"uint8">;
}

export class ByteRows {
  private readonly spread: Spread;

  constructor(private readonly memory: WebAssembly.Memory) {
    this.spread = makeSpread(memory);
  }

  /** Copies the rows of a feed, times its scale, to where a program reads them. */
  write(target: Place, { source, order, begin, shape, scale = 1 }: ByteFeed): void {
    const { buffer } = this.memory;
    const count = target.view(buffer).length;
    const bytes = new Uint8Array(buffer, target.address + 3 * count, count);
    copyRows(source.data, { order, begin }, shape[0] ?? 0, bytes);
    this.spread(target.address, count, scale);
  }
}

/** Bytes taken at once. */
const step = 16;

/**
 * Compiled at once: it is a few hundred bytes. Going from front to back, what is written never reaches a byte
 * that is still to be read: after `i` of `n` bytes it has come to `4 * i`, and the next byte is at `3 * n + i`.
 */
function makeSpread(memory: WebAssembly.Memory): Spread {
  const module = new ModuleBuilder();
  const isShared = !(memory.buffer instanceof ArrayBuffer);
  module.importMemory("env", "memory", { initial: 1, ...(isShared && { maximum: sharedPages, shared: true }) });
  const spread = module.defineFunction("spread", ["i32", "i32", "f32"], [], (f) => {
    const [target, count, scale] = [f.param(0), f.param(1), f.param(2)];
    const [from, bytes, half, scales] = [f.local("i32"), f.local("v128"), f.local("v128"), f.local("v128")];
    const add = (local: Local, amount: number): void => {
      f.get(local);
      f.i32(amount);
      f.op("i32.add");
      f.set(local);
    };
    /** Repeats `body` while that many bytes are left. */
    const pieces = (size: number, body: () => void): void =>
      f.block((done) =>
        f.loop((again) => {
          f.get(count);
          f.i32(size);
          f.op("i32.lt_u");
          f.brIf(done);
          body();
          add(target, 4 * size);
          add(from, size);
          add(count, -size);
          f.br(again);
        }),
      );
    f.get(target);
    f.get(count);
    f.i32(3);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(from);
    f.get(scale);
    f.op("f32x4.splat");
    f.set(scales);
    pieces(step, () => {
      f.get(from);
      f.load("v128.load");
      f.set(bytes);
      for (const [i, side] of (["low", "high"] as const).entries()) {
        f.get(bytes);
        f.op(`i16x8.extend_${side}_i8x16_u`);
        f.set(half);
        for (const [j, part] of (["low", "high"] as const).entries()) {
          f.get(target);
          f.get(half);
          f.op(`i32x4.extend_${part}_i16x8_u`);
          f.op("f32x4.convert_i32x4_s");
          f.get(scales);
          f.op("f32x4.mul");
          f.store("v128.store", 16 * (2 * i + j));
        }
      }
    });
    pieces(1, () => {
      f.get(target);
      f.get(from);
      f.load("i32.load8_u");
      f.op("f32.convert_i32_s");
      f.get(scale);
      f.op("f32.mul");
      f.store("f32.store");
    });
  });
  module.exportFunction("spread", spread);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  return instance.exports.spread as unknown as Spread;
}
