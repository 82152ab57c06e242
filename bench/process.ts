/** @file A participant's process, seen from the benchmark: start it, ask it, end it. Imports Node. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Reply, Request, Setup } from "./participant.js";

/** The program of a participant: a module of `participants/` for Node, or a script there for a Python. */
export type Program = { readonly module: string } | { readonly script: string; readonly python: string };

type ReplyOf<K extends PropertyKey> = Extract<Reply, { readonly [P in K]: unknown }>;

/** Longest that a participant may take for one answer, in milliseconds. */
const patience = 200_000;

export class Worker {
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private readonly waiting: ((reply: Reply) => void)[] = [];
  private readonly arrived: Reply[] = [];
  private errors = "";

  constructor(program: Program, setup: Setup, environment: Readonly<Record<string, string>> = {}) {
    const [command, ...args] = commandOf(program, setup);
    const env = { ...cleanEnvironment(), ...environment };
    this.child = spawn(command as string, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    const { stdin, stdout, stderr } = this.child;
    if (stdin === null || stdout === null || stderr === null) throw new Error("A participant's pipes are missing");
    this.lines = createInterface({ input: stdout });
    this.lines.on("line", (line) => this.arrive(readReply(line)));
    stderr.on("data", (text: Buffer) => {
      this.errors = `${this.errors}${text}`.slice(-2000);
    });
    // A process that is gone takes no more requests; its end is reported by the event below.
    stdin.on("error", () => undefined);
    this.child.on("error", (error) => this.arrive({ failed: error.message }));
    this.child.on("close", (code, signal) => {
      const reason = this.errors.trim().split("\n").at(-1);
      this.arrive({ failed: reason || `its process ended with ${signal ?? `code ${code}`}` });
    });
  }

  /** @throws Error with the participant's reason when it could not prepare itself */
  async ready(): Promise<ReplyOf<"ready">["ready"]> {
    return (await this.next("ready")).ready;
  }
  async run(steps: number, each = false): Promise<ReplyOf<"seconds">> {
    return this.ask({ run: steps, each }, "seconds");
  }
  async check(): Promise<readonly number[]> {
    return (await this.ask({ check: true }, "checked")).checked;
  }
  async peakBytes(): Promise<number> {
    return (await this.ask({ memory: true }, "peakBytes")).peakBytes;
  }
  end(): void {
    this.lines.close();
    this.child.kill();
  }

  private ask<K extends PropertyKey>(request: Request, kind: K): Promise<ReplyOf<K>> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.next(kind);
  }

  private async next<K extends PropertyKey>(kind: K): Promise<ReplyOf<K>> {
    const reply = this.arrived.shift() ?? (await this.wait());
    if ("failed" in reply) throw new Error(reply.failed);
    if (!(kind in reply)) throw new Error(`expected ${String(kind)}, got ${JSON.stringify(reply).slice(0, 100)}`);
    return reply as ReplyOf<K>;
  }

  private wait(): Promise<Reply> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ failed: `no answer within ${patience / 1000} seconds` }), patience);
      this.waiting.push((reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
    });
  }

  private arrive(reply: Reply): void {
    const waiting = this.waiting.shift();
    if (waiting === undefined) this.arrived.push(reply);
    else waiting(reply);
  }
}

/** A framework that prints past the worker spoils its own turn, not everybody's. */
function readReply(line: string): Reply {
  try {
    return JSON.parse(line) as Reply;
  } catch {
    return { failed: `it printed among its replies: ${line.slice(0, 100)}` };
  }
}

function commandOf(program: Program, setup: Setup): string[] {
  const text = JSON.stringify(setup);
  if ("module" in program)
    return [process.execPath, fileURLToPath(new URL("./worker.js", import.meta.url)), program.module, text];
  const script = fileURLToPath(new URL(`../../bench/participants/${program.script}`, import.meta.url));
  // No compiled files beside the sources.
  return [program.python, "-B", script, text];
}

/** Without what a shell may carry to tune or slow a math library, or this engine: everybody runs as shipped. */
export function cleanEnvironment(): Record<string, string> {
  const carried = /^(OPENBLAS|OMP|MKL|GOTO|BLIS|KMP|DNNL|ONEDNN|NVPL|TF|XLA|KERAS|STRATA)_/;
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => !carried.test(entry[0])),
  );
}
