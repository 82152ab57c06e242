/** @file A part of a picture in another size, without jagged edges or lost lines. Pure functions. */
import type { Picture } from "./picture.js";

/** A rectangle on a picture, in its pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Scales a part of a picture. Each new pixel is an average of the old ones around its place, those near by
 * counting most, so that nothing between the pixels is lost; the same size gives the same pixels.
 * @param columns width of the result
 * @param rows its height
 */
export function resample(picture: Picture, area: Area, columns: number, rows: number): Picture {
  const across = tapsOf(area.left, area.width, columns, picture.columns);
  const down = tapsOf(area.top, area.height, rows, picture.rows);
  const narrow = new Float32Array(picture.rows * columns);
  const [firstRow = 0, lastRow = 0] = [down[0]?.first, (down.at(-1)?.first ?? 0) + (down.at(-1)?.weights.length ?? 0)];
  for (let row = firstRow; row < lastRow; row++)
    across.forEach(({ first, weights }, column) => {
      let sum = 0;
      for (let k = 0; k < weights.length; k++)
        sum += (weights[k] ?? 0) * (picture.ink[row * picture.columns + first + k] ?? 0);
      narrow[row * columns + column] = sum;
    });
  const ink = new Float32Array(rows * columns);
  down.forEach(({ first, weights }, row) => {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += (weights[k] ?? 0) * (narrow[(first + k) * columns + column] ?? 0);
      ink[row * columns + column] = sum;
    }
  });
  return { rows, columns, ink, title: picture.title };
}

/** Which old pixels a new one averages, from the first on. The weights sum to 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Weights that fall in a straight line to either side, over a new pixel's width or an old one's, the wider. */
function tapsOf(start: number, length: number, count: number, available: number): Taps[] {
  const step = length / count;
  const reach = Math.max(1, step);
  return Array.from({ length: count }, (_, i) => {
    const middle = start + (i + 0.5) * step - 0.5;
    const first = Math.max(0, Math.ceil(middle - reach));
    const last = Math.min(available - 1, Math.floor(middle + reach));
    const weights = Float64Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k - middle) / reach),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
