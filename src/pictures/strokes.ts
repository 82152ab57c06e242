/**
 * @file The width of strokes: MNIST's were made with a pencil on small forms, and a thin pen on a large sheet
 * leaves next to nothing once the digit is scaled down. Pure functions.
 */
import { type Ink, VISIBLE } from "./ink.js";

/** Widths as parts of a digit's size, as MNIST's digits have them: of most, and of all but a few. */
const USUAL = 2.4 / 20;
const THIN = 1.8 / 20;
/** From there on a pixel belongs to a stroke. */
const INKED = 0.5;

/** Strokes that are thinner than MNIST's get their usual width; others stay. */
export function thickened({ seen, extent }: Ink): Ink {
  const { rows, columns } = seen;
  const size = Math.max(extent.width, extent.height);
  const width = strokeWidth(seen.ink, columns);
  if (width >= THIN * size) return { seen, extent };
  const reach = (USUAL * size - width) / 2;
  const ink = new Float32Array(seen.ink);
  const whole = Math.ceil(reach);
  seen.ink.forEach((amount, i) => {
    if (amount < VISIBLE) return;
    const [row, column] = [Math.floor(i / columns), i % columns];
    for (let y = Math.max(0, row - whole); y <= Math.min(rows - 1, row + whole); y++)
      for (let x = Math.max(0, column - whole); x <= Math.min(columns - 1, column + whole); x++) {
        // A pixel that the circle's edge goes through gets a part of the ink.
        const share = Math.min(1, reach + 0.5 - Math.hypot(y - row, x - column));
        const place = y * columns + x;
        if (share > 0) ink[place] = Math.max(ink[place] ?? 0, amount * share);
      }
  });
  const left = Math.max(0, extent.left - Math.round(reach));
  const top = Math.max(0, extent.top - Math.round(reach));
  const right = Math.min(columns, extent.left + extent.width + Math.round(reach));
  const bottom = Math.min(rows, extent.top + extent.height + Math.round(reach));
  return { seen: { ...seen, ink }, extent: { left, top, width: right - left, height: bottom - top } };
}

/** The mean width: a stroke has two borders, so that their length times half the width is its area. */
function strokeWidth(ink: Float32Array, columns: number): number {
  const isInked = (i: number): boolean => (ink[i] ?? 0) > INKED;
  let [area, border] = [0, 0];
  for (let i = 0; i < ink.length; i++) {
    if (!isInked(i)) continue;
    area++;
    if (![i - 1, i + 1, i - columns, i + columns].every(isInked)) border++;
  }
  return (2 * area) / Math.max(1, border);
}
