/** @file Programs, kernels and plans as text, for `STRATA_DEBUG`. Loaded where it is set. */
import { bracketed } from "../core/index.js";
import {
  type Block,
  blockPrograms,
  type Expr,
  type Program,
  printExpr,
  type Value,
  type ValueId,
} from "../ir/index.js";
import type { Kernel, Store } from "./kernels.js";
import { liveValues } from "./liveness.js";
import type { Plan } from "./plan.js";

/** A program as text, one value per line. */
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

/** Kernels as text, for `STRATA_DEBUG=kernels`. */
export function printKernels(program: Program, kernels: readonly Kernel[]): string {
  return kernels.map((kernel, i) => `${i}: ${printKernel(program, kernel)}`).join("\n");
}

const name = (id: ValueId): string => `v${id}`;
const print = (e: Expr): string => printExpr(e, name);

function printKernel(program: Program, kernel: Kernel): string {
  const printStore = ({ value, indices, expression }: Store): string =>
    `${name(value)}[${indices.map(print).join(", ")}] = ${print(expression)}  # ${program.values[value]?.origin ?? "operand laid out"}`;
  switch (kernel.kind) {
    case "loops": {
      const lines = [`for ${bracketed(kernel.outer)}`];
      for (const phase of kernel.phases) {
        const extents = bracketed(phase.extents);
        if (phase.kind === "map") lines.push(`  for ${extents}`, ...phase.stores.map((s) => `    ${printStore(s)}`));
        else {
          const what = phase.kind === "reduce" ? phase.op : `arg${phase.which}`;
          lines.push(`  ${name(phase.result)} = ${what} over ${extents} of ${print(phase.body)}`);
        }
      }
      return lines.join("\n");
    }
    case "contraction": {
      const { batch, m, n, k, a, b, stores } = kernel;
      const [groups, rows, columns, summed] = [batch, m, n, k].map((extents) => bracketed(extents));
      const head = `contraction batch ${groups} m ${rows} n ${columns} k ${summed}`;
      return [head, `  a ${print(a)}`, `  b ${print(b)}`, ...stores.map((s) => `  ${printStore(s)}`)].join("\n");
    }
    case "random":
      return `random ${kernel.definition.distribution} into ${name(kernel.value)}`;
    case "scatter":
      return `scatter ${kernel.definition.combine} into ${name(kernel.value)}`;
    case "block":
      return `${kernel.block.kind} into ${kernel.results.map((r) => name(r.value)).join(", ")}`;
  }
}

/** The plan as text, for `STRATA_DEBUG=plan`. */
export function printPlan(program: Program, plan: Plan): string {
  const name = (id: ValueId): string => program.values[id]?.origin ?? "laid-out operand";
  const lines = [...plan.offsets]
    .sort((a, b) => a[1] - b[1])
    .map(([id, offset]) => `${String(offset).padStart(10)}  v${id}  ${name(id)}`);
  for (const { value, variable } of plan.saves) lines.push(`      save  v${value}  ${variable}`);
  for (const [id, variable] of plan.inPlace) lines.push(`  in place  v${id}  ${variable}`);
  for (const { value, variable } of plan.copies) lines.push(`      copy  v${value}  ${variable}`);
  lines.push(`arena ${plan.arenaBytes} bytes`);
  return lines.join("\n");
}
