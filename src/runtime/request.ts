/**
 * @file What one run asks for, and how it is taken apart where a single program cannot do all of it:
 * which operations must come first, which can wait until the end. Pure functions; `executor.ts` acts.
 */
import { pathTo, prune } from "../compiler/index.js";
import { bracketed, dtypeFacts, InvalidArgumentError, type NdArray } from "../core/index.js";
import { constantValue, type Operation, type Tensor } from "../graph/index.js";
import type { Fed } from "./feeds.js";

export interface Request {
  readonly fetches: readonly Tensor[];
  readonly targets: readonly Operation[];
  readonly feeds: readonly Fed[];
  /** Tensors whose values the program is specialized for. */
  readonly known: ReadonlyMap<Tensor, NdArray>;
  /** Strings, which live on the host alone. */
  readonly held: ReadonlyMap<Tensor, NdArray>;
  /** Operations that an earlier stage of the same run has executed. */
  readonly done: ReadonlySet<Operation>;
}

const tensorKey = (tensor: Tensor): string => `${tensor.op.id}:${tensor.index}`;

/** Equal keys: the same program serves, as long as the session's variables keep their shapes. */
export function keyOf({ fetches, targets, feeds, known, held, done }: Request): string {
  let key = "";
  for (const tensor of fetches) key += `${tensorKey(tensor)},`;
  key += "|";
  for (const op of targets) key += `${op.id},`;
  key += "|";
  for (const { tensor, value } of feeds) key += `${tensorKey(tensor)}[${value.shape.join(",")}],`;
  for (const [tensor, value] of known) key += `|${tensorKey(tensor)}=[${value.shape.join(",")}]${value.data.join(",")}`;
  for (const tensor of held.keys()) key += `~${tensorKey(tensor)}`;
  for (const op of done) key += `!${op.id}`;
  return key;
}

/** The tensors that need no computing. */
export const fedSet = ({ feeds, known, held }: Request): Set<Tensor> =>
  new Set([...feeds.map(({ tensor }) => tensor), ...known.keys(), ...held.keys()]);

/** A string, from the run or from the graph; programs have none. */
export const heldValue = (tensor: Tensor, held: ReadonlyMap<Tensor, NdArray>): NdArray | undefined =>
  held.get(tensor) ?? (tensor.dtype === "string" ? constantValue(tensor) : undefined);

/** Whether some of the operations change a variable. */
export const hasWrites = (operations: ReadonlySet<Operation>): boolean =>
  [...operations].some((op) => op.definition.writes !== undefined);

const isHost = (op: Operation): boolean => op.definition.lower.kind === "host";

/** How a run proceeds that needs more than one program. */
export interface Stages {
  readonly order: readonly Operation[];
  /** Host operations that only such operations wait for: they run last, on what the program gives. */
  readonly last: readonly Operation[];
  /** The first host operation that the rest of the run waits for. */
  readonly first: Operation | undefined;
}

/** @throws InvalidArgumentError for a placeholder that is needed and not fed */
export function stagesOf(request: Request): Stages {
  const fed = fedSet(request);
  const { order } = prune(request.fetches, request.targets, fed, request.done);
  requireFed(order, request, fed);
  const last = hostsAtTheEnd(order);
  return { order, last, first: last.length > 0 ? undefined : order.find(isHost) };
}

function hostsAtTheEnd(order: readonly Operation[]): Operation[] {
  const last: Operation[] = [];
  const awaited = new Set<Operation>();
  for (const op of [...order].reverse()) {
    // One without inputs asks about the session's state, and must do so in its turn.
    if (isHost(op) && op.inputs.length > 0 && !awaited.has(op)) {
      last.unshift(op);
      continue;
    }
    for (const input of op.inputs) awaited.add(input.op);
    for (const control of op.controlInputs) awaited.add(control);
  }
  return last;
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
