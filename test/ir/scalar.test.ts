/**
 * @file The meaning of scalar primitives, against independent references, and the folding rules of the
 * builder on floats: they keep NaN, infinities and everything but the sign of zero.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileExpr } from "../../src/compiler/evaluate.js";
import {
  type BinaryOp,
  binaryFunctions,
  convert,
  type Expr,
  ExpressionBuilder,
  erf,
  power,
  printExpr,
  roundHalfEven,
  type UnaryOp,
  unaryFunctions,
} from "../../src/ir/index.js";
import fc from "../property.js";

test("rounding to nearest takes halves to even and keeps the sign of zero", () => {
  const cases = [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [2 ** 52 + 1, 2 ** 52 + 1],
    [-0, -0],
  ] as const;
  for (const [x, rounded] of cases)
    assert.ok(Object.is(roundHalfEven(x), rounded), `round(${x}) is ${roundHalfEven(x)}`);
  for (const x of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    assert.ok(Object.is(roundHalfEven(x), x));
});

test("the error function", () => {
  // Abramowitz and Stegun, table 7.1, and DLMF 7.23.
  const table = [
    [0, 0],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [5, 0.9999999999984626],
  ] as const;
  for (const [x, value] of table) {
    assert.ok(Math.abs(erf(x) - value) < 5e-15, `erf(${x}) is ${erf(x)}`);
    assert.equal(erf(-x) + erf(x), 0);
  }
  assert.equal(erf(Number.POSITIVE_INFINITY), 1);
  assert.ok(Number.isNaN(erf(Number.NaN)));
  // Both formulas meet at 2.5.
  assert.ok(Math.abs(erf(2.5 - 1e-9) - erf(2.5)) < 1e-11);
});

test("powers are C's", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  for (const [a, b, value] of [
    [1, nan, 1],
    [nan, 0, 1],
    [1, inf, 1],
    [-1, inf, 1],
    [-1, -inf, 1],
    [2, -inf, 0],
    [0, -1, inf],
    [-8, 1 / 3, nan],
    [2, 10, 1024],
  ] as const)
    assert.ok(Object.is(power(a, b), value), `${a} ** ${b} is ${power(a, b)}`);
});

const int32 = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1));
const wrap = (x: bigint): number => Number(BigInt.asIntN(32, x));
const floorQuotient = (a: bigint, b: bigint): bigint => {
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
};

test("32-bit integers wrap, divide toward zero or down, and give 0 for a zero divisor", () => {
  const table = binaryFunctions("int32");
  fc.assert(
    fc.property(int32, int32, (a, b) => {
      const [x, y] = [BigInt(a), BigInt(b)];
      const zero = b === 0;
      const expected: Partial<Record<BinaryOp, number>> = {
        add: wrap(x + y),
        sub: wrap(x - y),
        mul: wrap(x * y),
        div: zero ? 0 : wrap(x / y),
        mod: zero ? 0 : wrap(x % y),
        floorDiv: zero ? 0 : wrap(floorQuotient(x, y)),
        floorMod: zero ? 0 : wrap(x - y * floorQuotient(x, y)),
        max: a < b ? b : a,
        min: a < b ? a : b,
        lt: Number(a < b),
        le: Number(a <= b),
        eq: Number(a === b),
        ne: Number(a !== b),
      };
      for (const [op, value] of Object.entries(expected))
        assert.ok(
          table[op as BinaryOp](a, b) === value,
          `${a} ${op} ${b} is ${table[op as BinaryOp](a, b)}, not ${value}`,
        );
    }),
    { numRuns: 2000 },
  );
});

test("integer powers wrap; negative exponents leave only ±1", () => {
  const { pow } = binaryFunctions("int32");
  fc.assert(
    fc.property(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 40 }), (a, b) => {
      assert.equal(pow(a, b), wrap(BigInt(a) ** BigInt(b)), `${a} ** ${b}`);
    }),
  );
  assert.deepEqual([pow(2, -1), pow(1, -5), pow(-1, -5), pow(-1, -4), pow(0, 0)], [0, 1, -1, 1, 1]);
});

test("conversions truncate, saturate at int32's ends, and make truth of anything but 0", () => {
  assert.deepEqual(
    [2.9, -2.9, 3e9, -3e9, Number.NaN, Number.POSITIVE_INFINITY].map((x) => convert(x, "float32", "int32")),
    [2, -2, 2147483647, -2147483648, 0, 2147483647],
  );
  assert.deepEqual(
    [255.9, 256, -1, Number.NaN].map((x) => convert(x, "float32", "uint8")),
    [255, 0, 255, 0],
  );
  assert.deepEqual(
    [0, -0, 0.1, -3].map((x) => convert(x, "float64", "bool")),
    [0, 0, 1, 1],
  );
  assert.equal(convert(0.1, "float64", "float32"), Math.fround(0.1));
});

test("functions of one operand at values that tell them apart", () => {
  const at: Partial<Record<UnaryOp, readonly (readonly [number, number])[]>> = {
    sign: [
      [3, 1],
      [-3, -1],
      [0, 0],
      [Number.NaN, Number.NaN],
    ],
    sigmoid: [
      [0, 0.5],
      [Number.POSITIVE_INFINITY, 1],
      [Number.NEGATIVE_INFINITY, 0],
      [Math.log(3), 0.75],
    ],
    tanh: [
      [Number.POSITIVE_INFINITY, 1],
      [0, 0],
    ],
    expm1: [[1e-20, 1e-20]],
    log1p: [
      [1e-20, 1e-20],
      [-1, Number.NEGATIVE_INFINITY],
    ],
    not: [
      [0, 1],
      [1, 0],
    ],
    floor: [[-1.5, -2]],
    ceil: [[-1.5, -1]],
  };
  for (const [op, cases] of Object.entries(at))
    for (const [x, value] of cases) {
      const got = unaryFunctions[op as UnaryOp](x);
      assert.ok(Object.is(got, value) || Math.abs(got - value) < 1e-15, `${op}(${x}) is ${got}`);
    }
});

// ---- folding on floats ----

const unary = ["neg", "abs", "sign", "floor", "ceil", "round"] as const;
const binary = ["add", "sub", "mul", "div", "max", "min"] as const;
const written: Readonly<Record<(typeof unary)[number] | (typeof binary)[number], (a: number, b: number) => number>> = {
  neg: (a) => -a,
  abs: (a) => (a < 0 || Object.is(a, -0) ? -a : a),
  sign: (a) => (a > 0 ? 1 : a < 0 ? -1 : a),
  floor: (a) => Math.floor(a),
  ceil: (a) => -Math.floor(-a),
  round: (a) => roundHalfEven(a),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  // Of the two zeros, the positive one is the larger, which a comparison would not see.
  max: Math.max,
  min: Math.min,
};

type Formula = (
  e: ExpressionBuilder,
  x: readonly Expr[],
) => { readonly expr: Expr; readonly value: (x: readonly number[]) => number };
const leaf = fc.oneof(
  fc.nat({ max: 1 }).map(
    (i): Formula =>
      (_e, x) => ({ expr: x[i] as Expr, value: (v) => v[i] as number }),
  ),
  fc.constantFrom(0, 1, -1, 2, 0.5, Number.POSITIVE_INFINITY, Number.NaN).map(
    (c): Formula =>
      (e) => ({ expr: e.constant(c, "float64"), value: () => c }),
  ),
);
const formula: fc.Arbitrary<Formula> = fc.letrec<{ f: Formula }>((tie) => ({
  f: fc.oneof(
    { maxDepth: 5, depthSize: "max" },
    leaf,
    fc.tuple(fc.constantFrom(...unary), tie("f")).map(
      ([op, f]): Formula =>
        (e, x) => {
          const inner = f(e, x);
          return { expr: e.unary(op, inner.expr), value: (v) => written[op](inner.value(v), 0) };
        },
    ),
    fc.tuple(fc.constantFrom(...binary), tie("f"), tie("f")).map(
      ([op, f, g]): Formula =>
        (e, x) => {
          const [a, b] = [f(e, x), g(e, x)];
          return { expr: e.binary(op, a.expr, b.expr), value: (v) => written[op](a.value(v), b.value(v)) };
        },
    ),
    fc.tuple(tie("f"), tie("f"), tie("f")).map(
      ([f, g, h]): Formula =>
        (e, x) => {
          const [a, b, c] = [f(e, x), g(e, x), h(e, x)];
          return {
            expr: e.select(e.lt(a.expr, b.expr), b.expr, c.expr),
            value: (v) => (a.value(v) < b.value(v) ? b.value(v) : c.value(v)),
          };
        },
    ),
  ),
})).f;

test("folding floats changes no value", () => {
  const operand = fc.oneof(
    fc.constantFrom(0, -0, 1, -1, 2.5, -2.5, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN),
    fc.double({ min: 0.1, max: 1e6, noNaN: true }),
  );
  fc.assert(
    fc.property(formula, operand, operand, (make, a, b) => {
      const e = new ExpressionBuilder();
      const axes = [e.axis(0, 2), e.axis(1, 2)];
      // Loads of one-element values stand for the operands; the builder knows nothing of their contents.
      const loads = axes.map((_, i) => e.load(i, "float64", []));
      const { expr, value } = make(e, loads);
      const arrays = [a, b].map((x) => ({ data: Float64Array.of(x), shape: [], dtype: "float64" }));
      const got = compileExpr(expr, (id) => arrays[id] as never)(new Int32Array(2));
      const wanted = value([a, b]);
      assert.ok(Object.is(got, wanted), `${printExpr(expr)} at ${a}, ${b}: ${got}, expected ${wanted}`);
    }),
    { numRuns: 3000 },
  );
});
