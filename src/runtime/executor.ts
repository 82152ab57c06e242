/**
 * @file Finds or makes the executables a run needs. Most runs are one executable, found by fetches,
 * feeds and their shapes. Where an operation needs JavaScript itself, or a shape depends on computed
 * values, the run falls into stages, which `staged-run` runs.
 */

import type { Device, Executable, Feed } from "../backends/index.js";
import { loadBlocks, NeedsValues, needsBlocks, pathTo, specialize } from "../compiler/index.js";
import { FailedPreconditionError, type NdArray, type NumericDType, sameShape } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { Fed } from "./feeds.js";
import { fedSet, heldValue, keyOf, type Request, type Stages, stagesOf } from "./request.js";
import type { StagedRuns } from "./staged-run.js";

interface VariableState {
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
}

interface CacheEntry {
  readonly key: string;
  readonly executable: Executable;
  /** What was assumed of variables; another entry is made where it no longer holds. */
  readonly reads: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly states: readonly { readonly name: string; readonly initialized: boolean }[];
  readonly writes: readonly { readonly name: string; readonly state: VariableState }[];
  /** The session's version at which the assumptions were last found to hold, and the writes to change nothing. */
  holdsAt: number;
  settledAt: number;
  /** When the program last ran, in runs of the session. */
  usedAt: number;
  isEvicted: boolean;
}

/** A run that is asked for again and again, with what it found last time. */
export interface Site {
  readonly fetches: readonly Tensor[];
  readonly targets: readonly Operation[];
  /** The fed tensors, in the order of the feeds. */
  readonly tensors: readonly Tensor[];
  last?: { readonly entry: CacheEntry; readonly shapes: readonly (readonly number[])[] };
}

/** Programs a session keeps. The one that was not used for longest makes room, and is made again when wanted. */
export const defaultProgramLimit = 256;

/** The stages of a run, with the tensors found to decide shapes while its program was being made. */
interface Plan extends Stages {
  needs?: readonly Tensor[];
}

export class Executor {
  private readonly cache = new Map<string, CacheEntry[]>();
  private readonly plans = new Map<string, Plan>();
  private readonly variables = new Map<string, VariableState>();
  /** Counts changes of which variables exist, and of their shapes. */
  private version = 0;
  private runs = 0;
  private stagedRuns: StagedRuns | undefined;
  private count = 0;

  constructor(
    private readonly device: Device,
    private readonly programLimit = defaultProgramLimit,
  ) {}

  isInitialized(variable: string): boolean {
    return this.variables.has(variable);
  }

  /** Number of programs at hand, for tests and diagnostics. */
  get programCount(): number {
    return this.count;
  }

  /**
   * Runs a site at once, where its program is at hand and nothing need be awaited; else `undefined`.
   * @param canWait whether {@link run} may take over where a faster form of the program is due
   */
  runNow(site: Site, feeds: readonly Feed[], canWait: boolean): NdArray[] | undefined {
    const entry = this.recall(site, feeds);
    if (entry === undefined) return undefined;
    const { isReady } = entry.executable;
    if (isReady !== undefined && !isReady() && canWait) return undefined;
    return this.runEntry(entry, feeds);
  }

  /** Makes the program of a site for feeds of these shapes, where it is not at hand. @returns whether it is one */
  async prepare(site: Site, feeds: readonly Fed[]): Promise<boolean> {
    const values = feeds.map(({ value }) => value);
    if (this.recall(site, values) !== undefined) return true;
    const request = requestOf(site.fetches, site.targets, feeds, new Set());
    if (request.held.size > 0 || request.fetches.some((tensor) => heldValue(tensor, request.held) !== undefined))
      return false;
    const plan = stagesOf(request);
    if (plan.last.length > 0 || plan.first !== undefined) return false;
    try {
      await this.compile(keyOf(request), request, plan.order);
    } catch (error) {
      if (error instanceof NeedsValues) return false;
      throw error;
    }
    return true;
  }

  /** The program that served the site last, or one for other shapes of its feeds. */
  private recall(site: Site, feeds: readonly Feed[]): CacheEntry | undefined {
    const { last } = site;
    if (last !== undefined && this.stillHolds(last.entry) && sameShapes(last.shapes, feeds)) return last.entry;
    const { fetches, targets, tensors } = site;
    if (tensors.some(({ dtype }) => dtype === "string")) return undefined;
    const fed = tensors.map((tensor, i) => ({ tensor, value: feeds[i] as Feed }));
    const entry = this.lookUp(keyOf({ fetches, targets, feeds: fed, known: noValues, held: noValues, done: nothing }));
    if (entry !== undefined) site.last = { entry, shapes: feeds.map(({ shape }) => shape) };
    return entry;
  }

  /**
   * Runs targets and returns the values of the fetched tensors. Operations in `done` count as
   * executed: nothing waits for them, and what they computed must be among the feeds.
   */
  async run(
    fetches: readonly Tensor[],
    targets: readonly Operation[],
    feeds: readonly Fed[],
    done: ReadonlySet<Operation> = nothing,
  ): Promise<NdArray[]> {
    return this.runStages(requestOf(fetches, targets, feeds, done));
  }

  /** Runs a request, in stages where it needs them. */
  async runStages(request: Request): Promise<NdArray[]> {
    const key = keyOf(request);
    const ready = this.lookUp(key);
    if (ready !== undefined) return this.execute(ready, request.feeds);
    if (request.fetches.some((tensor) => heldValue(tensor, request.held) !== undefined))
      return (await this.staged()).runBesideStrings(request);
    const plan: Plan = this.plans.get(key) ?? stagesOf(request);
    if (plan.last.length > 0 || plan.first !== undefined) {
      this.remember(key, plan);
      return (await this.staged()).runHosts(plan, request);
    }
    if (plan.needs === undefined)
      try {
        return this.execute(await this.compile(key, request, plan.order), request.feeds);
      } catch (error) {
        if (!(error instanceof NeedsValues)) throw error;
        plan.needs = error.tensors;
        this.remember(key, plan);
      }
    return (await this.staged()).runAfter(plan.needs, plan, request);
  }

  private async staged(): Promise<StagedRuns> {
    if (this.stagedRuns === undefined) {
      const { StagedRuns } = await import("./staged-run.js");
      this.stagedRuns ??= new StagedRuns(this);
    }
    return this.stagedRuns;
  }

  /** Plans are quickly made, so that all go where there are too many. */
  private remember(key: string, plan: Plan): void {
    if (this.plans.size >= this.programLimit) this.plans.clear();
    this.plans.set(key, plan);
  }

  private lookUp(key: string): CacheEntry | undefined {
    return this.cache.get(key)?.find((entry) => this.stillHolds(entry));
  }

  private stillHolds(entry: CacheEntry): boolean {
    if (entry.isEvicted) return false;
    if (entry.holdsAt === this.version) return true;
    const { reads, states } = entry;
    const holds =
      reads.every(({ name, shape }) => sameShape((this.variables.get(name) as VariableState).shape, shape)) &&
      states.every(({ name, initialized }) => this.variables.has(name) === initialized);
    if (holds) entry.holdsAt = this.version;
    return holds;
  }

  private async compile(key: string, request: Request, order: readonly Operation[]): Promise<CacheEntry> {
    // Nothing is awaited where nothing is to be loaded: the variables are those of when the run was asked for.
    const lowerBlock = needsBlocks(order) ? await loadBlocks() : undefined;
    const { program, reads, states } = specialize({
      lowerBlock,
      order,
      fetches: request.fetches,
      feeds: request.feeds.map(({ tensor, value }) => ({ tensor, shape: value.shape })),
      known: request.known,
      variable: (name) => {
        const state = this.variables.get(name);
        return state === undefined ? this.uninitialized(name, order, request) : state;
      },
      isInitialized: (name) => this.variables.has(name),
    });
    const entry: CacheEntry = {
      key,
      executable: await this.device.compile(program),
      reads: reads.map(({ name }) => ({ name, shape: (this.variables.get(name) as VariableState).shape })),
      states: states.map((name) => ({ name, initialized: this.variables.has(name) })),
      writes: program.updates.map(({ variable, value }) => {
        const { dtype, shape } = program.values[value] as VariableState;
        return { name: variable, state: { dtype, shape } };
      }),
      holdsAt: this.version,
      settledAt: -1,
      usedAt: ++this.runs,
      isEvicted: false,
    };
    this.keep(entry);
    return entry;
  }

  private keep(entry: CacheEntry): void {
    while (this.count >= this.programLimit) this.evictOldest();
    const entries = this.cache.get(entry.key);
    if (entries === undefined) this.cache.set(entry.key, [entry]);
    else entries.push(entry);
    this.count++;
  }

  /** Forgets the program that was not used for longest. Variables and random generators outlive programs. */
  private evictOldest(): void {
    let oldest: CacheEntry | undefined;
    for (const entries of this.cache.values())
      for (const entry of entries) if (oldest === undefined || entry.usedAt < oldest.usedAt) oldest = entry;
    if (oldest === undefined) return;
    const { key } = oldest;
    const rest = (this.cache.get(key) ?? []).filter((entry) => entry !== oldest);
    if (rest.length > 0) this.cache.set(key, rest);
    else this.cache.delete(key);
    oldest.isEvicted = true;
    oldest.executable.release?.();
    this.count--;
  }

  private execute(entry: CacheEntry, feeds: readonly Fed[]): NdArray[] | Promise<NdArray[]> {
    const values = feeds.map(({ value }) => value);
    const pending = entry.executable.prepare?.();
    return pending === undefined ? this.runEntry(entry, values) : pending.then(() => this.runEntry(entry, values));
  }

  private runEntry(entry: CacheEntry, feeds: readonly Feed[]): NdArray[] {
    entry.usedAt = ++this.runs;
    const outputs = entry.executable.run(feeds);
    if (entry.settledAt !== this.version) {
      for (const { name, state } of entry.writes) {
        const known = this.variables.get(name);
        if (known === undefined || !sameShape(known.shape, state.shape)) this.version++;
        this.variables.set(name, state);
      }
      entry.settledAt = this.version;
    }
    return outputs;
  }

  private uninitialized(name: string, order: readonly Operation[], request: Request): never {
    const variable = order.find((op) => op.name === name);
    throw new FailedPreconditionError(`Attempting to use uninitialized value ${name}`, {
      op: name,
      createdAt: variable?.createdAt,
      neededBy: variable && pathTo(variable, request.fetches, request.targets, fedSet(request)),
      hint:
        this.variables.size === 0
          ? "await session.run(tf.globalVariablesInitializer())"
          : "await session.run(tf.globalVariablesInitializer()); yours ran before this variable existed",
    });
  }
}

const nothing: ReadonlySet<Operation> = new Set();
const noValues: ReadonlyMap<Tensor, NdArray> = new Map();

function sameShapes(shapes: readonly (readonly number[])[], feeds: readonly Feed[]): boolean {
  for (let i = 0; i < shapes.length; i++) {
    const [a, b] = [shapes[i] as readonly number[], (feeds[i] as Feed).shape];
    if (a !== b && !sameShape(a, b)) return false;
  }
  return true;
}

/** A run as a request; strings are held apart, as programs have none. */
function requestOf(
  fetches: readonly Tensor[],
  targets: readonly Operation[],
  feeds: readonly Fed[],
  done: ReadonlySet<Operation>,
): Request {
  const strings = feeds.filter(({ tensor }) => tensor.dtype === "string");
  return {
    fetches,
    targets,
    feeds: strings.length === 0 ? feeds : feeds.filter((fed) => !strings.includes(fed)),
    known: noValues,
    held: new Map(strings.map(({ tensor, value }) => [tensor, value as NdArray])),
    done,
  };
}
