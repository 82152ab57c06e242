/**
 * @file Second half of fusion: groups the values that remain into kernels. A map joins the kernel that
 * makes what it reads (bias, activation and optimizer update become the epilogue of a product);
 * reductions and maps over the same rows share one pass, their results staying in registers.
 */
import { sizeOf } from "../core/index.js";
import {
  type Block,
  type BlockDefinition,
  type ContractionDefinition,
  type Expr,
  type ExpressionBuilder,
  expressionsOf,
  type LoadExpr,
  loadsOf,
  type Program,
  type Value,
  type ValueId,
} from "../ir/index.js";
import { countNodes, inlineValues } from "./inline.js";
import type { Kernel, Phase, Store } from "./kernels.js";
import { rootsOf, sourcesOf } from "./liveness.js";

/** Rows shorter than this gain nothing from sharing a pass. */
const shortestRow = 4;

/**
 * A kernel takes no more members once its formulas together have so many nodes: they become one formula,
 * and thousands of operations in a row would make it deeper than the stack of what walks through it.
 */
const kernelLimit = 2000;

/** A kernel in the making. */
interface Cluster {
  readonly kind: "loops" | "contraction" | "random" | "scatter" | "block";
  /** Loops only: the axes all members share; shrinks while members join, until a reduction fixes it. */
  outer: readonly number[];
  readonly members: Value[];
  readonly memberIds: Set<ValueId>;
  /** Kernels run in the order of these numbers; whoever reads a kernel has a higher one. */
  position: number;
  /** Whether another kernel reads what this one makes. */
  isRead: boolean;
  /** Nodes of all formulas. */
  nodes: number;
}

/** The kernels of a program, in execution order. */
export function fuse(program: Program): Kernel[] {
  const values = inlineValues(program);
  const clusters = new Clustering(program).run(values);
  const readBy = countReaders(clusters);
  const roots = new Set(rootsOf(program));
  const escapes = (cluster: Cluster, id: ValueId): boolean =>
    roots.has(id) || [...(readBy.get(id) ?? [])].some((reader) => reader !== cluster);
  return clusters.map((cluster) => kernelOf(cluster, program, (id) => escapes(cluster, id)));
}

const nodesOf = ({ definition }: Value): number => expressionsOf(definition).reduce((sum, e) => sum + countNodes(e), 0);

const isLeaf = (value: Value): boolean =>
  value.definition.kind === "feed" || value.definition.kind === "variable" || value.definition.kind === "constant";

class Clustering {
  private readonly clusters: Cluster[] = [];
  private readonly blocks = new Map<Block, Cluster>();
  private next = 0;
  private readonly owner = new Map<ValueId, Cluster>();
  private readonly updates: ReadonlySet<ValueId>;

  constructor(program: Program) {
    this.updates = new Set(program.updates.map((u) => u.value));
  }

  run(values: readonly Value[]): Cluster[] {
    for (const value of values) {
      if (isLeaf(value)) continue;
      const loads = expressionsOf(value.definition).flatMap((e) => loadsOf(e));
      const sources = new Set(sourcesOf(value).flatMap((id) => this.owner.get(id) ?? []));
      if (value.definition.kind === "block" && this.joinBlock(value, value.definition.block)) continue;
      if (!this.join(value, loads, sources)) this.start(value, sources);
    }
    return this.clusters.sort((a, b) => a.position - b.position);
  }

  private start(value: Value, sources: ReadonlySet<Cluster>): void {
    const { kind } = value.definition;
    const isLoop = kind === "map" || kind === "reduce" || kind === "argReduce";
    const cluster: Cluster = {
      kind: isLoop ? "loops" : (kind as "contraction" | "random" | "scatter" | "block"),
      outer: value.shape,
      members: [value],
      memberIds: new Set([value.id]),
      position: this.next++,
      isRead: false,
      nodes: nodesOf(value),
    };
    for (const source of sources) source.isRead = true;
    this.clusters.push(cluster);
    if (value.definition.kind === "block") this.blocks.set(value.definition.block, cluster);
    this.owner.set(value.id, cluster);
  }

  /** All results of a block belong to one kernel. */
  private joinBlock(value: Value, block: Block): boolean {
    const host = this.blocks.get(block);
    if (host === undefined) return false;
    host.members.push(value);
    host.memberIds.add(value.id);
    this.owner.set(value.id, host);
    return true;
  }

  /** Puts a value into the latest kernel it reads from, if that kernel can take it. */
  private join(value: Value, loads: readonly LoadExpr[], sources: ReadonlySet<Cluster>): boolean {
    const { kind } = value.definition;
    if (kind !== "map" && kind !== "reduce" && kind !== "argReduce") return false;
    let host: Cluster | undefined;
    for (const cluster of sources) if (host === undefined || cluster.position > host.position) host = cluster;
    const nodes = nodesOf(value);
    if (host === undefined || host.nodes + nodes > kernelLimit) return false;
    const own = loads.filter((load) => host.memberIds.has(load.value));
    const outer = this.sharedAxes(host, value, own);
    if (outer === undefined) return false;
    host.outer = outer;
    host.nodes += nodes;
    host.members.push(value);
    host.memberIds.add(value.id);
    for (const source of sources) if (source !== host) source.isRead = true;
    this.owner.set(value.id, host);
    // Updates of variables go last, so that everything that reads the old value comes before and the
    // update can happen in place.
    if (this.updates.has(value.id) && !host.isRead) host.position = this.next++;
    return true;
  }

  /** The outer axes a kernel has once `value` has joined; `undefined` where it cannot. */
  private sharedAxes(host: Cluster, value: Value, own: readonly LoadExpr[]): readonly number[] | undefined {
    const { definition, shape } = value;
    const lengthOf = (load: LoadExpr): readonly number[] =>
      (host.members.find((m) => m.id === load.value) as Value).shape;
    if (host.kind === "contraction") {
      const fits = definition.kind === "map" && sameExtents(shape, host.outer);
      return fits && own.every((load) => identityRun(load, lengthOf(load)) === shape.length) ? host.outer : undefined;
    }
    if (host.kind !== "loops") return undefined;
    let shared = 0;
    while (shared < host.outer.length && shared < shape.length && host.outer[shared] === shape[shared]) shared++;
    for (const load of own) shared = Math.min(shared, identityRun(load, lengthOf(load)));
    const reduces = definition.kind !== "map";
    const fixed = host.members.some((m) => m.definition.kind !== "map");
    if (reduces && shared !== shape.length) return undefined;
    if (fixed && shared !== host.outer.length) return undefined;
    const isWhole = shared === shape.length && shared === host.outer.length;
    if (!isWhole || reduces) {
      if (shared === 0 && (host.outer.length > 0 || shape.length > 0 || reduces)) {
        if (!(fixed && host.outer.length === 0 && shape.length === 0)) return undefined;
      }
      const rest = Math.min(...[host.outer.slice(shared), shape.slice(shared)].filter((r) => r.length > 0).map(sizeOf));
      if (rest < shortestRow) return undefined;
    }
    return host.outer.slice(0, shared);
  }
}

const sameExtents = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((extent, i) => extent === b[i]);

/** How many leading indices of a load are the loop axes themselves, in order. */
function identityRun(load: LoadExpr, shape: readonly number[]): number {
  let run = 0;
  while (run < load.indices.length) {
    const index = load.indices[run] as Expr;
    const isAxis = index.kind === "axis" && index.axis === run && index.extent === shape[run];
    const isSingle = index.kind === "constant" && index.value === 0 && shape[run] === 1;
    if (!isAxis && !isSingle) break;
    run++;
  }
  return run;
}

function countReaders(clusters: readonly Cluster[]): Map<ValueId, Set<Cluster>> {
  const readers = new Map<ValueId, Set<Cluster>>();
  for (const cluster of clusters)
    for (const member of cluster.members)
      for (const id of sourcesOf(member)) {
        const set = readers.get(id);
        if (set === undefined) readers.set(id, new Set([cluster]));
        else set.add(cluster);
      }
  return readers;
}

// ---- from cluster to kernel ----

function kernelOf(cluster: Cluster, program: Program, escapes: (id: ValueId) => boolean): Kernel {
  const [first] = cluster.members as [Value, ...Value[]];
  const { definition } = first;
  switch (definition.kind) {
    case "random":
      return { kind: "random", value: first.id, definition };
    case "scatter":
      return { kind: "scatter", value: first.id, definition };
    case "block":
      return {
        kind: "block",
        block: definition.block,
        results: cluster.members.map((m) => ({ output: (m.definition as BlockDefinition).output, value: m.id })),
      };
    case "contraction":
      return contractionOf(cluster, first, definition, program.builder, escapes);
    default:
      return loopsOf(cluster, program.builder, escapes);
  }
}

const ownAxes = (builder: ExpressionBuilder, shape: readonly number[]): Expr[] =>
  shape.map((extent, axis) => builder.axis(axis, extent));

function contractionOf(
  cluster: Cluster,
  product: Value,
  definition: ContractionDefinition,
  builder: ExpressionBuilder,
  escapes: (id: ValueId) => boolean,
): Kernel {
  const axes = ownAxes(builder, product.shape);
  const formulas = new Map<ValueId, Expr>([[product.id, builder.load(product.id, product.dtype, axes)]]);
  const stores: Store[] = [];
  const store = (value: Value): void => {
    if (escapes(value.id)) stores.push({ value: value.id, indices: axes, expression: formulas.get(value.id) as Expr });
  };
  store(product);
  for (const member of cluster.members.slice(1)) {
    const { body } = member.definition as { body: Expr };
    formulas.set(
      member.id,
      rounded(
        builder,
        member,
        builder.substitute(body, new Map(), (id) => formulas.get(id)),
      ),
    );
    store(member);
  }
  const { batch, m } = definition.axes;
  return {
    kind: "contraction",
    dtype: product.dtype,
    batch: product.shape.slice(0, batch),
    m: product.shape.slice(batch, batch + m),
    n: product.shape.slice(batch + m),
    k: definition.extents,
    a: definition.a,
    b: definition.b,
    result: product.id,
    stores,
  };
}

/** A formula standing for a value in memory; memory would hold the value's own dtype. */
const rounded = (builder: ExpressionBuilder, value: Value, formula: Expr): Expr => builder.cast(formula, value.dtype);

/** Members that run in one inner loop: maps over the same extents, or a single reduction. */
interface Group {
  readonly isMap: boolean;
  readonly extents: readonly number[];
  readonly members: Value[];
}

function loopsOf(cluster: Cluster, builder: ExpressionBuilder, escapes: (id: ValueId) => boolean): Kernel {
  const { outer } = cluster;
  const groups = groupMembers(cluster);
  const groupOf = new Map(groups.flatMap((group) => group.members.map((member) => [member.id, group] as const)));
  // Maps that a later inner loop of this kernel reads go through memory; within one loop they do not.
  const needed = new Set<ValueId>();
  for (const group of groups)
    for (const member of group.members)
      for (const load of readsOf(member)) {
        const from = groupOf.get(load.value);
        if (from?.isMap === true && from !== group) needed.add(load.value);
      }
  const phases: Phase[] = [];
  for (const group of groups) {
    const formulas = new Map<ValueId, Expr>();
    const stores: Store[] = [];
    for (const member of group.members) {
      const { definition } = member;
      const indices = ownAxes(builder, member.shape);
      if (definition.kind === "map") {
        const formula = builder.substitute(definition.body, new Map(), (id) => formulas.get(id));
        formulas.set(member.id, rounded(builder, member, formula));
      } else if (definition.kind === "reduce" || definition.kind === "argReduce") {
        phases.push({ ...definition, result: member.id });
        formulas.set(member.id, builder.load(member.id, member.dtype, indices));
      }
      if (escapes(member.id) || needed.has(member.id))
        stores.push({ value: member.id, indices, expression: formulas.get(member.id) as Expr });
    }
    if (stores.length > 0) phases.push({ kind: "map", extents: group.isMap ? group.extents : [], stores });
  }
  return { kind: "loops", outer, phases };
}

const readsOf = (value: Value): LoadExpr[] => expressionsOf(value.definition).flatMap((e) => loadsOf(e));

function groupMembers({ members, outer }: Cluster): Group[] {
  const groups: Group[] = [];
  for (const member of members) {
    const isMap = member.definition.kind === "map";
    const extents = member.shape.slice(outer.length);
    const last = groups.at(-1);
    const continues =
      isMap &&
      last?.isMap === true &&
      sameExtents(last.extents, extents) &&
      readsOf(member).every(
        (load) =>
          !last.members.some((m) => m.id === load.value) || identityRun(load, member.shape) === member.shape.length,
      );
    if (continues) last.members.push(member);
    else groups.push({ isMap, extents, members: [member] });
  }
  return groups;
}
