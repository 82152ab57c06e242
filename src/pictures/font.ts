/**
 * @file The few letters that titles of pictures are made of, five dots wide and seven high.
 * Plain data; imports nothing.
 */

export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 7;

/** Seven rows each, `#` being ink. */
const glyphs: Readonly<Record<string, string>> = {
  " ": "..... ..... ..... ..... ..... ..... .....",
  "0": ".###. #...# #..## #.#.# ##..# #...# .###.",
  "1": "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
  "2": ".###. #...# ....# ...#. ..#.. .#... #####",
  "3": "##### ...#. ..#.. ...#. ....# #...# .###.",
  "4": "...#. ..##. .#.#. #..#. ##### ...#. ...#.",
  "5": "##### #.... ####. ....# ....# #...# .###.",
  "6": "..##. .#... #.... ####. #...# #...# .###.",
  "7": "##### ....# ...#. ..#.. .#... .#... .#...",
  "8": ".###. #...# #...# .###. #...# #...# .###.",
  "9": ".###. #...# #...# .#### ....# ...#. .##..",
  L: "#.... #.... #.... #.... #.... #.... #####",
  a: "..... ..... .###. ....# .#### #...# .####",
  b: "#.... #.... ####. #...# #...# #...# ####.",
  e: "..... ..... .###. #...# ##### #.... .###.",
  l: ".##.. ..#.. ..#.. ..#.. ..#.. ..#.. .###.",
  ":": "..... ..#.. ..#.. ..... ..#.. ..#.. .....",
};
/** Stands for every other character. */
const box = "##### #...# #...# #...# #...# #...# #####";

/** Whether a character has ink at a dot; rows count from the top. */
export function hasInk(character: string, row: number, column: number): boolean {
  const glyph = Object.hasOwn(glyphs, character) ? glyphs[character] : box;
  return glyph?.[row * (GLYPH_WIDTH + 1) + column] === "#";
}
