/**
 * @file Finds or makes the executables a run needs. Most runs are one executable, found by fetches,
 * feeds and their shapes. Where an operation needs JavaScript itself, or a shape depends on computed
 * values, the run falls into stages: what comes before is computed, and its results are fed to the rest.
 */

import type { Device, Executable } from "../backends/index.js";
import { NeedsValues, pathTo, prune, specialize } from "../compiler/index.js";
import {
  bracketed,
  dtypeFacts,
  FailedPreconditionError,
  InvalidArgumentError,
  type NdArray,
  type NumericDType,
  sameShape,
} from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { HostLowering } from "../ir/index.js";
import type { Fed } from "./feeds.js";

interface VariableState {
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
}

interface CacheEntry {
  readonly executable: Executable;
  /** What was assumed of variables; another entry is made where it no longer holds. */
  readonly reads: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly states: readonly { readonly name: string; readonly initialized: boolean }[];
  readonly writes: readonly { readonly name: string; readonly state: VariableState }[];
}

interface Request {
  readonly fetches: readonly Tensor[];
  readonly targets: readonly Operation[];
  readonly feeds: readonly Fed[];
  /** Tensors whose values the program is specialized for. */
  readonly known: ReadonlyMap<Tensor, NdArray>;
  readonly done: ReadonlySet<Operation>;
}

export class Executor {
  private readonly cache = new Map<string, CacheEntry[]>();
  private readonly variables = new Map<string, VariableState>();

  constructor(private readonly device: Device) {}

  isInitialized(variable: string): boolean {
    return this.variables.has(variable);
  }

  /** Number of programs compiled so far, for tests and diagnostics. */
  get programCount(): number {
    let count = 0;
    for (const entries of this.cache.values()) count += entries.length;
    return count;
  }

  /** Runs targets and returns the values of the fetched tensors. */
  async run(fetches: readonly Tensor[], targets: readonly Operation[], feeds: readonly Fed[]): Promise<NdArray[]> {
    return this.runStages({ fetches, targets, feeds, known: new Map(), done: new Set() });
  }

  private async runStages(request: Request): Promise<NdArray[]> {
    const { fetches, targets, feeds, known, done } = request;
    const fast = this.lookUp(request);
    if (fast !== undefined) return this.execute(fast, feeds);

    const fed = fedSet(request);
    const { order } = prune(fetches, targets, fed, done);
    requireFed(order, request, fed);
    const host = order.find((op) => op.definition.lower.kind === "host");
    if (host !== undefined) return this.runHost(host, order, request, fed);
    try {
      return this.execute(await this.compile(request, order), feeds);
    } catch (error) {
      if (!(error instanceof NeedsValues)) throw error;
      const { results, rest } = await this.runEarly(error.tensors, [], order, request, fed);
      const values = new Map(known);
      error.tensors.forEach((tensor, i) => {
        values.set(tensor, results[i] as NdArray);
      });
      return this.runStages({ ...rest, known: values });
    }
  }

  /** Runs one host operation, everything it needs first, then the rest with its outputs fed. */
  private async runHost(
    host: Operation,
    order: readonly Operation[],
    request: Request,
    fed: ReadonlySet<Tensor>,
  ): Promise<NdArray[]> {
    const before = host.controlInputs.filter((op) => !request.done.has(op));
    const { results, rest } = await this.runEarly(host.inputs, before, order, request, fed);
    const lowering = host.definition.lower as HostLowering;
    const outputs = lowering.run(results, {
      attributes: host.attributes,
      name: host.name,
      isVariableInitialized: (name) => this.isInitialized(name),
      fail: (message, hint) => {
        throw new InvalidArgumentError(message, { op: host.name, createdAt: host.createdAt, hint });
      },
    });
    const values = new Map(rest.known);
    host.outputs.forEach((tensor, i) => {
      if (!fed.has(tensor)) values.set(tensor, outputs[i] as NdArray);
    });
    const strings = host.outputs.filter((tensor) => tensor.dtype === "string");
    const remaining = {
      ...rest,
      fetches: rest.fetches.filter((tensor) => !strings.includes(tensor)),
      targets: rest.targets.filter((op) => op !== host),
      known: new Map([...values].filter(([tensor]) => tensor.dtype !== "string" && !isLarge(values.get(tensor)))),
      feeds: [
        ...rest.feeds,
        ...[...values]
          .filter(([tensor, value]) => tensor.dtype !== "string" && isLarge(value))
          .map(([tensor, value]) => ({ tensor, value: value as NdArray<NumericDType> })),
      ],
      done: new Set([...rest.done, host]),
    };
    const computed = await this.runStages(remaining);
    let next = 0;
    return rest.fetches.map((tensor) =>
      strings.includes(tensor) ? (values.get(tensor) as NdArray) : (computed[next++] as NdArray),
    );
  }

  /** Computes some tensors ahead of a run, and what of the run remains afterwards. */
  private async runEarly(
    tensors: readonly Tensor[],
    targets: readonly Operation[],
    order: readonly Operation[],
    request: Request,
    fed: ReadonlySet<Tensor>,
  ): Promise<{ results: NdArray[]; rest: Request }> {
    const early = new Set(prune(tensors, targets, fed, request.done).order);
    const boundary = new Set<Tensor>();
    const needed = (tensor: Tensor): void => {
      const structural = tensor.op.definition.lower.kind === "variable";
      if (early.has(tensor.op) && !fed.has(tensor) && !structural) boundary.add(tensor);
    };
    for (const op of order) if (!early.has(op)) op.inputs.forEach(needed);
    request.fetches.forEach(needed);
    const crossing = [...boundary];
    const values = await this.runStages({
      ...request,
      fetches: [...tensors, ...crossing],
      targets: [...targets, ...request.targets.filter((op) => early.has(op))],
    });
    const results = values.slice(0, tensors.length);
    const rest: Request = {
      ...request,
      targets: request.targets.filter((op) => !early.has(op)),
      feeds: [
        ...request.feeds,
        ...crossing.map((tensor, i) => ({ tensor, value: values[tensors.length + i] as NdArray<NumericDType> })),
      ],
      done: new Set([...request.done, ...early]),
    };
    return { results, rest };
  }

  private lookUp(request: Request): CacheEntry | undefined {
    return this.cache.get(keyOf(request))?.find((entry) => this.stillHolds(entry));
  }

  private stillHolds({ reads, states }: CacheEntry): boolean {
    return (
      reads.every(({ name, shape }) => sameShape((this.variables.get(name) as VariableState).shape, shape)) &&
      states.every(({ name, initialized }) => this.variables.has(name) === initialized)
    );
  }

  private async compile(request: Request, order: readonly Operation[]): Promise<CacheEntry> {
    const { program, reads, states } = specialize({
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
      executable: await this.device.compile(program),
      reads: reads.map(({ name }) => ({ name, shape: (this.variables.get(name) as VariableState).shape })),
      states: states.map((name) => ({ name, initialized: this.variables.has(name) })),
      writes: program.updates.map(({ variable, value }) => {
        const { dtype, shape } = program.values[value] as VariableState;
        return { name: variable, state: { dtype, shape } };
      }),
    };
    const key = keyOf(request);
    const entries = this.cache.get(key);
    if (entries === undefined) this.cache.set(key, [entry]);
    else entries.push(entry);
    return entry;
  }

  private execute(entry: CacheEntry, feeds: readonly Fed[]): NdArray[] {
    const outputs = entry.executable.run(feeds.map(({ value }) => value));
    for (const { name, state } of entry.writes) this.variables.set(name, state);
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

/** Values baked into a program are part of its key, so only small ones are. */
const isLarge = (value: NdArray | undefined): boolean => (value?.size ?? 0) > 64;

const fedSet = ({ feeds, known }: Request): Set<Tensor> =>
  new Set([...feeds.map(({ tensor }) => tensor), ...known.keys()]);

const tensorKey = (tensor: Tensor): string => `${tensor.op.id}:${tensor.index}`;

function keyOf({ fetches, targets, feeds, known, done }: Request): string {
  let key = "";
  for (const tensor of fetches) key += `${tensorKey(tensor)},`;
  key += "|";
  for (const op of targets) key += `${op.id},`;
  key += "|";
  for (const { tensor, value } of feeds) key += `${tensorKey(tensor)}[${value.shape.join(",")}],`;
  for (const [tensor, value] of known) key += `|${tensorKey(tensor)}=[${value.shape.join(",")}]${value.data.join(",")}`;
  for (const op of done) key += `!${op.id}`;
  return key;
}

function requireFed(order: readonly Operation[], request: Request, fed: ReadonlySet<Tensor>): void {
  const missing = order.find((op) => op.definition.lower.kind === "placeholder" && !fed.has(op.output));
  if (missing === undefined) return;
  const { dtype, partialShape } = missing.output;
  const shape = partialShape === null || partialShape.length === 0 ? "" : ` and shape ${bracketed(partialShape)}`;
  throw new InvalidArgumentError(
    `You must feed a value for placeholder tensor '${missing.name}' with dtype ${dtypeFacts[dtype].cName}${shape}`,
    {
      op: missing.name,
      createdAt: missing.createdAt,
      neededBy: pathTo(missing, request.fetches, request.targets, fed),
      hint: `session.run(fetches, [[${missing.name.split("/").at(-1)}, values]])`,
    },
  );
}
