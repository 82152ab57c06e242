/**
 * @file First stage: which operations a run needs, and in which order they take effect.
 *
 * The order is deterministic. Every operation belongs to an *epoch*, the number of writes to
 * variables on the longest path that leads to it; within an epoch everything that only reads comes
 * before everything that writes, each in the order of creation. So a fetched loss reflects the
 * weights before the update of the same run unless a control dependency says otherwise.
 */
import type { Operation, Tensor } from "../graph/index.js";

export interface PrunedGraph {
  /** The operations that run, in the order in which they take effect. */
  readonly order: readonly Operation[];
}

const writes = (op: Operation): boolean => op.definition.writes !== undefined;

/**
 * The operations that `fetches` and `targets` need, cut at the fed tensors and at operations that an
 * earlier part of the same run has `done`.
 */
export function prune(
  fetches: readonly Tensor[],
  targets: readonly Operation[],
  fed: ReadonlySet<Tensor>,
  done: ReadonlySet<Operation> = new Set(),
): PrunedGraph {
  const epochs = new Map<Operation, number>();
  const stack: Operation[] = [...fetches.filter((t) => !fed.has(t)).map((t) => t.op), ...targets];
  const dependencies = (op: Operation): Operation[] => [
    ...op.inputs.filter((input) => !fed.has(input)).map((input) => input.op),
    ...op.controlInputs.filter((control) => !done.has(control)),
  ];
  while (stack.length > 0) {
    const op = stack[stack.length - 1] as Operation;
    if (epochs.has(op)) {
      stack.pop();
      continue;
    }
    const needed = dependencies(op);
    const missing = needed.filter((d) => !epochs.has(d));
    if (missing.length > 0) {
      stack.push(...missing);
      continue;
    }
    let epoch = 0;
    for (const dependency of needed)
      epoch = Math.max(epoch, (epochs.get(dependency) as number) + (writes(dependency) ? 1 : 0));
    epochs.set(op, epoch);
    stack.pop();
  }
  const order = [...epochs.keys()].sort(
    (a, b) =>
      (epochs.get(a) as number) - (epochs.get(b) as number) || Number(writes(a)) - Number(writes(b)) || a.id - b.id,
  );
  return { order };
}

/** The path from a fetched element down to `op`, for messages: `loss ← dense/MatMul ← dense/kernel`. */
export function pathTo(
  op: Operation,
  fetches: readonly Tensor[],
  targets: readonly Operation[],
  fed: ReadonlySet<Tensor>,
): string {
  const from = new Map<Operation, Operation | null>();
  const queue: Operation[] = [];
  for (const root of [...fetches.filter((t) => !fed.has(t)).map((t) => t.op), ...targets])
    if (!from.has(root)) {
      from.set(root, null);
      queue.push(root);
    }
  for (const current of queue) {
    if (current === op) break;
    const next = [...current.inputs.filter((t) => !fed.has(t)).map((t) => t.op), ...current.controlInputs];
    for (const dependency of next)
      if (!from.has(dependency)) {
        from.set(dependency, current);
        queue.push(dependency);
      }
  }
  const path: string[] = [];
  for (let at: Operation | null | undefined = op; at != null; at = from.get(at)) path.push(at.name);
  return path.reverse().join(" ← ");
}
