/**
 * @file Text in a table with rules between the rows, in the looks of the Python library that Keras 3 prints
 * summaries with: a heavy head, cells broken at spaces, words that are too long cut with an ellipsis.
 * Imports nothing.
 */

export interface Column {
  readonly title: string;
  readonly align: "left" | "right" | "center";
  /** Characters of a cell's text; all columns give way where the table is too narrow. */
  readonly width: number;
  /** Colours a line of a cell whose length is settled. Default: leaves it as it is. */
  readonly paint?: (line: string) => string;
}

/**
 * @param width of the whole table in characters, frame included
 * @param paintTitle colours the column titles
 * @returns lines without a break at the end
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  paintTitle: (title: string) => string = (title) => title,
): string {
  const widths = fit(columns, width);
  const rule = (left: string, line: string, middle: string, right: string): string =>
    left + widths.map((cell) => line.repeat(cell + 2)).join(middle) + right;
  const row = (cells: readonly string[], border: string, isHead: boolean): string => {
    const wrapped = widths.map((cell, i) => wrap(cells[i] ?? "", cell));
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, y) => {
      const parts = columns.map(({ align, paint }, i) => {
        const text = justify(wrapped[i]?.[y] ?? "", align, widths[i] ?? 0);
        return isHead ? paintTitle(text) : (paint?.(text) ?? text);
      });
      return `${border} ${parts.join(` ${border} `)} ${border}`;
    }).join("\n");
  };
  const titles = columns.map(({ title }) => title);
  const body = rows.map((cells) => row(cells, "│", false)).join(`\n${rule("├", "─", "┼", "┤")}\n`);
  return [
    rule("┏", "━", "┳", "┓"),
    row(titles, "┃", true),
    rule("┡", "━", "╇", "┩"),
    ...(rows.length === 0 ? [] : [body]),
    rule("└", "─", "┴", "┘"),
  ].join("\n");
}

/** Takes what is too much from all columns alike, halves rounded to even. */
function fit(columns: readonly Column[], width: number): number[] {
  const frame = columns.length + 1 + 2 * columns.length;
  let excess = columns.reduce((sum, column) => sum + column.width, 0) + frame - width;
  return columns.map((column, i) => {
    if (excess <= 0) return column.width;
    const share = Math.min(column.width - 1, roundHalfEven(excess / (columns.length - i)));
    excess -= share;
    return column.width - share;
  });
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

/** Lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const [word] of text.matchAll(/\s*\S+\s*/g)) {
    if (line !== "" && line.length + word.trimEnd().length > width) {
      lines.push(line);
      line = "";
    }
    line += word;
  }
  lines.push(line);
  return lines.map((full) => {
    const trimmed = full.trimEnd();
    return trimmed.length > width ? `${trimmed.slice(0, width - 1)}…` : trimmed;
  });
}

function justify(text: string, align: Column["align"], width: number): string {
  if (align === "left") return text.padEnd(width);
  if (align === "right") return text.padStart(width);
  return text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);
}
