/** @file Where the threads of a program meet: a function of WebAssembly on words of the shared memory. */
import type { FunctionRef, ModuleBuilder } from "./assembler/index.js";
import { meeting } from "./control.js";

/** Looks for the others before a worker sleeps: some tens of microseconds. */
const spins = 20_000;

/**
 * Defines `meet(thread, threads)`, which returns when all threads have called it; what they wrote before is
 * then seen by all. Thread 0 only spins: the main thread of a page must not sleep.
 */
export function defineMeeting(module: ModuleBuilder, control: number): FunctionRef {
  return module.defineFunction("meet", ["i32", "i32"], [], (f) => {
    const [thread, threads] = [f.param(0), f.param(1)];
    const [phase, left] = [f.local("i32"), f.local("i32")];
    const load = (word: number): void => {
      f.i32(control + word);
      f.atomic("i32.atomic.load");
    };
    const hasEnded = (): void => {
      load(meeting.phase);
      f.get(phase);
      f.op("i32.ne");
    };
    f.get(threads);
    f.i32(1);
    f.op("i32.eq");
    f.if(() => f.return());
    load(meeting.phase);
    f.set(phase);
    f.i32(control + meeting.arrived);
    f.i32(1);
    f.atomic("i32.atomic.rmw.add");
    f.i32(1);
    f.op("i32.add");
    f.get(threads);
    f.op("i32.eq");
    f.if(() => {
      f.i32(control + meeting.arrived);
      f.i32(0);
      f.atomic("i32.atomic.store");
      f.i32(control + meeting.phase);
      f.get(phase);
      f.i32(1);
      f.op("i32.add");
      f.atomic("i32.atomic.store");
      load(meeting.sleepers);
      f.if(() => {
        f.i32(control + meeting.phase);
        f.i32(-1);
        f.atomic("memory.atomic.notify");
        f.drop();
      });
      f.return();
    });
    f.i32(spins);
    f.set(left);
    f.loop((again) => {
      hasEnded();
      f.if(() => f.return());
      // Thread 0 counts nothing down and never leaves this loop otherwise.
      f.get(left);
      f.get(thread);
      f.i32(0);
      f.op("i32.ne");
      f.op("i32.sub");
      f.tee(left);
      f.brIf(again);
    });
    const changeSleepers = (by: number): void => {
      f.i32(control + meeting.sleepers);
      f.i32(by);
      f.atomic("i32.atomic.rmw.add");
      f.drop();
    };
    changeSleepers(1);
    f.block((done) =>
      f.loop((again) => {
        hasEnded();
        f.brIf(done);
        f.i32(control + meeting.phase);
        f.get(phase);
        f.i64(-1n);
        f.atomic("memory.atomic.wait32");
        f.drop();
        f.br(again);
      }),
    );
    changeSleepers(-1);
  });
}
