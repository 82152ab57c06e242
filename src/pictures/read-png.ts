/**
 * @file PNG files as pictures: any depth, palette or transparency becomes amounts of ink. The decoding is
 * fast-png's; what it would let pass or explain badly is caught here.
 */
import { decode, hasPngSignature } from "fast-png";
import { ArgumentError, DataLossError, UnimplementedError } from "../core/index.js";
import type { Picture } from "./picture.js";

/** Some 250 MB of ink. */
const MAXIMUM_PIXELS = 64_000_000;
const SIGNATURE_BYTES = 8;
/** A chunk's length, its type and its checksum. */
const CHUNK_BYTES = 12;
/** Signature and header. */
const HEADER_END = 33;
/** The type of the last chunk, as a number. */
const IEND = 0x49454e44;
const INDEXED = 3;

/** How files begin that are often taken for PNG. */
const otherFormats: readonly (readonly [name: string, beginning: RegExp])[] = [
  ["a JPEG", /^\xff\xd8\xff/],
  ["a GIF", /^GIF8/],
  ["a BMP", /^BM/],
  ["a WebP", /^RIFF[\s\S]{4}WEBP/],
  ["a HEIC or AVIF", /^[\s\S]{4}ftyp/],
  ["a TIFF", /^(II\*\0|MM\0\*)/],
  ["a PDF", /^%PDF/],
  ["an SVG or another text", /^\s*</],
];

/**
 * Takes a PNG file as a picture, titled by its name: the darker, the more ink. What is transparent shows
 * white paper; or black, where nothing would show on white.
 * @param bytes the whole file
 * @param name what errors call it
 * @throws ArgumentError where it is no PNG file, or a very large one
 * @throws DataLossError where it is damaged
 * @throws UnimplementedError for interlaced pictures of less than 8 bits
 */
export function readPng(bytes: Uint8Array, name: string): Picture {
  const pixels = pixelsOf(bytes, name);
  const { columns, rows, values, channels, white } = pixels;
  const hasAlpha = channels % 2 === 0;
  const grey = new Float32Array(columns * rows);
  const opacity = new Float32Array(columns * rows).fill(1);
  for (let i = 0; i < grey.length; i++) {
    const start = pixels.start(i);
    grey[i] = luminance(values, start, channels) / white;
    if (hasAlpha) opacity[i] = (values[start + channels - 1] ?? white) / white;
    else if (pixels.clear?.every((value, channel) => values[start + channel] === value)) opacity[i] = 0;
  }
  const inkOn = (paper: number): Float32Array =>
    grey.map((value, i) => 1 - paper - (opacity[i] ?? 1) * (value - paper));
  const onWhite = inkOn(1);
  return { rows, columns, title: name, ink: isFlat(onWhite) ? inkOn(0) : onWhite };
}

/** Colours in rows: red, green and blue of each pixel, 0 to 255. */
export interface Colors {
  readonly rows: number;
  readonly columns: number;
  readonly levels: Uint8Array;
  /** How many channels the file has: 1 grey, 3 colours, one more where pixels may be transparent. */
  readonly channelsInFile: number;
}

/**
 * Takes a PNG file as colours; grey ones are their three parts alike. What is transparent has the colour that the
 * file gives it.
 * @throws as {@link readPng}
 */
export function readPngColors(bytes: Uint8Array, name: string): Colors {
  const pixels = pixelsOf(bytes, name);
  const { columns, rows, values, channels, white } = pixels;
  const levels = new Uint8Array(columns * rows * 3);
  for (let i = 0; i < columns * rows; i++) {
    const start = pixels.start(i);
    for (let part = 0; part < 3; part++)
      levels[i * 3 + part] = Math.round(((values[start + (channels < 3 ? 0 : part)] ?? 0) * 255) / white);
  }
  return { rows, columns, levels, channelsInFile: channels };
}

/** The pixels of a file, each `channels` numbers from 0 to `white`. */
interface Pixels extends Header {
  readonly values: ArrayLike<number>;
  readonly channels: number;
  readonly white: number;
  /** The place of a pixel's first number. */
  start(pixel: number): number;
  /** The one colour that is transparent. */
  readonly clear: ReturnType<typeof decode>["transparency"];
}

function pixelsOf(bytes: Uint8Array, name: string): Pixels {
  const header = headerOf(bytes, name);
  const { columns, rows, isIndexed } = header;
  const image = decoded(bytes, name);
  const colors = isIndexed ? paletteOf(image, name) : undefined;
  const samples = image.depth < 8 ? unpacked(image.data, columns, rows, image.depth) : image.data;
  const values = colors?.values ?? samples;
  const channels = colors?.channels ?? image.channels;
  return {
    ...header,
    values,
    channels,
    white: isIndexed ? 255 : 2 ** image.depth - 1,
    clear: isIndexed ? undefined : image.transparency,
    start(pixel) {
      const start = (isIndexed ? (samples[pixel] ?? 0) : pixel) * channels;
      if (start >= values.length) throw damaged(name, "a colour is not in its palette");
      return start;
    },
  };
}

interface Header {
  readonly columns: number;
  readonly rows: number;
  readonly isIndexed: boolean;
}

/** What the decoder needs to know before it takes memory for the pixels. */
function headerOf(bytes: Uint8Array, name: string): Header {
  if (bytes.length === 0)
    throw new ArgumentError(`${name} is empty`, { hint: "its 0 bytes hold no picture; save it again" });
  if (!hasPngSignature(bytes)) {
    const beginning = String.fromCharCode(...bytes.subarray(0, 16));
    const [format] = otherFormats.find(([, pattern]) => pattern.test(beginning)) ?? [];
    throw new ArgumentError(`${name} is no PNG file${format === undefined ? "" : `; it begins like ${format} file`}`, {
      hint:
        "save the picture as PNG; another ending of its name alone does not change what is in it. " +
        "ImageMagick converts a whole folder: mogrify -format png *.jpg",
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isWhole(view)) throw damaged(name, "it is cut short");
  const [columns, rows, depth] = [view.getUint32(16), view.getUint32(20), view.getUint8(24)];
  if (columns === 0 || rows === 0) throw damaged(name, "its header gives no size");
  if (columns * rows > MAXIMUM_PIXELS)
    throw new ArgumentError(`${name} has ${columns}×${rows} pixels, which is too much`, {
      hint: `scale it down: a digit needs no more than some hundred pixels each way`,
    });
  if (view.getUint8(28) !== 0 && depth < 8)
    throw new UnimplementedError(`${name} is interlaced, with ${depth} bits for a pixel, which is not supported`, {
      hint: "save it again without interlacing",
    });
  return { columns, rows, isIndexed: view.getUint8(25) === INDEXED };
}

/** Whether the chunks, each of which tells its length, reach to the one that ends a file. */
function isWhole(view: DataView): boolean {
  let start = SIGNATURE_BYTES;
  while (start + CHUNK_BYTES <= view.byteLength) {
    if (view.getUint32(start + 4) === IEND) return start >= HEADER_END;
    start += CHUNK_BYTES + view.getUint32(start);
  }
  return false;
}

function decoded(bytes: Uint8Array, name: string): ReturnType<typeof decode> {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (error) {
    throw damaged(name, error instanceof Error ? error.message.replace(/:$/, "") : String(error), error);
  }
}

const damaged = (name: string, how: string, cause?: unknown): DataLossError =>
  new DataLossError(`${name} is a damaged PNG file: ${how}`, { hint: "copy or save the picture again", cause });

/** A palette's colours one after another; all have an opacity where one has. */
function paletteOf({ palette }: ReturnType<typeof decode>, name: string): { values: Uint8Array; channels: 3 | 4 } {
  if (palette === undefined || palette.length === 0) throw damaged(name, "its palette is missing");
  const channels = palette[0]?.length === 4 ? 4 : 3;
  return { values: Uint8Array.from(palette.flat()), channels };
}

/** Samples of 1, 2 or 4 bits, each row of which begins with a new byte. */
function unpacked(data: ArrayLike<number>, columns: number, rows: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((columns * depth) / 8);
  const samples = new Uint8Array(columns * rows);
  for (let i = 0; i < samples.length; i++) {
    const bit = (i % columns) * depth;
    const byte = data[Math.floor(i / columns) * rowBytes + (bit >> 3)] ?? 0;
    samples[i] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  }
  return samples;
}

/** Brightness by the weights of ITU-R BT.601; one or two channels are grey already. */
function luminance(values: ArrayLike<number>, start: number, channels: number): number {
  const red = values[start] ?? 0;
  return channels < 3 ? red : 0.299 * red + 0.587 * (values[start + 1] ?? 0) + 0.114 * (values[start + 2] ?? 0);
}

function isFlat(ink: Float32Array): boolean {
  const [first = 0] = ink;
  return ink.every((value) => Math.abs(value - first) < 1 / 255);
}
