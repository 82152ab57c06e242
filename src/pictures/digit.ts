/**
 * @file Pictures of digits as MNIST has them: white on black, the ink fitted into a box of 20×20 with its
 * proportions kept, and laid into 28×28 with its centre of mass in the middle. Pure functions.
 */
import { ArgumentError } from "../core/index.js";
import { findInk } from "./ink.js";
import type { Picture } from "./picture.js";
import { type Area, resample } from "./resample.js";
import { thickened } from "./strokes.js";

const SIZE = 28;
/** Where the centre of mass comes to lie, counted in pixels from 0, as in MNIST's own pictures. */
const MIDDLE = 14;
/** Larger pictures are looked at in this size first: noise averages out. */
const LOOK = 280;
/** Paper around the ink that is looked at once more, as a part of the ink's size. */
const AROUND = 0.3;

/** Options of {@link digitOf}. */
export interface DigitOptions {
  /** The square that the ink is fitted into, at most 28. Default 20. */
  readonly box?: number;
  /** What comes to the middle: the ink's centre of mass (the default), or the box. */
  readonly centre?: "mass" | "box";
}

/**
 * The picture as a network that learned from MNIST knows it: 28×28, ink from 0 to 1. The paper may be light
 * or dark, unevenly lit and a little dirty, and the digit anywhere on it, drawn with a thin pen or a broad one.
 * @throws ArgumentError where nothing stands out from the paper
 */
export function digitOf(picture: Picture, { box = 20, centre = "mass" }: DigitOptions = {}): Picture {
  if (!(box >= 1 && box <= SIZE)) throw new ArgumentError(`digitOf: box must be from 1 to ${SIZE}, not ${box}`);
  const far = look(picture, { left: 0, top: 0, width: picture.columns, height: picture.rows });
  // Once more from near, so that a small digit on a large sheet loses nothing.
  const { seen, extent } = thickened(look(picture, withPaper(far, picture)));
  const scale = box / Math.max(extent.width, extent.height);
  const [columns, rows] = [extent.width, extent.height].map((side) => Math.max(1, Math.round(side * scale)));
  const fitted = resample(seen, extent, columns ?? 1, rows ?? 1);
  // Thin lines grow faint when they are scaled down; the darkest ink is black again.
  const darkest = fitted.ink.reduce((most, ink) => Math.max(most, ink), 0);
  const strokes = { ...fitted, ink: fitted.ink.map((ink) => ink / darkest) };
  return placed(strokes, centre);
}

/** The ink of a part of a picture, in a size that is quickly gone through. */
interface Look {
  readonly part: Area;
  readonly seen: Picture;
  /** What the ink takes of it. */
  readonly extent: Area;
}

function look(picture: Picture, part: Area): Look {
  const scale = Math.min(1, LOOK / Math.max(part.width, part.height));
  const [columns, rows] = [part.width, part.height].map((side) => Math.max(1, Math.round(side * scale)));
  return { part, ...findInk(resample(picture, part, columns ?? 1, rows ?? 1)) };
}

/** Where the ink of a look lies on the picture, with paper around. */
function withPaper({ part, seen, extent }: Look, picture: Picture): Area {
  const scale = part.width / seen.columns;
  const paper = AROUND * Math.max(extent.width, extent.height);
  const left = Math.max(0, Math.floor((extent.left - paper) * scale));
  const top = Math.max(0, Math.floor((extent.top - paper) * scale));
  const right = Math.min(picture.columns, Math.ceil((extent.left + extent.width + paper) * scale));
  const bottom = Math.min(picture.rows, Math.ceil((extent.top + extent.height + paper) * scale));
  return { left, top, width: right - left, height: bottom - top };
}

/** The strokes on a sheet of 28×28; none of them is pushed over its edge. */
function placed(strokes: Picture, centre: "mass" | "box"): Picture {
  const { rows, columns, title } = strokes;
  const offset = (size: number, middle: number): number => Math.min(SIZE - size, Math.max(0, Math.round(middle)));
  const mass = massOf(strokes);
  const left = offset(columns, centre === "mass" ? MIDDLE - mass.column : (SIZE - columns) / 2);
  const top = offset(rows, centre === "mass" ? MIDDLE - mass.row : (SIZE - rows) / 2);
  const ink = new Float32Array(SIZE * SIZE);
  for (let row = 0; row < rows; row++)
    ink.set(strokes.ink.subarray(row * columns, (row + 1) * columns), (top + row) * SIZE + left);
  return { rows: SIZE, columns: SIZE, ink, title };
}

/** Where the ink balances, in pixels from the first. */
function massOf({ columns, ink }: Picture): { readonly row: number; readonly column: number } {
  let [sum, row, column] = [0, 0, 0];
  ink.forEach((amount, i) => {
    sum += amount;
    row += amount * Math.floor(i / columns);
    column += amount * (i % columns);
  });
  return { row: row / sum, column: column / sum };
}
