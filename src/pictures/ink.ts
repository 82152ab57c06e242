/** @file Tells what is written from the paper: its lighting, its noise and its dirt. Pure functions. */
import { ArgumentError } from "../core/index.js";
import type { Picture } from "./picture.js";
import type { Area } from "./resample.js";

/** The edge that is taken for paper, and the corners that its lighting is judged by, as parts of a side. */
const EDGE = 1 / 20;
const CORNER = 1 / 8;
/** A corner that differs more from the edge has something written in it. */
const SHADE = 0.25;
/** The least difference from the paper that is a stroke, and that as a multiple of the paper's noise. */
const FAINTEST = 0.06;
const NOISE = 4;
/** What shows of the ink, as a part of the darkest. */
export const VISIBLE = 0.12;
/** A blot of less ink than this part of the largest is dirt. */
const SPECK = 0.03;

export interface Ink {
  /** Ink on white paper, 0 to 1, the paper's noise taken away. */
  readonly seen: Picture;
  /** What it takes of the picture. */
  readonly extent: Area;
}

/**
 * Finds the ink on paper that may be light or dark, with a shadow or a few specks on it.
 * @throws ArgumentError where nothing stands out
 */
export function findInk(picture: Picture): Ink {
  const differences = withoutPaper(picture);
  const noise = noiseOf(atEdge({ ...picture, ink: differences }));
  const darkest = differences.reduce((most, ink) => Math.max(most, ink), 0);
  const floor = NOISE * noise;
  if (darkest < FAINTEST || darkest < 1.5 * floor)
    throw new ArgumentError(`There is nothing to be seen in ${picture.title}: all of it has about the same colour`, {
      hint: "a digit should be clearly darker or lighter than what is around it, with a little room on all sides",
    });
  const ink = differences.map((value) => Math.max(0, (value - floor) / (darkest - floor)));
  const seen = { ...picture, ink };
  return { seen, extent: removeSpecks(seen) };
}

/** How much each pixel differs from the paper, in the direction that what is written does. */
function withoutPaper(picture: Picture): Float32Array {
  const paper = lightingOf(picture);
  const differences = picture.ink.map((ink, i) => ink - paper(Math.floor(i / picture.columns), i % picture.columns));
  let [darker, lighter] = [0, 0];
  for (const difference of differences) {
    if (difference > 0) darker += difference ** 2;
    else lighter += difference ** 2;
  }
  return darker >= lighter ? differences : differences.map((difference) => -difference);
}

/** The paper's colour at each place, between those of its corners. */
function lightingOf(picture: Picture): (row: number, column: number) => number {
  const { rows, columns } = picture;
  const usual = median(atEdge(picture));
  const height = Math.max(1, Math.round(rows * CORNER));
  const width = Math.max(1, Math.round(columns * CORNER));
  const corner = (top: number, left: number): number => {
    const colour = median(pixelsOf(picture, { top, left, width, height }));
    return Math.abs(colour - usual) < SHADE ? colour : usual;
  };
  const [a, b] = [corner(0, 0), corner(0, columns - width)];
  const [c, d] = [corner(rows - height, 0), corner(rows - height, columns - width)];
  return (row, column) => {
    const [down, across] = [(row + 0.5) / rows, (column + 0.5) / columns];
    return (1 - down) * ((1 - across) * a + across * b) + down * ((1 - across) * c + across * d);
  };
}

function atEdge(picture: Picture): number[] {
  const { rows, columns } = picture;
  const edge = Math.max(1, Math.round(Math.min(rows, columns) * EDGE));
  return [
    { top: 0, left: 0, width: columns, height: edge },
    { top: rows - edge, left: 0, width: columns, height: edge },
    { top: 0, left: 0, width: edge, height: rows },
    { top: 0, left: columns - edge, width: edge, height: rows },
  ].flatMap((strip) => pixelsOf(picture, strip));
}

function pixelsOf({ columns, ink }: Picture, { top, left, width, height }: Area): number[] {
  const pixels: number[] = [];
  for (let row = top; row < top + height; row++)
    for (let column = left; column < left + width; column++) pixels.push(ink[row * columns + column] ?? 0);
  return pixels;
}

/** The standard deviation of most pixels, by their median deviation: a few others do not count. */
const noiseOf = (differences: readonly number[]): number => 1.4826 * median(differences.map(Math.abs));

function median(values: readonly number[]): number {
  return Float32Array.from(values).sort()[values.length >> 1] ?? 0;
}

/** Takes small blots off the picture. @returns what the others take of it */
function removeSpecks({ rows, columns, ink }: Picture): Area {
  const blots = blotsOf(ink, columns);
  const largest = Math.max(...blots.map(({ amount }) => amount));
  let [left, top, right, bottom] = [columns, rows, 0, 0];
  for (const { pixels, amount } of blots)
    for (const i of pixels) {
      if (amount < SPECK * largest) ink[i] = 0;
      else {
        left = Math.min(left, i % columns);
        right = Math.max(right, (i % columns) + 1);
        top = Math.min(top, Math.floor(i / columns));
        bottom = Math.max(bottom, Math.floor(i / columns) + 1);
      }
    }
  return { left, top, width: right - left, height: bottom - top };
}

interface Blot {
  readonly pixels: readonly number[];
  readonly amount: number;
}

/** Visible pixels that touch one another, corners included. */
function blotsOf(ink: Float32Array, columns: number): Blot[] {
  const isFree = Uint8Array.from(ink, (value) => (value > VISIBLE ? 1 : 0));
  const blots: Blot[] = [];
  for (let start = 0; start < ink.length; start++) {
    if (isFree[start] !== 1) continue;
    isFree[start] = 0;
    const pixels = [start];
    let amount = 0;
    // The list grows while it is gone through.
    for (const i of pixels) {
      amount += ink[i] ?? 0;
      const column = i % columns;
      const [first, last] = [column > 0 ? i - 1 : i, column < columns - 1 ? i + 1 : i];
      for (const row of [-columns, 0, columns])
        for (let near = first + row; near <= last + row; near++) {
          if (isFree[near] !== 1) continue;
          isFree[near] = 0;
          pixels.push(near);
        }
    }
    blots.push({ pixels, amount });
  }
  return blots;
}
