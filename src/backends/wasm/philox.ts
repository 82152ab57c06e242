/**
 * @file Philox-4x32-10 in 128-bit SIMD: four blocks at a time. Imports the assembler. Promises the words of
 * core's `philox4x32`; see there for the cipher.
 */
import type { FunctionBuilder, Local, ValType } from "./assembler/index.js";

const WEYL = [0x9e3779b9, 0xbb67ae85] as const;
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const ROUNDS = 10;

/** What a function with this body takes: key low and high, seed2 low and high, and the 64-bit counter. */
export const BLOCK_PARAMETERS: readonly ValType[] = ["i32", "i32", "i32", "i32", "i64"];

/**
 * Writes the body of a function {@link BLOCK_PARAMETERS} → four v128: the words of the blocks counter to
 * counter + 3. While it works, a vector holds the same word of all four blocks.
 */
export function writePhiloxBlocks(f: FunctionBuilder): void {
  const words = [f.local("v128"), f.local("v128"), f.local("v128"), f.local("v128")] as const;
  const [c0, c1, c2, c3] = words;
  const keys = [f.local("v128"), f.local("v128")] as const;
  for (const [i, key] of keys.entries()) splatOf(f, f.param(i), key);
  splatOf(f, f.param(2), c2);
  splatOf(f, f.param(3), c3);
  firstWords(f, f.param(4), c0, c1);
  const low = [f.local("v128"), f.local("v128")] as const;
  const high = [f.local("v128"), f.local("v128")] as const;
  for (let round = 0; round < ROUNDS; round++) {
    multiply(f, c0, MULTIPLIERS[0], low[0], high[0]);
    multiply(f, c2, MULTIPLIERS[1], low[1], high[1]);
    xorInto(f, c0, [high[1], c1, keys[0]]);
    xorInto(f, c2, [high[0], c3, keys[1]]);
    copy(f, low[1], c1);
    copy(f, low[0], c3);
    if (round + 1 < ROUNDS)
      for (const i of [0, 1] as const) {
        f.get(keys[i]);
        f.i32x4Splat(WEYL[i]);
        f.op("i32x4.add");
        f.set(keys[i]);
      }
  }
  pushTransposed(f, words);
}

/** Counter words 0 and 1 of four consecutive blocks, carry included. */
function firstWords(f: FunctionBuilder, counter: Local, word0: Local, word1: Local): void {
  const base = f.local("v128");
  f.get(counter);
  f.op("i32.wrap_i64");
  f.op("i32x4.splat");
  f.tee(base);
  f.v128(new Int32Array([0, 1, 2, 3]));
  f.op("i32x4.add");
  f.set(word0);
  f.get(counter);
  f.i64(32n);
  f.op("i64.shr_u");
  f.op("i32.wrap_i64");
  f.op("i32x4.splat");
  f.get(word0);
  f.get(base);
  f.op("i32x4.lt_u");
  f.op("i32x4.sub");
  f.set(word1);
  f.freeLocal(base);
}

/** Both halves of the 64-bit products of four words and a constant. */
function multiply(f: FunctionBuilder, word: Local, by: number, low: Local, high: Local): void {
  for (const [code, half] of [
    ["i64x2.extmul_low_i32x4_u", low],
    ["i64x2.extmul_high_i32x4_u", high],
  ] as const) {
    f.get(word);
    f.i32x4Splat(by);
    f.op(code);
    f.set(half);
  }
  f.get(low);
  f.get(high);
  f.shuffle32([0, 2, 4, 6]);
  f.get(low);
  f.get(high);
  f.shuffle32([1, 3, 5, 7]);
  f.set(high);
  f.set(low);
}

/** Pushes the four columns of a 4×4 matrix of words given by its rows. */
function pushTransposed(f: FunctionBuilder, rows: readonly [Local, Local, Local, Local]): void {
  const pairs = [
    [rows[0], rows[1], [0, 4, 1, 5]],
    [rows[2], rows[3], [0, 4, 1, 5]],
    [rows[0], rows[1], [2, 6, 3, 7]],
    [rows[2], rows[3], [2, 6, 3, 7]],
  ] as const;
  const [lowA, lowB, highA, highB] = pairs.map(([a, b, lanes]) => {
    const woven = f.local("v128");
    f.get(a);
    f.get(b);
    f.shuffle32(lanes);
    f.set(woven);
    return woven;
  }) as [Local, Local, Local, Local];
  for (const [a, b, lanes] of [
    [lowA, lowB, [0, 1, 4, 5]],
    [lowA, lowB, [2, 3, 6, 7]],
    [highA, highB, [0, 1, 4, 5]],
    [highA, highB, [2, 3, 6, 7]],
  ] as const) {
    f.get(a);
    f.get(b);
    f.shuffle32(lanes);
  }
}

function splatOf(f: FunctionBuilder, scalar: Local, vector: Local): void {
  f.get(scalar);
  f.op("i32x4.splat");
  f.set(vector);
}

function copy(f: FunctionBuilder, from: Local, to: Local): void {
  f.get(from);
  f.set(to);
}

function xorInto(f: FunctionBuilder, target: Local, [a, b, c]: readonly [Local, Local, Local]): void {
  f.get(a);
  f.get(b);
  f.op("v128.xor");
  f.get(c);
  f.op("v128.xor");
  f.set(target);
}
