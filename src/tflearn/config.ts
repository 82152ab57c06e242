/** @file Settings of a graph for the models in it. Follows `config.py` of TFLearn. */
import { type OptionNames, requireOptions } from "../core/index.js";
import { type Graph, getDefaultGraph } from "../graph/index.js";
import { setRandomSeed } from "../ops/index.js";
import type { DeviceName } from "../runtime/index.js";
import { Collections } from "./collections.js";

/** What {@link initGraph} sets. */
export interface GraphConfig {
  /** Seed of everything random in the graph, and of shuffling. */
  readonly seed?: number;
  /** Where sessions of models compute. Default: what `STRATA_DEVICE` names, else the fastest that works. */
  readonly device?: DeviceName;
}

const configOptions: OptionNames<GraphConfig> = { seed: true, device: true };

/** Configures the default graph. Call it before building layers. `tflearn.init_graph`. */
export function initGraph(config: GraphConfig = {}): void {
  requireOptions("initGraph", config, configOptions);
  const graph = getDefaultGraph();
  if (config.seed !== undefined) setRandomSeed(config.seed);
  graph.getCollectionRef(Collections.GRAPH_CONFIG).unshift(config);
}

/** What {@link initGraph} set last. */
export const graphConfigOf = (graph: Graph): GraphConfig =>
  graph.getCollection<GraphConfig>(Collections.GRAPH_CONFIG)[0] ?? {};
