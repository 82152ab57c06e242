/** @file What tests of data share: small files in MNIST's format, a local server, and the real files where they are. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type DataSetName, type FileRole, fileNames, published } from "../../src/datasets/mirrors.js";

/** Big-endian u32 words, then bytes. */
export const idx = (words: readonly number[], body: ArrayLike<number>): Uint8Array =>
  new Uint8Array(Buffer.concat([...words.map(bigEndian), Uint8Array.from(body)]));

function bigEndian(word: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, word);
  return bytes;
}

/** `count` images of 2×2; every pixel of image `i` is `first + i`. */
export const imageFile = (count: number, first = 0): Uint8Array =>
  idx(
    [2051, count, 2, 2],
    Array.from({ length: 4 * count }, (_, i) => first + Math.floor(i / 4)),
  );

/** Labels 0 to 9 in turn. */
export const labelFile = (count: number): Uint8Array =>
  idx(
    [2049, count],
    Array.from({ length: count }, (_, i) => i % 10),
  );

/** Twelve training examples and four tests, the pixels of the tests from 100 on. */
export const smallFiles: Readonly<Record<FileRole, Uint8Array>> = {
  trainImages: imageFile(12),
  trainLabels: labelFile(12),
  testImages: imageFile(4, 100),
  testLabels: labelFile(4),
};

export const packed = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes));

/** Writes the four small files gzipped, with `changes` in place of some (bytes as they are, or null for none). */
export async function writeSmallFiles(
  directory: string,
  changes: Partial<Record<FileRole, Uint8Array | null>> = {},
): Promise<void> {
  for (const role of Object.keys(fileNames) as FileRole[]) {
    const bytes = changes[role] === undefined ? packed(smallFiles[role]) : changes[role];
    if (bytes !== null) await writeFile(join(directory, fileNames[role]), bytes);
  }
}

/** Runs `use` with the address (ending in a slash) of a local server that answers with `listener`. */
export async function withServer<T>(listener: RequestListener, use: (address: string) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** An address where nothing listens any more. */
export const deadAddress = (): Promise<string> =>
  withServer(
    () => undefined,
    async (address) => address,
  );

/** The real files: under `STRATA_DATA`, or in `shared/data` beside the repository. Undefined where there are none. */
export function realData(name: DataSetName): string | undefined {
  const { directory } = published[name];
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const places = [process.env.STRATA_DATA, join(root, "..", "shared", "data")].filter((place) => place !== undefined);
  return places
    .flatMap((place) => [join(place, directory), ...(place.endsWith(directory) ? [place] : [])])
    .find((place) => Object.values(fileNames).every((file) => existsSync(join(place, file))));
}

/** Why a test of real files does not run. */
export const noRealData = "the MNIST files are not here: set STRATA_DATA to their directory";
