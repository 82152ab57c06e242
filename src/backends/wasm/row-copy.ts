/** @file A small module that gathers rows within the memory of a session, without a trip through JavaScript for each. */
import { type Local, ModuleBuilder } from "./assembler/index.js";
import { sharedPages } from "./program-code.js";

/** Copies `count` rows of `rowBytes` that the int32 numbers at `order` name, one after another to `target`. */
export type RowCopy = (target: number, source: number, rowBytes: number, order: number, count: number) => void;

/**
 * Steps of the copy: how often it repeats an instruction that takes so many bytes; wide ones first. Where rows lie
 * far apart, memory is what takes the time, and more of it is under way when little else is between the loads.
 */
const steps = [
  { times: 8, bytes: 16, load: "v128.load", store: "v128.store" },
  { times: 1, bytes: 16, load: "v128.load", store: "v128.store" },
  { times: 1, bytes: 4, load: "i32.load", store: "i32.store" },
  { times: 1, bytes: 1, load: "i32.load8_u", store: "i32.store8" },
] as const;

/** Compiled at once: it is a few hundred bytes. Rows are often short, for which `memory.copy` is slow. */
export function makeRowCopy(memory: WebAssembly.Memory): RowCopy {
  const module = new ModuleBuilder();
  const isShared = !(memory.buffer instanceof ArrayBuffer);
  module.importMemory("env", "memory", { initial: 1, ...(isShared && { maximum: sharedPages, shared: true }) });
  const copy = module.defineFunction("copyRows", ["i32", "i32", "i32", "i32", "i32"], [], (f) => {
    const [target, source, rowBytes, order, count] = [f.param(0), f.param(1), f.param(2), f.param(3), f.param(4)];
    const [from, left] = [f.local("i32"), f.local("i32")];
    const add = (local: Local, amount: () => void): void => {
      f.get(local);
      amount();
      f.op("i32.add");
      f.set(local);
    };
    /** Copies pieces of so many bytes while there is room for one. */
    const pieces = ({ times, bytes, load, store }: (typeof steps)[number]): void =>
      f.block((done) =>
        f.loop((again) => {
          f.get(left);
          f.i32(times * bytes);
          f.op("i32.lt_u");
          f.brIf(done);
          for (let i = 0; i < times; i++) {
            f.get(target);
            f.get(from);
            f.load(load, i * bytes);
            f.store(store, i * bytes);
          }
          add(target, () => f.i32(times * bytes));
          add(from, () => f.i32(times * bytes));
          add(left, () => f.i32(-times * bytes));
          f.br(again);
        }),
      );
    f.block((done) =>
      f.loop((again) => {
        f.get(count);
        f.op("i32.eqz");
        f.brIf(done);
        f.get(source);
        f.get(order);
        f.load("i32.load");
        f.get(rowBytes);
        f.op("i32.mul");
        f.op("i32.add");
        f.set(from);
        f.get(rowBytes);
        f.set(left);
        for (const step of steps) pieces(step);
        add(order, () => f.i32(4));
        add(count, () => f.i32(-1));
        f.br(again);
      }),
    );
  });
  module.exportFunction("copyRows", copy);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  return instance.exports.copyRows as unknown as RowCopy;
}
