/** @file Programs as text, one value per line, for `STRATA_DEBUG=program`. */
import { bracketed } from "../core/index.js";
import { type Block, blockPrograms, type Program, printExpr, type Value } from "../ir/index.js";
import { liveValues } from "./liveness.js";

export function printProgram(program: Program): string {
  const lines = liveValues(program).map(
    (value) => `v${value.id}: ${value.dtype}${bracketed(value.shape)} = ${printDefinition(value)}  # ${value.origin}`,
  );
  for (const { variable, value } of program.updates) lines.push(`${variable} <- v${value}`);
  lines.push(`return ${program.outputs.map((id) => `v${id}`).join(", ")}`);
  return lines.join("\n");
}

function printDefinition({ definition: d }: Value): string {
  switch (d.kind) {
    case "feed":
      return "feed";
    case "variable":
      return `variable ${d.variable}`;
    case "constant":
      return `constant (${d.data.size} elements)`;
    case "map":
      return printExpr(d.body);
    case "reduce":
      return `${d.op} over ${bracketed(d.extents)} of ${printExpr(d.body)}`;
    case "argReduce":
      return `arg${d.which} over ${bracketed(d.extents)} of ${printExpr(d.body)}`;
    case "contraction":
      return `contraction over ${bracketed(d.extents)} of ${printExpr(d.a)} with ${printExpr(d.b)}`;
    case "random":
      return `${d.distribution} seed (${d.seed?.join(", ") ?? "from the system"})`;
    case "scatter":
      return `scatter ${d.combine} over ${bracketed(d.extents)} of ${printExpr(d.update)} at [${d.indices.map((i) => printExpr(i)).join(", ")}] from ${printExpr(d.base)}`;
    case "block":
      return `output ${d.output} of ${printBlock(d.block)}`;
  }
}

function printBlock(block: Block): string {
  const list = (ids: readonly number[]): string => `[${ids.map((id) => `v${id}`).join(", ")}]`;
  const programs = blockPrograms(block).map((program) => `{\n${printProgram(program)}\n}`);
  if (block.kind === "branch")
    return `branch on v${block.condition} with ${list(block.invariant)} ${programs.join(" else ")}`;
  const { steps, reverse, carried, sliced, invariant } = block;
  const limit = block.count === null ? `${steps} times` : `v${block.count} of at most ${steps} times`;
  const count = `${steps === null ? "without limit" : limit}${reverse ? " backwards" : ""}`;
  return `loop ${count}, carrying ${list(carried)}, slicing ${list(sliced)}, with ${list(invariant)} ${programs.join(" do ")}`;
}
