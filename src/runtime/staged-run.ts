/**
 * @file Runs that fall into stages, since an operation needs JavaScript itself, some shape depends on a computed
 * value, or a fetch is fed with strings. Each stage is a run of its own, and its results are fed to the rest. Loaded
 * for the first of them.
 */
import { feedArray } from "../backends/index.js";
import { prune } from "../compiler/index.js";
import { InvalidArgumentError, type NdArray, type NumericDType } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { HostLowering } from "../ir/index.js";
import type { Executor } from "./executor.js";
import { fedSet, hasWrites, heldValue, type Request, type Stages } from "./request.js";

export class StagedRuns {
  constructor(private readonly executor: Executor) {}

  /** A run that has operations for the host. */
  runHosts(plan: Stages, request: Request): Promise<NdArray[]> {
    return plan.first === undefined ? this.runThenHosts(plan, request) : this.runHost(plan.first, plan, request);
  }

  /** A run of which some tensors must be known before its program can be made. */
  async runAfter(needs: readonly Tensor[], plan: Stages, request: Request): Promise<NdArray[]> {
    const { results, rest } = await this.runEarly(needs, [], plan, request);
    const known = new Map(request.known);
    needs.forEach((tensor, i) => {
      known.set(tensor, results[i] as NdArray);
    });
    return this.executor.runStages({ ...rest, known });
  }

  /** A run that fetches strings, which programs do not have. */
  async runBesideStrings(request: Request): Promise<NdArray[]> {
    const { held } = request;
    const fetches = request.fetches.filter((tensor) => heldValue(tensor, held) === undefined);
    const computed =
      fetches.length === 0 && request.targets.length === 0
        ? []
        : await this.executor.runStages({ ...request, fetches });
    let next = 0;
    return request.fetches.map((tensor) => heldValue(tensor, held) ?? (computed[next++] as NdArray));
  }

  /** Runs everything else in one go, and the host operations on its results. */
  private async runThenHosts({ last }: Stages, request: Request): Promise<NdArray[]> {
    const hosts = new Set(last);
    const fed = fedSet(request);
    const isComputed = (tensor: Tensor): boolean =>
      (fed.has(tensor) || !hosts.has(tensor.op)) && heldValue(tensor, request.held) === undefined;
    const fetches = [...new Set([...request.fetches, ...last.flatMap((host) => host.inputs)])].filter(isComputed);
    const controls = last.flatMap((host) => host.controlInputs).filter((op) => !request.done.has(op));
    const targets = [...new Set([...request.targets, ...controls])].filter((op) => !hosts.has(op));
    const computed =
      fetches.length === 0 && targets.length === 0
        ? []
        : await this.executor.runStages({ ...request, fetches, targets });
    const values = new Map(fetches.map((tensor, i) => [tensor, computed[i] as NdArray]));
    const resultOf = (tensor: Tensor): NdArray => (values.get(tensor) ?? heldValue(tensor, request.held)) as NdArray;
    for (const host of last) {
      const outputs = this.invoke(host, host.inputs.map(resultOf));
      host.outputs.forEach((tensor, i) => {
        if (!fed.has(tensor)) values.set(tensor, outputs[i] as NdArray);
      });
    }
    return request.fetches.map(resultOf);
  }

  /** Runs one host operation, everything it needs first, then the rest with its outputs fed. */
  private async runHost(host: Operation, plan: Stages, request: Request): Promise<NdArray[]> {
    const before = host.controlInputs.filter((op) => !request.done.has(op));
    const { results, rest } = await this.runEarly(host.inputs, before, plan, request);
    const outputs = this.invoke(host, results);
    const fed = fedSet(request);
    const made = host.outputs.map((tensor, i) => [tensor, outputs[i] as NdArray] as const);
    return this.executor.runStages({
      ...withValues(
        rest,
        made.filter(([tensor]) => !fed.has(tensor)),
      ),
      targets: rest.targets.filter((op) => op !== host),
      done: new Set([...rest.done, host]),
    });
  }

  private invoke(host: Operation, inputs: readonly NdArray[]): readonly NdArray[] {
    return (host.definition.lower as HostLowering).run(inputs, {
      attributes: host.attributes,
      name: host.name,
      isVariableInitialized: (name) => this.executor.isInitialized(name),
      fail: (message, hint) => {
        throw new InvalidArgumentError(message, { op: host.name, createdAt: host.createdAt, hint });
      },
    });
  }

  /** Computes some tensors ahead of a run, and what of the run remains afterwards. */
  private async runEarly(
    tensors: readonly Tensor[],
    targets: readonly Operation[],
    { order }: Stages,
    request: Request,
  ): Promise<{ results: NdArray[]; rest: Request }> {
    const early = earlyPart(tensors, targets, order, request);
    if (early.size === 0) return { results: valuesAtHand(tensors, request), rest: request };
    const crossing = crossings(early, order, request);
    const executed = hasWrites(early) ? order.filter((op) => early.has(op)) : targets;
    const values = await this.executor.runStages({ ...request, fetches: [...tensors, ...crossing], targets: executed });
    const rest = withValues(
      {
        ...request,
        targets: request.targets.filter((op) => !early.has(op)),
        done: new Set([...request.done, ...early]),
      },
      crossing.map((tensor, i) => [tensor, values[tensors.length + i] as NdArray] as const),
    );
    return { results: values.slice(0, tensors.length), rest };
  }
}

/**
 * The part of `order` that must run before `tensors` and `targets` are known: what they need and,
 * where that writes to variables, everything that takes effect before it, so that splitting a run
 * never changes what its reads see.
 */
function earlyPart(
  tensors: readonly Tensor[],
  targets: readonly Operation[],
  order: readonly Operation[],
  request: Request,
): ReadonlySet<Operation> {
  const needed = new Set(prune(tensors, targets, fedSet(request), request.done).order);
  if (!hasWrites(needed)) return needed;
  const end = order.findLastIndex((op) => needed.has(op)) + 1;
  return new Set(order.slice(0, end));
}

/** The tensors of the early part that the rest of the run reads or returns. */
function crossings(early: ReadonlySet<Operation>, order: readonly Operation[], request: Request): Tensor[] {
  const fed = fedSet(request);
  const crossing = new Set<Tensor>();
  const consider = (tensor: Tensor): void => {
    const isVariable = tensor.op.definition.lower.kind === "variable";
    if (early.has(tensor.op) && !fed.has(tensor) && !isVariable) crossing.add(tensor);
  };
  for (const op of order) if (!early.has(op)) op.inputs.forEach(consider);
  request.fetches.forEach(consider);
  return [...crossing];
}

/** Values of tensors that are fed, known or held. */
function valuesAtHand(tensors: readonly Tensor[], { feeds, known, held }: Request): NdArray[] {
  const fed = new Map<Tensor, NdArray>(
    feeds.map(({ tensor, value }) => [tensor, feedArray(value, tensor.dtype as NumericDType)]),
  );
  return tensors.map((tensor) => (known.get(tensor) ?? fed.get(tensor) ?? heldValue(tensor, held)) as NdArray);
}

/** A request with computed values added to its feeds, and strings to what is held. */
function withValues(request: Request, values: readonly (readonly [Tensor, NdArray])[]): Request {
  const isString = ([tensor]: readonly [Tensor, NdArray]): boolean => tensor.dtype === "string";
  return {
    ...request,
    held: new Map([...request.held, ...values.filter(isString)]),
    feeds: [
      ...request.feeds,
      ...values
        .filter((pair) => !isString(pair))
        .map(([tensor, value]) => ({ tensor, value: value as NdArray<NumericDType> })),
    ],
  };
}
