/** @file What the tests of array operations share: a graph with a session of its own, and values as plain lists. */
import * as tf from "tensorstrata";

/** Runs `body` in a graph of its own, with an interpreter session on it. */
export const inGraph = (body: (session: tf.Session, graph: tf.Graph) => void | Promise<void>) => () => {
  const graph = new tf.Graph();
  return graph.asDefault(async () => {
    using session = new tf.Session({ graph, device: "interpreter" });
    await body(session, graph);
  });
};

/** A fetched value as nested lists. */
export const listed = (value: unknown): unknown => (value instanceof tf.NdArray ? value.toArray() : value);

/** Whole numbers 0, 1, 2, … as a float32 tensor of a shape. */
export const counted = <const S extends readonly number[]>(...shape: S): tf.Tensor<"float32", S> => {
  const size = shape.reduce((product, d) => product * d, 1);
  const values = tf.NdArray.from(Float32Array.from({ length: size }, (_, i) => i)).reshape(shape);
  return tf.constant(values, { dtype: "float32" }) as tf.Tensor as tf.Tensor<"float32", S>;
};
