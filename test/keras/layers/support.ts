/** @file Support of the layer tests: inputs, a scalar to differentiate, and closeness. */
import assert from "node:assert/strict";
import * as tf from "../../../src/index.js";
import type { Layer } from "../../../src/keras/engine/layer.js";
import { flatten, type Nested } from "../../../src/keras/engine/nested.js";
import { backend } from "../../../src/keras/index.js";
import type { LayerCase } from "./cases.js";

export const batch = 4;

/** Inputs of a case: the same numbers every time, none near 0 where many functions have a kink. */
export function inputsOf({ inputs, integers }: LayerCase): tf.NdArray[] {
  return inputs.map((shape, k) => {
    const full = [batch, ...shape];
    const size = full.reduce((n, d) => n * d, 1);
    const values = Array.from({ length: size }, (_, i) => Math.sin((i + 1) * (k + 2) * 1.7) * 1.2 + 0.05 * k);
    if (integers === undefined) return new tf.NdArray("float32", full, Float32Array.from(values));
    return new tf.NdArray(
      "int32",
      full,
      Int32Array.from(values, (x) => Math.floor(Math.abs(x) * 100) % integers),
    );
  });
}

/** Weights other than those a layer begins with: distinct, and positive where a variance must be. */
export const weightsLike = (weights: readonly tf.NdArray[]): tf.NdArray[] =>
  weights.map(({ dtype, shape, size }, k) => {
    const values = Array.from({ length: size }, (_, i) => 0.5 + 0.4 * Math.cos(i * 1.3 + k));
    return tf.NdArray.from(Float64Array.from(values), dtype).reshape(shape);
  });

/** A scalar that depends on every element differently. */
export function weigh(value: tf.Tensor): tf.Tensor {
  const flat = tf.reshape(value, [-1]);
  const places = tf.range(0, tf.size(flat) as unknown as number) as tf.Tensor;
  return tf.reduceSum(tf.multiply(flat as tf.Tensor, tf.sin(tf.cast(places, value.dtype)) as tf.Tensor)) as tf.Tensor;
}

export interface Computed {
  readonly layer: Layer<Nested, Nested>;
  readonly output: tf.NdArray;
  /** By the inputs that are real numbers, then by the trainable weights. */
  readonly gradients: readonly tf.NdArray[];
  readonly penalty: number;
  /** The weights after the updates of the call. */
  readonly weights: readonly tf.NdArray[];
}

/** Applies a layer of a case to its inputs, with weights of {@link weightsLike}, in a graph of its own. */
export async function compute(
  layerCase: LayerCase,
  training: boolean,
  given?: Layer<Nested, Nested>,
): Promise<Computed> {
  const layer = given ?? layerCase.make();
  const arrays = inputsOf(layerCase);
  const tensors = arrays.map(({ dtype, shape }) => tf.placeholder(dtype, [null, ...shape.slice(1)]) as tf.Tensor);
  const inputs = tensors.length === 1 ? (tensors[0] as tf.Tensor) : tensors;
  const output = layer.apply(inputs, { training }) as tf.Tensor;
  await layer.setWeights(weightsLike(await layer.getWeights()));
  const sources = [
    ...tensors.filter(({ dtype }) => dtype === "float32"),
    ...layer.trainableWeights.map(({ ref }) => ref),
  ];
  const loss = weigh(output);
  const derivatives = tf.gradients(loss, sources).map((g, i) => g ?? tf.zerosLike(sources[i] as tf.Tensor));
  const penalty = layer.losses.reduce<tf.Tensor>(
    (sum, one) => tf.add(sum, one) as tf.Tensor,
    tf.constant(0, { dtype: "float32" }),
  );
  const [value, gradients, number] = (await backend.getSession().run(
    [output, derivatives, penalty, layer.updates],
    tensors.map((tensor, i) => [tensor, arrays[i] as tf.NdArray] as const),
  )) as unknown as [tf.NdArray, tf.NdArray[], number];
  const boxed = gradients.map((g) => (g instanceof tf.NdArray ? g : tf.NdArray.from(g as number, "float32")));
  return { layer, output: value, gradients: boxed, penalty: Number(number), weights: await layer.getWeights() };
}

export const numbersOf = (array: tf.NdArray): number[] => Array.from(array.data as Float32Array, Number);

/** Every number close to its partner: within `relative` of the largest of them. */
export function assertClose(
  actual: readonly number[],
  expected: readonly number[],
  relative: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, `${what}: other sizes`);
  const scale = expected.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1e-3);
  actual.forEach((x, i) => {
    const y = expected[i] as number;
    assert.ok(Math.abs(x - y) <= relative * scale, `${what}: element ${i} is ${x}, not ${y} (largest ${scale})`);
  });
}

export const shapeOf = (nested: Nested): (readonly (number | null)[])[] => flatten(nested).map(({ shape }) => shape);
