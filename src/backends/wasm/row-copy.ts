/** @file A small module that gathers rows within the memory of a session, without a trip through JavaScript for each. */
import { ModuleBuilder } from "./assembler/index.js";

/** Copies `count` rows of `rowBytes` that the int32 numbers at `order` name, one after another to `target`. */
export type RowCopy = (target: number, source: number, rowBytes: number, order: number, count: number) => void;

/** Compiled at once: it is a few hundred bytes. */
export function makeRowCopy(memory: WebAssembly.Memory): RowCopy {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1 });
  const copy = module.defineFunction("copyRows", ["i32", "i32", "i32", "i32", "i32"], [], (f) => {
    const [target, source, rowBytes, order, count] = [f.param(0), f.param(1), f.param(2), f.param(3), f.param(4)];
    f.block((done) => {
      f.get(count);
      f.op("i32.eqz");
      f.brIf(done);
      f.loop((again) => {
        f.get(target);
        f.get(source);
        f.get(order);
        f.load("i32.load");
        f.get(rowBytes);
        f.op("i32.mul");
        f.op("i32.add");
        f.get(rowBytes);
        f.memoryCopy();
        for (const [local, step] of [
          [target, () => f.get(rowBytes)],
          [order, () => f.i32(4)],
          [count, () => f.i32(-1)],
        ] as const) {
          f.get(local);
          step();
          f.op("i32.add");
          f.set(local);
        }
        f.get(count);
        f.brIf(again);
      });
    });
  });
  module.exportFunction("copyRows", copy);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  return instance.exports.copyRows as unknown as RowCopy;
}
