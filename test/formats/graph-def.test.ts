/** @file GraphDef, TensorProto and MetaGraphDef: golden bytes, round trips, TensorFlow's compressed constants. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DataLossError, type DType, dtypeFacts, NdArray, UnimplementedError } from "../../src/core/index.js";
import {
  type AttrValue,
  arrayOfTensorProto,
  dataTypeName,
  dataTypeNumber,
  decodeGraphDef,
  decodeMetaGraphDef,
  decodeTensorProto,
  decodeVariableDef,
  encodeGraphDef,
  encodeMessage,
  encodeMetaGraphDef,
  encodeTensorProto,
  encodeVariableDef,
  type GraphDef,
  type MetaGraphDef,
  type NodeDef,
  type TensorProto,
  tensorProtoOf,
} from "../../src/formats/index.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const graphOf = (...node: NodeDef[]): GraphDef => ({ node, versions: { producer: 24 } });

test("element types have TensorFlow's numbers", () => {
  for (const dtype of Object.keys(dtypeFacts) as DType[]) assert.equal(dataTypeNumber(dtype), dtypeFacts[dtype].proto);
  assert.equal(dataTypeNumber("int64"), 9);
  assert.equal(dataTypeNumber("float32_ref"), 101);
  assert.equal(dataTypeName(101, "x"), "float32_ref");
  for (const number of [0, 99, 100, 250, -1])
    assert.throws(() => dataTypeName(number, "attribute"), /UnimplementedError: attribute has the element type number/);
});

test("a placeholder's bytes are TensorFlow's", () => {
  const placeholder: NodeDef = {
    name: "x",
    op: "Placeholder",
    input: [],
    attr: { shape: { shape: [null, 3] }, dtype: { type: "float32" } },
  };
  // As printed by tf.compat.v1 for placeholder(tf.float32, [None, 3], name="x"), with versions { producer: 24 }.
  assert.equal(
    hex(encodeGraphDef(graphOf(placeholder))),
    "0a3b0a0178120b506c616365686f6c6465722a0b0a0564747970651202300" +
      "12a1c0a05736861706512133a11120b08ffffffffffffffffff011202080322020818",
  );
});

test("every kind of attribute survives", () => {
  const tensor: TensorProto = { dtype: "int64", shape: [1], content: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 128) };
  const attr: Record<string, AttrValue> = {
    text: { s: "SAME" },
    bytes: { s: Uint8Array.of(0xff, 0xfe) },
    emptyText: { s: "" },
    int: { i: -3 },
    zero: { i: 0 },
    large: { i: 2n ** 62n },
    float: { f: 0.5 },
    no: { b: false },
    type: { type: "float16" },
    scalar: { shape: [] },
    unknownRank: { shape: null },
    shape: { shape: [null, 784, 0] },
    tensor: { tensor },
    func: { func: { name: "body", attr: { T: { type: "bool" } } } },
    placeholder: { placeholder: "T" },
    emptyList: { list: {} },
    texts: { list: { s: ["loc:@a", ""] } },
    ints: { list: { i: [1, 0, -1] } },
    floats: { list: { f: [0, 1.5] } },
    flags: { list: { b: [true, false] } },
    types: { list: { type: ["float32", "int32_ref"] } },
    shapes: { list: { shape: [[2], null] } },
    tensors: { list: { tensor: [tensor, tensor] } },
    functions: { list: { func: [{ name: "f", attr: {} }] } },
  };
  const graph: GraphDef = {
    node: [
      { name: "a", op: "NoOp", input: [], attr },
      { name: "b", op: "Split", input: ["a", "a:1", "^a"], device: "/cpu:0", attr: {} },
    ],
    versions: { producer: 24, minConsumer: 12 },
    library: Uint8Array.of(0x0a, 0),
  };
  assert.deepEqual(decodeGraphDef(encodeGraphDef(graph)), graph);
  assert.deepEqual(decodeGraphDef(Buffer.from(encodeGraphDef(graph))), graph);
});

test("the order in which attributes were given does not show", () => {
  const node = (attr: Record<string, AttrValue>): NodeDef => ({ name: "n", op: "Op", input: [], attr });
  const a: AttrValue = { i: 1 };
  const b: AttrValue = { i: 2 };
  assert.deepEqual(encodeGraphDef(graphOf(node({ a, b }))), encodeGraphDef(graphOf(node({ b, a }))));
});

test("arrays become constants and come back", () => {
  const arrays = [
    NdArray.from(
      [
        [1, 2.5],
        [-0, Number.NaN],
      ],
      "float32",
    ),
    NdArray.from([1e300], "float64"),
    NdArray.from(-7, "int32"),
    NdArray.from([[true], [false]]),
    NdArray.from(["a", "", "日本"]),
    NdArray.zeros("uint8", [0, 3]),
  ];
  for (const array of arrays) {
    const back = arrayOfTensorProto(decodeTensorProto(encodeTensorProto(tensorProtoOf(array)), "constant"));
    assert.deepEqual([back.dtype, back.shape, back.data], [array.dtype, array.shape, array.data]);
  }
  const half: TensorProto = { dtype: "float16", shape: [], content: new Uint8Array(2) };
  assert.throws(() => arrayOfTensorProto(half), /UnimplementedError: A constant of dtype float16/);
});

test("constants in typed lists, the last value repeated, are read", () => {
  const shaped = (dtype: number, dims: number[], write: Parameters<typeof encodeMessage>[0]): Uint8Array =>
    encodeMessage((m) => {
      write(m.int(1, dtype).message(2, (shape) => dims.forEach((d) => void shape.message(2, (dim) => dim.int(1, d)))));
    });
  const read = (bytes: Uint8Array): unknown => arrayOfTensorProto(decodeTensorProto(bytes, "constant")).toArray();
  assert.deepEqual(read(shaped(1, [2, 2], (m) => m.float(5, 0.5))), [
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
  assert.deepEqual(read(shaped(2, [3], (m) => m.packedDoubles(6, [1, 2]))), [1, 2, 2]);
  assert.deepEqual(read(shaped(3, [], (m) => m.int(7, -9))), -9);
  assert.deepEqual(read(shaped(4, [2], (m) => m.packedInts(7, [200, 3]))), [200, 3]);
  assert.deepEqual(read(shaped(10, [2], (m) => m.bool(11, true))), [true, true]);
  assert.deepEqual(read(shaped(7, [2], (m) => m.string(8, "s"))), ["s", "s"]);
  assert.deepEqual(read(shaped(1, [2], () => {})), [0, 0], "no value at all is zeros");
  const wide = decodeTensorProto(
    shaped(9, [2], (m) => m.packedInts(10, [-1, 2n ** 62n])),
    "constant",
  );
  assert.ok(wide.dtype === "int64");
  assert.equal(hex(wide.content), "ffffffffffffffff0000000000000040");
  const complex = decodeTensorProto(
    shaped(8, [2], (m) => m.packedFloats(9, [1, -1])),
    "constant",
  );
  assert.ok(complex.dtype === "complex64");
  assert.equal(hex(complex.content), "0000803f000080bf0000803f000080bf", "a complex number repeats as a pair");
  const half = decodeTensorProto(
    shaped(19, [1], (m) => m.packedInts(13, [0x3c00])),
    "constant",
  );
  assert.ok(half.dtype === "float16");
  assert.equal(hex(half.content), "003c");
});

test("constants that contradict themselves are a DataLossError", () => {
  const dims = (...sizes: number[]) =>
    encodeMessage((m) =>
      m.int(1, 1).message(2, (s) => sizes.forEach((d) => void s.message(2, (dim) => dim.int(1, d)))),
    );
  const damaged: readonly [Uint8Array, RegExp][] = [
    [Buffer.concat([dims(2), encodeMessage((m) => m.bytes(4, new Uint8Array(4)))]), /holds 4 bytes for 2 elements/],
    [Buffer.concat([dims(1), encodeMessage((m) => m.packedFloats(5, [1, 2]))]), /holds 2 values for 1 elements/],
    [dims(2 ** 20, 2 ** 20), /claims 1099511627776 elements/],
    [dims(-1), /unknown dimensions/],
  ];
  for (const [bytes, message] of damaged)
    assert.throws(
      () => decodeTensorProto(bytes, "constant"),
      (error) => error instanceof DataLossError && message.test(error.message),
    );
});

test("errors in a graph name node and attribute", () => {
  const withAttr = (value: Uint8Array): Uint8Array =>
    encodeMessage((graph) =>
      graph.message(1, (node) =>
        node.string(1, "dense/MatMul").message(5, (entry) => entry.string(1, "T").bytes(2, value, "explicit")),
      ),
    );
  const place = 'attribute "T" of node "dense/MatMul" of graph.pb';
  assert.throws(
    () => decodeGraphDef(withAttr(Uint8Array.of(0x30, 99)), "graph.pb"),
    (error) => error instanceof UnimplementedError && error.message.includes(place),
  );
  assert.throws(
    () => decodeGraphDef(withAttr(new Uint8Array()), "graph.pb"),
    (error) => error instanceof UnimplementedError && error.message.includes(place),
  );
  assert.throws(
    () => decodeGraphDef(withAttr(Uint8Array.of(0x25, 1)), "graph.pb"),
    (error) => error instanceof DataLossError && error.message.includes(place),
  );
  assert.throws(() => decodeGraphDef(Uint8Array.of(0x0a, 200), "graph.pb"), /DataLossError: Malformed graph\.pb: /);
});

test("a meta graph survives with its collections and saver", () => {
  const variable = {
    variableName: "w:0",
    initialValueName: "zeros:0",
    initializerName: "w/Assign",
    snapshotName: "w/read:0",
    isResource: false,
    trainable: true,
  };
  const meta: MetaGraphDef = {
    graphDef: graphOf({ name: "w", op: "VariableV2", input: [], attr: { dtype: { type: "float32" } } }),
    collectionDef: {
      losses: { nodeList: ["loss:0"] },
      variables: { bytesList: [encodeVariableDef(variable)] },
      steps: { int64List: [1, -2] },
      rates: { floatList: [0.5] },
      nothing: { nodeList: [] },
    },
    saverDef: {
      filenameTensorName: "save/Const:0",
      saveTensorName: "save/control_dependency:0",
      restoreOpName: "save/restore_all",
      maxToKeep: 5,
      sharded: false,
      keepCheckpointEveryNHours: 10000,
    },
    tags: ["serve"],
    tensorflowVersion: "1.3.0",
  };
  assert.deepEqual(decodeMetaGraphDef(encodeMetaGraphDef(meta)), meta);
  assert.deepEqual(decodeVariableDef(encodeVariableDef(variable)), variable);
});
