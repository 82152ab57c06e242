/**
 * @file Parts of the code generator that few programs need, and how to tell which of them a program does. Assembling
 * is synchronous, so they are loaded before it. Each is a module; what uses one takes it from {@link Parts}.
 */
import type { Schedule } from "../../compiler/index.js";
import { InternalError } from "../../core/index.js";
import { blockPrograms, expressionsOf, type Program, visitExpr } from "../../ir/index.js";
import { rareFunctions } from "./vector-math.js";

/** What of a program decides about parts, of the programs inside it too. */
interface Uses {
  /** Of definitions: `block`, `scatter`, … */
  readonly kinds: Set<string>;
  /** Scalar functions. */
  readonly functions: Set<string>;
  /** Whether threads might share its work. */
  readonly shared: boolean;
  /** Whether products copy operands into panels. */
  readonly panels: boolean;
}

const table = {
  blocks: { isNeeded: ({ kinds }: Uses) => kinds.has("block"), load: () => import("./block-code.js") },
  panels: { isNeeded: ({ panels }: Uses) => panels, load: () => import("./panel-code.js") },
  scatter: { isNeeded: ({ kinds }: Uses) => kinds.has("scatter"), load: () => import("./scatter-code.js") },
  team: { isNeeded: ({ shared }: Uses) => shared, load: () => import("./team-code.js") },
  vectors: {
    isNeeded: ({ functions }: Uses) => rareFunctions.some((name) => functions.has(name)),
    load: () => import("./vector-math-rare.js"),
  },
} as const;

type Table = typeof table;
/** The parts that are loaded, by name. */
export type Parts = { readonly [Name in keyof Table]?: Awaited<ReturnType<Table[Name]["load"]>> };

/** Loads what a program and its schedule need. @param shared whether threads might share its work */
export async function loadParts(program: Program, schedule: Schedule, shared: boolean): Promise<Parts> {
  const uses: Uses = { kinds: new Set(), functions: new Set(), shared, panels: hasPanels(schedule) };
  collect(program, uses);
  const needed = Object.entries(table).filter(([, { isNeeded }]) => isNeeded(uses));
  return Object.fromEntries(await Promise.all(needed.map(async ([name, { load }]) => [name, await load()])));
}

const hasPanels = ({ kernels }: Schedule): boolean =>
  kernels.some((kernel) =>
    kernel.kind === "block"
      ? kernel.programs.some(({ schedule }) => hasPanels(schedule))
      : kernel.kind === "contraction" && kernel.panel !== null,
  );

function collect({ values }: Program, uses: Uses): void {
  const seen = new Set<number>();
  for (const { definition } of values) {
    uses.kinds.add(definition.kind);
    for (const expression of expressionsOf(definition))
      visitExpr(
        expression,
        (node) => {
          if (node.kind === "unary" || node.kind === "binary") uses.functions.add(node.op);
        },
        seen,
      );
    if (definition.kind === "block") for (const inner of blockPrograms(definition.block)) collect(inner, uses);
  }
}

/** A part that must have been loaded. */
export function requirePart<Name extends keyof Parts>(parts: Pick<Parts, Name>, name: Name): NonNullable<Parts[Name]> {
  const part = parts[name];
  if (part === undefined) throw new InternalError(`Code for ${name} was not loaded before it was needed`);
  return part;
}
