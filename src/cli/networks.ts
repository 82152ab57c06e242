/** @file The networks that `strata train` knows, by name: the articles', and the first of them at each level. */
import { layers, raw, workshop } from "./graph-networks.js";
import { kerasNetwork } from "./keras-network.js";
import type { Recipe } from "./network.js";
import { tflearnNetwork } from "./tflearn-network.js";

export { CLASSES, PIXELS } from "./training.js";

export const networks = {
  raw,
  workshop,
  layers,
  tflearn: tflearnNetwork,
  keras: kerasNetwork,
} as const satisfies Record<string, Recipe>;
export type NetworkName = keyof typeof networks;
export const isNetworkName = (name: unknown): name is NetworkName =>
  typeof name === "string" && Object.hasOwn(networks, name);
export const networkNames = Object.keys(networks) as readonly NetworkName[];
