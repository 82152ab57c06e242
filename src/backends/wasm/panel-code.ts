/**
 * @file Panels: what tiles read of a large second operand, copied just before, some tiles' columns at a time, so
 * that it lies side by side and in a near cache. Loaded for the first product that is large enough.
 */
import { groupPanels, panelSize, panelsAtOnce } from "../../compiler/index.js";
import { sizeOf } from "../../core/index.js";
import type { Local } from "./assembler/index.js";
import { wasmTarget } from "./target.js";
import { type Chunk, countTo, limit, type TileWalk } from "./tile-walk.js";

const { lanes, tileColumns } = wasmTarget;

/** The second operand, from which panels are filled. */
export interface PanelSource {
  /** A pointer to it at a column, where a chunk begins. */
  pointToColumn(column: Local, part: Chunk | undefined): Local;
  /** Runs `body` at each step of the summed axes, and moves `from` and `to` along. */
  alongPanel(from: Local, to: Local, part: Chunk | undefined, body: () => void): void;
}

/** Fills panels for some tiles' columns, walks those tiles, and so on from `column` to `endColumn`. */
export function inGroups(
  tiles: TileWalk,
  column: Local,
  endColumn: Local,
  part: Chunk | undefined,
  walk: (end: Local, panel: Local) => void,
): void {
  const { kernel, context, visitor } = tiles;
  const { f, units } = context;
  const [end, panel, filled, to] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const onePanel = panelSize(kernel, tileColumns);
  const columns = sizeOf(kernel.n);
  const whole = groupPanels * tileColumns;
  const toFirstPanel = (): void => {
    f.get(context.base(kernel.panel as number));
    if (units !== undefined) {
      f.get(units.thread);
      f.i32(4 * panelsAtOnce(kernel, wasmTarget) * onePanel);
      f.op("i32.mul");
      f.op("i32.add");
    }
    f.set(panel);
  };
  // `walk` moves the column.
  countTo(f, column, endColumn, 0, () => {
    f.get(column);
    f.i32(whole);
    f.op("i32.add");
    f.set(end);
    limit(f, end, endColumn);
    if (kernel.narrowFrom < columns) {
      // No group ends among the narrow tiles.
      f.get(endColumn);
      f.get(end);
      f.get(end);
      f.i32(kernel.narrowFrom);
      f.op("i32.gt_s");
      f.select();
      f.set(end);
    }
    toFirstPanel();
    f.get(column);
    f.set(filled);
    const fill = (size: number): void => {
      const from = visitor.pointToColumn(filled, part);
      f.get(panel);
      f.set(to);
      visitor.alongPanel(from, to, part, () => {
        // Whole vectors: what lies behind the last column may be read, and nobody uses those sums.
        for (let at = 0; at < size; at += lanes) {
          f.get(to);
          f.get(from);
          f.load("v128.load", 4 * at);
          f.store("v128.store", 4 * (Math.floor(at / tileColumns) * onePanel + (at % tileColumns)));
        }
      });
      f.freeLocal(from);
    };
    const oneByOne = (): void => tiles.eachColumn(filled, end, panel, fill);
    if (whole > Math.min(columns, kernel.narrowFrom)) oneByOne();
    else {
      // A group of full tiles is copied row by row of the operand: caches fetch ahead what lies behind.
      f.get(column);
      f.i32(kernel.narrowFrom - whole);
      f.op("i32.le_s");
      f.get(end);
      f.get(column);
      f.op("i32.sub");
      f.i32(whole);
      f.op("i32.eq");
      f.op("i32.and");
      f.if(() => fill(whole), oneByOne);
    }
    toFirstPanel();
    walk(end, panel);
  });
  for (const local of [end, panel, filled, to]) f.freeLocal(local);
}
