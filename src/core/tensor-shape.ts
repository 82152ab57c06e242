/**
 * @file `TensorShape`: a static shape as an object, for programs that compare and join shapes. Follows
 * `tensor_shape.py` of TensorFlow 1.3; the arithmetic is that of `shape.ts`.
 */
import { ShapeError } from "./errors.js";
import { isCompatible, isFullyDefined, mergeShapes, type PartialShape, type Shape, sizeOf, tupled } from "./shape.js";

/** What describes a shape: dimensions with `null` for unknown ones, or `null` for an unknown rank. */
export type ShapeLike = PartialShape | TensorShape;

const dimensionsOf = (shape: ShapeLike): PartialShape => (shape instanceof TensorShape ? shape.dims : shape);

/** A shape of which the rank, or some dimensions, may be unknown. Immutable. */
export class TensorShape {
  /** Messages name it; minifiers would change it. */
  static readonly name: string = "TensorShape";
  /** The dimensions, `null` where unknown; itself `null` for an unknown rank. */
  readonly dims: PartialShape;

  /**
   * @param dims dimensions with `null` for unknown ones; `null` for an unknown rank
   * @throws ShapeError for a dimension that is no whole number, 0 or more
   */
  constructor(dims: ShapeLike = null) {
    const given = dimensionsOf(dims);
    for (const dimension of given ?? [])
      if (dimension !== null && (!Number.isInteger(dimension) || dimension < 0))
        throw new ShapeError(`Dimension ${dimension} must be >= 0`, {
          hint: "write null for a dimension that is not known",
        });
    this.dims = given === null ? null : [...given];
  }

  /** A shape of `rank` unknown dimensions, or of unknown rank. */
  static unknown(rank: number | null = null): TensorShape {
    return new TensorShape(rank === null ? null : new Array<null>(rank).fill(null));
  }

  /** Number of axes, or `null` where unknown. */
  get ndims(): number | null {
    return this.dims === null ? null : this.dims.length;
  }
  /** @see ndims */
  get rank(): number | null {
    return this.ndims;
  }

  /** The dimensions. @throws ShapeError for an unknown rank */
  asList(): Shape {
    if (this.dims === null)
      throw new ShapeError("as_list() is not defined on an unknown TensorShape.", {
        hint: "dims is null for an unknown rank",
      });
    return this.dims;
  }
  /** Number of elements, or `null` where a dimension is unknown. */
  numElements(): number | null {
    return isFullyDefined(this.dims) ? sizeOf(this.dims) : null;
  }
  /** Whether rank and all dimensions are known. */
  isFullyDefined(): boolean {
    return isFullyDefined(this.dims);
  }
  /** @throws ShapeError where something is unknown */
  assertIsFullyDefined(): void {
    if (!this.isFullyDefined()) throw new ShapeError(`Shape ${this} is not fully defined`);
  }

  /** Whether some shape fits both. Reflexive and symmetric, not transitive: all fit the unknown shape. */
  isCompatibleWith(other: ShapeLike): boolean {
    return isCompatible(this.dims, dimensionsOf(other));
  }
  /** @throws ShapeError where no shape fits both */
  assertIsCompatibleWith(other: ShapeLike): void {
    if (!this.isCompatibleWith(other))
      throw new ShapeError(`Shapes ${this} and ${tupled(dimensionsOf(other))} are incompatible`);
  }
  /** The most specific shape that both describe. @throws ShapeError where they clash */
  mergeWith(other: ShapeLike): TensorShape {
    const merged = mergeShapes(this.dims, dimensionsOf(other));
    if (merged === undefined)
      throw new ShapeError(`Shapes ${this} and ${tupled(dimensionsOf(other))} are not compatible`, {
        hint: "ranks and known dimensions must be equal",
      });
    return new TensorShape(merged);
  }
  /** The dimensions of this shape, then those of the other; unknown where either rank is. */
  concatenate(other: ShapeLike): TensorShape {
    const more = dimensionsOf(other);
    return new TensorShape(this.dims === null || more === null ? null : [...this.dims, ...more]);
  }

  /** This shape, known to have `rank` axes. @throws ShapeError for another rank */
  withRank(rank: number): TensorShape {
    if (this.dims === null) return TensorShape.unknown(rank);
    return this.requireRank(this.dims.length === rank, `must have rank ${rank}`);
  }
  /** This shape. @throws ShapeError for a smaller rank */
  withRankAtLeast(rank: number): TensorShape {
    return this.requireRank(this.dims === null || this.dims.length >= rank, `must have rank at least ${rank}`);
  }
  /** This shape. @throws ShapeError for a greater rank */
  withRankAtMost(rank: number): TensorShape {
    return this.requireRank(this.dims === null || this.dims.length <= rank, `must have rank at most ${rank}`);
  }

  /** Whether both know the same: equal ranks, equal dimensions, unknown ones in the same places. */
  equals(other: ShapeLike): boolean {
    const dims = dimensionsOf(other);
    if (this.dims === null || dims === null) return this.dims === dims;
    return this.dims.length === dims.length && this.dims.every((d, i) => d === dims[i]);
  }

  /** TensorFlow's rendering: `(?, 784)`, `(784,)`, `()`, `<unknown>`. */
  toString(): string {
    return tupled(this.dims);
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `TensorShape(${this})`;
  }
  [Symbol.iterator](): Iterator<number | null> {
    return this.asList()[Symbol.iterator]();
  }

  private requireRank(holds: boolean, what: string): TensorShape {
    if (!holds) throw new ShapeError(`Shape ${this} ${what}`);
    return this;
  }
}
