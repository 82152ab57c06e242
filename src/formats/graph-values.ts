/**
 * @file What a graph needs in order to be described as data, before anything is encoded: apart from the
 * encoder, which a page loads only where it writes files. Imports only `core` and types of this folder.
 */
import type { NdArray } from "../core/index.js";
import type { TensorProto } from "./tensor-proto.js";

/** The graph version of TensorFlow 1.3, whose operations and defaults the library follows. */
export const GRAPH_PRODUCER = 24;

/** The constant that holds an array's values. Numeric data is shared, not copied. */
export function tensorProtoOf(array: NdArray): TensorProto {
  const { dtype, shape, data } = array;
  if (dtype === "string" || Array.isArray(data)) {
    const text = new TextEncoder();
    return { dtype: "string", shape, strings: (data as string[]).map((element) => text.encode(element)) };
  }
  return { dtype, shape, content: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}
