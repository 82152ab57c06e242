/** @file How a model was compiled, as archives carry it, and back. Follows `get_compile_config` of Keras 3. */
import type { Config, Configurable, Optimizer, SerializedObject } from "../contracts.js";
import { NativeOptimizer } from "../engine/training/native-optimizer.js";
import type { CompileOptions } from "../engine/training/options.js";
import { optionsOf, serialize } from "../registry.js";

/** Names stay names, objects become configs; in lists and records each. */
function written(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number") return value;
  if (Array.isArray(value)) return value.map(written);
  const isObject = typeof value === "function" || typeof (value as { getConfig?: unknown }).getConfig === "function";
  if (isObject) return serialize(value as Configurable);
  if ("class_name" in (value as object)) return value;
  return Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, written(inner)]));
}

/** `null` for an optimizer of `tf.train`, which has no config. */
export function compileConfig(options: CompileOptions, optimizer: Optimizer): Config | null {
  if (optimizer instanceof NativeOptimizer) return null;
  const { loss, lossWeights, metrics, weightedMetrics } = options;
  return {
    optimizer: written(optimizer),
    loss: written(loss),
    loss_weights: written(lossWeights),
    metrics: written(metrics),
    weighted_metrics: written(weightedMetrics),
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: false,
  };
}

/** The options of `compile` that a config tells. */
export function compileOptionsOf(config: Config): CompileOptions {
  const { optimizer, loss, lossWeights, metrics, weightedMetrics } = optionsOf<CompileOptions>(config);
  return {
    ...(optimizer === undefined ? {} : { optimizer: optimizer as SerializedObject }),
    loss,
    lossWeights,
    metrics,
    weightedMetrics,
  };
}
