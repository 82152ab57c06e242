/** @file Random values for the interpreter: a table from distribution and dtype to the generators of `core`. */
import { NdArray, type NumericDType, sizeOf } from "../../core/index.js";
import {
  fillNormalFloat32,
  fillNormalFloat64,
  fillTruncatedNormalFloat32,
  fillTruncatedNormalFloat64,
  fillUniformFloat32,
  fillUniformFloat64,
  fillUniformInt32,
  RandomState,
} from "../../core/random.js";
import type { Distribution, RandomDefinition } from "../../ir/index.js";

type RealDistribution = Exclude<Distribution, "uniformInteger">;

const fill32 = {
  uniform: fillUniformFloat32,
  normal: fillNormalFloat32,
  truncatedNormal: fillTruncatedNormalFloat32,
} satisfies Record<RealDistribution, unknown>;
const fill64 = {
  uniform: fillUniformFloat64,
  normal: fillNormalFloat64,
  truncatedNormal: fillTruncatedNormalFloat64,
} satisfies Record<RealDistribution, unknown>;

/** The generator states of one session, by operation name. */
export class RandomGenerators {
  private readonly states = new Map<string, RandomState>();

  stateOf({ generator, seed }: RandomDefinition): RandomState {
    const known = this.states.get(generator);
    if (known !== undefined) return known;
    const made = RandomState.fromSeeds(seed);
    this.states.set(generator, made);
    return made;
  }

  /** The generators as they are now, for {@link restore}. */
  snapshot(): ReadonlyMap<string, Uint32Array> {
    return new Map(Array.from(this.states, ([name, { words }]) => [name, words.slice()] as const));
  }

  /** Takes back every draw since a snapshot. */
  restore(snapshot: ReadonlyMap<string, Uint32Array>): void {
    for (const [name, { words }] of this.states) {
      const before = snapshot.get(name);
      if (before === undefined) this.states.delete(name);
      else words.set(before);
    }
  }
}

/** Draws one execution's worth of values and advances the generator. */
export function drawRandom(
  definition: RandomDefinition,
  shape: readonly number[],
  dtype: NumericDType,
  generators: RandomGenerators,
): NdArray<NumericDType> {
  const state = generators.stateOf(definition);
  const size = sizeOf(shape);
  if (definition.distribution === "uniformInteger") {
    const { low = 0, range = 1 } = definition;
    const data = new Int32Array(size);
    fillUniformInt32(data, low, low + range, state);
    return new NdArray<NumericDType>("int32", shape, data);
  }
  if (dtype === "float64") {
    const data = new Float64Array(size);
    fill64[definition.distribution](data, state);
    return new NdArray<NumericDType>("float64", shape, data);
  }
  const data = new Float32Array(size);
  fill32[definition.distribution](data, state);
  return new NdArray<NumericDType>("float32", shape, data);
}
