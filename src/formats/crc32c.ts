/**
 * @file CRC-32C (Castagnoli) and the masked form that TensorFlow stores beside its bytes: in
 * checkpoints, tables and TFRecord files. Imports nothing; about a gigabyte a second.
 */

/** The Castagnoli polynomial, bit-reversed. */
const POLYNOMIAL = 0x82f63b78;
/** How many bytes one step of the main loop takes. */
const SLICES = 16;
const MASK_DELTA = 0xa282ead8;

/**
 * `tables[256 * k + b]` is the checksum of byte `b` followed by `k` zero bytes, so that sixteen
 * independent look-ups advance sixteen bytes ("slicing-by-16", Kounavis and Berry 2005).
 */
const tables = buildTables();

function buildTables(): Int32Array {
  const built = new Int32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    built[byte] = crc;
  }
  for (let at = 256; at < built.length; at++) {
    const shorter = built[at - 256] as number;
    built[at] = (shorter >>> 8) ^ (built[shorter & 255] as number);
  }
  return built;
}

/**
 * CRC-32C of `bytes`, as an unsigned 32-bit number.
 *
 * @param seed the checksum of the bytes that come before these; `crc32c(b, crc32c(a))` is the
 *   checksum of `a` followed by `b`
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const t = tables;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeSlices = bytes.length - (bytes.length % SLICES);
  let crc = ~seed;
  let at = 0;
  for (; at < wholeSlices; at += SLICES) {
    const a = view.getInt32(at, true) ^ crc;
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    // Written out, because a loop over the tables is several times slower. Every index is in range.
    crc =
      (t[3840 + (a & 255)] as number) ^
      (t[3584 + ((a >>> 8) & 255)] as number) ^
      (t[3328 + ((a >>> 16) & 255)] as number) ^
      (t[3072 + (a >>> 24)] as number) ^
      (t[2816 + (b & 255)] as number) ^
      (t[2560 + ((b >>> 8) & 255)] as number) ^
      (t[2304 + ((b >>> 16) & 255)] as number) ^
      (t[2048 + (b >>> 24)] as number) ^
      (t[1792 + (c & 255)] as number) ^
      (t[1536 + ((c >>> 8) & 255)] as number) ^
      (t[1280 + ((c >>> 16) & 255)] as number) ^
      (t[1024 + (c >>> 24)] as number) ^
      (t[768 + (d & 255)] as number) ^
      (t[512 + ((d >>> 8) & 255)] as number) ^
      (t[256 + ((d >>> 16) & 255)] as number) ^
      (t[d >>> 24] as number);
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] as number)) & 255] as number);
  return ~crc >>> 0;
}

/**
 * A checksum as TensorFlow stores it: rotated and shifted by a constant, because the checksum of a
 * string that contains its own checksum is degenerate.
 */
export function maskCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** The checksum behind a stored, masked one; the inverse of {@link maskCrc}. */
export function unmaskCrc(masked: number): number {
  const rotated = (masked - MASK_DELTA) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** The masked CRC-32C of `bytes`. */
export function maskedCrc32c(bytes: Uint8Array): number {
  return maskCrc(crc32c(bytes));
}
