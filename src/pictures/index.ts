/** @file `tensorstrata/pictures`: data as pictures, for the terminal and as PNG. */
export { labelOf, type Picture, pictureOf } from "./picture.js";
export { contactSheet, type SheetOptions } from "./png.js";
export { type PngPictures, type ShowOptions, showPics, type TerminalPictures } from "./show.js";
export { type ColorMode, type TerminalOptions, terminalSheet } from "./terminal.js";
