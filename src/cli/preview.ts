/** @file A row of small pictures: a first look at the data that fits on a screen beside everything else. */
import type { Batch } from "../datasets/index.js";
import { labelOf, type Picture, pictureOf, terminalSheet } from "../pictures/index.js";

const MAXIMUM_PICTURES = 10;
const GAP = 2;

/** The first examples side by side, as many as the width holds, at half their size; ends in a line break. */
export function previewRow({ images, labels }: Batch, columns: number, nameOf: (label: number) => string): string {
  const first = halved(pictureOf(images, 0, ""));
  const fitting = Math.floor((columns + GAP) / (first.columns + GAP));
  const count = Math.max(1, Math.min(MAXIMUM_PICTURES, fitting, images.shape[0] ?? 1));
  const pictures = Array.from({ length: count }, (_, i) => halved(pictureOf(images, i, nameOf(labelOf(labels, i)))));
  return terminalSheet(pictures, { columns });
}

/** Half as wide and high: each dot the mean of four. */
function halved({ rows, columns, ink, title }: Picture): Picture {
  const width = Math.ceil(columns / 2);
  const height = Math.ceil(rows / 2);
  const at = (row: number, column: number): number => (column < columns ? (ink[row * columns + column] ?? 0) : 0);
  const smaller = Float32Array.from({ length: width * height }, (_, i) => {
    const row = 2 * Math.floor(i / width);
    const column = 2 * (i % width);
    return (at(row, column) + at(row, column + 1) + at(row + 1, column) + at(row + 1, column + 1)) / 4;
  });
  return { rows: height, columns: width, ink: smaller, title };
}
