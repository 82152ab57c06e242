/**
 * @file Threads of a WebAssembly session: workers that run the same module on the same shared memory, and
 * meet inside it. A worker waits for its next step in a loop of its own, first spinning and then asleep; it
 * leaves the loop only to receive another module. Until its workers have a program, and while they receive
 * one, programs run on the calling thread alone, with the same results. Loaded for the first program they share.
 */
import type { StartThread, WorkerThread } from "../backend.js";
import { Pace } from "../pace.js";
import { controlBytes, words } from "./control.js";

/** Waits for work spin so often before they sleep: some tens of microseconds. */
const spins = 20_000;

const workerSource = `
const runs = new Map();
let control, index, threads, memory, last = 0;
listen((message) => {
  if (message.memory !== undefined) {
    ({ memory, index, threads } = message);
    control = new Int32Array(memory.buffer, message.control, ${controlBytes / 4});
  }
  runs.set(message.id, new WebAssembly.Instance(message.module, { env: { memory } }).exports.run);
  post(message.id);
  serve();
});
function serve() {
  for (;;) {
    let step, waited = 0;
    while ((step = Atomics.load(control, ${words.step})) === last) {
      if (++waited < ${spins}) continue;
      Atomics.add(control, ${words.sleepers}, 1);
      Atomics.wait(control, ${words.step}, last);
      Atomics.sub(control, ${words.sleepers}, 1);
    }
    last = step;
    const program = Atomics.load(control, ${words.program});
    if (program < 0) return;
    runs.get(program)(index, threads);
  }
}
`;

export class Crew {
  private readonly control: Int32Array;
  private readonly workers: WorkerThread[] = [];
  /** One for each program, by its number. */
  private readonly paces: Pace[] = [];
  /** Whether the workers wait in their loop, and not for messages. */
  private serving = false;
  private failed = false;
  private queue: Promise<void> = Promise.resolve();

  /** @param control where the control block lies: `controlBytes` of zeros */
  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly address: number,
    /** The calling thread among them. */
    readonly threads: number,
    private readonly start: StartThread,
  ) {
    this.control = new Int32Array(memory.buffer, address, controlBytes / 4);
  }

  /** Gives the workers a program; returns its number once all have it, `undefined` where they cannot. */
  async add(module: WebAssembly.Module): Promise<number | undefined> {
    const id = this.paces.push(new Pace()) - 1;
    const done = this.queue.then(() => this.send(id, module));
    this.queue = done.catch(() => undefined);
    try {
      await done;
      return this.failed ? undefined : id;
    } catch {
      this.close();
      return undefined;
    }
  }

  /** Runs a program that was added, together with the workers where that is faster; `undefined` while they are not at hand. */
  run(id: number, own: (thread: number, threads: number) => number): number | undefined {
    if (!this.serving) return undefined;
    return this.paces[id]?.run((together) => {
      if (!together) return own(0, 1);
      this.order(id);
      return own(0, this.threads);
    });
  }

  close(): void {
    this.failed = true;
    this.serving = false;
    for (const worker of this.workers) worker.terminate();
    this.workers.length = 0;
  }

  private order(program: number): void {
    Atomics.store(this.control, words.program, program);
    Atomics.add(this.control, words.step, 1);
    if (Atomics.load(this.control, words.sleepers) > 0) Atomics.notify(this.control, words.step);
  }

  private async send(id: number, module: WebAssembly.Module): Promise<void> {
    if (this.failed) return;
    if (this.serving) this.order(-1);
    this.serving = false;
    const isFirst = this.workers.length === 0;
    for (let index = 1; isFirst && index < this.threads; index++) {
      const worker = this.start(workerSource);
      if (worker === undefined) throw new Error("There are no workers here");
      this.workers.push(worker);
    }
    await Promise.all(
      this.workers.map(
        (worker, i) =>
          new Promise<void>((resolve, reject) => {
            worker.listen((message) => (message === id ? resolve() : reject(new Error("A worker failed"))));
            const { memory, address: control, threads } = this;
            worker.post(isFirst ? { id, module, memory, control, index: i + 1, threads } : { id, module });
          }),
      ),
    );
    this.serving = !this.failed;
  }
}
