/**
 * @file Where the runs of a sweep happen: in this process, one after another, or in processes of their own,
 * side by side. The numbers are the same. Prints nothing.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { platform } from "#platform";
import { InternalError, StrataError } from "../core/index.js";
import type { DeviceName } from "../runtime/index.js";
import { type Digits, loadDigits } from "./digits.js";
import { WORKER_COMMAND } from "./options.js";
import { type Scores, TrainedVariant } from "./sweep-run.js";
import type { Sweep, Variant } from "./sweep-variants.js";

/** One variant with one seed. */
export interface Run {
  /** Its place among the exercise's variants. */
  readonly variant: number;
  readonly seed: number;
}

/** A run's scores, and how long it took. */
export interface Trained {
  readonly scores: Scores;
  readonly milliseconds: number;
}

/** Trains runs and keeps them until they are dropped. */
export interface Trainers extends Disposable {
  /** Asks for a run; runs are begun in the order in which they are asked for. */
  train(run: Run): Promise<Trained>;
  /** Accuracy of a run that was trained and not dropped, on the test examples. */
  test(run: Run): Promise<number>;
  drop(run: Run): void;
}

/** How every run of a sweep is trained. */
export interface Training {
  readonly steps: number;
  readonly device?: DeviceName | undefined;
}

const keyOf = ({ variant, seed }: Run): string => `${variant} ${seed}`;

/** Trains in this process. */
export class LocalTrainers implements Trainers {
  private readonly kept = new Map<string, TrainedVariant>();
  private last: Promise<unknown> = Promise.resolve();
  private isClosed = false;

  constructor(
    private readonly variants: readonly Variant[],
    private readonly digits: Digits,
    private readonly training: Training,
  ) {}

  train(run: Run): Promise<Trained> {
    const result = this.last.then(() => this.trainNow(run));
    this.last = result;
    // Whoever asked for the run hears of its failure; later runs fail with it.
    result.catch(() => undefined);
    return result;
  }

  async test(run: Run): Promise<number> {
    return (await this.of(run).measure(this.digits.test)).accuracy;
  }

  drop(run: Run): void {
    this.of(run)[Symbol.dispose]();
    this.kept.delete(keyOf(run));
  }

  [Symbol.dispose](): void {
    this.isClosed = true;
    for (const trained of this.kept.values()) trained[Symbol.dispose]();
    this.kept.clear();
  }

  private async trainNow(run: Run): Promise<Trained> {
    if (this.isClosed) throw new InternalError("The sweep is over");
    const startedAt = platform.now();
    const options = { ...this.training, seed: run.seed };
    const trained = await TrainedVariant.train(this.variants[run.variant] as Variant, this.digits.training, options);
    this.kept.set(keyOf(run), trained);
    return { scores: await trained.score(this.digits), milliseconds: platform.now() - startedAt };
  }

  private of(run: Run): TrainedVariant {
    const trained = this.kept.get(keyOf(run));
    if (trained === undefined) throw new InternalError(`There is no run ${keyOf(run)}`);
    return trained;
  }
}

// ---- processes ----

type Request = { readonly kind: "train" | "test" | "drop"; readonly run: Run };
type Reply = { readonly value: unknown } | { readonly error: Told };
/** An error as one process tells it to another. */
interface Told {
  readonly name: string;
  readonly message: string;
  readonly isKnown: boolean;
}

/** Trains in so many processes at a time. They read the data anew. */
export class ProcessTrainers implements Trainers {
  private readonly idle: Worker[];
  private readonly all: readonly Worker[];
  private readonly waiting: ((worker: Worker) => void)[] = [];
  private readonly homes = new Map<string, Worker>();

  /** @param threads how many each process may use for its programs */
  constructor(
    count: number,
    exercise: string,
    { source, steps, device, threads }: Training & { readonly source: string; readonly threads: number },
  ) {
    const options = [exercise, "--data", source, "--steps", String(steps)];
    if (device !== undefined) options.push("--device", device);
    this.all = Array.from({ length: count }, () => new Worker(options, threads));
    this.idle = [...this.all];
  }

  async train(run: Run): Promise<Trained> {
    const worker = this.idle.shift() ?? (await new Promise<Worker>((resolve) => this.waiting.push(resolve)));
    this.homes.set(keyOf(run), worker);
    try {
      return (await worker.ask({ kind: "train", run })) as Trained;
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.idle.push(worker);
      else next(worker);
    }
  }

  async test(run: Run): Promise<number> {
    return (await this.homeOf(run).ask({ kind: "test", run })) as number;
  }

  drop(run: Run): void {
    // A process that is gone has dropped its runs already.
    this.homeOf(run)
      .ask({ kind: "drop", run })
      .catch(() => undefined);
    this.homes.delete(keyOf(run));
  }

  [Symbol.dispose](): void {
    for (const worker of this.all) worker.close();
  }

  private homeOf(run: Run): Worker {
    const worker = this.homes.get(keyOf(run));
    if (worker === undefined) throw new InternalError(`There is no run ${keyOf(run)}`);
    return worker;
  }
}

interface Question {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A process; it answers in the order in which it is asked. */
class Worker {
  private readonly child: ChildProcess;
  private readonly asked: Question[] = [];
  private failure: Error | undefined;

  constructor(options: readonly string[], threads: number) {
    // From dist/src/cli as from dist/bundle, in the entry and in a chunk beside it.
    const main = fileURLToPath(new URL("../cli/main.js", import.meta.url));
    this.child = fork(main, [WORKER_COMMAND, ...options], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // JSON has no NaN.
      serialization: "advanced",
      env: { ...process.env, STRATA_THREADS: process.env.STRATA_THREADS ?? String(threads) },
    });
    this.child.on("message", (reply: Reply) => {
      const question = this.asked.shift();
      if ("error" in reply) question?.reject(retold(reply.error));
      else question?.resolve(reply.value);
    });
    this.child.on("error", (error) => this.fail(error));
    this.child.on("exit", (code, signal) =>
      this.fail(new StrataError(`A process of the sweep ended early, with ${signal ?? `exit code ${code}`}`, { hint })),
    );
  }

  ask(request: Request): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      this.asked.push({ resolve, reject });
      this.child.send(request);
    });
  }

  close(): void {
    this.failure ??= new InternalError("The sweep is over");
    this.child.kill();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.asked.splice(0)) reject(this.failure);
  }
}
const hint = "the machine may be short of memory: --jobs 1 trains one variant after another, in one process";

function told(error: unknown): Told {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message, isKnown: error instanceof StrataError };
}
function retold({ name, message, isKnown }: Told): Error {
  const error = isKnown ? new StrataError(message) : new Error(message);
  error.name = name;
  return error;
}

/** What such a process does: trains what it is asked to until nobody is there any more to ask. */
export async function serveRuns(exercise: Sweep, options: Training & { readonly data: string }): Promise<void> {
  if (process.send === undefined)
    throw new StrataError("This is a part of strata sweep, which asks it for runs", { hint: "strata sweep --help" });
  const trainers = loadDigits(options.data, null).then(
    (digits) => new LocalTrainers(exercise.variants, digits, options),
  );
  trainers.catch(() => undefined);
  const answer = async ({ kind, run }: Request): Promise<unknown> => (await trainers)[kind](run);
  let last: Promise<unknown> = trainers.catch(() => undefined);
  process.on("message", (request: Request) => {
    last = last.then(async () => {
      const reply: Reply = await answer(request).then(
        (value) => ({ value }),
        (error: unknown) => ({ error: told(error) }),
      );
      process.send?.(reply);
    });
  });
  await new Promise((resolve) => process.once("disconnect", resolve));
  process.exit();
}
