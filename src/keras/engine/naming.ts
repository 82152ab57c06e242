/**
 * @file The names that layers, models, metrics and optimizers get where none is given: the class in snake_case
 * with a counter, `dense`, `dense_1`. Follows `get_uid` of the TensorFlow backend of Keras 2: each graph counts
 * for itself, so that the names in a graph, and with them the keys of its checkpoints, do not depend on what was
 * built in others.
 */
import { FunctionGraph, type Graph, getDefaultGraph } from "../../graph/index.js";
import { snakeCase } from "../registry.js";

const countsOf = new WeakMap<Graph, Map<string, number>>();

/** The next free name of a class in the default graph: `Conv2D` gives `conv2d`, then `conv2d_1`. */
export function autoName(className: string): string {
  const graph = outermost(getDefaultGraph());
  const counts = countsOf.get(graph) ?? new Map<string, number>();
  countsOf.set(graph, counts);
  const prefix = snakeCase(className);
  const count = counts.get(prefix) ?? 0;
  counts.set(prefix, count + 1);
  return count === 0 ? prefix : `${prefix}_${count}`;
}

/** The graph that a loop's or a branch's belongs to: layers made inside are told apart from those outside. */
function outermost(graph: Graph): Graph {
  return graph instanceof FunctionGraph ? outermost(graph.outer) : graph;
}
