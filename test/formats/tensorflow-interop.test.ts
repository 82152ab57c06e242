/**
 * @file Checkpoints to and from TensorFlow itself, which interop/checkpoint.py runs. Skipped where
 * there is no Python with TensorFlow; interop/setup.sh installs one.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NdArray } from "../../src/core/index.js";
import {
  BundleReader,
  type BundleTensor,
  bundleDataFile,
  bundleIndexFile,
  encodeMetaGraphDef,
  encodeVariableDef,
  GRAPH_PRODUCER,
  type NodeDef,
  parseCheckpointState,
  tensorProtoOf,
  writeBundle,
} from "../../src/formats/index.js";

interface Variable {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly base64: string;
}
type Variables = Readonly<Record<string, Variable>>;

const interop = new URL("../../../interop/", import.meta.url);
const { findPython }: { findPython: () => { python: string } | { missing: string } } = await import(
  new URL("find-python.mjs", interop).href
);
const found = findPython();

async function checkpointPy<Result>(...args: readonly string[]): Promise<Result> {
  assert.ok("python" in found);
  const script = fileURLToPath(new URL("checkpoint.py", interop));
  const { stdout } = await promisify(execFile)(found.python, [script, ...args], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

const toBase64 = ({ data }: Pick<BundleTensor, "data">): string =>
  ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") : "";

describe("TensorFlow", { skip: "missing" in found && found.missing, concurrency: true }, () => {
  let directory = "";
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "tensorstrata-interop-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  async function save(prefix: string, tensors: readonly BundleTensor[]): Promise<void> {
    const { index, data } = writeBundle(tensors);
    await writeFile(bundleIndexFile(prefix), index);
    await writeFile(bundleDataFile(prefix), data);
  }

  test("reads and restores what Tensorstrata writes, to the bit", async () => {
    const tensors: BundleTensor[] = [
      { name: "dense/kernel", dtype: "float32", shape: [3, 2], data: Float32Array.of(1, -0, 1e-45, 3e38, 5, 6) },
      { name: "dense/bias", dtype: "float32", shape: [2], data: Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY) },
      { name: "dense/kernel/Momentum", dtype: "float64", shape: [1, 2], data: Float64Array.of(1e300, -5e-324) },
      { name: "global_step", dtype: "int64", shape: [], data: Int32Array.of(-7) },
      { name: "counts", dtype: "int32", shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
      { name: "flags", dtype: "bool", shape: [2, 1], data: Uint8Array.of(1, 0) },
      { name: "pixels", dtype: "uint8", shape: [3], data: Uint8Array.of(0, 127, 255) },
      { name: "scalar", dtype: "float32", shape: [], data: Float32Array.of(0.1) },
      { name: "empty", dtype: "float32", shape: [0, 4], data: new Float32Array() },
    ];
    // Long names without a common prefix, so that the index takes more than one block of 262144 bytes.
    for (let i = 0; i < 400; i++)
      tensors.push({ name: `${i}/${"n".repeat(900)}`, dtype: "int32", shape: [1], data: Int32Array.of(i) });
    const prefix = join(directory, "from-tensorstrata");
    await save(prefix, tensors);
    const read = await checkpointPy<{ variables: Variables; restored: Variables }>("read", prefix);
    const expected = Object.fromEntries(
      tensors.map((tensor) => {
        const data = tensor.dtype === "int64" ? BigInt64Array.from(tensor.data as Int32Array, BigInt) : tensor.data;
        return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, base64: toBase64({ data }) }];
      }),
    );
    assert.deepEqual(read.variables, expected);
    assert.deepEqual(read.restored, expected);
  });

  test("writes what Tensorstrata reads, and would write itself, byte for byte", async () => {
    const written = await checkpointPy<{ prefix: string; variables: Variables }>("write", directory);
    const [index, data] = await Promise.all([
      readFile(bundleIndexFile(written.prefix)),
      readFile(bundleDataFile(written.prefix)),
    ]);
    assert.ok(index.length > 262144, "the index must take more than one block");
    const reader = new BundleReader(index, written.prefix, [data]);
    assert.deepEqual(reader.keys(), Object.keys(written.variables).sort());

    const again: BundleTensor[] = [];
    for (const [name, variable] of Object.entries(written.variables)) {
      const array = reader.read(name);
      const dtype = variable.dtype === "int64" ? "int64" : array.dtype;
      again.push({ name, dtype, shape: array.shape, data: array.data });
      assert.deepEqual([dtype, array.shape], [variable.dtype, variable.shape], name);
      if (dtype !== "int64") assert.equal(toBase64(array), variable.base64, name);
    }
    assert.equal(reader.read("global_step").item(), 12345);

    const files = writeBundle(again);
    assert.ok(Buffer.compare(files.index, index) === 0, "the index differs");
    assert.ok(Buffer.compare(Buffer.concat(files.data), data) === 0, "the data differs");

    const state = parseCheckpointState(await readFile(join(directory, "checkpoint"), "utf8"));
    assert.equal(state.modelCheckpointPath, written.prefix);
    assert.deepEqual(state.allModelCheckpointPaths, [written.prefix]);
  });

  test("imports a meta graph, restores into it and computes", async () => {
    const constant = (name: string, value: NdArray): NodeDef => ({
      name,
      op: "Const",
      input: [],
      attr: { dtype: { type: "float32" }, value: { tensor: tensorProtoOf(value) } },
    });
    const float: NodeDef["attr"] = { T: { type: "float32" } };
    const node: NodeDef[] = [
      constant("x", NdArray.from([[1, 2]], "float32")),
      constant("zeros", NdArray.zeros("float32", [2, 3])),
      { name: "w", op: "VariableV2", input: [], attr: { dtype: { type: "float32" }, shape: { shape: [2, 3] } } },
      { name: "w/Assign", op: "Assign", input: ["w", "zeros"], attr: float },
      { name: "w/read", op: "Identity", input: ["w"], attr: float },
      { name: "logits", op: "MatMul", input: ["x", "w/read", "^zeros"], attr: float },
    ];
    const variable = encodeVariableDef({
      variableName: "w:0",
      initialValueName: "zeros:0",
      initializerName: "w/Assign",
      snapshotName: "w/read:0",
      isResource: false,
      trainable: true,
    });
    const prefix = join(directory, "graph");
    const collection = { bytesList: [variable] };
    const meta = encodeMetaGraphDef({
      graphDef: { node, versions: { producer: GRAPH_PRODUCER } },
      collectionDef: { variables: collection, trainable_variables: collection },
    });
    await writeFile(`${prefix}.meta`, meta);
    await save(prefix, [{ name: "w", dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 10, 20, 30) }]);
    assert.deepEqual(await checkpointPy("evaluate", prefix, "logits:0"), {
      value: [[21, 42, 63]], // [1 2] · [[1 2 3] [10 20 30]], exact in float32
      trainable: ["w:0"],
    });
  });
});
