/**
 * @file How fast this engine multiplies and adds: a WebAssembly loop of fused multiply-adds on registers
 * alone, or of multiplications and additions where it has no fused ones. No product of matrices can be
 * faster on one thread; the benchmark gives the others as a share of this.
 */
import { detectFeatures, type FunctionBuilder, ModuleBuilder } from "../../src/backends/wasm/assembler/index.js";
import type { Prepare } from "../participant.js";

/** Independent sums, enough to hide the latency of an addition on any processor of today, few enough for its registers. */
const sums = 12;
/** Each pass multiplies and adds 4 numbers for each sum. */
const passes = 100_000;
/** The arithmetic of one step, in units of which the report makes GFLOP/s. */
export const peakFlops = 2 * 4 * sums * passes;

export const prepare: Prepare = async () => {
  const isFused = detectFeatures().relaxedSimd;
  const module = new ModuleBuilder();
  const spin = module.defineFunction("spin", ["i32"], ["f32"], (f) => loop(f, isFused));
  module.exportFunction("spin", spin);
  const instance = await WebAssembly.instantiate(module.toBytes() as Uint8Array<ArrayBuffer>);
  const run = instance.instance.exports.spin as (count: number) => number;
  return {
    version: isFused ? "fused multiply-add" : "multiply, then add",
    step: () => run(passes),
    check: () => [run(1)],
  };
};

/** Σ over the sums of `passes` times sum ← sum · ½ + 1. */
function loop(f: FunctionBuilder, isFused: boolean): void {
  const count = f.param(0);
  const [half, one] = [f.local("v128"), f.local("v128")];
  f.f32x4Splat(0.5);
  f.set(half);
  f.f32x4Splat(1);
  f.set(one);
  const accumulators = Array.from({ length: sums }, () => f.local("v128"));
  f.loop((again) => {
    for (const sum of accumulators) {
      f.get(sum);
      f.get(half);
      if (!isFused) f.op("f32x4.mul");
      f.get(one);
      f.op(isFused ? "f32x4.relaxed_madd" : "f32x4.add");
      f.set(sum);
    }
    f.get(count);
    f.i32(1);
    f.op("i32.sub");
    f.tee(count);
    f.brIf(again);
  });
  accumulators.forEach((sum, i) => {
    f.get(sum);
    if (i > 0) f.op("f32x4.add");
  });
  f.lane("f32x4.extract_lane", 0);
}
