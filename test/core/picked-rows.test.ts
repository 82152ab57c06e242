/** @file Rows of arrays that are copied when somebody reads them: what they hold, when, and for whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { allocateStorage, copyRows, NdArray, type NumericDType, PickedRows } from "../../src/core/index.js";

const counted = <D extends NumericDType>(dtype: D, rows: number, row: number): NdArray<D> => {
  const data = allocateStorage(dtype, rows * row);
  for (let i = 0; i < data.length; i++) data[i] = (i * 7) % 251;
  return new NdArray(dtype, [rows, row], data);
};
const order = Int32Array.of(4, 0, 3, 3, 1);

test("rows are copied from and to every type, whatever their length", () => {
  for (const from of ["float32", "float64", "int32", "uint8"] as const)
    for (const to of ["float32", "float64", "int32", "uint8"] as const)
      for (const row of [1, 3, 31, 32, 33, 100]) {
        const source = counted(from, 5, row);
        const picked = allocateStorage(to, 3 * row);
        copyRows(source.data, { order, begin: 1 }, 3, picked);
        assert.deepEqual(
          [...picked],
          [0, 3, 3].flatMap((at) => [...source.rows(at, at + 1).data]),
        );
        copyRows(source.data, { order: null, begin: 2 }, 3, picked);
        assert.deepEqual([...picked], [...source.rows(2, 5).data]);
      }
  copyRows(counted("float32", 5, 3).data, { order, begin: 0 }, 0, new Float32Array(0));
});

test("a scale multiplies in float32, whatever the target", () => {
  const bytes = new NdArray(
    "uint8",
    [256, 1],
    Uint8Array.from({ length: 256 }, (_, i) => i),
  );
  const scale = Math.fround(1 / 255);
  const expected = Float32Array.from(bytes.data, (value) => Math.fround(value * scale));
  for (const target of [new Float32Array(256), new Float64Array(256)]) {
    copyRows(bytes.data, { order: null, begin: 0, scale }, 256, target);
    assert.deepEqual([...target], [...expected]);
  }
  const scaled = PickedRows.ofBytes(bytes, "float32", 1 / 255);
  assert.deepEqual(scaled.data, expected, "the scale is rounded first");
  const wide: NdArray<"float64"> = PickedRows.ofBytes(bytes, "float64");
  assert.deepEqual(wide.data, Float64Array.from(bytes.data));
});

test("an array of rows is an NdArray like any other", () => {
  const source = counted("float32", 5, 3);
  const rows = PickedRows.of(source, order, 1, 4);
  assert.ok(rows instanceof NdArray);
  assert.deepEqual([rows.dtype, rows.shape, rows.size, rows.rank], ["float32", [3, 3], 9, 2]);
  assert.ok(rows.pendingRows !== undefined, "nothing of this needs the elements");
  assert.deepEqual(Object.keys(rows).sort(), Object.keys(source).sort());
  const [first, second] = [source.rows(0, 1).toArray(), source.rows(3, 4).toArray()] as number[][][];
  const expected = NdArray.from([...(first ?? []), ...(second ?? []), ...(second ?? [])], "float32");
  assert.deepEqual({ ...rows }, { ...expected });
  assert.ok(rows.equals(expected));
  assert.equal(inspect(rows), inspect(expected));
  assert.deepEqual(structuredClone({ ...rows }), { ...expected });
});

test("until they are read, rows show what is in their source; then they have elements of their own", () => {
  const source = counted("int32", 4, 2);
  const rows = PickedRows.of(source, Int32Array.of(3, 1), 0, 2);
  source.data[6] = -5;
  const { data } = rows;
  assert.deepEqual([...data], [-5, 49, 14, 21]);
  assert.equal(rows.pendingRows, undefined);
  source.data[6] = -6;
  data[3] = 1000;
  assert.equal(rows.data, data);
  assert.deepEqual([...source.data], [0, 7, 14, 21, 28, 35, -6, 49]);
});

test("rows of rows that follow one another are rows of what is behind them", () => {
  const bytes = counted("uint8", 5, 2);
  const scaled = PickedRows.ofBytes(bytes, "float32", 0.5);
  const batch = PickedRows.of(scaled, order, 0, 2);
  assert.deepEqual(batch.toArray(), [
    [28, 31.5],
    [0, 3.5],
  ]);
  assert.ok(scaled.pendingRows !== undefined, "a batch does not need all of its source");
  assert.deepEqual(PickedRows.of(PickedRows.of(scaled, order, 0, 3), Int32Array.of(2, 0), 0, 2).toArray(), [
    [21, 24.5],
    [28, 31.5],
  ]);
  const later = PickedRows.of(scaled, null, 3, 5);
  assert.deepEqual(PickedRows.of(later, Int32Array.of(1, 0), 0, 2).toArray(), [
    [28, 31.5],
    [21, 24.5],
  ]);
  assert.deepEqual(later.toArray(), [
    [21, 24.5],
    [28, 31.5],
  ]);
  scaled.data[8] = 9;
  assert.deepEqual(PickedRows.of(scaled, order, 0, 1).toArray(), [[9, 31.5]], "once read, its elements count");
});
