/**
 * @file `Tensor`: a symbolic handle on one output of an operation, typed by element type and shape.
 * Chained methods (`x.matmul(W)`) are installed by the rooms that define them.
 */
import {
  type DType,
  GraphError,
  mergeShapes,
  type PartialShape,
  type Shape,
  ShapeError,
  tupled,
} from "../core/index.js";
import type { Graph } from "./graph.js";
import type { Operation } from "./operation.js";

/**
 * One output of an {@link Operation}: a value that exists only while a session runs.
 * `D` is its element type, `S` its static shape with `null` for a dimension known only then.
 */
export class Tensor<out D extends DType = DType, out S extends Shape = Shape> {
  /** Messages name it; minifiers would change it. */
  static readonly name: string = "Tensor";
  private known: PartialShape;
  private readonly users: Operation[] = [];

  constructor(
    readonly op: Operation,
    readonly index: number,
    readonly dtype: D,
    shape: PartialShape,
  ) {
    this.known = shape;
  }

  /** `operation:output`, such as `MatMul:0`. */
  get name(): string {
    return `${this.op.name}:${this.index}`;
  }
  get graph(): Graph {
    return this.op.graph;
  }
  /**
   * The static shape, with `null` for unknown dimensions.
   * @throws ShapeError when even the rank is unknown; see {@link partialShape}
   */
  get shape(): S {
    if (this.known === null)
      throw new ShapeError("as_list() is not defined on an unknown TensorShape.", {
        op: this.op.name,
        createdAt: this.op.createdAt,
        hint: "read partialShape, which is null for an unknown rank, or give the tensor a shape with setShape()",
      });
    return this.known as S;
  }
  /** The static shape, or `null` when even the rank is unknown. */
  get partialShape(): PartialShape {
    return this.known;
  }
  /** Number of axes, or `null` when unknown. */
  get rank(): number | null {
    return this.known === null ? null : this.known.length;
  }
  /** The operations that read this tensor. */
  consumers(): readonly Operation[] {
    return [...this.users];
  }

  /** Adds what is known about the shape: merges, never overwrites. @throws ShapeError on a clash */
  setShape(shape: PartialShape): void {
    const merged = mergeShapes(this.known, shape);
    if (merged === undefined)
      throw new ShapeError(`Shapes ${tupled(this.known)} and ${tupled(shape)} are not compatible`, {
        op: this.op.name,
        createdAt: this.op.createdAt,
      });
    this.known = merged;
  }

  /** @internal */
  registerConsumer(op: Operation): void {
    this.users.push(op);
  }

  toString(): string {
    return `Tensor("${this.name}", shape=${tupled(this.known)}, dtype=${this.dtype})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `<tf.Tensor '${this.name}' shape=${tupled(this.known)} dtype=${this.dtype}>`;
  }
  [Symbol.iterator](): never {
    throw new GraphError("'Tensor' object is not iterable", {
      op: this.op.name,
      hint: "use unstack() or split() to take a tensor apart",
    });
  }
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new GraphError(
      "Using a Tensor as a JavaScript number or boolean is not allowed: it has no value until a session runs.",
      {
        op: this.op.name,
        hint: "build the computation with tf.add(), tf.equal(), tf.where(), … or run it with session.run()",
      },
    );
  }
}
