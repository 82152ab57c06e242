/**
 * @file Random numbers in compiled programs have exactly the bits of core/random: every distribution, lengths
 * around the group sizes, counters that carry, ranges filled in parts, and nothing written past the end.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ModuleBuilder } from "../../../src/backends/wasm/assembler/index.js";
import { MathLibrary, mathImports } from "../../../src/backends/wasm/math.js";
import { addRandomFunctions, type RandomFill, randomFills } from "../../../src/backends/wasm/random.js";
import * as core from "../../../src/core/random.js";

const OUT = 64;
const PAGES = 4;

const memory = new WebAssembly.Memory({ initial: PAGES });
const exports = (() => {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: PAGES });
  const functions = addRandomFunctions(module, new MathLibrary(module, { relaxedSimd: false }, {}));
  for (const name of Object.keys(randomFills) as RandomFill[]) module.exportFunction(name, functions[name]);
  module.exportFunction("advance", functions.advance);
  const compiled = new WebAssembly.Module(module.toBytes());
  return new WebAssembly.Instance(compiled, { env: { memory }, math: { ...mathImports } }).exports;
})();
const call = (name: string, ...args: number[]): void => (exports[name] as (...args: number[]) => void)(...args);

const low = -7;
const high = 2 ** 31 - 3;

interface Case {
  readonly name: RandomFill;
  readonly bytes: 4 | 8;
  readonly extra: readonly number[];
  /** What core draws, as bytes. */
  readonly expected: (length: number, state: core.RandomState) => Uint8Array;
}

function fillCase<A extends Float32Array | Float64Array | Int32Array>(
  name: RandomFill,
  make: (length: number) => A,
  fill: (out: A, state: core.RandomState) => void,
  extra: readonly number[] = [],
): Case {
  const expected = (length: number, state: core.RandomState) => {
    const out = make(length);
    fill(out, state);
    return new Uint8Array(out.buffer, 0, out.byteLength);
  };
  return { name, bytes: make(0).BYTES_PER_ELEMENT as 4 | 8, extra, expected };
}

const floats = (length: number) => new Float32Array(length);
const doubles = (length: number) => new Float64Array(length);
const ints = (length: number) => new Int32Array(length);
const cases: readonly Case[] = [
  fillCase("uniformFloat32", floats, core.fillUniformFloat32),
  fillCase("uniformFloat64", doubles, core.fillUniformFloat64),
  fillCase("uniformInt32", ints, (out, state) => core.fillUniformInt32(out, low, high, state), [low, high - low]),
  fillCase("normalFloat32", floats, core.fillNormalFloat32),
  fillCase("normalFloat64", doubles, core.fillNormalFloat64),
  fillCase("truncatedNormalFloat32", floats, core.fillTruncatedNormalFloat32),
  fillCase("truncatedNormalFloat64", doubles, core.fillTruncatedNormalFloat64),
];

const states: readonly (readonly number[])[] = [
  [87654321, 0, 42, 0, 0, 0],
  [0xdeadbeef, 0xcafebabe, 0xffffffff, 0x80000000, 0xfffffffe, 0],
  [1, 0, 2, 0, 0xfffffff0, 0x7fffffff],
];

/** Runs a fill over memory full of a pattern and returns the bytes of the output and those after it. */
function run({ name, bytes, extra }: Case, length: number, words: readonly number[]): [Uint8Array, Uint8Array] {
  new Uint8Array(memory.buffer).fill(0xa5);
  call(name, OUT, length, ...extra, ...words);
  const end = OUT + length * bytes;
  return [new Uint8Array(memory.buffer.slice(OUT, end)), new Uint8Array(memory.buffer.slice(end, end + 64))];
}

for (const fill of cases)
  test(`${fill.name} has core's bits and stays within its range`, () => {
    for (const words of states)
      for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 64, 1000, 4099]) {
        const [actual, after] = run(fill, length, words);
        const expected = fill.expected(length, new core.RandomState(Uint32Array.from(words)));
        assert.deepEqual(actual, expected, `length ${length}, state ${words}`);
        assert.ok(
          after.every((byte) => byte === 0xa5),
          `length ${length} wrote past its end`,
        );
      }
  });

test("groups are independent, so that threads can share a range", () => {
  const words = [87654321, 0, 42, 0, 1000, 0];
  for (const fill of cases) {
    const { groupSize, blocksPerGroup } = randomFills[fill.name];
    const expected = fill.expected(50, new core.RandomState(Uint32Array.from(words)));
    const group = 3;
    const first = group * groupSize;
    call(fill.name, OUT, first, ...fill.extra, ...words);
    const ahead = words.with(4, 1000 + group * blocksPerGroup);
    call(fill.name, OUT + first * fill.bytes, 50 - first, ...fill.extra, ...ahead);
    assert.deepEqual(new Uint8Array(memory.buffer.slice(OUT, OUT + 50 * fill.bytes)), expected, fill.name);
  }
});

test("advance moves a state in memory as core does", () => {
  for (const words of states) {
    const inMemory = new Uint32Array(memory.buffer, 128, 6);
    inMemory.set(words);
    call("advance", 128, 3_000_000);
    const state = new core.RandomState(Uint32Array.from(words));
    state.advance(3_000_000);
    assert.deepEqual(new Uint32Array(inMemory), state.words);
  }
});

test("only the functions that are asked for end up in a module", () => {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1 });
  const functions = addRandomFunctions(module, new MathLibrary(module, { relaxedSimd: false }, {}));
  const before = module.toBytes().length;
  module.exportFunction("fill", functions.uniformFloat32);
  assert.equal(functions.uniformFloat32, functions.uniformFloat32);
  const compiled = new WebAssembly.Module(module.toBytes());
  assert.ok(module.toBytes().length > before);
  assert.deepEqual(
    WebAssembly.Module.imports(compiled).map(({ name }) => name),
    ["memory"],
  );
});
