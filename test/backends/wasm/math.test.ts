/**
 * @file The math library against float64: every function over a dense sample of all float32 bit patterns, with
 * and without fused multiply-add, plus special values, scalar and float64 forms. STRATA_PRINT_ULP=1 prints errors.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { type FunctionRef, ModuleBuilder } from "../../../src/backends/wasm/assembler/index.js";
import { type MathFunction, MathLibrary, mathImports } from "../../../src/backends/wasm/math.js";
import * as vectors from "../../../src/backends/wasm/vector-math-rare.js";

setFlagsFromString("--experimental-wasm-relaxed-simd");

const unary = Object.keys(mathImports).filter((name) => name !== "pow") as MathFunction[];
const polynomial: readonly MathFunction[] = ["exp", "expm1", "log", "log1p", "tanh", "sigmoid", "erf", "sin", "cos"];
const CHUNK = 1 << 16;
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

interface Compiled {
  /** Applies a vector function to up to CHUNK values. */
  run(name: MathFunction, input: Float32Array): Float32Array;
  scalar(name: MathFunction, ...args: number[]): number;
  double(name: MathFunction, ...args: number[]): number;
}

/** A function of a byte count that maps memory from 0 to memory from 4 · CHUNK, a vector at a time. */
function defineMap(module: ModuleBuilder, vector: FunctionRef): FunctionRef {
  return module.defineFunction(`map.${vector.name}`, ["i32"], [], (f) => {
    const at = f.local("i32");
    f.loop((next) => {
      f.get(at);
      for (const _ of vector.params) {
        f.get(at);
        f.load("v128.load");
      }
      f.call(vector);
      f.store("v128.store", 4 * CHUNK);
      f.get(at);
      f.i32(16);
      f.op("i32.add");
      f.tee(at);
      f.get(f.param(0));
      f.op("i32.lt_u");
      f.brIf(next);
    });
  });
}

function compile(relaxedSimd: boolean): Compiled {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 8 });
  const math = new MathLibrary(module, { relaxedSimd }, { vectors });
  for (const name of Object.keys(mathImports) as MathFunction[]) {
    module.exportFunction(`map.${name}`, defineMap(module, math.vector(name)));
    module.exportFunction(`scalar.${name}`, math.scalar(name));
    module.exportFunction(`double.${name}`, math.double(name));
  }
  const memory = new WebAssembly.Memory({ initial: 8 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), {
    env: { memory },
    math: { ...mathImports },
  });
  const call = (name: string, ...args: number[]): number =>
    (instance.exports[name] as (...a: number[]) => number)(...args);
  const input = new Float32Array(memory.buffer, 0, CHUNK);
  const output = new Float32Array(memory.buffer, 4 * CHUNK, CHUNK);
  return {
    run(name, values) {
      input.set(values);
      call(`map.${name}`, 4 * values.length);
      return output.slice(0, values.length);
    },
    scalar: (name, ...args) => call(`scalar.${name}`, ...args),
    double: (name, ...args) => call(`double.${name}`, ...args),
  };
}

const variants = [
  { label: "plain", library: compile(false) },
  { label: "fused", library: compile(true) },
];

/** The distance between float32 neighbours at the magnitude of `value`. */
function ulp(value: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -126);
  return 2 ** (exponent - 23);
}

/** The largest error in ulp of a function over every `stride`th float32, from one bit pattern to another. */
function worstError(library: Compiled, name: MathFunction, from: number, to: number, stride: number): number {
  let worst = 0;
  const bits = new Uint32Array(CHUNK);
  const input = new Float32Array(bits.buffer);
  for (let start = from; start <= to; start += stride * CHUNK) {
    for (let i = 0; i < CHUNK; i++) bits[i] = Math.min(start + i * stride, to);
    const output = library.run(name, input);
    for (let i = 0; i < CHUNK; i++) {
      const x = input[i] ?? 0;
      const got = output[i] ?? 0;
      const exact = mathImports[name](x, 0);
      if (Object.is(got, Math.fround(exact))) continue;
      // An error of one unit may tip the last finite value over to infinity, or back.
      const error = Math.abs(Math.min(Math.max(got, -(2 ** 128)), 2 ** 128) - exact) / ulp(exact);
      if (!(error <= worst)) worst = Number.isNaN(error) ? infinity : error;
    }
  }
  return worst;
}

const BITS_OF_INFINITY = 0x7f800000;
const SIGN = 0x80000000;

for (const { label, library } of variants)
  for (const name of polynomial)
    test(`${name}, ${label}: at most 2 ulp from the exact value on all of float32`, () => {
      // A prime stride: 1.6 million values per function, every exponent, ever-changing mantissas.
      const positive = worstError(library, name, 0, BITS_OF_INFINITY, 2633);
      const negative = worstError(library, name, SIGN, SIGN + BITS_OF_INFINITY, 2633);
      assert.ok(Math.max(positive, negative) <= 2, `positive ${positive}, negative ${negative} ulp`);
      if (process.env.STRATA_PRINT_ULP !== undefined) console.log(label, name, positive, negative);
    });

test("functions that go through float64 are rounded correctly", () => {
  const input = Float32Array.from({ length: 4000 }, (_, i) => Math.tan(i) * 1.7 ** ((i % 60) - 30));
  for (const { library } of variants)
    for (const name of unary.filter((name) => !polynomial.includes(name)))
      assert.deepEqual(
        library.run(name, input),
        Float32Array.from(input, (x) => mathImports[name](x, 0)),
      );
});

test("special values: NaN, infinities, both zeros, the ends of the range", () => {
  const cases: Partial<Record<MathFunction, readonly (readonly [x: number, y: number])[]>> = {
    exp: [
      [nan, nan],
      [infinity, infinity],
      [-infinity, 0],
      [0, 1],
      [-0, 1],
      [89, infinity],
      [-104, 0],
      [1e-40, 1],
    ],
    expm1: [
      [nan, nan],
      [infinity, infinity],
      [-infinity, -1],
      [0, 0],
      [-0, -0],
      [89, infinity],
      [-100, -1],
    ],
    log: [
      [nan, nan],
      [infinity, infinity],
      [-infinity, nan],
      [0, -infinity],
      [-0, -infinity],
      [1, 0],
      [-1, nan],
    ],
    log1p: [
      [nan, nan],
      [infinity, infinity],
      [-infinity, nan],
      [0, 0],
      [-0, -0],
      [-1, -infinity],
      [-1.5, nan],
    ],
    tanh: [
      [nan, nan],
      [infinity, 1],
      [-infinity, -1],
      [0, 0],
      [-0, -0],
      [3e38, 1],
      [-3e38, -1],
    ],
    sigmoid: [
      [nan, nan],
      [infinity, 1],
      [-infinity, 0],
      [0, 0.5],
      [-0, 0.5],
      [3e38, 1],
      [-3e38, 0],
    ],
    erf: [
      [nan, nan],
      [infinity, 1],
      [-infinity, -1],
      [0, 0],
      [-0, -0],
      [3e38, 1],
      [-3e38, -1],
    ],
    sin: [
      [nan, nan],
      [infinity, nan],
      [-0, -0],
    ],
    cos: [
      [nan, nan],
      [infinity, nan],
      [-0, 1],
    ],
  };
  for (const { library } of variants)
    for (const [name, pairs] of Object.entries(cases))
      for (const [x, expected] of pairs) {
        // Beside ordinary lanes, which must not suffer.
        const output = library.run(name as MathFunction, Float32Array.of(0.75, x, 2.5, 0.75));
        assert.ok(Object.is(output[1], expected), `${name}(${x}) is ${output[1]}, not ${expected}`);
        const ordinary = library.run(name as MathFunction, Float32Array.of(0.75, 2.5, 2.5, 0.75));
        assert.deepEqual([output[0], output[2], output[3]], [ordinary[0], ordinary[1], ordinary[3]], name);
      }
});

test("subnormal arguments and results are not flushed", () => {
  const tiny = 2 ** -149;
  for (const { library } of variants) {
    for (const name of ["expm1", "log1p", "tanh", "erf", "sin"] as const)
      assert.deepEqual(
        library.run(name, Float32Array.of(tiny, -tiny, 3 * tiny, 0)).slice(0, 2),
        Float32Array.of(tiny, -tiny),
      );
    assert.equal(library.scalar("log", tiny), Math.fround(Math.log(tiny)));
    assert.equal(library.scalar("exp", -100), Math.fround(Math.exp(-100)));
    assert.equal(library.scalar("sigmoid", -100), Math.fround(Math.exp(-100)));
  }
});

test("a scalar has the bits of a vector lane", () => {
  const input = Float32Array.from({ length: 256 }, (_, i) => Math.tan(i + 1) * 3);
  for (const { library } of variants)
    for (const name of unary)
      assert.deepEqual(
        library.run(name, input),
        Float32Array.from(input, (x) => library.scalar(name, x)),
        name,
      );
});

test("pow: rounded correctly, with C's special cases", () => {
  for (const { library } of variants) {
    assert.equal(library.scalar("pow", 1.1, 3.7), Math.fround(Math.fround(1.1) ** Math.fround(3.7)));
    assert.equal(library.scalar("pow", 0, 0), 1);
    assert.equal(library.scalar("pow", -2, 3), -8);
    assert.equal(library.scalar("pow", -2, 0.5), nan);
    assert.equal(library.scalar("pow", 1, nan), 1);
    assert.equal(library.scalar("pow", -1, infinity), 1);
    assert.equal(library.scalar("pow", 0, -1), infinity);
    assert.deepEqual(library.run("pow", Float32Array.of(0.5, 2, 3, 4)), Float32Array.of(Math.SQRT1_2, 4, 27, 256));
  }
});

test("float64 forms are JavaScript's own", () => {
  const [{ library }] = variants as [(typeof variants)[0]];
  for (const name of unary) assert.equal(library.double(name, 0.3), mathImports[name](0.3, 0), name);
  assert.equal(library.double("pow", 0.3, 2.5), 0.3 ** 2.5);
});

test("erf in float64 agrees with tabulated values to 2e-15 relative", () => {
  // Abramowitz and Stegun, table 7.1, extended.
  const table: readonly (readonly [number, number])[] = [
    [1e-10, 1.1283791670955126e-10],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.9999, 0.9953201979070294],
    [2, 0.9953222650189527],
    [2.5, 0.9995930479825551],
    [3.5, 0.9999992569016276],
    [5, 0.9999999999984626],
  ];
  for (const [x, expected] of table) {
    assert.ok(Math.abs(mathImports.erf(x, 0) / expected - 1) < 2e-15, `erf(${x}) = ${mathImports.erf(x, 0)}`);
    assert.equal(mathImports.erf(-x, 0), -mathImports.erf(x, 0));
  }
  assert.ok(Object.is(mathImports.erf(-0, 0), -0));
  assert.equal(mathImports.erf(nan, 0), nan);
  assert.equal(mathImports.erf(-infinity, 0), -1);
});
