/**
 * @file Kernels that are alike: equal but for which values they touch, as those of equal layers are. One of
 * each kind is scheduled, and backends write its code once; the others are that one over other values.
 */
import type { NumericDType } from "../core/index.js";
import type { Expr, ExpressionBuilder, ValueId } from "../ir/index.js";
import type { ContractionKernel, LoopKernel, Store } from "./kernels.js";
import type { ScheduledContraction } from "./products.js";
import type { ScheduledKernel, ScheduledLoops } from "./schedule.js";

/** What a kernel is a repetition of. */
export interface Likeness {
  /** The first of its kind in the schedule. */
  readonly first: ScheduledKernel;
  /** For each value of the first, the one in its place. */
  readonly values: ReadonlyMap<ValueId, ValueId>;
}

/** A kernel written without saying which values it touches. */
export interface Form {
  /** Equal for kernels that are alike. */
  readonly key: string;
  /** The values, in the order of their first mention. */
  readonly values: readonly ValueId[];
}

const noAxes: ReadonlyMap<number, Expr> = new Map();

/** Writes kernels in their forms: their formulas, built anew over stand-ins for values, are the same objects if equal. */
export class Forms {
  private readonly standIns = new Map<string, ValueId>();

  constructor(
    private readonly e: ExpressionBuilder,
    private readonly factsOf: (id: ValueId) => { readonly dtype: NumericDType; readonly shape: readonly number[] },
  ) {}

  formOf(kernel: LoopKernel | ContractionKernel): Form {
    const seen = new Map<ValueId, ValueId>();
    const memo = new Map<number, Expr>();
    const standIn = (id: ValueId): ValueId => {
      const known = seen.get(id);
      if (known !== undefined) return known;
      const { dtype, shape } = this.factsOf(id);
      const facts = `${seen.size} ${dtype} ${shape}`;
      // Values have numbers from 0 on.
      const found = this.standIns.get(facts) ?? -1 - this.standIns.size;
      this.standIns.set(facts, found);
      seen.set(id, found);
      return found;
    };
    const formula = (x: Expr): number => rename(this.e, x, standIn, memo).id;
    const store = ({ value, indices, expression }: Store): string =>
      `${formula(expression)}>${standIn(value)}[${indices.map(formula)}]`;
    const key =
      kernel.kind === "loops"
        ? [
            kernel.outer,
            ...kernel.phases.map((phase) =>
              phase.kind === "map"
                ? `${phase.extents}|${phase.stores.map(store)}`
                : `${phase.kind === "reduce" ? phase.op : `arg ${phase.which}`} ${phase.extents}|${formula(phase.body)}>${standIn(phase.result)}`,
            ),
          ]
        : [
            ...[kernel.batch, kernel.m, kernel.n, kernel.k],
            `${kernel.dtype} ${formula(kernel.a)}*${formula(kernel.b)}>${standIn(kernel.result)}`,
            ...kernel.stores.map(store),
          ];
    return { key: `${kernel.kind} ${key.join(";")}`, values: [...seen.keys()] };
  }
}

/** A scheduled kernel over other values. */
export function overValues<K extends ScheduledLoops | ScheduledContraction>(
  e: ExpressionBuilder,
  kernel: K,
  values: ReadonlyMap<ValueId, ValueId>,
): K {
  const memo = new Map<number, Expr>();
  const value = (id: ValueId): ValueId => values.get(id) ?? id;
  const formula = (x: Expr): Expr => rename(e, x, value, memo);
  const stores = (all: readonly Store[]): Store[] =>
    all.map((s) => ({ value: value(s.value), indices: s.indices.map(formula), expression: formula(s.expression) }));
  if (kernel.kind === "loops")
    return {
      ...kernel,
      phases: kernel.phases.map((phase) =>
        phase.kind === "map"
          ? { ...phase, stores: stores(phase.stores) }
          : { ...phase, body: formula(phase.body), result: value(phase.result) },
      ),
    };
  const { a, b, partial, panel } = kernel;
  return {
    ...kernel,
    a: formula(a),
    b: formula(b),
    result: value(kernel.result),
    stores: stores(kernel.stores),
    partial: partial && value(partial),
    panel: panel && value(panel),
  };
}

const rename = (e: ExpressionBuilder, x: Expr, value: (id: ValueId) => ValueId, memo: Map<number, Expr>): Expr =>
  e.substitute(x, noAxes, (id, indices, dtype) => e.load(value(id), dtype, indices), memo);
