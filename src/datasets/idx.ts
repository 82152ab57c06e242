/**
 * @file The IDX format of MNIST and its kin: a big-endian header, then bytes. Pure functions over
 * bytes; imports core only. Whatever is wrong with a file is a DataLossError that names it.
 */
import { DataLossError, NdArray } from "../core/index.js";

const IMAGE_MAGIC = 2051;
const LABEL_MAGIC = 2049;
/** Classes of MNIST and Fashion-MNIST. */
export const CLASSES = 10;

/**
 * Reads uncompressed images: magic 2051, count, rows, columns as big-endian u32, then one byte a pixel.
 * @param file name for error messages
 * @returns uint8 [count, rows, columns, 1], sharing `bytes`
 * @throws DataLossError in TensorFlow's words for a wrong magic number, and for sizes that do not fit
 */
export function parseImages(bytes: Uint8Array, file: string): NdArray<"uint8"> {
  const header = readHeader(bytes, file, { kind: "image", magic: IMAGE_MAGIC, words: 4 });
  const [count = 0, rows = 0, columns = 0] = header;
  if (count * rows * columns === 0)
    throw new DataLossError(`MNIST image file ${file} is empty: it announces ${count} images of ${rows}×${columns}`, {
      hint: replaceFile,
    });
  const pixels = body(bytes, 16, count * rows * columns, file, `${count} images of ${rows}×${columns}`);
  return new NdArray("uint8", [count, rows, columns, 1], pixels);
}

/**
 * Reads uncompressed labels: magic 2049, count as big-endian u32, then one byte a label.
 * @param file name for error messages
 * @returns uint8 [count], sharing `bytes`
 * @throws DataLossError in TensorFlow's words for a wrong magic number, for sizes that do not fit, and
 * for a label outside 0 to 9
 */
export function parseLabels(bytes: Uint8Array, file: string): NdArray<"uint8"> {
  const [count = 0] = readHeader(bytes, file, { kind: "label", magic: LABEL_MAGIC, words: 2 });
  const labels = body(bytes, 8, count, file, `${count} labels`);
  const wrong = labels.findIndex((label) => label >= CLASSES);
  if (wrong >= 0)
    throw new DataLossError(`Label ${labels[wrong]} of example ${wrong} is not 0 to 9 in MNIST label file: ${file}`, {
      hint: replaceFile,
    });
  return new NdArray("uint8", [count], labels);
}

/** True for the page that a server or a captive portal sends in place of a file. */
export function looksLikeHtml(bytes: Uint8Array): boolean {
  return /^\uFEFF?\s*<(!doctype|html|head|body|\?xml|!--)/i.test(
    new TextDecoder("utf-8").decode(bytes.subarray(0, 256)),
  );
}

/** How to mend a bad file, the same for every way of being bad. */
export const replaceFile = "delete this file and run again: it is downloaded anew";

interface Expected {
  readonly kind: "image" | "label";
  readonly magic: number;
  /** Length of the header in 32-bit words, the magic number included. */
  readonly words: number;
}

/** The header's words after the magic number. */
function readHeader(bytes: Uint8Array, file: string, { kind, magic, words }: Expected): number[] {
  if (looksLikeHtml(bytes))
    throw new DataLossError(`${file} is an HTML page, not an MNIST ${kind} file`, {
      hint: `a server sent a page in place of the file; ${replaceFile}`,
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 4 && view.getUint32(0) !== magic) {
    const found = view.getUint32(0);
    const swapped = found === (kind === "image" ? LABEL_MAGIC : IMAGE_MAGIC);
    throw new DataLossError(`Invalid magic number ${found} in MNIST ${kind} file: ${file}`, {
      hint: swapped
        ? `this is ${kind === "image" ? "a label" : "an image"} file under the wrong name; swap the names back`
        : `an MNIST ${kind} file begins with ${magic}; ${replaceFile}`,
    });
  }
  if (bytes.length < 4 * words)
    throw new DataLossError(
      `MNIST ${kind} file ${file} has only ${bytes.length} bytes; its header takes ${4 * words}`,
      {
        hint: replaceFile,
      },
    );
  return Array.from({ length: words - 1 }, (_, i) => view.getUint32(4 * (i + 1)));
}

function body(bytes: Uint8Array, begin: number, length: number, file: string, announced: string): Uint8Array {
  const difference = bytes.length - begin - length;
  if (difference !== 0)
    throw new DataLossError(
      `${file} announces ${announced}, ${length} bytes, but ${bytes.length - begin} follow its header: ` +
        `${Math.abs(difference)} ${difference < 0 ? "missing" : "too many"}`,
      { hint: replaceFile },
    );
  return bytes.subarray(begin);
}
