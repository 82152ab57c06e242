/**
 * @file Specializes operations that run functions: loops and branches. Each function becomes a program of
 * its own. What it captures is handed in as feeds, constants excepted; variables that it writes are
 * carried from step to step, or returned by both branches, and assigned outside.
 */
import { InvalidArgumentError, type NumericDType, sameShape, UnimplementedError } from "../core/index.js";
import type {
  BlockAttributes,
  BranchAttributes,
  FunctionBody,
  LoopAttributes,
  Operation,
  Tensor,
} from "../graph/index.js";
import { type Block, carriedName, type Program, type TensorValue, type ValueId } from "../ir/index.js";
import { prune } from "./prune.js";
import { NeedsValues, Specializer } from "./specialize.js";

/** The values of the outputs of an operation whose lowering is `block`. */
export function lowerBlock(outer: Specializer, op: Operation): readonly TensorValue[] {
  const block = op.attributes.block as BlockAttributes;
  return block.kind === "loop" ? lowerLoop(outer, op, block) : lowerBranch(outer, op, block);
}

/** A function on its way to becoming a program. */
class FunctionProgram {
  readonly inner: Specializer;
  /** Variables that the function writes, each with an operation that stands for it. */
  readonly writes = new Map<string, Operation>();
  private readonly feeds = new Map<ValueId, ValueId>();

  constructor(
    private readonly outer: Specializer,
    private readonly op: Operation,
    private readonly body: FunctionBody,
    /** Values outside that some function of the operation reads. */
    private readonly invariant: ValueId[],
  ) {
    const outputs = body.outputs.filter((tensor) => tensor !== null);
    const { order } = prune(outputs, [], new Set(body.inputs));
    for (const inside of order) {
      if (inside.definition.lower.kind === "host")
        throw new UnimplementedError(
          `${inside.type} cannot run inside ${op.type}: it runs between programs, not within one`,
          {
            op: inside.name,
            createdAt: inside.createdAt,
            hint: "compute it before the loop or branch and use the result inside",
          },
        );
      // A fused update writes more than the variable it is named for: all that it refers to may change.
      if (inside.definition.writes === undefined) continue;
      for (const { op: source } of inside.inputs)
        if (source.definition.lower.kind === "variable") this.writes.set(source.name, source);
    }
    const outside = new Map(Array.from(body.graph.captures, ([from, inside]) => [inside, from] as const));
    this.inner = new Specializer(
      {
        order,
        fetches: [],
        feeds: [],
        known: new Map(),
        variable: unreachable,
        isInitialized: unreachable,
        lowerBlock,
      },
      {
        captured: (tensor) => {
          const source = outside.get(tensor);
          return source && this.bring(outer.valueOf(source), tensor.op.name);
        },
        variable: (variable) => this.bring(outer.readVariable(variable), variable.name),
        isInitialized: (name) => outer.isInitialized(name),
      },
    );
  }

  /** A value of the program outside, inside: constants again as such, others as feeds. */
  bring(value: TensorValue, origin: string): TensorValue {
    const { definition } = this.outer.values[value.id] as (typeof this.outer.values)[number];
    if (definition.kind === "constant") return this.inner.constant(definition.data, origin);
    if (definition.kind === "map" && definition.body.kind === "constant") {
      const body = this.inner.e.constant(definition.body.value, definition.body.dtype);
      return this.inner.define(value.dtype, value.shape, { kind: "map", body }, origin);
    }
    if (!this.invariant.includes(value.id)) this.invariant.push(value.id);
    return this.feed(value, origin);
  }

  private feed(value: TensorValue, origin: string): TensorValue {
    const known = this.feeds.get(value.id);
    if (known !== undefined) return this.inner.values[known] as TensorValue;
    const made = this.inner.define(value.dtype, value.shape, { kind: "feed" }, origin);
    this.feeds.set(value.id, made.id);
    return made;
  }

  /** Lowers everything, telling the run which tensors outside it must know the values of. */
  lower(): void {
    try {
      this.inner.lowerAll();
    } catch (error) {
      if (!(error instanceof NeedsValues)) throw error;
      const outside = new Map(Array.from(this.body.graph.captures, ([from, inside]) => [inside, from] as const));
      const sources = error.tensors.map((tensor) => outside.get(tensor));
      const inside = error.tensors[sources.indexOf(undefined)];
      if (inside === undefined) throw new NeedsValues(sources as Tensor[]);
      throw new InvalidArgumentError(
        `The shape of something inside ${this.op.type} depends on ${inside.name}, which changes from step to step`,
        {
          op: inside.op.name,
          createdAt: inside.op.createdAt,
          hint: "shapes inside a loop must be the same in every step",
        },
      );
    }
  }

  outputs(): (TensorValue | null)[] {
    return this.body.outputs.map((tensor) => (tensor === null ? null : this.inner.valueOf(tensor)));
  }

  /** The finished program; every function of an operation takes the same feeds. */
  program(slices: readonly TensorValue[], outputs: readonly ValueId[], updates: Program["updates"]): Program {
    const invariant = this.invariant.map((id) => this.feed(this.outer.values[id] as TensorValue, "invariant").id);
    const { e, values, checks } = this.inner;
    // Details of checks are read after the run, when a slice is no longer where it was.
    const kept = checks.map((check) => ({ ...check, details: check.details.map((id) => this.copy(id)) }));
    return { builder: e, values, feeds: [...slices.map((s) => s.id), ...invariant], outputs, updates, checks: kept };
  }

  private copy(id: ValueId): ValueId {
    const { inner } = this;
    const value = inner.values[id] as (typeof inner.values)[number];
    if (value.definition.kind !== "feed") return id;
    const axes = value.shape.map((extent, axis) => inner.e.axis(axis, extent));
    const body = inner.e.load(id, value.dtype, axes);
    return inner.define(value.dtype, value.shape, { kind: "map", body }, value.origin).id;
  }
}

const unreachable = (): never => {
  throw new Error("functions ask their surroundings");
};

function lowerLoop(outer: Specializer, op: Operation, attributes: LoopAttributes): TensorValue[] {
  const { body, condition, carriedCount, slicedCount, hasCount, reverse } = attributes;
  const operand = (i: number): TensorValue => outer.valueOf(op.inputs[i] as Tensor);
  const initial = Array.from({ length: carriedCount }, (_, i) => operand(i));
  const sliced = Array.from({ length: slicedCount }, (_, i) => operand(carriedCount + i));
  const count = hasCount ? operand(carriedCount + slicedCount).id : null;
  const steps = stepsOf(op, attributes, sliced);
  const invariant: ValueId[] = [];
  const functions = [body, ...(condition === null ? [] : [condition])].map(
    (f) => new FunctionProgram(outer, op, f, invariant),
  );
  const writes = new Map(functions.flatMap((f) => [...f.writes]));
  const variables = Array.from(writes, ([name, variable]) => ({ name, value: outer.readVariable(variable) }));
  const carried = [...initial, ...variables.map((v) => v.value)];

  const slices = functions.map((f, which) => {
    const arguments_ = which === 0 ? body.inputs : (condition as FunctionBody).inputs;
    carried.forEach((value, i) => {
      const inside = f.inner.define(
        value.dtype,
        value.shape,
        { kind: "variable", variable: carriedName(i) },
        `carried ${i}`,
      );
      const argument = arguments_[i];
      if (i < carriedCount && argument !== undefined) f.inner.bind(argument, inside);
      const variable = variables[i - carriedCount];
      if (variable !== undefined) f.inner.current.set(variable.name, inside);
    });
    return sliced.map((value, i) => {
      const inside = f.inner.define(value.dtype, value.shape.slice(1), { kind: "feed" }, `slice ${i}`);
      const argument = which === 0 ? body.inputs[carriedCount + i] : undefined;
      if (argument !== undefined) f.inner.bind(argument, inside);
      return inside;
    });
  });
  for (const f of functions) f.lower();

  const [main, test] = functions as [FunctionProgram, FunctionProgram?];
  const results = main.outputs() as TensorValue[];
  const next = [
    ...results.slice(0, carriedCount),
    ...variables.map(({ name }) => main.inner.current.get(name) as TensorValue),
  ];
  next.forEach((value, i) => {
    const before = carried[i] as TensorValue;
    if (!sameShape(value.shape, before.shape))
      throw new InvalidArgumentError(
        `${op.type}: value ${i} has shape [${before.shape}] before a step and [${value.shape}] after it`,
        {
          op: op.name,
          createdAt: op.createdAt,
          hint: "what a loop carries keeps its shape",
        },
      );
  });
  const stacked = results.slice(carriedCount);
  const updates = next.map((value, i) => ({ variable: carriedName(i), value: value.id }));
  const block: Block = {
    kind: "loop",
    steps,
    count,
    // Programs are finished last, when it is settled what all of them take.
    condition: test === undefined ? null : conditionProgram(test, slices[1] ?? []),
    body: main.program(
      slices[0] ?? [],
      stacked.map((v) => v.id),
      updates,
    ),
    reverse,
    carried: carried.map((v) => v.id),
    sliced: sliced.map((v) => v.id),
    invariant,
  };
  const finals = carried.map((value, output) =>
    outer.define(value.dtype, value.shape, { kind: "block", block, output }, op.name),
  );
  variables.forEach(({ name }, i) => {
    outer.current.set(name, finals[carriedCount + i] as TensorValue);
    outer.written.add(name);
  });
  const stacks = stacked.map((value, i) =>
    outer.define(
      value.dtype,
      [steps ?? 0, ...value.shape],
      { kind: "block", block, output: carried.length + i },
      op.name,
    ),
  );
  return [...finals.slice(0, carriedCount), ...stacks];
}

function conditionProgram(test: FunctionProgram, slices: readonly TensorValue[]): Program {
  const [holds] = test.outputs();
  return test.program(slices, [(holds as TensorValue).id], []);
}

function stepsOf(op: Operation, { steps }: LoopAttributes, sliced: readonly TensorValue[]): number | null {
  const [first, ...rest] = sliced;
  if (first === undefined) return steps;
  for (const value of rest)
    if (value.shape[0] !== first.shape[0])
      throw new InvalidArgumentError(
        `${op.type}: operands have ${first.shape[0]} and ${value.shape[0]} rows to step through`,
        {
          op: op.name,
          createdAt: op.createdAt,
          hint: "all of them need the same first dimension",
        },
      );
  return first.shape[0] ?? 0;
}

function lowerBranch(outer: Specializer, op: Operation, { whenTrue, whenFalse }: BranchAttributes): TensorValue[] {
  const condition = outer.valueOf(op.inputs[0] as Tensor);
  const invariant: ValueId[] = [];
  const functions = [whenTrue, whenFalse].map((body) => new FunctionProgram(outer, op, body, invariant)) as [
    FunctionProgram,
    FunctionProgram,
  ];
  const writes = new Map(functions.flatMap((f) => [...f.writes]));
  let operand = 1;
  functions.forEach((f, which) => {
    for (const input of (which === 0 ? whenTrue : whenFalse).inputs)
      f.inner.bind(input, f.bring(outer.valueOf(op.inputs[operand++] as Tensor), input.op.name));
  });
  for (const f of functions) f.lower();
  const given = functions.map((f) => f.outputs());
  const results = functions.map((f, which) => {
    const own = (given[which] as (TensorValue | null)[]).map(
      (value, i) => value ?? zeros(f.inner, given[1 - which]?.[i]),
    );
    return [...own, ...Array.from(writes.values(), (variable) => f.inner.readVariable(variable))];
  });
  const [first, second] = results as [TensorValue[], TensorValue[]];
  first.forEach((value, i) => {
    const other = second[i] as TensorValue;
    if (!sameShape(value.shape, other.shape))
      throw new InvalidArgumentError(
        `${op.type}: output ${i} has shape [${value.shape}] in one branch and [${other.shape}] in the other`,
        {
          op: op.name,
          createdAt: op.createdAt,
          hint: "both branches must give the same shapes",
        },
      );
  });
  const programs = functions.map(
    (f, which) => () =>
      f.program(
        [],
        (results[which] as TensorValue[]).map((v) => v.id),
        [],
      ),
  );
  const block: Block = {
    kind: "branch",
    condition: condition.id,
    whenTrue: (programs[0] as () => Program)(),
    whenFalse: (programs[1] as () => Program)(),
    invariant,
  };
  const outputs = first.map((value, output) =>
    outer.define(value.dtype, value.shape, { kind: "block", block, output }, op.name),
  );
  Array.from(writes.keys()).forEach((name, i) => {
    outer.current.set(name, outputs[whenTrue.outputs.length + i] as TensorValue);
    outer.written.add(name);
  });
  return outputs.slice(0, whenTrue.outputs.length);
}

function zeros(inner: Specializer, like: TensorValue | null | undefined): TensorValue {
  if (like == null) throw new Error("A branch output that neither branch gives");
  const dtype: NumericDType = like.dtype;
  return inner.define(dtype, like.shape, { kind: "map", body: inner.e.constant(0, dtype) }, "zeros");
}
