/**
 * @file `FunctionGraph`: the graph of a function that is traced once and run inside an operation: a
 * branch of a conditional, the body of a loop. Tensors of the graphs around it may be used inside; each
 * is captured, standing inside as a placeholder. Variables of the outside are read and written as such.
 */
import type { DType, PartialShape } from "../core/index.js";
import type { OpDefinition } from "./definition.js";
import { Graph } from "./graph.js";
import type { Operation } from "./operation.js";
import type { Tensor } from "./tensor.js";

/** The operation types a captured tensor becomes; `ops` supplies them, since it defines every operation. */
export interface CaptureDefinitions {
  readonly placeholder: OpDefinition;
  readonly variable: OpDefinition;
}
let definitions: CaptureDefinitions | undefined;
/** @internal Called once by `ops`. */
export function installCaptures(made: CaptureDefinitions): void {
  definitions = made;
}

export class FunctionGraph extends Graph {
  /** Tensors of the enclosing graph used inside, each with what stands for it. */
  readonly captures = new Map<Tensor, Tensor>();
  private readonly variables = new Map<Operation, Operation>();

  /** @param name prefix of all names inside, so that generators and variables stay distinct */
  constructor(
    readonly outer: Graph,
    readonly name: string,
  ) {
    super();
    this.seed = outer.seed;
  }

  /** A placeholder for an argument of the function. */
  argument(dtype: DType, shape: PartialShape, name: string): Tensor {
    return this.createOperation(this.definitions.placeholder, [], { dtype, shape }, name).output;
  }

  /** The tensor inside that stands for one of this graph or of a graph around it. */
  override adopt(tensor: Tensor): Tensor {
    if (tensor.graph === this || !this.isInside(tensor.graph)) return tensor;
    if (tensor.op.definition.lower.kind === "variable") return this.variable(tensor.op).output;
    const local = this.outer.adopt(tensor);
    const known = this.captures.get(local);
    if (known !== undefined) return known;
    const made = this.argument(local.dtype, local.partialShape, `captured/${local.op.name}`);
    this.captures.set(local, made);
    return made;
  }

  private isInside(graph: Graph): boolean {
    for (
      let at: Graph | undefined = this.outer;
      at !== undefined;
      at = at instanceof FunctionGraph ? at.outer : undefined
    )
      if (at === graph) return true;
    return false;
  }

  /** The stand-in for a variable, under the variable's own name. */
  private variable(op: Operation): Operation {
    const known = this.variables.get(op);
    if (known !== undefined) return known;
    const made = this.createOperation(this.definitions.variable, [], op.attributes, `${op.name}/`);
    this.variables.set(op, made);
    return made;
  }

  private get definitions(): CaptureDefinitions {
    if (definitions === undefined) throw new Error("Function graphs need the operations of ops/control-flow");
    return definitions;
  }
}

/** A function traced into a graph of its own: what goes in, what comes out. */
export interface FunctionBody {
  readonly graph: FunctionGraph;
  /** Fed anew each time the function runs. Any tensor of the graph can be one. */
  readonly inputs: readonly Tensor[];
  /** `null`: zeros, in the shape that the other function of a branch gives. */
  readonly outputs: readonly (Tensor | null)[];
}

/** Attribute `block` of an operation that runs a function again and again. */
export interface LoopAttributes {
  readonly kind: "loop";
  /** First the carried values, then one row of each sliced operand. Outputs: next carried values, then rows to stack. */
  readonly body: FunctionBody;
  /** Takes the carried values alone. */
  readonly condition: FunctionBody | null;
  readonly carriedCount: number;
  readonly slicedCount: number;
  /** Number of steps where no sliced operand tells it; with a condition, at most; `null`: no limit. */
  readonly steps: number | null;
  /** Whether the operand after the sliced ones says how often the body runs. */
  readonly hasCount: boolean;
  readonly reverse: boolean;
}
/**
 * Attribute `block` of an operation that runs one of two functions. Its operands: the condition, the
 * inputs of the first function, those of the second, then what they capture.
 */
export interface BranchAttributes {
  readonly kind: "branch";
  readonly whenTrue: FunctionBody;
  readonly whenFalse: FunctionBody;
}
export type BlockAttributes = LoopAttributes | BranchAttributes;

/** Tensors of the enclosing graph that some bodies capture, each once. */
export function capturesOf(bodies: readonly (FunctionBody | null)[]): Tensor[] {
  return [...new Set(bodies.flatMap((body) => (body === null ? [] : [...body.graph.captures.keys()])))];
}
