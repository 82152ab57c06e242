/**
 * @file The numbers of a workload, drawn once and written to a file that every participant reads: the
 * same images, labels and starting weights for all. Imports the workloads and Node.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelsOf, type Network } from "./workloads.js";

/** A tensor of float32 in a file: where it begins, counted in numbers. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}
export interface DataFile {
  readonly path: string;
  readonly tensors: readonly StoredTensor[];
}

/** A source of numbers in [0, 1). */
type Draw = () => number;

function generator(seed: number): Draw {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `images`, one-hot `labels`, and `kernel0`, `kernel1`, … for training or asking a network. */
export function networkData(folder: string, name: string, network: Network, rows: number): DataFile {
  const draw = generator(12345);
  const pixels = network.input.reduce((a, b) => a * b, 1);
  const { images, labels } = digits(draw, rows, pixels);
  return write(folder, name, [
    ["images", [rows, ...network.input], images],
    ["labels", [rows, 10], labels],
    ...(kernelsOf(network).map(({ shape, fanIn }, i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [`kernel${i}`, shape, Float32Array.from({ length: size }, () => (2 * draw() - 1) / Math.sqrt(fanIn))];
    }) as Named[]),
  ]);
}

/** Two square matrices, `a` and `b`, of numbers in [-1, 1). */
export function matrixData(folder: string, size: number): DataFile {
  const draw = generator(size);
  const matrix = (): Float32Array => Float32Array.from({ length: size * size }, () => 2 * draw() - 1);
  return write(folder, `matrix-${size}`, [
    ["a", [size, size], matrix()],
    ["b", [size, size], matrix()],
  ]);
}

/**
 * Noisy pictures of ten patterns. One label in five is wrong, so that the loss falls but never nears zero,
 * where gradients would become denormal and arithmetic slow for reasons of its own.
 */
function digits(draw: Draw, rows: number, pixels: number): { images: Float32Array; labels: Float32Array } {
  const patterns = Array.from({ length: 10 }, () => Float32Array.from({ length: pixels }, () => Number(draw() < 0.2)));
  const images = new Float32Array(rows * pixels);
  const labels = new Float32Array(rows * 10);
  for (let row = 0; row < rows; row++) {
    const digit = Math.floor(draw() * 10);
    const pattern = patterns[digit] as Float32Array;
    for (let i = 0; i < pixels; i++) images[row * pixels + i] = 0.5 * (pattern[i] as number) + 0.5 * draw() * draw();
    labels[row * 10 + (draw() < 0.2 ? Math.floor(draw() * 10) : digit)] = 1;
  }
  return { images, labels };
}

type Named = readonly [name: string, shape: readonly number[], values: Float32Array];

function write(folder: string, name: string, all: readonly Named[]): DataFile {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.f32`);
  let offset = 0;
  const tensors = all.map(([tensor, shape, values]) => {
    const stored = { name: tensor, shape, offset };
    offset += values.length;
    return stored;
  });
  writeFileSync(path, Buffer.concat(all.map(([, , { buffer }]) => new Uint8Array(buffer as ArrayBuffer))));
  return { path, tensors };
}

/** A tensor with its numbers. */
export interface LoadedTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Reads a file back: every tensor by its name. */
export function load({ path, tensors }: DataFile): (name: string) => LoadedTensor {
  const bytes = readFileSync(path);
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return (name) => {
    const found = tensors.find((tensor) => tensor.name === name);
    if (found === undefined) throw new Error(`${path} has no tensor ${name}`);
    const size = found.shape.reduce((a, b) => a * b, 1);
    return { shape: found.shape, values: all.subarray(found.offset, found.offset + size) };
  };
}

/** The rows of a tensor in batches: each a copy with memory of its own, as a program's own data would be. */
export function batchesOf({ shape, values }: LoadedTensor, batchSize: number): LoadedTensor[] {
  const [rows = 0, ...rest] = shape;
  const width = rest.reduce((a, b) => a * b, 1);
  return Array.from({ length: rows / batchSize }, (_, i) => ({
    shape: [batchSize, ...rest],
    values: values.slice(i * batchSize * width, (i + 1) * batchSize * width),
  }));
}
