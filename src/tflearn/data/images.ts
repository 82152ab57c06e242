/**
 * @file Changes of single pictures `[height, width, channels]` in host memory: crops, flips, rotations,
 * blur. Pure functions; each follows the NumPy or SciPy function the original calls.
 */

/** A picture: float32, row by row, the channels of a pixel together. */
export interface Picture {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A picture whose pixels come from a place in another, or are 0 where `source` says so with −1. */
function rearranged(
  picture: Picture,
  height: number,
  width: number,
  source: (row: number, column: number) => readonly [row: number, column: number],
): Picture {
  const { data, channels } = picture;
  const out = new Float32Array(height * width * channels);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [y, x] = source(row, column);
      if (y < 0 || x < 0 || y >= picture.height || x >= picture.width) continue;
      const from = (y * picture.width + x) * channels;
      out.set(data.subarray(from, from + channels), (row * width + column) * channels);
    }
  return { data: out, height, width, channels };
}

/** The part of `height` and `width` that begins at `top` and `left`; outside the picture it is 0. */
export const crop = (picture: Picture, top: number, left: number, height: number, width: number): Picture =>
  rearranged(picture, height, width, (row, column) => [row + top, column + left]);

/** Left and right exchanged. `numpy.fliplr` */
export const flipLeftRight = (picture: Picture): Picture =>
  rearranged(picture, picture.height, picture.width, (row, column) => [row, picture.width - 1 - column]);

/** Top and bottom exchanged. `numpy.flipud` */
export const flipUpDown = (picture: Picture): Picture =>
  rearranged(picture, picture.height, picture.width, (row, column) => [picture.height - 1 - row, column]);

/** Quarter turns counterclockwise. `numpy.rot90` */
export function rotate90(picture: Picture, turns: number): Picture {
  const { height, width } = picture;
  switch (((turns % 4) + 4) % 4) {
    case 1:
      return rearranged(picture, width, height, (row, column) => [column, width - 1 - row]);
    case 2:
      return rearranged(picture, height, width, (row, column) => [height - 1 - row, width - 1 - column]);
    case 3:
      return rearranged(picture, width, height, (row, column) => [height - 1 - column, row]);
    default:
      return picture;
  }
}

/**
 * Turned counterclockwise about its middle by an angle in degrees, the size kept; what comes from outside
 * is 0. Between pixels a cubic spline through them. `scipy.ndimage.rotate(…, reshape=False)`
 */
export function rotate(picture: Picture, degrees: number): Picture {
  const { height, width, channels } = picture;
  const coefficients = splineCoefficients(picture);
  const out = new Float32Array(picture.data.length);
  const angle = (degrees * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [dy, dx] = [row - middleY, column - middleX];
      const y = snap(cosine * dy + sine * dx + middleY);
      const x = snap(-sine * dy + cosine * dx + middleX);
      if (y < 0 || x < 0 || y > height - 1 || x > width - 1) continue;
      const target = (row * width + column) * channels;
      for (let channel = 0; channel < channels; channel++)
        out[target + channel] = splineAt(coefficients, { height, width, channels, channel }, y, x);
    }
  return { ...picture, data: out };
}

/** A coordinate that rounding put a hair beside a pixel. */
const snap = (coordinate: number): number =>
  Math.abs(coordinate - Math.round(coordinate)) < 1e-9 ? Math.round(coordinate) : coordinate;

/** Coefficients of the cubic B-spline through the pixels, mirrored at the edges (Unser, 1999). */
function splineCoefficients({ data, height, width, channels }: Picture): Float64Array {
  const coefficients = Float64Array.from(data);
  for (let row = 0; row < height; row++)
    for (let c = 0; c < channels; c++) prefilter(coefficients, row * width * channels + c, channels, width);
  for (let column = 0; column < width; column++)
    for (let c = 0; c < channels; c++) prefilter(coefficients, column * channels + c, width * channels, height);
  return coefficients;
}

/** Turns samples on a line into coefficients, in place: a causal and an anticausal recursive filter. */
function prefilter(values: Float64Array, begin: number, stride: number, count: number): void {
  if (count < 2) return;
  const pole = Math.sqrt(3) - 2;
  const at = (i: number): number => begin + i * stride;
  const read = (i: number): number => values[at(i)] as number;
  // The first causal value is an infinite sum over the mirrored line, which closes after 2·count − 2.
  const period = 2 * count - 2;
  let first = 0;
  let power = 1;
  for (let i = 0; i < period; i++) {
    first += power * read(i < count ? i : period - i);
    power *= pole;
  }
  const gain = 6;
  values[at(0)] = (gain * first) / (1 - power);
  for (let i = 1; i < count; i++) values[at(i)] = gain * read(i) + pole * read(i - 1);
  values[at(count - 1)] = (pole / (pole * pole - 1)) * (read(count - 1) + pole * read(count - 2));
  for (let i = count - 2; i >= 0; i--) values[at(i)] = pole * (read(i + 1) - read(i));
}

interface Plane {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly channel: number;
}

function splineAt(coefficients: Float64Array, plane: Plane, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const rowWeights = splineWeights(y - top);
  const columnWeights = splineWeights(x - left);
  let sum = 0;
  for (let i = 0; i < 4; i++)
    for (let j = 0; j < 4; j++) {
      const row = mirrored(top - 1 + i, plane.height);
      const column = mirrored(left - 1 + j, plane.width);
      const value = coefficients[(row * plane.width + column) * plane.channels + plane.channel] as number;
      sum += (rowWeights[i] as number) * (columnWeights[j] as number) * value;
    }
  return sum;
}

/** The cubic B-spline at the four places around a fraction. */
function splineWeights(t: number): readonly number[] {
  const s = 1 - t;
  return [s ** 3 / 6, 2 / 3 - t * t + t ** 3 / 2, 2 / 3 - s * s + s ** 3 / 2, t ** 3 / 6];
}

/** An index mirrored at the middle of the edge pixels: −1 is 1. */
function mirrored(index: number, count: number): number {
  if (count === 1) return 0;
  const period = 2 * count - 2;
  const wrapped = ((index % period) + period) % period;
  return wrapped < count ? wrapped : period - wrapped;
}

/**
 * A Gaussian blur of standard deviation `sigma` over all three axes, the channels too, as the original
 * has it; reflected at the edges, cut at four standard deviations. `scipy.ndimage.gaussian_filter`
 */
export function blur(picture: Picture, sigma: number): Picture {
  const { height, width, channels } = picture;
  const radius = Math.floor(4 * sigma + 0.5);
  if (sigma <= 0 || radius === 0) return picture;
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const normalized = weights.map((weight) => weight / total);
  let data: Float64Array = Float64Array.from(picture.data);
  for (const [count, stride] of [
    [height, width * channels],
    [width, channels],
    [channels, 1],
  ] as const)
    data = blurAlong(data, count, stride, normalized);
  return { ...picture, data: Float32Array.from(data) };
}

function blurAlong(data: Float64Array, count: number, stride: number, weights: readonly number[]): Float64Array {
  const radius = (weights.length - 1) / 2;
  const out = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const place = Math.floor(i / stride) % count;
    const origin = i - place * stride;
    let sum = 0;
    for (let k = -radius; k <= radius; k++)
      sum += (weights[k + radius] as number) * (data[origin + reflected(place + k, count) * stride] as number);
    out[i] = sum;
  }
  return out;
}

/** An index reflected at the outer edge of the edge pixels: −1 is 0. */
function reflected(index: number, count: number): number {
  const period = 2 * count;
  const wrapped = ((index % period) + period) % period;
  return wrapped < count ? wrapped : period - 1 - wrapped;
}
