/**
 * @file Seeds of random operations by TensorFlow's rules, and the states that their numbers come from. Imports only
 * errors. Apart from `random`, since compiled programs draw their numbers themselves.
 */
import { ArgumentError } from "./errors.js";

/** Blocks TensorFlow sets aside for each value of an operation's output, used or not. */
export const BLOCKS_PER_VALUE = 256;

/** The two seeds of a random operation: the graph's and its own. Non-negative integers below 2^53. */
export type SeedPair = readonly [seed: number, seed2: number];

const DEFAULT_GRAPH_SEED = 87654321;
const SEED_MODULUS = 2 ** 31 - 1;

/**
 * The seed pair of an operation, as TensorFlow's `random_seed.get_seed`. Null means nondeterministic:
 * neither the graph nor the operation has a seed.
 * @param graphSeed what `setRandomSeed` set, or null
 * @param opSeed the operation's own `seed`, or null
 * @param lastId how many operations the graph had before this one; the operation's seed where it has none
 */
export function seedPair(graphSeed: number | null, opSeed: number | null, lastId: number): SeedPair | null {
  if (graphSeed === null && opSeed === null) return null;
  const seed = reduceSeed(graphSeed ?? DEFAULT_GRAPH_SEED);
  const seed2 = reduceSeed(opSeed ?? lastId);
  // TensorFlow's kernels read (0, 0) as "pick any seed", which nobody who sets a seed means.
  return seed === 0 && seed2 === 0 ? [0, SEED_MODULUS] : [seed, seed2];
}

/** A seed as TensorFlow's kernels take it. */
export function reduceSeed(seed: number): number {
  if (!Number.isSafeInteger(seed))
    throw new ArgumentError(`seed must be an integer, not ${seed}`, { hint: "use an integer of at most 53 bits" });
  return ((seed % SEED_MODULUS) + SEED_MODULUS) % SEED_MODULUS;
}

/** A seed pair from the system's entropy. */
export function entropySeedPair(): SeedPair {
  const [a = 0, b = 0, c = 0, d = 0] = crypto.getRandomValues(new Uint32Array(4));
  return [a + (b & 0x1fffff) * 2 ** 32, c + (d & 0x1fffff) * 2 ** 32];
}

/**
 * The state of one random operation: its seeds, and the 64-bit number of the next block. It is six uint32
 * (seed low and high, seed2 low and high, counter low and high), which may lie in a program's memory.
 */
export class RandomState {
  /** Words a state occupies. */
  static readonly WORDS = 6;
  readonly words: Uint32Array;

  /** Works on a state that `words` already holds; see {@link fromSeeds} for a new one. */
  constructor(words: Uint32Array) {
    if (words.length !== RandomState.WORDS)
      throw new ArgumentError(`a random state is ${RandomState.WORDS} uint32, not ${words.length}`);
    this.words = words;
  }

  /** A state at its beginning. Null draws the seeds from the system's entropy. */
  static fromSeeds(seeds: SeedPair | null): RandomState {
    const [seed, seed2] = seeds ?? entropySeedPair();
    return new RandomState(Uint32Array.of(seed, seed / 2 ** 32, seed2, seed2 / 2 ** 32, 0, 0));
  }

  /** Moves on by so many blocks. */
  skip(blocks: number): void {
    const [, , , , low = 0, high = 0] = this.words;
    const sum = low + blocks;
    this.words[4] = sum;
    this.words[5] = high + Math.floor(sum / 2 ** 32);
  }

  /** Moves on as an operation does that produced `valueCount` values. */
  advance(valueCount: number): void {
    this.skip(BLOCKS_PER_VALUE * valueCount);
  }
}
