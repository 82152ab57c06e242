/**
 * @file What Keras's metrics share: a state in local variables of the graph, one operation that takes in a
 * batch, a result, and an operation that forgets. Follows `metric.py` of Keras 3. May import `ops` and below.
 */
import { ArgumentError, type DType, type FloatDType, isDType, type NumericDType } from "../../core/index.js";
import { type Graph, GraphKeys, getDefaultGraph, type Operation, type Tensor } from "../../graph/index.js";
import { zeros } from "../../ops/array/index.js";
import { group } from "../../ops/basic.js";
import { convertToTensor, type TensorLike, tensorOf } from "../../ops/define.js";
import { Variable } from "../../ops/variable.js";
import { recordOf, requireNoMore, shown } from "../arguments.js";
import type { Config } from "../contracts.js";
import { autoName } from "../engine/naming.js";
import type { Operand } from "../losses/loss.js";
import { nameOf, optionsOf } from "../registry.js";

export type { Operand };

/** Options that all metrics take. */
export interface MetricOptions {
  /** Name in logs. Default: the metric's in snake_case. */
  readonly name?: string | null | undefined;
  /** Element type of the state. Default float32. */
  readonly dtype?: FloatDType | null | undefined;
}

/** The shapes of a metric's variables, by name. */
export type StateShapes<Name extends string> = Readonly<Record<Name, readonly number[]>>;
/** A metric's variables, by name. */
export type State<Name extends string> = Readonly<Record<Name, Variable>>;
/** A metric's values so far, by the names of its variables. */
export type Values<Name extends string> = Readonly<Record<Name, Tensor>>;

/**
 * Base of everything that accumulates over batches. A subclass says what it remembers
 * ({@link stateShapes}), what a batch adds to it, and what it makes of it ({@link resultOf}). Each graph has
 * its own variables, all zero at first.
 */
export abstract class StatefulMetric<Name extends string = string> {
  readonly name: string;
  readonly dtype: FloatDType;
  private readonly states = new WeakMap<Graph, State<Name>>();
  private graph: Graph | undefined;

  constructor(options: MetricOptions = {}, defaultName?: string) {
    const { name, dtype, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["name", "dtype"]);
    this.name = name ?? defaultName ?? autoName(nameOf(new.target));
    this.dtype = dtype ?? "float32";
    if (!isDType(this.dtype))
      throw new ArgumentError(`Invalid dtype of metric '${this.name}': ${shown(this.dtype)}`, {
        hint: '"float32" or "float64"',
      });
  }

  /** Its variables in the graph it was last used in; none before. They are local variables. */
  get variables(): readonly Variable[] {
    const state = this.graph === undefined ? undefined : this.states.get(this.graph);
    return state === undefined ? [] : Object.values<Variable>(state);
  }

  /**
   * The value so far. It reads the variables where it runs: under `graph.controlDependencies([update], …)`
   * after the update.
   */
  result(): Tensor {
    const graph = this.graph ?? getDefaultGraph();
    return graph.asDefault(() =>
      graph.nameScope(`${scopeOf(this.name)}/result`, () => {
        const state = Object.entries<Variable>(this.stateIn(graph));
        return this.resultOf(Object.fromEntries(state.map(([key, v]) => [key, v.readValue()])) as Values<Name>);
      }),
    );
  }

  /** The operation that forgets everything. It must run once before the first update. */
  resetState(): Operation {
    const graph = this.graph ?? getDefaultGraph();
    const variables = Object.values<Variable>(this.stateIn(graph));
    return graph.asDefault(() =>
      group(...variables.map((v) => v.initializer), { name: `${scopeOf(this.name)}/reset` }),
    );
  }

  /** The options, under Keras's names. */
  getConfig(): Config {
    return { name: this.name, dtype: this.dtype };
  }
  static fromConfig<T>(this: new (options: never) => T, config: Config): T {
    return new this(optionsOf(config) as never);
  }

  // ---- what a subclass says ----

  /** What is remembered. @throws where the first batch has yet to tell */
  protected abstract stateShapes(): StateShapes<Name>;
  /** The value of what is remembered. */
  protected abstract resultOf(values: Values<Name>): Tensor;
  /** Element type of the variables. Default: the metric's. */
  protected get stateDType(): DType {
    return this.dtype;
  }

  // ---- what a subclass may use ----

  /** The operation that adds to the variables what a batch brings. */
  protected accumulate(operands: readonly (Operand | null | undefined)[], added: () => Values<Name>): Operation {
    const graph = operands.map(tensorOf).find((tensor) => tensor !== undefined)?.graph ?? getDefaultGraph();
    return graph.asDefault(() =>
      graph.nameScope(`${scopeOf(this.name)}/update`, () => {
        const entries = Object.entries<Tensor>(added());
        const state = this.stateIn(graph);
        return group(...entries.map(([name, delta]) => state[name as Name].assignAdd(delta)));
      }),
    );
  }

  private stateIn(graph: Graph): State<Name> {
    this.graph = graph;
    const known = this.states.get(graph);
    if (known !== undefined) return known;
    const shapes = Object.entries<readonly number[]>(this.stateShapes());
    const make = (name: string, shape: readonly number[]): Variable =>
      new Variable(() => zeros(shape, { dtype: this.stateDType as NumericDType }) as Tensor, {
        name: `${scopeOf(this.name)}/${name}`,
        trainable: false,
        collections: [GraphKeys.LOCAL_VARIABLES],
      });
    const state = graph.asDefault(() =>
      graph.nameScope(null, () => Object.fromEntries(shapes.map(([name, shape]) => [name, make(name, shape)]))),
    ) as State<Name>;
    this.states.set(graph, state);
    return state;
  }
}

/** A name that scopes accept. */
const scopeOf = (name: string): string => name.replace(/[^\w.-]/g, "_").replace(/^[^A-Za-z0-9.]/, "m$&");

/** A metric of labels and predictions. */
export abstract class Metric<Name extends string = string> extends StatefulMetric<Name> {
  /**
   * The operation that takes in a batch.
   * @param sampleWeight one for each sample, or of the values' shape; 0 leaves a sample out
   */
  updateState(yTrue: Operand, yPred: Operand, sampleWeight?: Operand | null): Operation {
    return this.accumulate([yPred, yTrue, sampleWeight], () =>
      this.batch(asTensor(yTrue, this.dtype), asTensor(yPred, this.dtype), weightTensor(sampleWeight, this.dtype)),
    );
  }
  /** What a batch adds to each variable. */
  protected abstract batch(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): Values<Name>;
}

/** A tensor as it is, plain values as floats. */
export const asTensor = (value: Operand, dtype: FloatDType): Tensor =>
  tensorOf(value) ?? convertToTensor(value as TensorLike, { dtype });

/** Weights as floats, or `null` for none. */
export const weightTensor = (weight: Operand | null | undefined, dtype: FloatDType): Tensor | null =>
  weight === null || weight === undefined ? null : (asTensor(weight, dtype).cast(dtype) as Tensor);

/** @throws ArgumentError for a value outside a list of known ones */
export function requireOneOf<T>(value: unknown, known: readonly T[], argument: string): T {
  if (!known.includes(value as T))
    throw new ArgumentError(
      `Invalid value for argument \`${argument}\`. Expected one of {${known.join(", ")}}. Received: ${argument}=${value}`,
    );
  return value as T;
}
