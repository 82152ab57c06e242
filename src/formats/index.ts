/** @file What the rest of the library may use of `formats`. */
export * from "./checkpoint-state.js";
export * from "./crc32c.js";
export * from "./graph-def.js";
export * from "./graph-values.js";
export * from "./meta-graph-def.js";
export * from "./protobuf.js";
export * from "./sstable.js";
export * from "./tensor-bundle.js";
export * from "./tensor-proto.js";
