/** @file The check of the cross entropies that labels and logits come by name: swapping them goes unnoticed otherwise. */
import { ArgumentError, NdArray } from "../../core/index.js";
import { tensorOf } from "../define.js";

/** @throws ArgumentError for positional operands, or when labels or logits are missing */
export function requireNamed(name: string, operands: unknown): void {
  const hint = `${name}({ labels, logits })`;
  const isPositional =
    (typeof operands !== "object" && operands !== undefined) ||
    tensorOf(operands) !== undefined ||
    Array.isArray(operands) ||
    ArrayBuffer.isView(operands) ||
    operands instanceof NdArray;
  if (isPositional)
    throw new ArgumentError(`Only call \`${name}\` with named arguments (labels=..., logits=..., ...)`, { hint });
  const { labels, logits } = (operands ?? {}) as { labels?: unknown; logits?: unknown };
  if (labels === undefined || labels === null || logits === undefined || logits === null)
    throw new ArgumentError("Both labels and logits must be provided.", { hint });
}
