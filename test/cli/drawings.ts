/** @file Drawings of digits as files: the sample's test digits, enlarged, dark on light paper, away from the middle. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "fast-png";
import { readDataSets } from "../../src/datasets/index.js";

export interface Drawing {
  readonly path: string;
  readonly label: number;
}

const TIMES = 5;
const PAPER = 230;
const PEN = 30;

/** Writes so many drawings to a directory. */
export async function writeDrawings(directory: string, count: number): Promise<Drawing[]> {
  const { test } = await readDataSets("sample", { log: null });
  const drawings: Drawing[] = [];
  for (let i = 0; i < count; i++) {
    const label = Number(test.labels.data[i]);
    const path = join(directory, `drawing-${i}.png`);
    const digit = test.images.data.subarray(i * 784, (i + 1) * 784);
    await writeFile(path, drawingOf(digit, 10 + 7 * (i % 9), 90 - 8 * (i % 7)));
    drawings.push({ path, label });
  }
  return drawings;
}

/** 28×28 amounts of ink, as a picture with so much paper above and to the left. */
function drawingOf(digit: ArrayLike<number>, top: number, left: number): Uint8Array {
  const [width, height] = [28 * TIMES + 120, 28 * TIMES + 100];
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const row = Math.floor((Math.floor(i / width) - top) / TIMES);
    const column = Math.floor(((i % width) - left) / TIMES);
    const isInside = row >= 0 && column >= 0 && row < 28 && column < 28;
    return PAPER + (PEN - PAPER) * (isInside ? (digit[row * 28 + column] ?? 0) : 0);
  });
  return encode({ width, height, data, channels: 1 });
}
