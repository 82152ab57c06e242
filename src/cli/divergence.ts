/**
 * @file Finds the operation with which a loss stopped being a number: goes through everything the loss
 * is computed from, in the order it is computed, and stops at the first NaN or infinity.
 */
import { isFloating, NdArray } from "../core/index.js";
import type { Operation, Tensor } from "../graph/index.js";
import type { Feeds, Session } from "../runtime/index.js";

/** The first operation with a result that is no finite number. */
export interface Culprit {
  readonly operation: Operation;
  readonly found: "NaN" | "infinity";
  /** The largest magnitude in each input, which tells why. */
  readonly inputs: readonly { readonly name: string; readonly largest: number }[];
}

/** @returns undefined where everything is finite: then these feeds and variables are not the cause */
export async function findCulprit(session: Session, loss: Tensor, feeds: Feeds): Promise<Culprit | undefined> {
  const tensors = ancestorsOf(loss.op).flatMap((operation) => operation.outputs.filter((t) => isFloating(t.dtype)));
  const values: readonly unknown[] = await session.run(tensors, feeds);
  const extents = new Map(tensors.map((tensor, i) => [tensor, extentOf(values[i])]));
  const first = tensors.find((tensor) => !Number.isFinite(extents.get(tensor)));
  if (first === undefined) return undefined;
  const inputs = first.op.inputs.flatMap((input) => {
    const largest = extents.get(input);
    return largest === undefined ? [] : [{ name: input.op.name, largest }];
  });
  return { operation: first.op, found: Number.isNaN(extents.get(first)) ? "NaN" : "infinity", inputs };
}

/** An operation and all it depends on, in the order of their making, which is an order of computation. */
function ancestorsOf(last: Operation): Operation[] {
  const seen = new Set<Operation>();
  const open = [last];
  for (let operation = open.pop(); operation !== undefined; operation = open.pop()) {
    if (seen.has(operation)) continue;
    seen.add(operation);
    open.push(...operation.inputs.map((input) => input.op));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** The largest magnitude; NaN where there is one. */
function extentOf(value: unknown): number {
  const numbers = value instanceof NdArray ? value.data : [value];
  let largest = 0;
  for (const element of numbers) {
    const magnitude = Math.abs(Number(element));
    if (Number.isNaN(magnitude)) return Number.NaN;
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}
