/**
 * @file Titled pictures side by side on one white sheet, as a PNG file in greys.
 * The encoding is fast-png's; the sheet is drawn here.
 */
import { encode } from "fast-png";
import { ArgumentError } from "../core/index.js";
import { GLYPH_HEIGHT, GLYPH_WIDTH, hasInk } from "./font.js";
import type { Picture } from "./picture.js";

/** Options of {@link contactSheet}. */
export interface SheetOptions {
  /** Pictures in a row. Default 5. */
  readonly columns?: number | undefined;
  /** Dots of the sheet per dot of a picture, each way. Default 4. */
  readonly scale?: number | undefined;
}

/** Dots of the sheet per dot of a letter. */
const LETTER_SCALE = 2;
const MARGIN = 16;
const TITLE_GAP = 6;
const WHITE = 255;

/**
 * A sheet of pictures in the order given, row by row, each under its title (digits and the letters of
 * `Label:`; other characters become boxes). Ink 0 is white and 1 black.
 * @returns the bytes of a PNG file, 8-bit grey
 * @throws ArgumentError where there are no pictures, or an option is not a whole number above 0
 */
export function contactSheet(pictures: readonly Picture[], options: SheetOptions = {}): Uint8Array {
  const { columns = 5, scale = 4 } = options;
  if (pictures.length === 0) throw new ArgumentError("There are no pictures to put on the sheet");
  for (const [name, value] of Object.entries({ columns, scale }))
    if (!Number.isInteger(value) || value < 1)
      throw new ArgumentError(`contactSheet: ${name} must be a whole number above 0, not ${value}`);

  const across = Math.min(columns, pictures.length);
  const titleHeight = GLYPH_HEIGHT * LETTER_SCALE + TITLE_GAP;
  const cellWidth = Math.max(...pictures.map((p) => Math.max(p.columns * scale, textWidth(p.title))));
  const cellHeight = titleHeight + Math.max(...pictures.map((p) => p.rows * scale));
  const sheet = new Sheet(
    MARGIN + across * (cellWidth + MARGIN),
    MARGIN + Math.ceil(pictures.length / across) * (cellHeight + MARGIN),
  );
  pictures.forEach((picture, i) => {
    const left = MARGIN + (i % across) * (cellWidth + MARGIN);
    const top = MARGIN + Math.floor(i / across) * (cellHeight + MARGIN);
    sheet.drawText(picture.title, left + Math.floor((cellWidth - textWidth(picture.title)) / 2), top);
    sheet.drawPicture(picture, left + Math.floor((cellWidth - picture.columns * scale) / 2), top + titleHeight, scale);
  });
  return encode({ width: sheet.width, height: sheet.height, data: sheet.greys, channels: 1, depth: 8 });
}

const textWidth = (text: string): number => (Array.from(text).length * (GLYPH_WIDTH + 1) - 1) * LETTER_SCALE;

class Sheet {
  readonly greys: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.greys = new Uint8Array(width * height).fill(WHITE);
  }

  drawPicture(picture: Picture, left: number, top: number, scale: number): void {
    picture.ink.forEach((ink, i) => {
      const row = Math.floor(i / picture.columns);
      this.#fill(left + (i % picture.columns) * scale, top + row * scale, scale, Math.round(WHITE * (1 - ink)));
    });
  }

  drawText(text: string, left: number, top: number): void {
    Array.from(text).forEach((character, i) => {
      const start = left + i * (GLYPH_WIDTH + 1) * LETTER_SCALE;
      for (let row = 0; row < GLYPH_HEIGHT; row++)
        for (let column = 0; column < GLYPH_WIDTH; column++)
          if (hasInk(character, row, column))
            this.#fill(start + column * LETTER_SCALE, top + row * LETTER_SCALE, LETTER_SCALE, 0);
    });
  }

  #fill(left: number, top: number, size: number, grey: number): void {
    for (let y = top; y < top + size; y++) this.greys.fill(grey, y * this.width + left, y * this.width + left + size);
  }
}
