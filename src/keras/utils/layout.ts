/**
 * @file Places the boxes of a drawing of layers: each box in the row after its last input, rows ordered so
 * that lines cross little. After Sugiyama, Tagawa and Toda (1981), with the mean of the neighbours as the
 * measure. Imports nothing.
 */

export interface Box {
  readonly width: number;
  readonly height: number;
  /** Indices of the boxes it takes input from, all smaller than its own. */
  readonly inputs: readonly number[];
}
export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Upper left corner of each box. */
  readonly places: readonly Point[];
  /** A line for each input of each box, through free space. */
  readonly lines: readonly { readonly from: number; readonly to: number; readonly points: readonly Point[] }[];
}

const ROW_GAP = 36;
const COLUMN_GAP = 28;
/** How wide the way of a line past a box is. */
const WAY = 10;
const SWEEPS = 8;

/** A box, or the place where a long line passes a row. */
interface Slot {
  readonly width: number;
  readonly row: number;
  readonly above: number[];
  readonly below: number[];
  x: number;
}

/** @param boxes in an order in which each follows its inputs */
export function layOut(boxes: readonly Box[]): Layout {
  const rows: number[] = [];
  for (const { inputs } of boxes) rows.push(inputs.reduce((row, input) => Math.max(row, (rows[input] ?? 0) + 1), 0));
  const slots: Slot[] = boxes.map(({ width }, i) => ({ width, row: rows[i] ?? 0, above: [], below: [], x: 0 }));
  const link = (upper: number, lower: number): void => {
    slots[upper]?.below.push(lower);
    slots[lower]?.above.push(upper);
  };
  const paths = boxes.flatMap(({ inputs }, to) =>
    inputs.map((from) => {
      const path = [from];
      for (let row = (rows[from] ?? 0) + 1; row < (rows[to] ?? 0); row++) {
        slots.push({ width: WAY, row, above: [], below: [], x: 0 });
        link(path.at(-1) ?? from, slots.length - 1);
        path.push(slots.length - 1);
      }
      link(path.at(-1) ?? from, to);
      return { from, to, path };
    }),
  );

  const grid: number[][] = [];
  slots.forEach(({ row }, i) => {
    grid[row] ??= [];
    grid[row].push(i);
  });
  const slotAt = (i: number): Slot => slots[i] as Slot;
  for (const row of grid) pack(row.map(slotAt));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? grid : grid.toReversed()) {
      for (const i of row) {
        const slot = slotAt(i);
        const others = isDown ? slot.above : slot.below;
        if (others.length > 0) slot.x = others.reduce((sum, other) => sum + slotAt(other).x, 0) / others.length;
      }
      row.sort((a, b) => slotAt(a).x - slotAt(b).x);
      pack(row.map(slotAt));
    }
  }

  const left = Math.min(...slots.map(({ x, width }) => x - width / 2), 0);
  const heights = grid.map((row) => Math.max(...row.map((i) => boxes[i]?.height ?? 0)));
  const tops = heights.map((_, row) => heights.slice(0, row).reduce((sum, height) => sum + height + ROW_GAP, 0));
  const centre = (i: number): number => slotAt(i).x - left;
  const top = (i: number): number => tops[slotAt(i).row] ?? 0;
  return {
    width: Math.max(...slots.map(({ width }, i) => centre(i) + width / 2), 0),
    height: (tops.at(-1) ?? 0) + (heights.at(-1) ?? 0),
    places: boxes.map(({ width }, i) => ({ x: centre(i) - width / 2, y: top(i) })),
    lines: paths.map(({ from, to, path }) => ({
      from,
      to,
      points: [
        { x: centre(from), y: top(from) + (boxes[from]?.height ?? 0) },
        ...path.slice(1).flatMap((i) => [
          { x: centre(i), y: top(i) },
          { x: centre(i), y: top(i) + (heights[slotAt(i).row] ?? 0) },
        ]),
        { x: centre(to), y: top(to) },
      ],
    })),
  };
}

/** Moves the slots of a row apart, in their order, and keeps the middle of the row where it wanted to be. */
function pack(row: readonly Slot[]): void {
  const wanted = row.reduce((sum, { x }) => sum + x, 0);
  let edge = Number.NEGATIVE_INFINITY;
  for (const slot of row) {
    slot.x = Math.max(slot.x, edge + slot.width / 2);
    edge = slot.x + slot.width / 2 + COLUMN_GAP;
  }
  const shift = (row.reduce((sum, { x }) => sum + x, 0) - wanted) / Math.max(1, row.length);
  for (const slot of row) slot.x -= shift;
}
