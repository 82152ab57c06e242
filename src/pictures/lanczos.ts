/**
 * @file Pictures of several channels in another size, as Pillow's `Image.resize(…, LANCZOS)` makes them: a windowed
 * sinc over three lobes, along the rows and then along the columns, in whole levels after each. Pure functions.
 */

/** Levels 0 to 255 in rows, the channels of a pixel together. */
export interface Levels {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly levels: Uint8Array;
}

/** `picture` in another size; the same size gives the same levels. */
export function lanczos(picture: Levels, rows: number, columns: number): Levels {
  const { channels } = picture;
  const across = picture.columns === columns ? null : tapsOf(picture.columns, columns);
  const narrow =
    across === null
      ? picture
      : { ...picture, columns, levels: resized(picture.levels, across, picture.rows, picture.columns, channels) };
  const down = picture.rows === rows ? null : tapsOf(picture.rows, rows);
  if (down === null) return narrow;
  return { ...narrow, rows, levels: resized(narrow.levels, down, 1, picture.rows, columns * channels) };
}

/** Which old pixels a new one is made of, from the first on. The weights are multiples of 2⁻²², as Pillow has them. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}
const one = 2 ** 22;
const lobes = 3;

function tapsOf(before: number, after: number): Taps[] {
  const scale = before / after;
  const widening = Math.max(1, scale);
  const support = lobes * widening;
  return Array.from({ length: after }, (_, i) => {
    const middle = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(middle - support + 0.5));
    const end = Math.min(before, Math.trunc(middle + support + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, k) =>
      windowed((first + k - middle + 0.5) / widening),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => Math.trunc((weight / sum) * one + Math.sign(weight) * 0.5)) };
  });
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const windowed = (x: number): number => (x >= -lobes && x < lobes ? sinc(x) * sinc(x / lobes) : 0);

/** Each of `lines` lines of `length` entries, `width` levels wide, in another length. */
function resized(levels: Uint8Array, taps: readonly Taps[], lines: number, length: number, width: number): Uint8Array {
  // Values beyond the scale end at its ends.
  const out = new Uint8ClampedArray(lines * taps.length * width);
  for (let line = 0; line < lines; line++)
    taps.forEach(({ first, weights }, i) => {
      const to = (line * taps.length + i) * width;
      for (let k = 0; k < width; k++) {
        let sum = one / 2;
        let from = (line * length + first) * width + k;
        for (const weight of weights) {
          sum += weight * (levels[from] ?? 0);
          from += width;
        }
        out[to + k] = Math.floor(sum / one);
      }
    });
  return new Uint8Array(out.buffer);
}
