/**
 * @file Index arithmetic: whatever the builder makes of an expression computes what was written, and
 * the index maps of reshapes, transposes and slices come out as plain strides.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileExpr } from "../../src/compiler/evaluate.js";
import { sizeOf, stridesOf } from "../../src/core/index.js";
import {
  type Expr,
  ExpressionBuilder,
  flattenIndex,
  operandsOf,
  printExpr,
  unflattenIndex,
  visitExpr,
} from "../../src/ir/index.js";
import fc from "../property.js";

type Tree =
  | { readonly kind: "axis"; readonly axis: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "binary"; readonly op: IntegerOp; readonly a: Tree; readonly b: Tree }
  | { readonly kind: "neg"; readonly x: Tree }
  | {
      readonly kind: "select";
      readonly test: Comparison;
      readonly left: Tree;
      readonly right: Tree;
      readonly a: Tree;
      readonly b: Tree;
    };

/** What each operation means on 32-bit integers, written out anew. */
const meaning = {
  add: (a: number, b: number) => (a + b) | 0,
  sub: (a: number, b: number) => (a - b) | 0,
  mul: (a: number, b: number) => Number(BigInt.asIntN(32, BigInt(a) * BigInt(b))),
  floorDiv: (a: number, b: number) => (b === 0 ? 0 : Math.floor(a / b) | 0),
  floorMod: (a: number, b: number) => (b === 0 ? 0 : (a - b * Math.floor(a / b)) | 0),
  max: (a: number, b: number) => (a > b ? a : b),
  min: (a: number, b: number) => (a < b ? a : b),
};
type IntegerOp = keyof typeof meaning;
const comparisons = {
  eq: (a: number, b: number) => a === b,
  ne: (a: number, b: number) => a !== b,
  lt: (a: number, b: number) => a < b,
  le: (a: number, b: number) => a <= b,
};
type Comparison = keyof typeof comparisons;

function meaningOf(tree: Tree, axes: readonly number[]): number {
  switch (tree.kind) {
    case "axis":
      return axes[tree.axis] as number;
    case "constant":
      return tree.value;
    case "neg":
      return -meaningOf(tree.x, axes) | 0;
    case "binary":
      return meaning[tree.op](meaningOf(tree.a, axes), meaningOf(tree.b, axes));
    case "select":
      return comparisons[tree.test](meaningOf(tree.left, axes), meaningOf(tree.right, axes))
        ? meaningOf(tree.a, axes)
        : meaningOf(tree.b, axes);
  }
}

function build(e: ExpressionBuilder, tree: Tree, extents: readonly number[]): Expr {
  const go = (child: Tree): Expr => build(e, child, extents);
  switch (tree.kind) {
    case "axis":
      return e.axis(tree.axis, extents[tree.axis] as number);
    case "constant":
      return e.index(tree.value);
    case "neg":
      return e.neg(go(tree.x));
    case "binary":
      return e[tree.op](go(tree.a), go(tree.b));
    case "select":
      return e.select(e[tree.test](go(tree.left), go(tree.right)), go(tree.a), go(tree.b));
  }
}

const rank = 3;
const extentsArbitrary = fc.tuple(...Array.from({ length: rank }, () => fc.integer({ min: 1, max: 6 })));

/** Trees like index maps: mostly sums of scaled axes, divided and wrapped by small positive numbers. */
const treeArbitrary = (constants: fc.Arbitrary<number>): fc.Arbitrary<Tree> =>
  fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6, depthSize: "max" },
      fc.record({ kind: fc.constant("axis" as const), axis: fc.nat({ max: rank - 1 }) }),
      fc.record({ kind: fc.constant("constant" as const), value: constants }),
      fc.record({
        kind: fc.constant("binary" as const),
        op: fc.constantFrom("add" as const, "sub" as const, "max" as const, "min" as const, "mul" as const),
        a: tie("tree"),
        b: tie("tree"),
      }),
      fc.record({
        kind: fc.constant("binary" as const),
        op: fc.constantFrom("mul" as const, "floorDiv" as const, "floorMod" as const),
        a: tie("tree"),
        b: fc.record({ kind: fc.constant("constant" as const), value: constants }),
      }),
      fc.record({ kind: fc.constant("neg" as const), x: tie("tree") }),
      fc.record({
        kind: fc.constant("select" as const),
        test: fc.constantFrom("eq" as const, "ne" as const, "lt" as const, "le" as const),
        left: tie("tree"),
        right: tie("tree"),
        a: tie("tree"),
        b: tie("tree"),
      }),
    ),
  })).tree;

const points = (extents: readonly number[]): number[][] =>
  extents.reduce<number[][]>(
    (list, extent) => list.flatMap((point) => Array.from({ length: extent }, (_, i) => [...point, i])),
    [[]],
  );

const noArrays = (): never => assert.fail("an index expression loads nothing");

function assertSame(tree: Tree, extents: readonly number[]): void {
  const expr = build(new ExpressionBuilder(), tree, extents);
  const evaluate = compileExpr(expr, noArrays);
  for (const point of points(extents))
    assert.equal(evaluate(Int32Array.from(point)), meaningOf(tree, point), `${printExpr(expr)} at ${point}`);
}

test("simplified index expressions compute what was written", () => {
  const constants = fc.oneof(fc.integer({ min: -12, max: 12 }), fc.integer({ min: 1, max: 12 }));
  fc.assert(fc.property(treeArbitrary(constants), extentsArbitrary, assertSame), { numRuns: 2500 });
});

test("… also where they wrap around", () => {
  const constants = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.constantFrom(2 ** 30, -(2 ** 30), 2 ** 31 - 1, -(2 ** 31), 2 ** 16, 2 ** 29 + 1),
  );
  fc.assert(fc.property(treeArbitrary(constants), extentsArbitrary, assertSame), { numRuns: 2500 });
});

test("dividing twice is dividing by the product only while that is an index", () => {
  const e = new ExpressionBuilder();
  const twice = (x: Expr, first: number, second: number): Expr =>
    e.floorDiv(e.floorDiv(x, e.index(first)), e.index(second));
  const i = e.axis(0, 40);
  assert.equal(twice(i, 3, 5), e.floorDiv(i, e.index(15)));
  const negative = e.sub(i, e.index(40));
  assert.equal(compileExpr(twice(negative, 2 ** 16, 2 ** 30), noArrays)(Int32Array.of(0)), -1);
});

test("substituting axes and simplifying commute", () => {
  const constants = fc.integer({ min: -12, max: 12 });
  fc.assert(
    fc.property(treeArbitrary(constants), treeArbitrary(constants), extentsArbitrary, (outer, inner, extents) => {
      const e = new ExpressionBuilder();
      // The substituted index must stay within the axis, as a fused load's does.
      const extent = extents[0] as number;
      const within = e.floorMod(build(e, inner, extents), e.index(extent));
      const expr = e.substitute(build(e, outer, extents), new Map([[0, within]]));
      const evaluate = compileExpr(expr, noArrays);
      for (const point of points(extents)) {
        const replaced = [meaning.floorMod(meaningOf(inner, point), extent), ...point.slice(1)];
        assert.equal(evaluate(Int32Array.from(point)), meaningOf(outer, replaced), printExpr(expr));
      }
    }),
    { numRuns: 1000 },
  );
});

test("ranges contain every value", () => {
  const constants = fc.integer({ min: -12, max: 12 });
  fc.assert(
    fc.property(treeArbitrary(constants), extentsArbitrary, (tree, extents) => {
      const e = new ExpressionBuilder();
      const range = e.rangeOf(build(e, tree, extents));
      if (range === null) return;
      for (const point of points(extents)) {
        const value = meaningOf(tree, point);
        assert.ok(range.low <= value && value <= range.high, `${value} is outside [${range.low}, ${range.high}]`);
      }
    }),
    { numRuns: 1000 },
  );
});

// ---- the maps of movement operations ----

const axesOf = (e: ExpressionBuilder, shape: readonly number[]): Expr[] =>
  shape.map((extent, axis) => e.axis(axis, extent));

/** A shape and another one with as many elements, made by merging and splitting dimensions. */
const reshapePair = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }).chain((factors) =>
  fc.tuple(
    fc.constant(factors),
    fc.array(fc.boolean(), { minLength: factors.length - 1, maxLength: factors.length - 1 }).map((joins) => {
      const merged: number[] = [];
      factors.forEach((factor, i) => {
        if (i > 0 && joins[i - 1] === true) merged.push((merged.pop() as number) * factor);
        else merged.push(factor);
      });
      return merged;
    }),
  ),
);

/** Whether an expression is a sum of scaled axes: what a strided load needs. */
function isAffine(root: Expr): boolean {
  let affine = true;
  visitExpr(root, (e) => {
    if (e.kind === "binary" && e.op === "mul") affine &&= operandsOf(e).some((x) => x.kind === "constant");
    else affine &&= e.kind === "axis" || e.kind === "constant" || (e.kind === "binary" && e.op === "add");
  });
  return affine;
}

test("taking a position apart and putting it together gives the axes back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }), (shape) => {
      const e = new ExpressionBuilder();
      const axes = axesOf(e, shape);
      assert.deepEqual(unflattenIndex(e, flattenIndex(e, axes, shape), shape), axes);
    }),
  );
});

test("a reshape to fewer or more axes and back is the identity", () => {
  fc.assert(
    fc.property(reshapePair, ([fine, coarse]) => {
      for (const [from, to] of [
        [fine, coarse],
        [coarse, fine],
      ] as const) {
        const e = new ExpressionBuilder();
        const axes = axesOf(e, from);
        const there = unflattenIndex(e, flattenIndex(e, axes, from), to);
        const back = unflattenIndex(e, flattenIndex(e, there, to), from);
        assert.deepEqual(back, axes, `${from} to ${to} and back: ${back.map((x) => printExpr(x))}`);
      }
    }),
  );
});

test("merging axes loads with plain strides", () => {
  fc.assert(
    fc.property(reshapePair, ([fine, coarse]) => {
      const e = new ExpressionBuilder();
      const indices = unflattenIndex(e, flattenIndex(e, axesOf(e, fine), fine), coarse);
      for (const index of indices) assert.ok(isAffine(index), `${fine} from ${coarse}: ${printExpr(index)}`);
    }),
  );
});

test("a row-major position is the sum of axes times strides", () => {
  const e = new ExpressionBuilder();
  const shape = [2, 3, 5];
  const flat = e.linearOf(flattenIndex(e, axesOf(e, shape), shape));
  assert.equal(flat.offset, 0);
  assert.deepEqual(
    flat.terms.map(({ coefficient }) => coefficient).sort((a, b) => b - a),
    stridesOf(shape),
  );
});

test("a transpose after a reshape of merged axes stays affine in the reshape's axes", () => {
  const e = new ExpressionBuilder();
  const [i, j] = axesOf(e, [12, 7]) as [Expr, Expr];
  const [a, b, c] = unflattenIndex(e, flattenIndex(e, [j, i], [7, 12]), [7, 3, 4]) as [Expr, Expr, Expr];
  assert.equal(a, j);
  assert.equal(printExpr(b), "floorDiv(i0, 4)");
  assert.equal(printExpr(c), "floorMod(i0, 4)");
  assert.equal(flattenIndex(e, [b, c], [3, 4]), i, "quotient and remainder join again");
});

test("comparisons that ranges decide disappear", () => {
  const e = new ExpressionBuilder();
  const i = e.axis(0, 10);
  assert.equal(e.within(i, 0, 10), e.bool(true));
  assert.equal(e.lt(i, e.index(0)), e.bool(false));
  assert.equal(e.le(e.add(i, e.index(5)), e.index(14)), e.bool(true));
  assert.equal(e.eq(i, e.index(10)), e.bool(false));
  assert.equal(e.max(e.index(0), e.min(i, e.index(9))), i);
  assert.equal(e.select(e.within(i, 0, 10), i, e.index(0)), i);
});

test("equal expressions are one node, in whatever order they are written", () => {
  const e = new ExpressionBuilder();
  const [i, j] = axesOf(e, [4, 6]) as [Expr, Expr];
  assert.equal(e.add(i, j), e.add(j, i));
  assert.equal(e.sub(e.add(i, j), j), i);
  assert.equal(e.add(e.mul(i, e.index(3)), e.mul(i, e.index(-3))), e.index(0));
  assert.equal(e.axis(0, 1), e.index(0));
  assert.equal(sizeOf([]), 1);
});
