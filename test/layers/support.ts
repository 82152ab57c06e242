/** @file What the tests of `tf.layers` share: graphs, backends, ramps of numbers and closeness. */
import assert from "node:assert/strict";
import * as tf from "tensorstrata";
import { type BackendName, backendNames } from "../../src/backends/index.js";

export { type BackendName, backendNames };

/** Runs `body` in a graph of its own. */
export const inGraph = <T>(body: (graph: tf.Graph) => T): T => {
  const graph = new tf.Graph();
  return graph.asDefault(() => body(graph));
};

/** Numbers in [-0.45, 0.55) that repeat late: `(i · step mod modulus) / modulus - 0.45`. */
export function ramp(shape: readonly number[], step: number, modulus: number): tf.NdArray<"float32"> {
  const size = shape.reduce((product, d) => product * d, 1);
  const data = Float32Array.from({ length: size }, (_, i) => ((i * step) % modulus) / modulus - 0.45);
  return new tf.NdArray("float32", shape, data);
}

/** Elements of a fetched value. */
export const elements = (value: unknown): number[] =>
  value instanceof tf.NdArray ? Array.from(value.data as Float32Array) : [Number(value)];

/** Sum, sum of squares, and the elements at some positions. */
export function digest(value: unknown, ...positions: readonly number[]): number[] {
  const list = elements(value);
  const sum = list.reduce((total, x) => total + x, 0);
  const squares = list.reduce((total, x) => total + x * x, 0);
  return [sum, squares, ...positions.map((at) => list.at(at % list.length) as number)];
}

/**
 * Every number within `tolerance` of the expected one, relative above 1. The default is 16 float32
 * roundings (2⁻²³) times 8: sums here run over at most a few hundred products of numbers below 1.
 */
export function assertClose(
  actual: readonly number[],
  expected: readonly number[],
  what: string,
  tolerance = 2 ** -16,
) {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    const target = expected[i] as number;
    const close = Math.abs(value - target) <= tolerance * Math.max(1, Math.abs(target));
    assert.ok(close, `${what}[${i}]: ${value} is not ${target}`);
  });
}

/** Names of variables, without `:0`. */
export const namesOf = (variables: readonly tf.Variable[]): string[] => variables.map(({ op }) => op.name);
