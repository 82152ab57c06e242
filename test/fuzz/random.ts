/** @file Seeded choices and seeded tensors: the same seed makes the same graph on every machine. */
import { NdArray, type NumericDType, sizeOf } from "../../src/core/index.js";

/** How the numbers of a tensor are spread. */
export const styles = ["whole", "plain", "positive", "wide", "special"] as const;
export type Style = (typeof styles)[number];

const specials = [0, -0, 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30, 1e-30];

/** How large tensors are: extents are awkward for vectors and tiles, or for the units that threads share. */
const sizes = {
  small: { extents: [1, 1, 2, 3, 3, 4, 5, 7, 8, 10, 17, 33], limit: 600 },
  large: { extents: [1, 2, 3, 4, 7, 10, 17, 33, 65, 130, 257, 600], limit: 20_000 },
} as const;
export type Size = keyof typeof sizes;

/** A stream of numbers from one seed (mulberry32). */
export class Random {
  private state: number;

  constructor(
    seed: number,
    private readonly size: Size = "small",
  ) {
    this.state = Math.imul(seed, 2654435761) >>> 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }
  chance(probability: number): boolean {
    return this.unit() < probability;
  }
  pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.unit() * choices.length)];
    if (choice === undefined && choices.length === 0) throw new Error("Nothing to pick from");
    return choice as T;
  }
  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: this.unit() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }

  /** An extent, now and then 0. */
  extent(): number {
    return this.chance(0.02) ? 0 : this.pick<number>(sizes[this.size].extents);
  }
  /** A shape of at most `limit` elements. */
  shape(rank = this.pick([0, 1, 1, 2, 2, 2, 3, 4]), limit: number = sizes[this.size].limit): number[] {
    for (;;) {
      const shape = Array.from({ length: rank }, () => this.extent());
      if (sizeOf(shape) <= limit) return shape;
    }
  }

  values(dtype: NumericDType, shape: readonly number[], style: Style): NdArray<NumericDType> {
    const values = Array.from({ length: sizeOf(shape) }, () => this.value(dtype, style));
    return NdArray.from(values, dtype).reshape(shape) as NdArray<NumericDType>;
  }

  private value(dtype: NumericDType, style: Style): number {
    switch (dtype) {
      case "bool":
        return this.whole(0, 1);
      case "uint8":
        return style === "special" ? this.pick([0, 1, 127, 128, 255]) : this.whole(0, 9);
      case "int32":
        if (style === "special") return this.pick([0, 1, -1, 2147483647, -2147483648, 65536, -7]);
        return style === "positive" ? this.whole(0, 9) : this.whole(-6, 6);
      default:
        return this.real(style);
    }
  }

  private real(style: Style): number {
    switch (style) {
      case "whole":
        return this.whole(-3, 3);
      case "plain":
        return 4 * this.unit() - 2;
      case "positive":
        return 0.1 + 2 * this.unit();
      case "wide":
        return (2 * this.unit() - 1) * 10 ** this.whole(-3, 3);
      case "special":
        return this.chance(0.2) ? this.pick(specials) : 4 * this.unit() - 2;
    }
  }
}
