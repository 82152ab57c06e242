/**
 * @file Titled pictures as text: half blocks in greys where the terminal has colour, shades otherwise.
 * Asks the platform only for the terminal's width and colours.
 */
import { platform } from "#platform";
import { ArgumentError } from "../core/index.js";
import type { Picture } from "./picture.js";

/** What a terminal can show: 24-bit colour, the 256 of xterm, or characters alone. */
export type ColorMode = "truecolor" | "256" | "none";

/** Options of {@link terminalSheet}. */
export interface TerminalOptions {
  /** Width in characters. Default the terminal's, or 80. */
  readonly columns?: number | undefined;
  /** Default what standard output has; none where it is no terminal or `NO_COLOR` is set. */
  readonly color?: ColorMode | undefined;
}

const GAP = "  ";
const UPPER_HALF = "▀";
const RESET = "\x1b[0m";
/** From paper to ink. */
const SHADES = " ░▒▓█";

/**
 * Pictures in the order given, as many side by side as the width holds (at least one), each under its
 * title. One character is one dot wide and two high. With colour, ink is black on white paper; without,
 * the denser the character the more ink.
 * @returns lines, each ended by a line break
 * @throws ArgumentError where there are no pictures
 */
export function terminalSheet(pictures: readonly Picture[], options: TerminalOptions = {}): string {
  if (pictures.length === 0) throw new ArgumentError("There are no pictures to show");
  const { columns = platform.stdout.columns ?? 80, color = detectColor() } = options;
  const cells = pictures.map((picture) => cellOf(picture, color));
  const width = Math.max(...cells.map((cell) => cell.width)) + GAP.length;
  const across = Math.max(1, Math.floor((columns + GAP.length) / width));
  const bands: string[] = [];
  for (let begin = 0; begin < cells.length; begin += across) bands.push(sideBySide(cells.slice(begin, begin + across)));
  return bands.join("\n");
}

/** What standard output shows, by the platform's count of bits. */
function detectColor(): ColorMode {
  const depth = platform.stdout.colorDepth;
  return depth >= 24 ? "truecolor" : depth >= 8 ? "256" : "none";
}

/** A title and a picture as lines that are all `width` characters wide to the eye. */
interface Cell {
  readonly width: number;
  readonly lines: readonly string[];
}

function cellOf(picture: Picture, color: ColorMode): Cell {
  const title = Array.from(picture.title);
  const width = Math.max(picture.columns, title.length);
  const fill = " ".repeat(width - picture.columns);
  const lines = [picture.title + " ".repeat(width - title.length)];
  for (let row = 0; row < picture.rows; row += 2) {
    const dots = Array.from({ length: picture.columns }, (_, column): [upper: number, lower: number] => [
      picture.ink[row * picture.columns + column] ?? 0,
      row + 1 < picture.rows ? (picture.ink[(row + 1) * picture.columns + column] ?? 0) : 0,
    ]);
    lines.push((color === "none" ? shaded(dots) : colored(dots, color)) + fill);
  }
  return { width, lines };
}

const shaded = (dots: readonly [number, number][]): string =>
  dots.map(([upper, lower]) => SHADES[Math.round(((upper + lower) / 2) * (SHADES.length - 1))]).join("");

/** The upper dot is the character's colour, the lower one its ground; said again only where it changes. */
function colored(dots: readonly [number, number][], color: Exclude<ColorMode, "none">): string {
  const code = color === "truecolor" ? grey24 : grey256;
  let text = "";
  let current = "";
  for (const [upper, lower] of dots) {
    const wanted = `\x1b[38;${code(upper)};48;${code(lower)}m`;
    text += wanted === current ? UPPER_HALF : wanted + UPPER_HALF;
    current = wanted;
  }
  return text + RESET;
}

function grey24(ink: number): string {
  const level = Math.round(255 * (1 - ink));
  return `2;${level};${level};${level}`;
}

/** Black (16), the 24 greys of the ramp (232 to 255) and white (231) of xterm's 256 colours. */
function grey256(ink: number): string {
  const level = Math.round(25 * (1 - ink));
  return `5;${level === 0 ? 16 : level === 25 ? 231 : 231 + level}`;
}

function sideBySide(cells: readonly Cell[]): string {
  const height = Math.max(...cells.map((cell) => cell.lines.length));
  let text = "";
  for (let row = 0; row < height; row++)
    text += `${cells.map((cell) => cell.lines[row] ?? " ".repeat(cell.width)).join(GAP)}\n`;
  return text;
}
