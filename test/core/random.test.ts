/**
 * @file Random numbers against the Random123 vectors and against values that TensorFlow's CPU kernels drew
 * (graph seed unset, op seed 42; two executions of the same operation).
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ArgumentError } from "../../src/core/errors.js";
import {
  fillNormalFloat32,
  fillNormalFloat64,
  fillTruncatedNormalFloat32,
  fillTruncatedNormalFloat64,
  fillUniformFloat32,
  fillUniformFloat64,
  fillUniformInt32,
  philox4x32,
  Random,
  RandomState,
  seedPair,
} from "../../src/core/random.js";

type Numbers = Float32Array | Float64Array | Int32Array;

const state42 = () => RandomState.fromSeeds(seedPair(null, 42, 0));

/** Two executions of an operation that produces `length` values. */
function draws<A extends Numbers>(
  make: (length: number) => A,
  fill: (out: A, state: RandomState) => void,
  length: number,
): [A, A] {
  const state = state42();
  const runs: [A, A] = [make(length), make(length)];
  for (const run of runs) fill(run, state);
  return runs;
}

const floats = (length: number) => new Float32Array(length);
const doubles = (length: number) => new Float64Array(length);
const ints = (length: number) => new Int32Array(length);
const hex = (words: Uint32Array) => [...words].map((word) => word.toString(16).padStart(8, "0")).join(" ");
const sha256 = (values: Numbers) =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");

/**
 * Normals go through log, sqrt, sin and cos. TensorFlow takes them from the C library, which rounds log, sin and
 * cos of about 1 % of arguments to the neighbouring value; each factor so contributes at most one unit in the
 * last place, and the product rounds once more: 3 · 2^-23 relative (2^-52 in float64).
 */
function assertNormals(actual: Numbers, expected: readonly number[], indices?: readonly number[]): void {
  const epsilon = actual instanceof Float64Array ? 2 ** -52 : 2 ** -23;
  expected.forEach((value, i) => {
    const got = actual[indices?.[i] ?? i] ?? Number.NaN;
    assert.ok(Math.abs(got - value) <= 3 * epsilon * Math.abs(value), `value ${i}: ${got}, TensorFlow ${value}`);
  });
}

test("philox4x32 matches the Random123 known-answer vectors", () => {
  const ones = [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff];
  assert.equal(hex(philox4x32([0, 0, 0, 0], [0, 0])), "6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  assert.equal(hex(philox4x32(ones, ones)), "408f276d 41c83b0e a20bc7c6 6d5451fd");
  const pi = philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]);
  assert.equal(hex(pi), "d16cfe09 94fdcceb 5001e420 24126ea1");
});

test("uniform float32: TensorFlow's bits", () => {
  for (const length of [1, 4, 7]) {
    const [first, second] = draws(floats, fillUniformFloat32, length);
    const golden = [0.95227146, 0.67740774, 0.79531825, 0.75578177, 0.4759556, 0.6310148, 0.18602037];
    assert.deepEqual(first, Float32Array.from(golden.slice(0, length)));
    if (length === 4) assert.deepEqual(second, Float32Array.of(0.06347668, 0.74225366, 0.37226737, 0.25665724));
    if (length === 7)
      assert.deepEqual(
        second,
        Float32Array.of(0.5001906, 0.17634559, 0.69462466, 0.28120518, 0.3950703, 0.11768556, 0.7780075),
      );
  }
  assert.deepEqual(draws(floats, fillUniformFloat32, 1000).map(sha256), [
    "db1bf3fa7cf84969ed034205a9c8c42dd7f43aaca6056a23672e5d7fcf6f64f4",
    "14dc8dd1034365b51e901b1bbfa818d4c6382f01f260fa204c8bddcdce10a928",
  ]);
});

test("uniform float64: TensorFlow's bits", () => {
  const [, second] = draws(doubles, fillUniformFloat64, 7);
  assert.deepEqual(
    second,
    Float64Array.of(
      0.0015257954156875364,
      0.5569981546722449,
      0.16056306868360481,
      0.2240607799626544,
      0.6512119517334933,
      0.6969027678429429,
      0.05782863524968396,
    ),
  );
  assert.deepEqual(draws(doubles, fillUniformFloat64, 1000).map(sha256), [
    "45a9de97b8395500cc98fcc8f65dbad3997015b7709c9016205b383e2b7f1794",
    "a77e07569c5c3d8a6e143887007ae889db9ffd60722ef12f610a3146f97b5df4",
  ]);
});

test("uniform int32: TensorFlow's bits, over a small and over the widest range", () => {
  const small = (out: Int32Array, state: RandomState) => fillUniformInt32(out, -5, 100, state);
  const wide = (out: Int32Array, state: RandomState) => fillUniformInt32(out, -(2 ** 31), 2 ** 31 - 1, state);
  assert.deepEqual(draws(ints, small, 7), [
    Int32Array.of(57, 44, 68, 14, 36, 3, -2),
    Int32Array.of(73, 20, 50, 57, 9, 99, 82),
  ]);
  assert.deepEqual(draws(ints, wide, 4)[1], Int32Array.of(1552424961, -220265941, -592468363, -694101467));
  assert.deepEqual([...draws(ints, small, 1000), ...draws(ints, wide, 1000)].map(sha256), [
    "7d70ad28c56c8c3a1fcaabb6f2cd68e301ee4e912a6fa14c61ea8c8991cfa00d",
    "6b8939a2065459221f1003e94d864aa4cd71a0b36e1f28cce21df0b6f92ab910",
    "a35e6e8b33445150c26b0823d483d1791b40a4296a47a30f5151e34ef89b7bab",
    "6be69ff48b49e99cb88674a4ae8298d8d964943e1352c0ecf442dccc702dbe34",
  ]);
  assert.throws(() => fillUniformInt32(ints(1), 3, 3, state42()), /Need minval < maxval, got 3 >= 3/);
});

const sampled = [250, 499, 753, 999];

test("normal float32", () => {
  const [first, second] = draws(floats, fillNormalFloat32, 7);
  assertNormals(first, [-0.28077507, -0.1377521, -0.6763296, 0.024580413, -0.89358455, -0.82847327, 1.2068944]);
  assertNormals(second, [1.0532719, 0.52549994, 0.83732235, -0.16630858, 0.91839534, 1.0069424, 0.69428927]);
  const [long, longAgain] = draws(floats, fillNormalFloat32, 1000);
  assertNormals(long, [0.35834035, 0.19065571, 0.12909903, 0.7665076], sampled);
  assertNormals(longAgain, [-0.3749746, -0.17116329, 0.20029545, -0.15163735], sampled);
});

test("normal float64", () => {
  const [first, second] = draws(doubles, fillNormalFloat64, 3);
  assertNormals(first, [0.7456244549943906, -0.6371964266311646, 0.04856931364585292]);
  assert.notDeepEqual(first, second);
  const [long, longAgain] = draws(doubles, fillNormalFloat64, 1000);
  assertNormals(long, [-0.6783371986728526, 0.025418408716716533, 0.3675273842779429, 0.6617497989405928], sampled);
  assertNormals(
    longAgain,
    [-0.5856847147653944, -2.3210105737736173, -1.041541136218833, 0.19569233399571093],
    sampled,
  );
});

test("truncated normal float32: groups of four restart, values beyond two deviations are drawn again", () => {
  const [first, second] = draws(floats, fillTruncatedNormalFloat32, 7);
  assertNormals(first, [-0.28077507, -0.1377521, -0.6763296, 0.024580413, -0.46845472, -0.0024663184, -0.9745911]);
  assertNormals(second, [1.0532719, 0.52549994, 0.83732235, -0.16630858, -0.13857655, 0.47280023, 0.83471936]);
  assertNormals(draws(floats, fillTruncatedNormalFloat32, 8)[0], [0.66384917], [7]);
  const [long, longAgain] = draws(floats, fillTruncatedNormalFloat32, 1000);
  assertNormals(long, [-0.4642662, -0.0055588037, -0.60269356, 0.15266356], sampled);
  assertNormals(longAgain, [0.14629993, -0.62799215, 0.40245602, -0.574976], sampled);
  assert.ok(long.every((value) => Math.abs(value) < 2));
});

test("truncated normal float64: groups of two restart", () => {
  const [, second] = draws(doubles, fillTruncatedNormalFloat64, 7);
  assertNormals(
    second,
    [
      -1.2623945076031615, 1.8872795128244706, 0.31047484786007673, -1.2979046061642323, 1.6207145748202387,
      -1.5127967093897405, -0.8508149338281424,
    ],
  );
  const [long] = draws(doubles, fillTruncatedNormalFloat64, 1000);
  assertNormals(long, [-0.17806107778029606, -0.5888877897302657, -1.0727329599458097, -0.34212168101848356], sampled);
});

test("a state counts blocks in 64 bits", () => {
  const state = RandomState.fromSeeds([2 ** 32 + 5, 7]);
  state.skip(2 ** 32 - 1);
  state.advance(1);
  assert.deepEqual([...state.words], [5, 1, 7, 0, 255, 1]);
  state.advance(2 ** 40);
  assert.deepEqual([...state.words], [5, 1, 7, 0, 255, 1 + 2 ** 16]);
});

test("a fill carries from the low to the high counter word within one array", () => {
  const state = RandomState.fromSeeds([1, 2]);
  state.skip(2 ** 32 - 1);
  const out = floats(8);
  fillUniformFloat32(out, state);
  const after = philox4x32([0, 1, 2, 0], [1, 0]);
  assert.deepEqual(
    out.subarray(4),
    Float32Array.from(after, (word) => (word & 0x7fffff) / 2 ** 23),
  );
});

test("a state works in place on memory that holds it, and a wrong size is refused", () => {
  const memory = Uint32Array.of(9, 9, 87654321, 0, 42, 0, 0, 0, 9);
  fillUniformFloat32(floats(3), new RandomState(memory.subarray(2, 8)));
  assert.deepEqual([...memory], [9, 9, 87654321, 0, 42, 0, 768, 0, 9]);
  assert.throws(() => new RandomState(memory), /a random state is 6 uint32, not 9/);
});

test("seed pairs follow TensorFlow's rules", () => {
  assert.equal(seedPair(null, null, 5), null);
  assert.deepEqual(seedPair(null, 42, 5), [87654321, 42]);
  assert.deepEqual(seedPair(1, null, 5), [1, 5]);
  assert.deepEqual(seedPair(1, 42, 5), [1, 42]);
  assert.deepEqual(seedPair(0, 0, 5), [0, 2 ** 31 - 1]);
  assert.deepEqual(seedPair(2 ** 31 - 1, 0, 5), [0, 2 ** 31 - 1]);
  assert.deepEqual(seedPair(2 ** 40, 2 ** 31, 5), [512, 1]);
  assert.deepEqual(seedPair(-1, -3, 5), [2147483646, 2147483644]);
  assert.throws(() => seedPair(1.5, 0, 0), ArgumentError);
});

test("without seeds, two states differ", () => {
  assert.notDeepEqual(RandomState.fromSeeds(null).words, RandomState.fromSeeds(null).words);
});

test("Random: reproducible, in range, unbiased", () => {
  const draw = (seed: number) =>
    Array.from(
      { length: 5 },
      (
        (random) => () =>
          random.uniform()
      )(new Random(seed)),
    );
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
  const random = new Random(7);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) {
    const face = random.integer(6);
    counts[face] = (counts[face] ?? 0) + 1;
  }
  // Chi-square with 5 degrees of freedom exceeds 20.5 once in a thousand seeds; this seed is fixed.
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chiSquare < 20.5, `${counts}`);
  assert.equal(random.integer(1), 0);
  assert.throws(() => random.integer(0), /a bound from 1 to 2\^32, not 0/);
});

test("Random: permutations hold every index once, in every order equally often", () => {
  const random = new Random(11);
  assert.deepEqual(
    random.permutation(1000).sort(),
    Int32Array.from({ length: 1000 }, (_, i) => i),
  );
  assert.deepEqual(random.permutation(0), new Int32Array(0));
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = random.shuffle(["a", "b", "c"]).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  // Binomial with mean 1000 and deviation 29: five deviations.
  for (const count of orders.values()) assert.ok(Math.abs(count - 1000) < 145, `${count}`);
});
