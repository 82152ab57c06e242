/**
 * @file First half of fusion: decides which values never exist in memory because their formula is
 * substituted where they are read, and returns the values that remain with their final formulas.
 */
import { sizeOf } from "../core/index.js";
import {
  blockSources,
  type Definition,
  type Expr,
  expressionsOf,
  type LoadExpr,
  loadsOf,
  type Program,
  type UnaryOp,
  type Value,
  type ValueId,
  visitExpr,
} from "../ir/index.js";
import { liveValues, rootsOf } from "./liveness.js";

/** A formula larger than this is not grown further. */
const expressionLimit = 150;

const cheapUnary: ReadonlySet<UnaryOp> = new Set(["neg", "abs", "sign", "floor", "ceil", "round", "not", "sqrt"]);

/** The arithmetic in an expression: nothing for movement and constants, much for transcendental functions. */
function costOf(body: Expr): number {
  let cost = 0;
  visitExpr(body, (e) => {
    if (e.kind === "unary") cost += cheapUnary.has(e.op) ? 1 : 10;
    else if (e.kind === "binary" && e.dtype !== "int32") cost += e.op === "pow" ? 10 : 1;
    else if (e.kind === "select" || e.kind === "cast") cost += 1;
  });
  return cost;
}

/** The distinct nodes of an expression. */
export const countNodes = (body: Expr): number => {
  let count = 0;
  visitExpr(body, () => count++);
  return count;
};

/** How often the points of a definition are visited. */
function iterationsOf(value: Value): number {
  const d = value.definition;
  const size = sizeOf(value.shape);
  return d.kind === "reduce" || d.kind === "argReduce" || d.kind === "contraction"
    ? size * sizeOf(d.extents)
    : d.kind === "scatter"
      ? size + sizeOf(d.extents)
      : size;
}

/** The values that are computed into memory or registers, in order, with formulas that refer only to each other and to leaves. */
export function inlineValues(program: Program): Value[] {
  const live = liveValues(program);
  // What a block reads must be in memory, like what the program returns.
  const roots = new Set([
    ...rootsOf(program),
    ...live.flatMap((value) => (value.definition.kind === "block" ? blockSources(value.definition.block) : [])),
  ]);
  const inlined = chooseInlined(live, roots);
  const { builder } = program;
  const final = new Map<ValueId, Value>();
  const result: Value[] = [];
  for (const value of live) {
    const memo = new Map<number, Expr>();
    const rewrite = (e: Expr): Expr =>
      builder.substitute(
        e,
        new Map(),
        (id, indices) => {
          if (!inlined.has(id)) return undefined;
          const source = final.get(id) as Value;
          const axes = new Map(indices.map((index, axis) => [axis, index]));
          return builder.substitute((source.definition as { body: Expr }).body, axes);
        },
        memo,
      );
    const rewritten: Value = { ...value, definition: mapExpressions(value.definition, rewrite) };
    final.set(value.id, rewritten);
    const body = rewritten.definition.kind === "map" ? rewritten.definition.body : undefined;
    if (inlined.has(value.id) && body !== undefined && countNodes(body) > expressionLimit) inlined.delete(value.id);
    if (!inlined.has(value.id)) result.push(rewritten);
  }
  return result;
}

function chooseInlined(live: readonly Value[], roots: ReadonlySet<ValueId>): Set<ValueId> {
  const consumers = new Map<ValueId, { readonly value: Value; readonly load: LoadExpr }[]>();
  for (const value of live)
    for (const e of expressionsOf(value.definition))
      for (const load of loadsOf(e)) {
        const list = consumers.get(load.value);
        if (list === undefined) consumers.set(load.value, [{ value, load }]);
        else list.push({ value, load });
      }
  const inlined = new Set<ValueId>();
  const uses = new Map<ValueId, number>();
  for (const value of [...live].reverse()) {
    const readers = consumers.get(value.id) ?? [];
    let count = 0;
    for (const reader of readers) count += inlined.has(reader.value.id) ? (uses.get(reader.value.id) as number) : 1;
    uses.set(value.id, count);
    if (value.definition.kind !== "map" || roots.has(value.id)) continue;
    const cost = costOf(value.definition.body);
    if (cost === 0) {
      inlined.add(value.id);
      continue;
    }
    const size = sizeOf(value.shape);
    const feedsProduct = readers.some((r) => r.value.definition.kind === "contraction");
    const repeats = readers.some((r) => iterationsOf(r.value) > Math.max(size, 1));
    if (feedsProduct || (repeats && cost > 2 && size > 1)) continue;
    const loads = loadsOf(value.definition.body).length;
    if (count === 1 || (cost * (count - 1) <= 4 && loads <= 2 && !repeats)) inlined.add(value.id);
  }
  return inlined;
}

/** A definition with every expression rewritten. */
export function mapExpressions(definition: Definition, rewrite: (e: Expr) => Expr): Definition {
  switch (definition.kind) {
    case "feed":
    case "variable":
    case "constant":
    case "random":
    case "block":
      return definition;
    case "map":
    case "reduce":
    case "argReduce":
      return { ...definition, body: rewrite(definition.body) };
    case "contraction":
      return { ...definition, a: rewrite(definition.a), b: rewrite(definition.b) };
    case "scatter":
      return {
        ...definition,
        base: rewrite(definition.base),
        indices: definition.indices.map(rewrite),
        update: rewrite(definition.update),
      };
  }
}
