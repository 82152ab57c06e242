/**
 * @file A picture as amounts of ink, and how examples of a data set become pictures. Imports core only.
 */
import { ArgumentError, bracketed, type NdArray, ShapeError } from "../core/index.js";

/** A titled picture: `ink` in rows, 0 (paper, white) to 1 (black), as matplotlib's binary colour map has it. */
export interface Picture {
  /** Height in cells. */
  readonly rows: number;
  /** Width in cells. */
  readonly columns: number;
  /** Row by row, 0 for white to 1 for black. */
  readonly ink: Float32Array;
  /** What is written above it. */
  readonly title: string;
}

/**
 * Takes one example as a picture.
 * @param images [n, side·side], [n, rows, columns] or [n, rows, columns, 1]; uint8 counts 0 to 255,
 * other dtypes 0 to 1, what lies outside is drawn white or black, NaN white
 * @throws ShapeError where an example is no picture
 * @throws ArgumentError where there is no such example
 */
export function pictureOf(images: NdArray, index: number, title: string): Picture {
  const [rows, columns] = pictureSize(images);
  const count = images.shape[0] ?? 0;
  if (!Number.isInteger(index) || index < 0 || index >= count)
    throw new ArgumentError(`There is no example ${index}: the images are ${count}, from 0`);
  const black = images.dtype === "uint8" ? 255 : 1;
  const size = rows * columns;
  const ink = Float32Array.from({ length: size }, (_, i) => {
    const value = Number(images.data[index * size + i]) / black;
    return value > 0 ? Math.min(1, value) : 0; // not Math.max, which lets NaN through
  });
  return { rows, columns, ink, title };
}

function pictureSize({ shape }: NdArray): [rows: number, columns: number] {
  const [, rows, columns, channels = 1] = shape;
  if (rows !== undefined && columns !== undefined && channels === 1 && shape.length <= 4) return [rows, columns];
  const side = Math.sqrt(rows ?? 0);
  if (shape.length === 2 && side > 0 && Number.isInteger(side)) return [side, side];
  throw new ShapeError(`Images of shape ${bracketed(shape)} cannot be shown`, {
    hint: "reshape them to [n, rows, columns], [n, rows, columns, 1] or, if square, [n, side·side]",
  });
}

/** The label of one example: the number itself of labels [n], the place of the largest of labels [n, classes]. */
export function labelOf(labels: NdArray, index: number): number {
  if (labels.rank === 1) return Number(labels.data[index]);
  const classes = labels.shape[1] ?? 0;
  if (labels.rank !== 2 || classes === 0)
    throw new ShapeError(`Labels of shape ${bracketed(labels.shape)} are neither integers nor one-hot`, {
      hint: "use labels [n] or [n, classes]",
    });
  let best = 0;
  for (let i = 1; i < classes; i++)
    if (Number(labels.data[index * classes + i]) > Number(labels.data[index * classes + best])) best = i;
  return best;
}
