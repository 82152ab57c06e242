/** @file `TensorShape`: what it knows, what fits, and the words where shapes clash. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { ShapeError, TensorShape } from "../../src/core/index.js";

const unknown = new TensorShape();
const images = new TensorShape([null, 784]);

test("says what is known", () => {
  assert.deepEqual([unknown.dims, unknown.ndims, unknown.numElements()], [null, null, null]);
  assert.deepEqual([images.dims, images.ndims, images.rank, images.numElements()], [[null, 784], 2, 2, null]);
  const full = new TensorShape([3, 4]);
  assert.deepEqual([full.numElements(), full.isFullyDefined()], [12, true]);
  assert.deepEqual([images.isFullyDefined(), unknown.isFullyDefined()], [false, false]);
  assert.equal(new TensorShape([]).numElements(), 1);
  assert.deepEqual([...images], [null, 784]);
  assert.deepEqual(TensorShape.unknown(2).dims, [null, null]);
  assert.equal(TensorShape.unknown().dims, null);
  assert.deepEqual(new TensorShape(images).dims, [null, 784]);
});

test("prints as TensorFlow does", () => {
  const shapes = [[null, 784], [784], [], null].map((dims) => String(new TensorShape(dims)));
  assert.deepEqual(shapes, ["(?, 784)", "(784,)", "()", "<unknown>"]);
  assert.equal(inspect(images), "TensorShape((?, 784))");
});

test("compatibility is reflexive and symmetric, not transitive", () => {
  assert.ok(images.isCompatibleWith(images));
  assert.ok(unknown.isCompatibleWith([2]) && new TensorShape([2]).isCompatibleWith(unknown));
  assert.ok(images.isCompatibleWith([64, 784]) && new TensorShape([64, 784]).isCompatibleWith(images));
  assert.ok(!images.isCompatibleWith([64, 100]) && !images.isCompatibleWith([784]));
  assert.ok(!new TensorShape([32, 784]).isCompatibleWith([64, 784]));
  images.assertIsCompatibleWith([64, 784]);
  assert.throws(() => images.assertIsCompatibleWith([3]), {
    name: "ShapeError",
    message: "Shapes (?, 784) and (3,) are incompatible",
  });
});

test("merges to the most specific common shape, or fails", () => {
  assert.deepEqual(images.mergeWith([64, null]).dims, [64, 784]);
  assert.deepEqual(unknown.mergeWith(images).dims, [null, 784]);
  assert.deepEqual(images.mergeWith(unknown).dims, [null, 784]);
  assert.throws(
    () => images.mergeWith([64, 100]),
    (error: ShapeError) => {
      assert.match(error.message, /^Shapes \(\?, 784\) and \(64, 100\) are not compatible\n/);
      return error instanceof ShapeError;
    },
  );
});

test("joins shapes and checks ranks", () => {
  assert.deepEqual(images.concatenate([10]).dims, [null, 784, 10]);
  assert.equal(images.concatenate(null).dims, null);
  assert.deepEqual(unknown.withRank(1).dims, [null]);
  assert.equal(images.withRank(2), images);
  assert.throws(() => images.withRank(3), /Shape \(\?, 784\) must have rank 3/);
  assert.equal(images.withRankAtLeast(2), images);
  assert.equal(unknown.withRankAtLeast(2), unknown);
  assert.throws(() => images.withRankAtLeast(3), /must have rank at least 3/);
  assert.throws(() => images.withRankAtMost(1), /must have rank at most 1/);
});

test("equality needs the same knowledge", () => {
  assert.ok(images.equals([null, 784]) && unknown.equals(null));
  assert.ok(!images.equals([1, 784]) && !images.equals(null) && !images.equals([null]));
});

test("an unknown rank has no list, and a dimension is a whole number", () => {
  assert.throws(() => unknown.asList(), /as_list\(\) is not defined on an unknown TensorShape\./);
  assert.throws(() => unknown.assertIsFullyDefined(), /Shape <unknown> is not fully defined/);
  new TensorShape([2, 0]).assertIsFullyDefined();
  for (const dimension of [-1, 2.5, Number.NaN])
    assert.throws(() => new TensorShape([dimension]), /Dimension .* must be >= 0/);
});
