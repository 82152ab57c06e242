/** @file `tensorstrata/pictures`: data as pictures, for the terminal and as PNG; and pictures as data. */
export { type DigitOptions, digitOf } from "./digit.js";
export { labelOf, type Picture, pictureOf } from "./picture.js";
export { contactSheet, type SheetOptions } from "./png.js";
export { readPng } from "./read-png.js";
export { type PngPictures, type ShowOptions, showPics, type TerminalPictures } from "./show.js";
export { type ColorMode, type TerminalOptions, terminalSheet } from "./terminal.js";
