/**
 * @file Random programs from a seed: a graph, and runs of it with feeds, fetches and updates of variables.
 * The graph can be built with every shape known or with unknown dimensions; the runs are the same.
 */
import {
  isFullyDefined,
  type NdArray,
  type NumericDType,
  ShapeError,
  StrataError,
  sizeOf,
} from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import { controlFlowChoosers } from "./control-flow.js";
import { longSums, networkChoosers } from "./networks.js";
import { type Chooser, choosers, type Entry, isFloat, type Pool, rework, type Step, sameShape } from "./operations.js";
import { Random, type Size, type Style, styles } from "./random.js";

/** What a graph is built of, in order. */
type Part =
  | { readonly kind: "placeholder"; readonly entry: Entry; readonly hidden: readonly boolean[] }
  | { readonly kind: "constant"; readonly entry: Entry; readonly value: NdArray<NumericDType> }
  | { readonly kind: "variable"; readonly entry: Entry; readonly value: NdArray<NumericDType> }
  | { readonly kind: "step"; readonly step: Step; readonly outputs: readonly (Entry | undefined)[] }
  | {
      readonly kind: "update";
      readonly entry: Entry;
      readonly variable: number;
      readonly verb: "assign" | "assignAdd" | "assignSub";
      readonly operand: Entry;
      readonly after: readonly Entry[];
      /** Where it happens only if this holds. */
      readonly condition: Entry | undefined;
    }
  | { readonly kind: "read"; readonly entry: Entry; readonly variable: number; readonly after: readonly Entry[] };

/** One run: entries to fetch, entries whose operations run, entries that are fed. */
export interface Run {
  readonly fetches: readonly number[];
  readonly targets: readonly number[];
  readonly feeds: ReadonlyMap<number, NdArray<NumericDType>>;
}

/** A graph as it stands: its tensors by entry. */
export interface BuiltGraph {
  readonly graph: tf.Graph;
  readonly tensors: readonly tf.Tensor[];
  readonly variables: readonly tf.Variable[];
}

export interface RandomProgram {
  readonly seed: number;
  readonly entries: readonly Entry[];
  readonly runs: readonly Run[];
  /** How an entry came about. */
  labelOf(entry: number): string;
  build(shapes: "known" | "hidden"): BuiltGraph;
}

/** Larger tensors make a case slow without making it harder. */
const sizeLimits: Readonly<Record<Size, number>> = { small: 3000, large: 60_000 };

export function randomProgram(seed: number, size: Size = "small"): RandomProgram {
  const generator = new Generator(new Random(seed, size), size);
  generator.grow();
  const { entries, parts } = generator;
  return {
    seed,
    entries,
    runs: generator.chooseRuns(),
    labelOf: (id) => generator.labels.get(id) ?? "?",
    build: (shapes) => buildGraph(parts, entries.length, shapes === "hidden"),
  };
}

class Generator implements Pool {
  readonly entries: Entry[] = [];
  readonly parts: Part[] = [];
  readonly labels = new Map<number, string>();
  private readonly updates: Entry[] = [];
  private readonly variables: Entry[] = [];
  private readonly guards: number[] = [];
  /** The graph with every shape known, growing along: it tells the shapes. */
  private readonly built = { graph: new tf.Graph(), tensors: [] as tf.Tensor[], variables: [] as tf.Variable[] };

  constructor(
    readonly random: Random,
    private readonly size: Size,
  ) {}

  grow(): void {
    const { random } = this;
    for (let i = random.whole(1, 3); i > 0; i--) this.leaf("float32", random.shape());
    if (random.chance(0.5)) this.leaf(random.pick(["int32", "bool", "float64", "uint8"] as const), random.shape());
    if (random.chance(0.4)) this.variablesOfOneShape();
    const steps = random.whole(2, 18);
    for (let i = 0; i < steps; i++) {
      if (random.chance(0.12) && this.variables.length > 0) this.update();
      else if (random.chance(0.03)) this.train();
      else if (random.chance(0.02)) this.guard();
      else this.step(random.pick(this.table())(this));
    }
    if (this.size === "large" && random.chance(0.4)) this.step(longSums(this));
  }

  private table(): readonly Chooser[] {
    const which = this.random.unit();
    return which < 0.72 ? choosers : which < 0.94 ? networkChoosers : controlFlowChoosers;
  }

  /** Variables that can be assigned to each other. */
  private variablesOfOneShape(): void {
    const { random } = this;
    const dtype = random.pick(["float32", "float32", "int32", "float64"] as const);
    const shape = random.shape();
    for (let i = random.whole(1, 3); i > 0; i--) this.leaf(dtype, shape, "plain", "variable");
  }

  /** A step of gradient descent on some of the variables that something depends on. */
  private train(): void {
    const { random } = this;
    const y = random.pick(this.entries.filter(isFloat));
    const weights = this.variables.filter((v) => v.dtype === y.dtype && random.chance(0.7));
    const first = this.parts.length;
    this.step({
      label: "training gradients",
      operands: [y, ...weights],
      build: (of, ...by) =>
        tf
          .gradients(tf.reduceMean(tf.square(of as tf.Tensor)), by)
          .map((g) => (g === null ? null : tf.multiply(g, 0.1))),
    });
    const part = this.parts[first];
    if (part?.kind !== "step") return;
    part.outputs.forEach((gradient, i) => {
      const target = weights[i];
      if (gradient !== undefined && target !== undefined) this.write(target, gradient, "assignSub", []);
    });
  }

  leaf(
    dtype: NumericDType,
    shape: readonly number[],
    style?: Style,
    kind = this.random.pick(["placeholder", "placeholder", "constant", "variable"] as const),
  ): Entry {
    const { random } = this;
    const chosen = style ?? random.pick(styles);
    const entry = this.entry(dtype, shape, kind);
    if (kind === "placeholder") this.add({ kind, entry, hidden: shape.map(() => random.chance(0.6)) });
    else {
      this.add({ kind, entry, value: random.values(dtype, shape, chosen) });
      if (kind === "variable") this.variables.push(entry);
    }
    return entry;
  }

  private entry(dtype: NumericDType, shape: readonly number[], label: string): Entry {
    const entry = { id: this.entries.length, dtype, shape };
    this.entries.push(entry);
    this.labels.set(entry.id, label);
    return entry;
  }

  private add(part: Part): void {
    this.parts.push(part);
    addPart(part, this.built, false);
  }

  private step(step: Step | undefined): void {
    if (step === undefined) return;
    const { built } = this;
    let results: readonly (tf.Tensor | null)[];
    try {
      results = built.graph.asDefault(() => step.build(...step.operands.map((e) => built.tensors[e.id] as tf.Tensor)));
    } catch (error) {
      // Operations refuse some dtypes, and some have no gradient; shapes must fit.
      if (!(error instanceof StrataError) || error instanceof ShapeError) throw error;
      return;
    }
    const outputs = results.map((tensor) => {
      const shape = tensor?.partialShape ?? null;
      if (tensor === null || !isFullyDefined(shape) || sizeOf(shape) > sizeLimits[this.size] || shape.length > 6)
        return undefined;
      const entry = this.entry(tensor.dtype as NumericDType, shape, step.label);
      built.tensors[entry.id] = tensor;
      return entry;
    });
    this.parts.push({ kind: "step", step, outputs });
  }

  private update(): void {
    const { random } = this;
    const target = random.pick(this.variables);
    const index = this.variables.indexOf(target);
    const after = random.chance(0.4) ? [random.pick(this.entries)] : [];
    if (random.chance(0.25)) {
      const entry = this.entry(target.dtype, target.shape, "read");
      this.add({ kind: "read", entry, variable: index, after });
      return;
    }
    const verbs = target.dtype === "bool" ? (["assign"] as const) : (["assign", "assignAdd", "assignSub"] as const);
    // Half of the time something made of the variable itself, which must not be overwritten too early.
    const own = random.chance(0.5) ? rework(this, target) : undefined;
    if (own !== undefined) this.step(own);
    const fits = this.entries.filter((e) => e.dtype === target.dtype && sameShape(e, target));
    const operand = own === undefined ? random.pick(fits) : (fits.at(-1) as Entry);
    this.write(target, operand, random.pick(verbs), after);
  }

  /** Something that fails for half of its feeds, perhaps after an update, which must then not have happened. */
  private guard(): void {
    const { random } = this;
    const after = this.updates.length > 0 && random.chance(0.5) ? [random.pick(this.updates)] : [];
    this.step({
      label: "guard",
      operands: [this.leaf("int32", [1], "whole", "placeholder"), ...after],
      build: (index, ...updates) =>
        tf.withControlDependencies(updates, () => [tf.gather(tf.constant([1, 2, 3, 4]), index as tf.Tensor)]),
    });
    this.guards.push((this.entries.at(-1) as Entry).id);
  }

  private write(target: Entry, operand: Entry, verb: "assign" | "assignAdd" | "assignSub", after: readonly Entry[]) {
    const { random } = this;
    const condition = random.chance(0.15) ? this.leaf("bool", [], "plain", "placeholder") : undefined;
    const entry = this.entry(target.dtype, target.shape, condition === undefined ? verb : `cond ${verb}`);
    const variable = this.variables.indexOf(target);
    this.add({ kind: "update", entry, variable, verb, operand, after, condition });
    this.updates.push(entry);
  }

  chooseRuns(): Run[] {
    const { random } = this;
    return Array.from({ length: random.whole(1, 3) }, (): Run => {
      const feeds = new Map<number, NdArray<NumericDType>>();
      for (const part of this.parts)
        if (part.kind === "placeholder")
          feeds.set(part.entry.id, random.values(part.entry.dtype, part.entry.shape, random.pick(styles)));
      if (random.chance(0.15)) {
        const fed = random.pick(this.entries);
        feeds.set(fed.id, random.values(fed.dtype, fed.shape, "plain"));
      }
      const recent = this.entries.slice(-8);
      const fetches = Array.from(
        { length: random.whole(1, 5) },
        () => (random.chance(0.7) ? random.pick(recent) : random.pick(this.entries)).id,
      );
      fetches.push(...this.guards.filter(() => random.chance(0.3)));
      const targets = this.updates.filter(() => random.chance(0.5)).map(({ id }) => id);
      return { fetches, targets, feeds };
    });
  }
}

interface Growing {
  readonly graph: tf.Graph;
  readonly tensors: tf.Tensor[];
  readonly variables: tf.Variable[];
}

function buildGraph(parts: readonly Part[], size: number, hideShapes: boolean): BuiltGraph {
  const growing: Growing = { graph: new tf.Graph(), tensors: new Array<tf.Tensor>(size), variables: [] };
  for (const part of parts) addPart(part, growing, hideShapes);
  return growing;
}

function addPart(part: Part, { graph, tensors, variables }: Growing, hideShapes: boolean): void {
  const tensorOf = ({ id }: Entry): tf.Tensor => tensors[id] as tf.Tensor;
  graph.asDefault(() => {
    switch (part.kind) {
      case "placeholder": {
        const { dtype, shape, id } = part.entry;
        tensors[id] = tf.placeholder(
          dtype,
          shape.map((extent, axis) => (hideShapes && part.hidden[axis] === true ? null : extent)),
        );
        return;
      }
      case "constant":
        tensors[part.entry.id] = tf.constant(part.value);
        return;
      case "variable": {
        const variable = new tf.Variable(part.value);
        variables.push(variable);
        tensors[part.entry.id] = variable.value();
        return;
      }
      case "step": {
        const made = part.step.build(...part.step.operands.map(tensorOf));
        part.outputs.forEach((entry, i) => {
          if (entry !== undefined) tensors[entry.id] = made[i] as tf.Tensor;
        });
        return;
      }
      case "read":
      case "update": {
        const variable = variables[part.variable] as tf.Variable;
        const take = (): tf.Tensor => {
          if (part.kind === "read") return variable.readValue();
          const operand = tensorOf(part.operand);
          if (part.condition === undefined) return variable[part.verb](operand);
          const write = (): tf.Tensor => variable[part.verb](operand);
          return tf.cond(tensorOf(part.condition), write, (): tf.Tensor => variable.readValue());
        };
        tensors[part.entry.id] = tf.withControlDependencies(part.after.map(tensorOf), take);
      }
    }
  });
}
