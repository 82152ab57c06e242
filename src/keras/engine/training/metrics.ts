/**
 * @file The metrics of a compiled model: which belong to which output, and under which names they are
 * reported. Follows `CompileMetrics` of Keras 3.
 */
import { ArgumentError } from "../../../core/index.js";
import type { Tensor } from "../../../graph/index.js";
import type { Metric, MetricIdentifier } from "../../contracts.js";
import { get } from "../../registry.js";
import { kindOfLabels } from "./losses.js";
import type { CompileOptions } from "./options.js";

/** A metric of one output. */
export interface OutputMetric {
  /** The name in logs: with several outputs, the output's name before it. */
  readonly name: string;
  readonly output: number;
  readonly metric: Metric;
  readonly isWeighted: boolean;
}

const accuracies = {
  binary: "binary_accuracy",
  sparse: "sparse_categorical_accuracy",
  categorical: "categorical_accuracy",
} as const;
const crossentropies = {
  binary: "binary_crossentropy",
  sparse: "sparse_categorical_crossentropy",
  categorical: "categorical_crossentropy",
} as const;
const chosenByShape = new Map<unknown, typeof accuracies | typeof crossentropies>([
  ["accuracy", accuracies],
  ["acc", accuracies],
  ["crossentropy", crossentropies],
  ["ce", crossentropies],
]);

type Spec = CompileOptions["metrics"];
type Identifiers = readonly MetricIdentifier[];

/** The identifiers for each output. @throws ArgumentError where they do not fit the outputs */
function identifiersFor(spec: Spec, outputs: readonly string[], option: string): Identifiers[] {
  if (spec === null || spec === undefined) return outputs.map(() => []);
  const listed = (value: unknown): Identifiers =>
    value === null || value === undefined
      ? []
      : Array.isArray(value)
        ? (value as Identifiers)
        : [value as MetricIdentifier];
  if (Array.isArray(spec)) {
    if (outputs.length === 1) return [spec.flatMap(listed)];
    if (spec.length === outputs.length) return spec.map(listed);
    throw new ArgumentError(
      `Invalid \`${option}\`: a list needs an entry for each of the outputs [${outputs}], but it has ${spec.length}.`,
      { hint: "write a list of lists, or a record by the outputs' names" },
    );
  }
  if (typeof spec !== "object")
    throw new ArgumentError(
      `Expected \`${option}\` argument to be a list or record. Received instead: ${String(spec)}`,
      {
        hint: `${option}: ["accuracy"]`,
      },
    );
  const record = spec as { readonly [output: string]: unknown };
  const unknown = Object.keys(record).find((name) => !outputs.includes(name));
  if (unknown !== undefined)
    throw new ArgumentError(`There is no output named '${unknown}' for \`${option}\`; the outputs are [${outputs}].`);
  return outputs.map((name) => listed(record[name]));
}

/** Fails early for a name that no metric has. @throws ArgumentError */
export function checkMetrics({ metrics, weightedMetrics }: CompileOptions): void {
  for (const spec of [metrics, weightedMetrics])
    for (const identifier of Object.values(spec ?? {}).flat())
      if (typeof identifier === "string" && !chosenByShape.has(identifier))
        get("metric", identifier as MetricIdentifier);
}

/** The metrics of all outputs; targets that are not given have none. */
export function makeMetrics(
  options: CompileOptions,
  outputs: readonly string[],
  yTrue: readonly (Tensor | null)[],
  yPred: readonly Tensor[],
): OutputMetric[] {
  const taken = new Map<string, number>();
  const unique = (name: string): string => {
    const count = taken.get(name) ?? 0;
    taken.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  };
  return (["metrics", "weightedMetrics"] as const).flatMap((option) =>
    identifiersFor(options[option], outputs, option).flatMap((identifiers, output) =>
      identifiers.flatMap((identifier) => {
        const label = yTrue[output] ?? null;
        if (label === null) return [];
        const choices = chosenByShape.get(identifier);
        const kind = choices?.[kindOfLabels(label, yPred[output] as Tensor)];
        const metric = get("metric", kind ?? identifier);
        const prefix = outputs.length > 1 ? `${outputs[output]}_` : "";
        const own = typeof identifier === "string" ? identifier : metric.name;
        const isWeighted = option === "weightedMetrics";
        const name = isWeighted && taken.has(`${prefix}${own}`) ? `${prefix}weighted_${own}` : `${prefix}${own}`;
        return [{ name: unique(name), output, metric, isWeighted }];
      }),
    ),
  );
}
