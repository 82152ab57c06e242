/** @file Checkpoints: TensorFlow's own bytes both ways, every dtype, shards, damage, and misuse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  DataLossError,
  DTypeError,
  NdArray,
  NotFoundError,
  ShapeError,
  UnimplementedError,
} from "../../src/core/index.js";
import {
  BundleReader,
  type BundleTensor,
  bundleDataFile,
  bundleIndexFile,
  readTable,
  writeBundle,
  writeTable,
} from "../../src/formats/index.js";
import { odd, sharded, small } from "./fixtures.js";

const smallTensors: readonly BundleTensor[] = [
  { name: "global_step", dtype: "int64", shape: [], data: Int32Array.of(0) },
  { name: "empty", dtype: "float32", shape: [0, 4], data: new Float32Array() },
  { name: "dense/kernel", dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: "dense/bias", dtype: "float32", shape: [3], data: new Float32Array(3) },
];

const joined = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));
function open(tensors: Iterable<BundleTensor>): BundleReader {
  const { index, data } = writeBundle(tensors);
  return new BundleReader(index, "m", [joined(data)]);
}

test("both files are TensorFlow's, byte for byte, whatever the order given", () => {
  for (const tensors of [smallTensors, smallTensors.toReversed()]) {
    const { index, data } = writeBundle(tensors);
    assert.deepEqual(index, small.index);
    assert.deepEqual(joined(data), small.data);
  }
});

test("what TensorFlow wrote is read", () => {
  const reader = new BundleReader(small.index, "small", [small.data]);
  assert.equal(reader.shardCount, 1);
  assert.deepEqual(reader.keys(), ["dense/bias", "dense/kernel", "empty", "global_step"]);
  assert.ok(reader.has("empty") && !reader.has("") && !reader.has("full"));
  assert.ok(
    reader.read("dense/kernel").equals(
      NdArray.from(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        "float32",
      ),
    ),
  );
  assert.deepEqual(reader.read("empty").shape, [0, 4]);
  assert.ok(reader.read("global_step").equals(NdArray.from(0, "int32")), "int64 becomes int32");
  const { dtype, shape, offset, size } = reader.entry("global_step");
  assert.deepEqual({ dtype, shape, offset, size }, { dtype: "int64", shape: [], offset: 36, size: 8 });
});

test("every dtype survives, extreme values and unaligned offsets included", () => {
  const tensors: BundleTensor[] = [
    { name: "a bool", dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
    {
      name: "double",
      dtype: "float64",
      shape: [4],
      data: Float64Array.of(Number.NaN, -0, 5e-324, Number.NEGATIVE_INFINITY),
    },
    { name: "float", dtype: "float32", shape: [1, 3], data: Float32Array.of(Number.NaN, -0, 3.4028234663852886e38) },
    { name: "int", dtype: "int32", shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
    { name: "byte", dtype: "uint8", shape: [], data: Uint8Array.of(255) },
    { name: "имя/日本/😀", dtype: "uint8", shape: [0], data: new Uint8Array() },
  ];
  const reader = open(tensors);
  for (const { name, dtype, shape, data } of tensors) {
    const read = reader.read(name);
    assert.deepEqual([read.dtype, read.shape, read.data], [dtype, shape, data], name);
  }
  const long = open([{ name: "n", dtype: "int64", shape: [2], data: BigInt64Array.of(-(2n ** 31n), 2n ** 31n - 1n) }]);
  assert.deepEqual(long.read("n").data, Int32Array.of(-(2 ** 31), 2 ** 31 - 1));
});

test("names sort by their bytes, not by UTF-16", () => {
  const tensor = (name: string): BundleTensor => ({ name, dtype: "uint8", shape: [], data: Uint8Array.of(1) });
  assert.deepEqual(open([tensor("😀"), tensor("\uffee"), tensor("a/b"), tensor("a")]).keys(), [
    "a",
    "a/b",
    "\uffee",
    "😀",
  ]);
});

test("a view's own bytes are written, and reading copies out of the file", () => {
  const backing = Float32Array.of(9, 1, 2, 9);
  const { index, data } = writeBundle([{ name: "v", dtype: "float32", shape: [2], data: backing.subarray(1, 3) }]);
  const file = Buffer.from(joined(data));
  const read = new BundleReader(index, "m", [file]).read("v");
  file.fill(0);
  assert.deepEqual(read.data, Float32Array.of(1, 2));
});

test("a checkpoint without tensors is one", () => {
  const { index, data } = writeBundle([]);
  assert.deepEqual([new BundleReader(index, "m").keys(), data], [[], []]);
});

test("shards: each key is read from its own data file", () => {
  const reader = new BundleReader(sharded.index, "s", sharded.data);
  assert.equal(reader.shardCount, 2);
  assert.ok(reader.read("a").equals(NdArray.from([1, 1], "float32")));
  assert.ok(reader.read("b").equals(NdArray.from([0, 0, 0], "float32")));
  assert.equal(bundleDataFile("s", 1, 2), "s.data-00001-of-00002");
  assert.equal(bundleDataFile("s"), "s.data-00000-of-00001");
  assert.equal(bundleIndexFile("s"), "s.index");
  const half = new BundleReader(sharded.index, "s", sharded.data.slice(0, 1));
  assert.ok(half.has("b"));
  assert.throws(
    () => half.read("b"),
    (error) => error instanceof NotFoundError && /^s\.data-00001-of-00002 is missing/.test(error.message),
  );
});

test("a range read by the caller decodes as well", () => {
  const reader = new BundleReader(small.index, "small");
  const { offset, size } = reader.entry("dense/kernel");
  assert.equal(reader.decode("dense/kernel", small.data.subarray(offset, offset + size)).item(1, 2), 6);
});

test("a missing key is named, with what the checkpoint holds", () => {
  assert.throws(
    () => new BundleReader(small.index, "small", [small.data]).read("dense/weights"),
    (error) =>
      error instanceof NotFoundError &&
      error.message.startsWith("Key dense/weights not found in checkpoint\n") &&
      error.message.includes("small holds dense/bias, dense/kernel, empty, global_step"),
  );
});

test("a damaged or shortened data file is a DataLossError that names file and key", () => {
  const damaged = small.data.slice();
  damaged[20] = 1;
  const reader = new BundleReader(small.index, "dir/small", [damaged]);
  assert.throws(
    () => reader.read("dense/kernel"),
    (error) =>
      error instanceof DataLossError &&
      /^Checksum of key dense\/kernel in dir\/small\.data-00000-of-00001 does not match/.test(error.message),
  );
  assert.equal(reader.read("dense/bias").size, 3, "what is whole stays readable");
  for (const length of [0, 12, 35])
    assert.throws(
      () => new BundleReader(small.index, "dir/small", [small.data.subarray(0, length)]).read("dense/kernel"),
      (error) =>
        error instanceof DataLossError &&
        error.message.startsWith("dir/small.data-00000-of-00001 is truncated: key dense/kernel needs 24 bytes"),
      `${length} bytes`,
    );
});

test("an index that contradicts itself is a DataLossError", () => {
  const entries = readTable(small.index, "small.index");
  const changed = (name: string, change: (value: Uint8Array) => Uint8Array): Uint8Array =>
    writeTable(
      entries.map(({ key, value }) => ({ key, value: Buffer.from(key).toString() === name ? change(value) : value })),
    );
  // The last byte but five is the size; the one before it is its tag.
  const resized = changed("dense/bias", (value) => value.with(-6, 8));
  assert.throws(
    () => new BundleReader(resized, "small", [small.data]).read("dense/bias"),
    /^DataLossError: small\.index gives key dense\/bias 8 bytes, but float32 of shape \[3\] takes 12/,
  );
  const cut = changed("dense/bias", (value) => value.subarray(0, -1));
  assert.throws(() => new BundleReader(cut, "small"), /DataLossError: Malformed entry "dense\/bias" of small\.index/);
  const headless = writeTable(entries.slice(1));
  assert.throws(() => new BundleReader(headless, "small"), /DataLossError: small\.index has no header/);
  const bigEndian = changed("", (value) => joined([value, Uint8Array.of(0x10, 1)]));
  assert.throws(() => new BundleReader(bigEndian, "small"), /UnimplementedError: small\.index .*big-endian/);
  const newer = changed("", (value) => joined([value, Uint8Array.of(0x1a, 2, 0x10, 9)]));
  assert.throws(() => new BundleReader(newer, "small"), /UnimplementedError: .*reader of version 9/);
});

test("what the library cannot hold is refused by name, and does not hide the rest", () => {
  const reader = new BundleReader(odd.index, "odd", [odd.data]);
  assert.deepEqual(reader.keys(), ["big", "half", "part/w", "s"], "the slices of part/w are no keys");
  const refusals: readonly [string, new (message: string) => Error, RegExp][] = [
    ["half", UnimplementedError, /Key half of odd has dtype float16/],
    ["s", UnimplementedError, /Key s of odd has dtype string/],
    ["part/w", UnimplementedError, /Key part\/w of odd was saved in slices/],
    ["big", DTypeError, /Key big is int64 and holds 1099511627776 at position 1, which does not fit int32/],
  ];
  for (const [name, type, message] of refusals)
    assert.throws(
      () => reader.read(name),
      (error) => error instanceof type && message.test(error.message),
      name,
    );
});

test("tensors that cannot be saved are refused before anything is written", () => {
  const good: BundleTensor = { name: "v", dtype: "float32", shape: [2], data: new Float32Array(2) };
  const refusals: readonly [readonly BundleTensor[], new (message: string) => Error, RegExp][] = [
    [[{ ...good, name: "" }], ArgumentError, /cannot name a tensor/],
    [[good, { ...good }], ArgumentError, /Two tensors .* "v"/],
    [[{ ...good, shape: [3] }], ShapeError, /"v" of shape \[3\] has 3 elements, but 2 were given/],
    [[{ ...good, dtype: "int32" }], DTypeError, /"v" of dtype int32 needs its data as Int32Array/],
    [[{ ...good, dtype: "int64" }], DTypeError, /BigInt64Array/],
    [[{ ...good, dtype: "string", data: ["a", "b"] }], UnimplementedError, /"v" has dtype string/],
  ];
  for (const [tensors, type, message] of refusals)
    assert.throws(
      () => writeBundle(tensors),
      (error) => error instanceof type && message.test(error.message),
      String(message),
    );
});
