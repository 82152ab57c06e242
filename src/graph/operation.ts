/**
 * @file `Operation`: a node of the graph. It knows its definition (one object per operation type),
 * its inputs and outputs, and where the user's program created it. It computes nothing.
 */
import {
  type CallSite,
  type CallSiteCapture,
  callSiteOf,
  type DType,
  GraphError,
  type PartialShape,
} from "../core/index.js";
import type { OpDefinition } from "./definition.js";
import type { Graph } from "./graph.js";
import { Tensor } from "./tensor.js";

/** What an operation's attributes may hold; everything a saved graph can carry. */
export type Attributes = Readonly<Record<string, unknown>>;

export interface OutputSpec {
  readonly dtype: DType;
  readonly shape: PartialShape;
}

/** A node of a {@link Graph}. Made by the operation builders, never directly. */
export class Operation {
  /** Messages name it; minifiers would change it. */
  static readonly name: string = "Operation";
  readonly outputs: readonly Tensor[];
  readonly controlInputs: readonly Operation[];
  /** Position in creation order, unique in the graph; TensorFlow derives seeds from it. */
  readonly id: number;
  private readonly capture: CallSiteCapture;

  constructor(
    readonly graph: Graph,
    readonly definition: OpDefinition,
    readonly name: string,
    readonly inputs: readonly Tensor[],
    readonly attributes: Attributes,
    outputs: readonly OutputSpec[],
    details: {
      readonly id: number;
      readonly controlInputs: readonly Operation[];
      readonly device: string;
      readonly capture: CallSiteCapture;
    },
  ) {
    this.id = details.id;
    this.controlInputs = details.controlInputs;
    this.device = details.device;
    this.capture = details.capture;
    this.outputs = outputs.map(({ dtype, shape }, index) => new Tensor(this, index, dtype, shape));
    for (const input of inputs) input.registerConsumer(this);
  }

  /** Recorded placement; it changes no numbers. */
  readonly device: string;

  /** The operation's type, such as `MatMul`. */
  get type(): string {
    return this.definition.name;
  }

  /** Where the user's program built this operation, as `file:line:column`. */
  get createdAt(): CallSite | undefined {
    return callSiteOf(this.capture);
  }

  /** The first output; an error for an operation that has none. */
  get output(): Tensor {
    const [first] = this.outputs;
    if (first === undefined) throw new GraphError(`Operation '${this.name}' has no outputs`, { op: this.name });
    return first;
  }

  /** The value of an attribute. @throws GraphError when there is none of that name */
  getAttr(name: string): unknown {
    if (!Object.hasOwn(this.attributes, name))
      throw new GraphError(`Operation '${this.name}' has no attr named '${name}'.`, { op: this.name });
    return this.attributes[name];
  }

  toString(): string {
    return `<tf.Operation '${this.name}' type=${this.type}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
