/**
 * @file `graph.asGraphDef()`: a graph as data, for checkpoints' meta graphs and TensorBoard. Operations
 * keep their names, inputs and attributes; the ones that TensorFlow 1.3 has are written as it writes
 * them, so that it can import a graph made of those alone.
 */
import { type DType, isDType, NdArray, type PartialShape } from "../core/index.js";
import { GRAPH_PRODUCER, tensorProtoOf } from "../formats/graph-values.js";
import type { AttrList, AttrValue, DataType, GraphDef, NodeDef } from "../formats/index.js";
import { Graph, type Operation, type Tensor } from "../graph/index.js";

export interface GraphDefOptions {
  /** Give every node the static shapes of its outputs as the attribute `_output_shapes`. Default false. */
  readonly addShapes?: boolean;
}

declare module "../graph/graph.js" {
  interface Graph {
    /** The graph as data, in TensorFlow's GraphDef. */
    asGraphDef(options?: GraphDefOptions): GraphDef;
    /** The bytes of {@link asGraphDef}, as in a `.pb` file. A promise, since the encoder is loaded for it. */
    serializeGraphDef(options?: GraphDefOptions): Promise<Uint8Array>;
  }
}

type Attrs = Record<string, AttrValue>;

Graph.prototype.asGraphDef = function (this: Graph, { addShapes = false }: GraphDefOptions = {}): GraphDef {
  const node = this.getOperations().map((op): NodeDef => {
    const attr: Attrs = { ...(attributesAs[op.type] ?? inferAttributes)(op) };
    const shapes = op.outputs.map((output) => output.partialShape);
    if (addShapes && shapes.length > 0) attr._output_shapes = { list: { shape: shapes } };
    const input = [...op.inputs.map(inputName), ...op.controlInputs.map((control) => `^${control.name}`)];
    return { name: op.name, op: op.type, input, ...(op.device !== "" && { device: op.device }), attr };
  });
  return { node, versions: { producer: GRAPH_PRODUCER } };
};

Graph.prototype.serializeGraphDef = async function (this: Graph, options?: GraphDefOptions): Promise<Uint8Array> {
  const data = this.asGraphDef(options);
  const { encodeGraphDef } = await import("../formats/index.js");
  return encodeGraphDef(data);
};

const inputName = ({ op, index }: Tensor): string => (index === 0 ? op.name : `${op.name}:${index}`);

// ---- attributes ----

const typeOf = (tensor: Tensor | undefined): AttrValue => ({ type: (tensor?.dtype ?? "float32") as DataType });
const text = (s: string): AttrValue => ({ s });
const unlocked = { use_locking: { b: false } } as const;
const update = (op: Operation): Attrs => ({ T: typeOf(op.inputs[0]), ...unlocked });

/** The types whose attributes in TensorFlow are not what the library keeps, by another name or not at all. */
const attributesAs: Readonly<Record<string, (op: Operation) => Attrs>> = {
  Const: (op) => {
    const value = op.attributes.value as NdArray;
    return { dtype: { type: value.dtype }, value: { tensor: tensorProtoOf(value) } };
  },
  VariableV2: (op) => ({
    dtype: typeOf(op.outputs[0]),
    shape: { shape: op.attributes.shape as PartialShape },
    container: text(""),
    shared_name: text(""),
  }),
  Placeholder: (op) => ({ dtype: typeOf(op.outputs[0]), shape: { shape: op.attributes.shape as PartialShape } }),
  PlaceholderWithDefault: (op) => ({
    dtype: typeOf(op.outputs[0]),
    shape: { shape: op.attributes.shape as PartialShape },
  }),
  Assign: (op) => ({ ...update(op), validate_shape: { b: op.attributes.validateShape !== false } }),
  AssignAdd: update,
  AssignSub: update,
  AddN: (op) => ({ T: typeOf(op.inputs[0]), N: { i: op.inputs.length } }),
  Cast: (op) => ({ SrcT: typeOf(op.inputs[0]), DstT: typeOf(op.outputs[0]) }),
  Shape: (op) => ({ T: typeOf(op.inputs[0]), out_type: { type: "int32" } }),
};

/** Attributes under their own names, and the type of the first input as `T`. */
function inferAttributes(op: Operation): Attrs {
  const attrs: Attrs = {};
  const [first] = op.inputs;
  if (first !== undefined) attrs.T = typeOf(first);
  for (const [name, value] of Object.entries(op.attributes)) {
    const attr = attrOf(name, value);
    if (attr !== undefined) attrs[snakeCase(name)] = attr;
  }
  return attrs;
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `undefined` for what a graph definition cannot say: absent values, functions, nested records. */
function attrOf(name: string, value: unknown): AttrValue | undefined {
  if (value instanceof NdArray) return { tensor: tensorProtoOf(value) };
  if (name === "shape" && (value === null || Array.isArray(value))) return { shape: value as PartialShape };
  if (Array.isArray(value)) {
    const list = listOf(value.flat(Number.POSITIVE_INFINITY));
    return list === undefined ? undefined : { list };
  }
  switch (typeof value) {
    case "boolean":
      return { b: value };
    case "number":
      return Number.isSafeInteger(value) ? { i: value } : { f: value };
    case "bigint":
      return { i: value };
    case "string":
      return isDType(value) ? { type: value satisfies DType } : { s: value };
    default:
      return undefined;
  }
}

function listOf(values: readonly unknown[]): AttrList | undefined {
  if (values.length === 0) return {};
  if (values.every((value) => typeof value === "number"))
    return values.every(Number.isSafeInteger) ? { i: values } : { f: values };
  if (values.every((value) => typeof value === "boolean")) return { b: values };
  if (values.every((value) => typeof value === "string")) return { s: values };
  return undefined;
}
