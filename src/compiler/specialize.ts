/**
 * @file Second stage: from pruned operations to a program with concrete shapes. Each operation's
 * lowering runs once; small constants fold, equal values fall together, and variables become a chain
 * of values so that nothing after this stage knows about assignment.
 */
import { InvalidArgumentError, type NdArray, type NumericDType, type StrataError, sizeOf } from "../core/index.js";
import { constantValue, type Operation, type Tensor } from "../graph/index.js";
import {
  type Check,
  type Definition,
  type Expr,
  ExpressionBuilder,
  expressionsOf,
  type LowerContext,
  loadsOf,
  type Program,
  type TensorValue,
  type Value,
  type ValueId,
} from "../ir/index.js";
import { evaluateMap } from "./evaluate.js";

/** What a session knows about the value of one of its variables when a run starts. */
export interface VariableFacts {
  readonly dtype: NumericDType;
  readonly shape: readonly number[];
}

export interface SpecializeRequest {
  readonly order: readonly Operation[];
  readonly fetches: readonly Tensor[];
  /** Fed tensors with the shapes of the fed values. */
  readonly feeds: readonly { readonly tensor: Tensor; readonly shape: readonly number[] }[];
  /** Tensors whose values are known and baked into the program. */
  readonly known: ReadonlyMap<Tensor, NdArray>;
  /** Called for variables that are read; throws for one without a value. */
  readonly variable: (name: string) => VariableFacts;
  readonly isInitialized: (name: string) => boolean;
  /** From {@link loadBlocks}; `undefined` where no operation runs functions. */
  readonly lowerBlock: LowerBlock | undefined;
}

/** The values of the outputs of an operation whose lowering is `block`. */
export type LowerBlock = (outer: Specializer, op: Operation) => readonly TensorValue[];

/** Whether some operation is a loop or branch, for which {@link loadBlocks} must be called first. */
export const needsBlocks = (order: readonly Operation[]): boolean =>
  order.some(({ definition }) => definition.lower.kind === "block");
/** Loads what specializes loops and branches. */
export const loadBlocks = async (): Promise<LowerBlock> => (await import("./block.js")).lowerBlock;

export interface Specialized {
  readonly program: Program;
  /** Variables whose value at the start of the run is read. */
  readonly reads: readonly Operation[];
  /** Variables whose initialization state was asked for, with the answer baked in. */
  readonly states: readonly string[];
}

/** Raised while specializing: these tensors' values must be known before the program can be made. */
export class NeedsValues extends Error {
  constructor(readonly tensors: readonly Tensor[]) {
    super("values needed while specializing");
  }
}

/** Constants of at most this many elements are folded. */
const foldLimit = 1024;

export function specialize(request: SpecializeRequest): Specialized {
  return new Specializer(request).run();
}

/** What the program of a function inside an operation asks of the program around it. */
export interface Surroundings {
  /** The value, inside, of a captured tensor; `undefined` for what is not captured. */
  captured(tensor: Tensor): TensorValue | undefined;
  /** The value, inside, of a variable that the function has not written. */
  variable(variable: Operation): TensorValue;
  isInitialized(variable: string): boolean;
}

/** Builds one program. {@link specialize} makes one for a run; operations that run functions make more. */
export class Specializer {
  readonly e = new ExpressionBuilder();
  readonly values: Value[] = [];
  /** Variables written so far; {@link current} has their values. */
  readonly written = new Set<string>();
  /** The latest value of each variable that was read or written. */
  readonly current = new Map<string, TensorValue>();
  readonly checks: Check[] = [];
  private readonly byKey = new Map<string, TensorValue>();
  private readonly tensors = new Map<Tensor, TensorValue>();
  private readonly reads = new Map<string, Operation>();
  private readonly states = new Set<string>();
  private readonly fed = new Set<Tensor>();

  constructor(
    private readonly request: SpecializeRequest,
    private readonly surroundings?: Surroundings,
  ) {}

  run(): Specialized {
    const feeds = this.request.feeds.map(({ tensor, shape }) => {
      const value = this.define(tensor.dtype as NumericDType, shape, { kind: "feed" }, tensor.op.name);
      this.tensors.set(tensor, value);
      this.fed.add(tensor);
      return value.id;
    });
    for (const [tensor, array] of this.request.known)
      this.tensors.set(tensor, this.constant(array as NdArray<NumericDType>, tensor.op.name));
    this.lowerAll();
    const program: Program = {
      builder: this.e,
      values: this.values,
      feeds,
      outputs: this.request.fetches.map((tensor) => this.valueOf(tensor).id),
      updates: [...this.written].map((variable) => ({
        variable,
        value: (this.current.get(variable) as TensorValue).id,
      })),
      checks: this.checks,
    };
    return { program, reads: [...this.reads.values()], states: [...this.states] };
  }

  /** Lowers the operations of the request in order. */
  lowerAll(): void {
    for (const op of this.request.order) this.lower(op);
  }

  /** Gives a tensor its value; its operation is not lowered then. */
  bind(tensor: Tensor, value: TensorValue): void {
    this.tensors.set(tensor, value);
  }

  private lower(op: Operation): void {
    const { lower } = op.definition;
    const run =
      lower.kind === "block"
        ? () => this.lowerBlock(op)
        : lower.kind === "compiled"
          ? () => lower.lower(this.contextOf(op))
          : undefined;
    if (run === undefined) return;
    if (op.outputs.length > 0 && op.outputs.every((output) => this.tensors.has(output))) return;
    const outputs = run();
    op.outputs.forEach((tensor, i) => {
      const value = outputs[i];
      if (value === undefined)
        throw new Error(`Lowering of ${op.type} gave ${outputs.length} of ${op.outputs.length} outputs`);
      if (!this.tensors.has(tensor)) this.tensors.set(tensor, value);
    });
  }

  private lowerBlock(op: Operation): readonly TensorValue[] {
    const { lowerBlock } = this.request;
    if (lowerBlock === undefined) throw new Error(`What lowers ${op.type} was not loaded`);
    return lowerBlock(this, op);
  }

  /** The value of a tensor at this point of the order; a variable's is its latest. */
  valueOf(tensor: Tensor): TensorValue {
    const known = this.tensors.get(tensor);
    if (known !== undefined) return known;
    const captured = this.surroundings?.captured(tensor);
    if (captured !== undefined) {
      this.tensors.set(tensor, captured);
      return captured;
    }
    if (tensor.op.definition.lower.kind === "variable") return this.readVariable(tensor.op);
    throw new Error(`Tensor ${tensor.name} has no value: its operation was pruned or runs on the host`);
  }

  readVariable(variable: Operation): TensorValue {
    const { name } = variable;
    const latest = this.current.get(name);
    if (latest !== undefined) return latest;
    if (this.surroundings !== undefined) {
      const value = this.surroundings.variable(variable);
      this.current.set(name, value);
      return value;
    }
    this.reads.set(name, variable);
    const facts = this.request.variable(name);
    const value = this.define(facts.dtype, facts.shape, { kind: "variable", variable: name }, name);
    this.current.set(name, value);
    return value;
  }

  define(dtype: NumericDType, shape: readonly number[], definition: Definition, origin: string): TensorValue {
    const key = keyOf(dtype, shape, definition);
    const equal = key === undefined ? undefined : this.byKey.get(key);
    if (equal !== undefined) return equal;
    const value: Value = { id: this.values.length, dtype, shape: [...shape], definition, origin };
    this.values.push(value);
    if (key !== undefined) this.byKey.set(key, value);
    return value;
  }

  constant(array: NdArray<NumericDType>, origin: string): TensorValue {
    const first = array.data[0];
    if (first !== undefined && array.data.every((x: number) => Object.is(x, first)))
      return this.define(array.dtype, array.shape, { kind: "map", body: this.e.constant(first, array.dtype) }, origin);
    return this.define(array.dtype, array.shape, { kind: "constant", data: array }, origin);
  }

  private defineMap(dtype: NumericDType, shape: readonly number[], body: Expr, origin: string): TensorValue {
    const sources = loadsOf(body);
    const foldable =
      sources.length > 0 &&
      sizeOf(shape) <= foldLimit &&
      sources.every((load) => this.constantOf(load.value) !== undefined);
    if (!foldable) return this.define(dtype, shape, { kind: "map", body }, origin);
    const folded = evaluateMap(shape, dtype, body, (id) => this.constantOf(id) as NdArray<NumericDType>);
    return this.constant(folded, origin);
  }

  /** The array behind a constant or uniform value. */
  constantOf(id: ValueId): NdArray<NumericDType> | undefined {
    const value = this.values[id] as Value;
    if (value.definition.kind === "constant") return value.definition.data;
    if (value.definition.kind !== "map" || sizeOf(value.shape) > foldLimit || loadsOf(value.definition.body).length > 0)
      return undefined;
    return evaluateMap(value.shape, value.dtype, value.definition.body, () => {
      throw new Error("a uniform value has no loads");
    });
  }

  private axes(extents: readonly number[], first = 0): Expr[] {
    return extents.map((extent, i) => this.e.axis(first + i, extent));
  }

  private contextOf(op: Operation): LowerContext {
    const { e } = this;
    const origin = op.name;
    const variableAt = (i: number): Operation => {
      const input = op.inputs[i];
      if (input?.op.definition.lower.kind !== "variable") throw new Error(`Input ${i} of ${op.type} is not a variable`);
      return input.op;
    };
    // Read where there is an error: finding the place takes long.
    const where = {
      op: op.name,
      get createdAt() {
        return op.createdAt;
      },
    };
    const failure = (message: string, hint?: string): StrataError =>
      new InvalidArgumentError(message, { ...where, hint });
    return {
      e,
      attributes: op.attributes,
      name: op.name,
      where,
      inputCount: op.inputs.length,
      input: (i) => this.valueOf(op.inputs[i] as Tensor),
      shapeValue: (i) => this.shapeValue(op.inputs[i] as Tensor),
      outputDType: (i) => (op.outputs[i] as Tensor).dtype as NumericDType,
      constant: (array) => this.constant(array, origin),
      load: (value, indices) => e.load(value.id, value.dtype, indices),
      map: (shape, dtype, body) => this.defineMap(dtype, shape, body(this.axes(shape)), origin),
      reduce: (reduction, shape, extents, body) => {
        const expr = body(this.axes(shape), this.axes(extents, shape.length));
        if (sizeOf(extents) === 1) {
          // A sum begins with 0, so that of -0 alone is 0.
          const only = reduction === "sum" ? e.add(expr, e.constant(0, expr.dtype)) : expr;
          return this.defineMap(only.dtype, shape, only, origin);
        }
        return this.define(
          expr.dtype,
          shape,
          { kind: "reduce", op: reduction, extents: [...extents], body: expr },
          origin,
        );
      },
      argReduce: (which, shape, extents, body) => {
        const expr = body(this.axes(shape), this.axes(extents, shape.length));
        return this.define("int32", shape, { kind: "argReduce", which, extents: [...extents], body: expr }, origin);
      },
      contraction: ({ batch, m, n, k, a, b }) => {
        const shape = [...batch, ...m, ...n];
        const batchAxes = this.axes(batch);
        const kAxes = this.axes(k, shape.length);
        const left = a(batchAxes, this.axes(m, batch.length), kAxes);
        const right = b(batchAxes, this.axes(n, batch.length + m.length), kAxes);
        const axes = { batch: batch.length, m: m.length, n: n.length };
        return this.define(
          left.dtype,
          shape,
          { kind: "contraction", axes, extents: [...k], a: left, b: right },
          origin,
        );
      },
      random: (distribution, shape, dtype, seed, integers) =>
        this.define(dtype, shape, { kind: "random", distribution, seed, generator: op.name, ...integers }, origin),
      scatter: ({ combine, shape, base, extents, indices, update }) => {
        const axes = this.axes(extents);
        const start = base(this.axes(shape));
        const definition: Definition = {
          kind: "scatter",
          combine,
          base: start,
          extents: [...extents],
          indices: indices(axes),
          update: update(axes),
        };
        return this.define(start.dtype, shape, definition, origin);
      },
      writeVariable: (i, value) => {
        const { name } = variableAt(i);
        this.current.set(name, value);
        this.written.add(name);
      },
      isInitialized: (i) => this.isInitialized(variableAt(i).name),
      check: (flag, details, error) => {
        const any = this.define(
          "bool",
          [],
          { kind: "reduce", op: "any", extents: flag.shape, body: e.load(flag.id, "bool", this.axes(flag.shape)) },
          origin,
        );
        this.checks.push({ flag: any.id, details: details.map((d) => d.id), error });
      },
      fail: (message, hint) => {
        throw failure(message, hint);
      },
    };
  }

  /** Whether a variable has a value at this point; the answer is part of the program. */
  isInitialized(variable: string): boolean {
    if (this.written.has(variable)) return true;
    if (this.surroundings !== undefined) return this.surroundings.isInitialized(variable);
    this.states.add(variable);
    return this.request.isInitialized(variable);
  }

  private shapeValue(tensor: Tensor): NdArray {
    const known = this.request.known.get(tensor) ?? (this.fed.has(tensor) ? undefined : constantValue(tensor));
    if (known !== undefined) return known;
    const value = this.valueOf(tensor);
    const folded = this.constantOf(value.id);
    if (folded === undefined) throw new NeedsValues([tensor]);
    return folded;
  }
}

/** Identifies definitions that compute the same; `undefined` where each execution differs. */
function keyOf(dtype: NumericDType, shape: readonly number[], definition: Definition): string | undefined {
  const head = `${definition.kind}|${dtype}|${shape.join(",")}|`;
  const body = expressionsOf(definition)
    .map((x) => x.id)
    .join(",");
  switch (definition.kind) {
    case "feed":
    case "random":
    case "constant":
    case "block":
      return undefined;
    case "variable":
      return `${head}${definition.variable}`;
    case "map":
      return head + body;
    case "reduce":
      return `${head}${definition.op}|${definition.extents.join(",")}|${body}`;
    case "argReduce":
      return `${head}${definition.which}|${definition.extents.join(",")}|${body}`;
    case "contraction":
      return `${head}${Object.values(definition.axes).join(",")}|${definition.extents.join(",")}|${body}`;
    case "scatter":
      return `${head}${definition.combine}|${definition.extents.join(",")}|${body}`;
  }
}
