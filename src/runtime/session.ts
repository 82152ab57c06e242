/**
 * @file `Session`: runs parts of a graph and keeps the values of its variables. Follows
 * `tensorflow/python/client/session.py` of TensorFlow 1.3; runs return promises.
 */
import { platform } from "#platform";
import {
  type BackendName,
  closedSession,
  type DebugSink,
  type Device,
  type Feed,
  feedArray,
  openDevice,
} from "../backends/index.js";
import {
  ArgumentError,
  type ArrayLike_,
  type DType,
  NdArray,
  type NumericDType,
  type OptionNames,
  requireOptions,
  SessionError,
} from "../core/index.js";
import { type Graph, getDefaultGraph, type Operation, pushDefaultGraph, type Tensor, within } from "../graph/index.js";
import { selectDevice, selectThreads } from "./device.js";
import { defaultProgramLimit, Executor } from "./executor.js";
import { convertFeed, entriesOf, type FeedKey, type Feeds, type FeedValue, feedTensor, resolveFeeds } from "./feeds.js";
import { type FetchResult, planFetches } from "./fetches.js";
import { PartialRun } from "./partial-run.js";
import { type Call, RecentCalls } from "./recent.js";
import { SessionArray } from "./rows.js";

/** Where a session computes. `auto` takes the fastest that works here. */
export type DeviceName = "auto" | BackendName;

/** Options of {@link Session}. */
export interface SessionOptions {
  /** The graph to run. Default: the default graph at this moment. */
  readonly graph?: Graph;
  /** Default `auto`, or what `STRATA_DEVICE` names. */
  readonly device?: DeviceName;
  /**
   * Programs to keep. There is one for each combination of fetches, fed tensors and their shapes; the one
   * that was not used for longest makes room, and is compiled again when it is wanted. Default 256.
   */
  readonly programLimit?: number;
  /**
   * Threads that share the work of a run, the calling one among them; results are the same bits for any
   * number. Default: what `STRATA_THREADS` says, else as many as the machine has cores, 8 at most.
   */
  readonly threads?: number;
}

const sessionOptions: OptionNames<SessionOptions> = { graph: true, device: true, programLimit: true, threads: true };

/** The event loop gets a turn at least this often, in milliseconds. */
const turnInterval = 10;

/** A function made by {@link Session.makeCallable}: positional feeds in, fetched values out. */
export interface Callable<F> {
  (...values: FeedValue[]): Promise<FetchResult<F>>;
  /**
   * Runs at once and returns the values themselves. The program for feeds of these shapes must be at hand:
   * await the callable, or {@link Callable.prepare}, once before. The event loop gets no turn between such
   * calls, and on `native` a program stays in its WebAssembly form until an awaited call.
   * @throws SessionError where the program is not at hand, or an earlier run has not finished
   */
  sync(...values: FeedValue[]): FetchResult<F>;
  /**
   * Compiles the program for feeds of these shapes without running it.
   * @throws SessionError where a run takes more than one program, which `sync` cannot do
   */
  prepare(...values: FeedValue[]): Promise<void>;
  /** @internal The awaited call without its promise where there is nothing to wait for. */
  soon(values: readonly FeedValue[]): FetchResult<F> | Promise<FetchResult<F>>;
}

/**
 * Runs operations of one graph. Variable values belong to the session: two sessions on one graph are
 * independent. The graph may keep growing. `using session = new tf.Session()` closes it at the end of
 * the scope.
 */
export class Session implements Disposable {
  /** Messages name it; minifiers would change it. */
  static readonly name: string = "Session";
  readonly graph: Graph;
  private readonly device: Device;
  private readonly executor: Executor;
  private closed = false;
  private running: Promise<unknown> | undefined;
  private lastTurn = platform.now();
  private readonly recent = new RecentCalls();

  /** @throws UnavailableError when the named device does not work here */
  constructor(options: SessionOptions = {}) {
    requireOptions("new Session", options, sessionOptions);
    const { programLimit = defaultProgramLimit } = options;
    if (!Number.isInteger(programLimit) || programLimit < 1)
      throw new ArgumentError(`programLimit must be a whole number above 0, not ${String(programLimit)}`);
    this.graph = options.graph ?? getDefaultGraph();
    platform.enableRelaxedSimd();
    this.device = openDevice(selectDevice(options.device), {
      debug: debugSink(),
      warn: (message) => platform.stderr.write(`${message}\n`),
      toolchain: platform.toolchain(),
      threads: selectThreads(options.threads),
      startThread: platform.startThread,
    });
    this.executor = new Executor(this.device, programLimit);
  }

  /** The backend this session computes on. */
  get deviceName(): BackendName {
    return this.device.backend;
  }
  /** Bytes of memory the session holds for variables and programs. */
  get memoryUsage(): number {
    return this.device.bytes;
  }
  /** The devices of this session; one, today. */
  listDevices(): { readonly name: string; readonly deviceType: string; readonly memory: number }[] {
    return [{ name: `/device:${this.device.backend}:0`, deviceType: this.device.backend, memory: this.device.bytes }];
  }

  /**
   * Runs what `fetches` needs and returns the values in the same structure: a tensor of static shape
   * `[]` as a number or boolean, others as {@link NdArray}, an operation as `null`.
   *
   * Each operation runs at most once; reads take place before the writes of the same run unless a
   * control dependency orders them. `feeds` replaces tensors, not only placeholders.
   * @throws SessionError, FetchError, FeedError, and the run-time errors of `tf.errors`
   */
  async run<const F>(fetches: F, feeds?: Feeds): Promise<FetchResult<F>> {
    this.requireOpen();
    this.requireOperations();
    const pairs = entriesOf(feeds);
    const known = this.recent.find(fetches, pairs);
    if (known !== undefined)
      return this.execute(
        known,
        this.convert(known, (i) => pairs[i]?.[1] as FeedValue),
      );
    const plan = planFetches(this.graph, fetches);
    const fed = resolveFeeds(this.graph, pairs, this);
    const call: Call = { plan, site: { ...plan, fetches: plan.tensors, tensors: fed.map(({ tensor }) => tensor) } };
    // A tensor that is fed twice takes the later value; such calls are resolved each time.
    if (fed.length === pairs.length)
      this.recent.add(
        fetches,
        Array.from(pairs, ([key]) => key),
        call,
      );
    return this.execute(
      call,
      fed.map(({ value }) => value),
    );
  }

  /**
   * A function for running the same fetches often: feeds are positional, in the order of `feedList`. What
   * {@link run} looks up at each call is settled once. Its `sync` returns values instead of promises.
   * @throws FetchError, FeedError for elements that are not in the graph
   */
  makeCallable<const F>(fetches: F, feedList: readonly FeedKey[] = []): Callable<F> {
    this.requireOpen();
    const plan = planFetches(this.graph, fetches);
    const tensors = feedList.map((key) => feedTensor(this.graph, key));
    const call: Call = { plan, site: { fetches: plan.tensors, targets: plan.targets, tensors } };
    const feedsOf = (values: readonly FeedValue[]): Feed[] => {
      this.requireOpen();
      if (values.length !== tensors.length)
        throw new ArgumentError(`Expected ${tensors.length} values for feed_list; got ${values.length}`);
      return this.convert(call, (i) => values[i] as FeedValue);
    };
    const run = async (...values: FeedValue[]): Promise<FetchResult<F>> => this.execute(call, feedsOf(values));
    return Object.assign(run, {
      sync: (...values: FeedValue[]) => this.executeNow<F>(call, feedsOf(values)),
      prepare: (...values: FeedValue[]) => this.prepare(call, feedsOf(values)),
      soon: (values: readonly FeedValue[]) => this.execute<F>(call, feedsOf(values)),
    });
  }

  /**
   * Copies an array into the session's memory. Steps that train on rows of it then bring row numbers alone:
   * `step(tf.takeRows(images, order, begin, end), …)`. Rows may be fed to tensors of another floating dtype.
   * The memory is held until `dispose()` or the end of the session.
   * @param dtype of the array there; default: its own
   * @throws ResourceExhaustedError where the memory does not suffice
   */
  async upload(value: ArrayLike_, dtype?: NumericDType): Promise<SessionArray> {
    this.requireOpen();
    const array: NdArray = NdArray.from<DType>(value, dtype);
    if (array.dtype === "string")
      throw new ArgumentError("Strings cannot be uploaded: programs have none", {
        hint: "feed them with each run",
      });
    return new SessionArray(await this.device.upload(array as NdArray<NumericDType>), this);
  }

  /** Declares all fetches and feeds of a run that is supplied in stages; see {@link partialRun}. */
  partialRunSetup(fetches: unknown, feeds: readonly FeedKey[] = []): PartialRun {
    this.requireOpen();
    const plan = planFetches(this.graph, fetches);
    const tensors = feeds.map((key) => feedTensor(this.graph, key));
    return new PartialRun(plan, tensors);
  }

  /**
   * One stage of a partial run: each declared fetch is available once, as soon as what it needs is fed.
   * @throws SessionError when an operation (a target) is fetched
   */
  async partialRun<const F>(handle: PartialRun, fetches: F, feeds?: Feeds): Promise<FetchResult<F>> {
    this.requireOpen();
    const plan = planFetches(this.graph, fetches);
    if (plan.targets.length > 0)
      throw new SessionError("partial_run() requires empty target_list.", {
        op: plan.targets[0]?.name,
        hint: "fetch tensors; run operations with session.run()",
      });
    const fed = resolveFeeds(this.graph, feeds, this).map(({ tensor, value }) => ({
      tensor,
      value: feedArray(value, tensor.dtype as NumericDType),
    }));
    const values = await this.exclusively(async () => {
      const { beginStage, finishStage } = await import("./partial-stage.js");
      const stage = beginStage(handle, plan.tensors, fed);
      return finishStage(handle, stage, await this.executor.run(stage.compute, [], stage.feeds, stage.done));
    });
    return plan.assemble(values) as FetchResult<F>;
  }

  /** Makes this the default session while `body` runs, or until disposed. Does not close it. */
  asDefault<T>(body: (session: this) => T): T;
  asDefault(): Disposable;
  asDefault<T>(body?: (session: this) => T): T | Disposable {
    const leave = pushDefaultSession(this);
    return within("", body === undefined ? undefined : () => body(this), leave);
  }

  /** Frees everything. Later runs fail. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.device.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal The value of a variable without a run, for checkpoints; `undefined` before it has one. */
  readVariable(name: string): NdArray<NumericDType> | undefined {
    this.requireOpen();
    return this.executor.isInitialized(name) ? this.device.readVariable(name) : undefined;
  }

  private requireOpen(): void {
    if (this.closed) throw closedSession();
  }

  private requireOperations(): void {
    if (this.graph.version === 0)
      throw new SessionError("The Session graph is empty. Add operations to the graph before calling run().", {
        hint: "a session runs the graph that was the default when it was opened, or the one in its options",
      });
  }

  private convert({ site }: Call, valueAt: (i: number) => FeedValue): Feed[] {
    const { tensors } = site;
    const feeds = new Array<Feed>(tensors.length);
    for (let i = 0; i < feeds.length; i++) feeds[i] = convertFeed(tensors[i] as Tensor, valueAt(i), this);
    return feeds;
  }

  /** At once where that is possible; else in its turn. */
  private execute<F>({ plan, site }: Call, feeds: readonly Feed[]): FetchResult<F> | Promise<FetchResult<F>> {
    if (isEmpty(site)) return plan.assemble([]) as FetchResult<F>;
    if (this.running === undefined && !this.isTurnDue()) {
      const values = this.executor.runNow(site, feeds, true);
      if (values !== undefined) return plan.assemble(values) as FetchResult<F>;
    }
    const fed = site.tensors.map((tensor, i) => ({ tensor, value: feeds[i] as Feed }));
    return this.exclusively(() => this.executor.run(site.fetches, site.targets, fed)).then(
      (values) => plan.assemble(values) as FetchResult<F>,
    );
  }

  private executeNow<F>({ plan, site }: Call, feeds: readonly Feed[]): FetchResult<F> {
    if (isEmpty(site)) return plan.assemble([]) as FetchResult<F>;
    if (this.running !== undefined)
      throw new SessionError("sync() was called while an earlier run of this session has not finished.", {
        hint: "await that run first, or await this one",
      });
    const values = this.executor.runNow(site, feeds, false);
    if (values === undefined)
      throw new SessionError("sync() has no compiled program for feeds of these shapes.", {
        hint: "await callable(…) or callable.prepare(…) with such values before, and whenever variables change their shapes",
      });
    return plan.assemble(values) as FetchResult<F>;
  }

  private async prepare({ site }: Call, feeds: readonly Feed[]): Promise<void> {
    if (isEmpty(site)) return;
    const fed = site.tensors.map((tensor, i) => ({ tensor, value: feeds[i] as Feed }));
    if (await this.exclusively(() => this.executor.prepare(site, fed))) return;
    throw new SessionError("A run of these fetches takes more than one program, so that it cannot be prepared.", {
      hint: "await the callable instead: strings, host operations and shapes that depend on values need several steps",
    });
  }

  /** One run at a time, in the order of the calls; and the event loop turns every now and then. */
  private async exclusively<T>(body: () => Promise<T>): Promise<T> {
    const before = this.running;
    const mine = before === undefined && !this.isTurnDue() ? body() : this.whenDone(before, body);
    this.running = mine;
    try {
      return await mine;
    } finally {
      if (this.running === mine) this.running = undefined;
    }
  }

  private isTurnDue(): boolean {
    return platform.now() - this.lastTurn > turnInterval;
  }

  private async whenDone<T>(before: Promise<unknown> | undefined, body: () => Promise<T>): Promise<T> {
    // An earlier run that failed has told its own caller.
    await before?.catch(() => undefined);
    if (this.isTurnDue()) {
      await platform.turn();
      this.lastTurn = platform.now();
    }
    this.requireOpen();
    return body();
  }
}

const isEmpty = ({ fetches, targets }: Call["site"]): boolean => fetches.length === 0 && targets.length === 0;

/** A session that is the default from its construction until it is closed. */
export class InteractiveSession extends Session {
  private readonly leave: (() => void)[];

  constructor(options: SessionOptions = {}) {
    super(options);
    this.leave = [pushDefaultSession(this)];
    if (options.graph !== undefined) this.leave.push(pushDefaultGraph(options.graph));
  }
  override close(): void {
    for (const leave of this.leave.splice(0)) leave();
    super.close();
  }
}

/**
 * Makes a session and its graph the defaults while `body` runs, and closes it afterwards, also on
 * errors. `with tf.Session() as session:`.
 * @throws SessionError when the session is entered already
 */
export async function withSession<S extends Session, T>(session: S, body: (session: S) => T | Promise<T>): Promise<T> {
  if (entered.has(session))
    throw new SessionError("Session context managers are not re-entrant.", {
      hint: "session.asDefault() makes it the default without closing it, as often as you like",
    });
  entered.add(session);
  const leaveSession = pushDefaultSession(session);
  const leaveGraph = pushDefaultGraph(session.graph);
  try {
    return await body(session);
  } finally {
    leaveGraph();
    leaveSession();
    entered.delete(session);
    session.close();
  }
}
const entered = new WeakSet<Session>();

// ---- default sessions ----

const stack: Session[] = [];

function pushDefaultSession(session: Session): () => void {
  stack.push(session);
  return () => {
    const at = stack.lastIndexOf(session);
    if (at >= 0) stack.splice(at, 1);
  };
}

/** The innermost default session, or `null`. */
export const getDefaultSession = (): Session | null => stack.at(-1) ?? null;

/** The session an `eval()` or `run()` without one uses. @throws SessionError */
export function requireSession(element: Tensor | Operation, verb: "eval" | "run", session?: Session): Session {
  const what = verb === "eval" ? "evaluate tensor using `eval()`" : "execute operation using `run()`";
  const thing = verb === "eval" ? "tensor" : "operation";
  const chosen = session ?? getDefaultSession();
  if (chosen === null)
    throw new SessionError(
      `Cannot ${what}: No default session is registered. Use \`withSession(session, …)\` or pass an explicit session to \`${verb}(feeds, session)\``,
      { hint: "new tf.Session() alone is no default; session.run() needs none" },
    );
  if (chosen.graph !== element.graph)
    throw new SessionError(
      session === undefined
        ? `Cannot use the default session to ${what.replace(/ using.*/, "")}: the ${thing}'s graph is different from the session's graph. Pass an explicit session to \`${verb}(feeds, session)\`.`
        : `Cannot use the given session to ${what.replace(/ using.*/, "")}: the ${thing}'s graph is different from the session's graph.`,
    );
  return chosen;
}

/** Prints the stages that `STRATA_DEBUG` lists (`program,kernels,plan`) to stderr. */
function debugSink(): DebugSink {
  const wanted = new Set((platform.environment("STRATA_DEBUG") ?? "").split(",").filter((stage) => stage !== ""));
  return async (stage, text) => {
    if (wanted.has(stage) || wanted.has("all")) platform.stderr.write(`-- ${stage} --\n${await text()}\n`);
  };
}
