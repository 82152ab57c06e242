/**
 * @file The networks that `strata train` knows, by name: the articles', and the first of them at each level. Their
 * code is loaded when one is built, so that no command waits for levels of the library that it does not use.
 */
import { Graph } from "../graph/index.js";
import { setRandomSeed } from "../ops/index.js";
import type { Network, Recipe } from "./network.js";

export { CLASSES, PIXELS } from "./training.js";

/** The first article's settings, whichever level its network is written with. */
const firstArticle = { learningRate: 0.5, batchSize: 64, length: { epochs: 20 } } as const;

export const networks = {
  raw: {
    ...firstArticle,
    summary: "784-64-10, sigmoid",
    load: async () => (await import("./graph-networks.js")).raw,
  },
  workshop: {
    summary: "784-50-30-10, relu",
    learningRate: 0.1,
    batchSize: 100,
    length: { steps: 5000 },
    load: async () => (await import("./graph-networks.js")).workshop,
  },
  layers: {
    ...firstArticle,
    summary: "784-64-10, sigmoid, with tf.layers",
    load: async () => (await import("./graph-networks.js")).layers,
  },
  tflearn: {
    ...firstArticle,
    summary: "784-64-10, sigmoid, with TFLearn",
    load: async () => (await import("./tflearn-network.js")).tflearnNetwork,
  },
  keras: {
    ...firstArticle,
    summary: "784-64-10, sigmoid, with Keras",
    load: async () => (await import("./keras-network.js")).kerasNetwork,
  },
} as const satisfies Record<string, Recipe>;
export type NetworkName = keyof typeof networks;
export const isNetworkName = (name: unknown): name is NetworkName =>
  typeof name === "string" && Object.hasOwn(networks, name);
export const networkNames = Object.keys(networks) as readonly NetworkName[];

/** The network in a graph of its own, whose seed is `seed`; its article's learning rate unless told otherwise. */
export async function buildNetwork(name: NetworkName, learningRate?: number, seed?: number): Promise<Network> {
  const build = await networks[name].load();
  return new Graph().asDefault(() => {
    if (seed !== undefined) setRandomSeed(seed);
    return build(learningRate ?? networks[name].learningRate);
  });
}
