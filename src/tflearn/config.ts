/** @file Settings of a graph for the models in it. Follows `config.py` of TFLearn. */
import {
  ArgumentError,
  callSiteOf,
  captureCallSite,
  describe,
  type OptionNames,
  requireOptions,
  UnimplementedError,
} from "../core/index.js";
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
  /** Threads that share the work of a run, as `threads` of a session. Default: as many as there are cores, 8 at most. */
  readonly numCores?: number;
}

const configOptions: OptionNames<GraphConfig> = { seed: true, device: true, numCores: true };

/** Options of the original that have no meaning here, and what does have one. */
const absent: Readonly<Record<string, string>> = {
  logDevice: "every operation of a session is on one device: session.deviceName tells which",
  gpuMemoryFraction: "there is no GPU backend: leave it out",
  softPlacement: "every operation of a session is on one device: leave it out",
};

/**
 * Configures the default graph. Call it before building layers. `tflearn.init_graph`.
 * @throws ArgumentError for an unknown option, or cores that are no whole number above 0
 * @throws UnimplementedError for `logDevice`, `gpuMemoryFraction` and `softPlacement`
 */
export function initGraph(config: GraphConfig = {}): void {
  requireOptions("initGraph", config);
  for (const name of Object.keys(config))
    if (Object.hasOwn(absent, name))
      throw new UnimplementedError(`initGraph takes no ${name}`, {
        createdAt: callSiteOf(captureCallSite()),
        hint: absent[name],
      });
  requireOptions("initGraph", config, configOptions);
  const { numCores } = config;
  if (numCores !== undefined && !(Number.isInteger(numCores) && numCores > 0))
    throw new ArgumentError(`numCores must be a whole number above 0, got ${describe(numCores)}`, {
      createdAt: callSiteOf(captureCallSite()),
      hint: "1 keeps a run to one thread",
    });
  const graph = getDefaultGraph();
  if (config.seed !== undefined) setRandomSeed(config.seed);
  graph.getCollectionRef(Collections.GRAPH_CONFIG).unshift(config);
}

/** What {@link initGraph} set last. */
export const graphConfigOf = (graph: Graph): GraphConfig =>
  graph.getCollection<GraphConfig>(Collections.GRAPH_CONFIG)[0] ?? {};
