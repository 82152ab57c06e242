/**
 * @file Counter-based random numbers: Philox-4x32-10, TensorFlow's distributions over it, and a small
 * general-purpose generator; `random-state` has the seeds and states. Imports only that and errors. Promises TensorFlow's CPU values for a
 * given seed pair: uniforms bit for bit, normals up to the last bits of the C library's log, sin and cos
 * (TensorFlow inherits those; here each is rounded correctly). Compiled backends match these functions exactly.
 */
import { ArgumentError } from "./errors.js";
import { BLOCKS_PER_VALUE, RandomState, reduceSeed } from "./random-state.js";

export { BLOCKS_PER_VALUE, entropySeedPair, RandomState, type SeedPair, seedPair } from "./random-state.js";

// ---- the block cipher ----

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
/** Random words in one block. */
const BLOCK_WORDS = 4;

/** The upper 32 bits of the product of two uint32. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // No partial sum exceeds 2^32 - 1, so each stays an exact integer.
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (cross >>> 16);
}

/**
 * Philox-4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011): encrypts a 128-bit
 * counter under a 64-bit key.
 * @param counter four uint32, least significant first
 * @param key two uint32
 * @param out where the four random uint32 go; a new array by default
 */
export function philox4x32(
  counter: ArrayLike<number>,
  key: ArrayLike<number>,
  out: Uint32Array = new Uint32Array(BLOCK_WORDS),
): Uint32Array {
  let c0 = counter[0] ?? 0;
  let c1 = counter[1] ?? 0;
  let c2 = counter[2] ?? 0;
  let c3 = counter[3] ?? 0;
  let k0 = key[0] ?? 0;
  let k1 = key[1] ?? 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

// ---- blocks of a state ----

/** Reads the blocks of a state in order, from one some way ahead; the state itself stays. */
class BlockReader {
  readonly words = new Uint32Array(BLOCK_WORDS);
  readonly #counter: Uint32Array;
  readonly #key: Uint32Array;
  #used = BLOCK_WORDS;

  constructor(state: RandomState, blocksAhead = 0) {
    const start = new RandomState(state.words.slice());
    start.skip(blocksAhead);
    const [seedLow = 0, seedHigh = 0, seed2Low = 0, seed2High = 0, low = 0, high = 0] = start.words;
    this.#counter = Uint32Array.of(low, high, seed2Low, seed2High);
    this.#key = Uint32Array.of(seedLow, seedHigh);
  }

  /** The next whole block, in {@link words}. */
  block(): Uint32Array {
    const counter = this.#counter;
    philox4x32(counter, this.#key, this.words);
    counter[0] = (counter[0] ?? 0) + 1;
    if (counter[0] === 0) counter[1] = (counter[1] ?? 0) + 1;
    return this.words;
  }

  /** The next word, blocks being used up word by word. */
  word(): number {
    if (this.#used === BLOCK_WORDS) {
      this.block();
      this.#used = 0;
    }
    return this.words[this.#used++] ?? 0;
  }
}

// ---- distributions ----

const scratch = new DataView(new ArrayBuffer(8));

/** 23 random bits as a float32 in [0, 1). */
function toFloat32(word: number): number {
  return (word & 0x7fffff) * 2 ** -23;
}

/** 52 random bits as a float64 in [0, 1): 20 from `high`, 32 from `low`. */
function toFloat64(high: number, low: number): number {
  scratch.setUint32(0, 0x3ff00000 | (high & 0xfffff));
  scratch.setUint32(4, low);
  return scratch.getFloat64(0) - 1;
}

const EPSILON_32 = Math.fround(1e-7);
const EPSILON_64 = 1e-7;
const TRUNCATION = 2;

/** Two independent standard normals from two words, rounded to float32 at the places where TensorFlow rounds. */
function boxMuller32(x0: number, x1: number, pair: Float32Array): void {
  const u = Math.max(toFloat32(x0), EPSILON_32);
  const angle = Math.fround(2 * Math.PI * toFloat32(x1));
  const radius = Math.fround(Math.sqrt(-2 * Math.fround(Math.log(u))));
  pair[0] = Math.fround(Math.sin(angle)) * radius;
  pair[1] = Math.fround(Math.cos(angle)) * radius;
}

/** Two independent standard normals from four words, in float64. */
function boxMuller64(x0: number, x1: number, x2: number, x3: number, pair: Float64Array): void {
  const u = Math.max(toFloat64(x0, x1), EPSILON_64);
  const angle = 2 * Math.PI * toFloat64(x2, x3);
  const radius = Math.sqrt(-2 * Math.log(u));
  pair[0] = Math.sin(angle) * radius;
  pair[1] = Math.cos(angle) * radius;
}

// Each fill is one execution of TensorFlow's operation: it writes `out` and advances the state.

/** Uniform in [0, 1), four values a block. `RandomUniform` of float32. */
export function fillUniformFloat32(out: Float32Array, state: RandomState): void {
  const reader = new BlockReader(state);
  for (let i = 0; i < out.length; i++) out[i] = toFloat32(reader.word());
  state.advance(out.length);
}

/** Uniform in [0, 1), two values a block. `RandomUniform` of float64. */
export function fillUniformFloat64(out: Float64Array, state: RandomState): void {
  const reader = new BlockReader(state);
  for (let i = 0; i < out.length; i++) out[i] = toFloat64(reader.word(), reader.word());
  state.advance(out.length);
}

/**
 * Uniform integers in [low, high), as `low + word % (high - low)`. `RandomUniformInt` of int32.
 * @throws {ArgumentError} if low >= high
 */
export function fillUniformInt32(out: Int32Array, low: number, high: number, state: RandomState): void {
  if (!(low < high)) throw new ArgumentError(`Need minval < maxval, got ${low} >= ${high}`);
  const range = high - low;
  const reader = new BlockReader(state);
  for (let i = 0; i < out.length; i++) out[i] = low + (reader.word() % range);
  state.advance(out.length);
}

/** Standard normal, four values a block. `RandomStandardNormal` of float32. */
export function fillNormalFloat32(out: Float32Array, state: RandomState): void {
  const reader = new BlockReader(state);
  const pair = new Float32Array(2);
  for (let i = 0; i < out.length; i += 2) {
    boxMuller32(reader.word(), reader.word(), pair);
    out.set(i + 1 < out.length ? pair : pair.subarray(0, 1), i);
  }
  state.advance(out.length);
}

/** Standard normal, two values a block. `RandomStandardNormal` of float64. */
export function fillNormalFloat64(out: Float64Array, state: RandomState): void {
  const reader = new BlockReader(state);
  const pair = new Float64Array(2);
  for (let i = 0; i < out.length; i += 2) {
    boxMuller64(reader.word(), reader.word(), reader.word(), reader.word(), pair);
    out.set(i + 1 < out.length ? pair : pair.subarray(0, 1), i);
  }
  state.advance(out.length);
}

/**
 * Standard normal, values of magnitude 2 or more drawn again. Each group of four values starts 256 blocks
 * after the one before, so that groups are independent of each other. `TruncatedNormal` of float32.
 */
export function fillTruncatedNormalFloat32(out: Float32Array, state: RandomState): void {
  const pair = new Float32Array(2);
  fillTruncated(out, state, 4, pair, (reader) => boxMuller32(reader.word(), reader.word(), pair));
}

/** {@link fillTruncatedNormalFloat32} in float64: groups of two values, 128 blocks apart. */
export function fillTruncatedNormalFloat64(out: Float64Array, state: RandomState): void {
  const pair = new Float64Array(2);
  fillTruncated(out, state, 2, pair, (reader) =>
    boxMuller64(reader.word(), reader.word(), reader.word(), reader.word(), pair),
  );
}

function fillTruncated<A extends Float32Array | Float64Array>(
  out: A,
  state: RandomState,
  groupSize: number,
  pair: A,
  draw: (reader: BlockReader) => void,
): void {
  const groupBlocks = (groupSize * BLOCKS_PER_VALUE) / BLOCK_WORDS;
  for (let first = 0; first < out.length; first += groupSize) {
    const reader = new BlockReader(state, (first / groupSize) * groupBlocks);
    const end = Math.min(first + groupSize, out.length);
    for (let next = first; next < end; ) {
      draw(reader);
      for (const value of pair) if (Math.abs(value) < TRUNCATION && next < end) out[next++] = value;
    }
  }
  state.advance(out.length);
}

// ---- general purpose ----

/** A seeded stream of numbers for everything outside the graph: shuffling data, picking samples. */
export class Random {
  readonly #reader: BlockReader;

  /** The same seed gives the same stream; without one, the system's entropy does. */
  constructor(seed: number | null = null) {
    this.#reader = new BlockReader(RandomState.fromSeeds(seed === null ? null : [reduceSeed(seed), 0]));
  }

  /** A number in [0, 1), of 53 random bits. */
  uniform(): number {
    const high = this.#reader.word() >>> 5;
    const low = this.#reader.word() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /** An integer in [0, bound), every one equally likely. `bound` is at most 2^32. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32)
      throw new ArgumentError(`a random integer needs a bound from 1 to 2^32, not ${bound}`);
    let word = this.#reader.word();
    // Words past the last whole multiple of the bound would favour small results. The multiple lies within
    // a bound of the end, so that most words need no closer look.
    if (word >= 2 ** 32 - bound) {
      const limit = 2 ** 32 - (2 ** 32 % bound);
      while (word >= limit) word = this.#reader.word();
    }
    // The remainder, exactly: the quotient of whole numbers below 2^32 never rounds up to the next one.
    return word - Math.floor(word / bound) * bound;
  }

  /** Shuffles an array in place (Fisher-Yates) and returns it. */
  shuffle<A extends { readonly length: number; [index: number]: unknown }>(array: A): A {
    const items: { [index: number]: unknown } = array;
    for (let last = array.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const kept = items[last];
      items[last] = items[other];
      items[other] = kept;
    }
    return array;
  }

  /** The integers 0 to n - 1 in random order. */
  permutation(n: number): Int32Array {
    const numbers = new Int32Array(n);
    for (let i = 0; i < n; i++) numbers[i] = i;
    return this.shuffle(numbers);
  }
}
