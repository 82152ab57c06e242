/**
 * @file A dense network as the bytes of an ONNX model: `Gemm` and activations, and a softmax at the end.
 * The field numbers are those of onnx.proto, version 1.17. Imports types alone.
 */
import type { LoadedTensor } from "../data.js";
import type { Network } from "../workloads.js";

const utf8 = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}
/** A field that holds a whole number. */
const int = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
/** A field that holds bytes: a text, or a message. */
function bytes(field: number, content: string | readonly number[] | Uint8Array): number[] {
  const list = typeof content === "string" ? utf8.encode(content) : content;
  return [...varint(field * 8 + 2), ...varint(list.length), ...list];
}

const float = 1;

/** ValueInfoProto: name, type { tensor_type { elem_type, shape { dim … } } }. */
const valueInfo = (name: string, shape: readonly number[]): number[] => {
  const dimensions = shape.flatMap((size) => bytes(1, int(1, size)));
  return [...bytes(1, name), ...bytes(2, bytes(1, [...int(1, float), ...bytes(2, dimensions)]))];
};
/** TensorProto: dims, data_type, name, raw_data. */
const initializer = (name: string, shape: readonly number[], values: Float32Array): number[] => [
  ...shape.flatMap((size) => int(1, size)),
  ...int(2, float),
  ...bytes(8, name),
  ...bytes(9, new Uint8Array(values.slice().buffer)),
];
/** NodeProto: input …, output, op_type. */
const node = (type: string, inputs: readonly string[], output: string): number[] => [
  ...inputs.flatMap((input) => bytes(1, input)),
  ...bytes(2, output),
  ...bytes(4, type),
];

/** A model with the input `x` of one image and the output `probabilities`. */
export function onnxModel(network: Network, read: (name: string) => LoadedTensor): Uint8Array {
  const nodes: number[][] = [];
  const initializers: number[][] = [];
  let last = "x";
  const add = (type: string, ...inputs: string[]): void => {
    const output = `${type}${nodes.length}`;
    nodes.push(node(type, [last, ...inputs], output));
    last = output;
  };
  network.layers.forEach((layer, i) => {
    if (layer.kind !== "dense") throw new Error("Only dense layers are written as ONNX here");
    const kernel = read(`kernel${i}`);
    initializers.push(initializer(`W${i}`, kernel.shape, kernel.values));
    initializers.push(initializer(`b${i}`, [layer.units], new Float32Array(layer.units)));
    add("Gemm", `W${i}`, `b${i}`);
    if (layer.activation !== undefined) add(layer.activation === "relu" ? "Relu" : "Sigmoid");
  });
  nodes.push(node("Softmax", [last], "probabilities"));
  const graph = [
    ...nodes.flatMap((each) => bytes(1, each)),
    ...bytes(2, "network"),
    ...initializers.flatMap((each) => bytes(5, each)),
    ...bytes(11, valueInfo("x", [1, ...network.input])),
    ...bytes(12, valueInfo("probabilities", [1, 10])),
  ];
  // ModelProto: ir_version, graph, opset_import { version }.
  return Uint8Array.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 13))]);
}
