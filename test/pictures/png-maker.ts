/** @file PNG files of kinds that fast-png does not write: few bits, palettes, transparency, interlacing. */
import { deflateSync } from "node:zlib";

export interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** 0 grey, 2 colour, 3 palette, 4 grey with opacity, 6 colour with opacity. */
  readonly colorType: number;
  readonly interlaced?: boolean;
  /** Bytes of each row. */
  readonly rows: readonly (readonly number[])[];
  /** Further chunks before the pixels. */
  readonly chunks?: readonly (readonly [type: string, bytes: readonly number[]])[];
}

/** The bytes of a PNG file, its rows not filtered. */
export function makePng({ width, height, depth, colorType, interlaced, rows, chunks = [] }: PngParts): Uint8Array {
  const header = [...u32(width), ...u32(height), depth, colorType, 0, 0, interlaced ? 1 : 0];
  const pixels = deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])));
  return Uint8Array.from([
    ...[137, 80, 78, 71, 13, 10, 26, 10],
    ...chunk("IHDR", header),
    ...chunks.flatMap(([type, bytes]) => chunk(type, bytes)),
    ...chunk("IDAT", [...pixels]),
    ...chunk("IEND", []),
  ]);
}

function chunk(type: string, bytes: readonly number[]): number[] {
  const body = [...Buffer.from(type, "latin1"), ...bytes];
  return [...u32(bytes.length), ...body, ...u32(crc32(body))];
}

const u32 = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);

/** CRC-32 of ISO 3309, as the PNG specification gives it: bit by bit. */
function crc32(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
