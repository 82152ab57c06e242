/**
 * @file Functional models as configs: layers, and which call takes which tensors. Follows `functional.py`
 * of Keras 3, whose configs these are; the older form of Keras 2 is read as well.
 */
import { ArgumentError, type PartialShape } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import type { Config } from "../contracts.js";
import { type AnyLayer, Layer } from "../engine/layer.js";
import { deserializeLayer, type SerializedLayer, serializeLayer, takesStates } from "../engine/layer-registry.js";
import { flatten, mapNested, type Nested } from "../engine/nested.js";
import { historyOf } from "../engine/node.js";
import type { Network } from "./network.js";

type Origin = readonly [layer: string, nodeIndex: number, tensorIndex: number];
interface KerasTensorConfig {
  readonly class_name: "__keras_tensor__";
  readonly config: { readonly shape: PartialShape; readonly dtype: string; readonly keras_history: Origin };
}
type Arguments = KerasTensorConfig | readonly Arguments[] | { readonly [name: string]: Arguments };
interface NodeConfig {
  readonly args: readonly Arguments[];
  readonly kwargs: { readonly training?: boolean | null; readonly initial_state?: Arguments | null };
}
/** A call in Keras 2's form: for each input `[layer, node, tensor, options]`. */
type OldNodeConfig = readonly (readonly [string, number, number, object?])[];
interface LayerConfig extends SerializedLayer {
  readonly name: string;
  readonly inbound_nodes: readonly (NodeConfig | OldNodeConfig)[];
}
type Origins = Origin | readonly Origin[] | { readonly [name: string]: Origin };
export interface FunctionalConfig {
  readonly name?: string;
  readonly trainable?: boolean;
  readonly layers: readonly LayerConfig[];
  readonly input_layers: Origins;
  readonly output_layers: Origins;
}

/** The part of a model's config that its network decides. @throws ArgumentError for operations between layers */
export function networkConfig(network: Network): Config {
  /** A layer's calls outside this model do not count: the calls within are numbered anew. */
  const indices = new Map<AnyLayer, Map<number, number>>();
  for (const layer of network.layers) {
    const inside = layer.inboundNodes.filter((node) => network.nodes.includes(node));
    indices.set(layer, new Map(inside.map((node, i) => [node.index, i])));
  }
  const originOf = (tensor: Tensor): Origin => {
    const history = historyOf(tensor);
    const index = history?.layer instanceof Layer ? indices.get(history.layer)?.get(history.nodeIndex) : undefined;
    if (history === undefined || index === undefined)
      throw new ArgumentError(
        `The model cannot be written as a config: ${tensor} is made by an operation between layers.`,
        {
          hint: "put operations of your own into a layer: class MyLayer extends keras.layers.Layer",
        },
      );
    return [history.layer.name, index, history.tensorIndex];
  };
  const tensorConfig = (tensor: Tensor): KerasTensorConfig => ({
    class_name: "__keras_tensor__",
    config: { shape: tensor.partialShape, dtype: tensor.dtype, keras_history: originOf(tensor) },
  });
  return {
    layers: network.layers.map((layer) => ({
      ...serializeLayer(layer),
      name: layer.name,
      inbound_nodes: layer.inboundNodes.flatMap(({ inputs, training, index }) =>
        inputs === null || indices.get(layer)?.has(index) !== true
          ? []
          : [callConfig(layer, inputs, training, tensorConfig)],
      ),
    })),
    input_layers: mapNested(network.inputs, originOf),
    output_layers: mapNested(network.outputs, originOf),
  };
}

/** How Keras writes a call: what a recurrent layer begins with is an argument of its own. */
function callConfig(
  layer: AnyLayer,
  inputs: Nested,
  training: boolean | undefined,
  tensorConfig: (tensor: Tensor) => KerasTensorConfig,
): NodeConfig {
  const told = training === undefined ? {} : { training };
  if (!takesStates(layer) || !Array.isArray(inputs))
    return { args: [mapNested(inputs, tensorConfig) as Arguments], kwargs: told };
  const [sequence, ...states] = (inputs as readonly Tensor[]).map(tensorConfig);
  const initial = states.length === 0 ? {} : { initial_state: states };
  return { args: [sequence as KerasTensorConfig], kwargs: { ...told, ...initial } };
}

const isOrigin = (value: unknown): value is Origin =>
  Array.isArray(value) && value.length >= 3 && typeof value[0] === "string" && typeof value[1] === "number";

/** The inputs and outputs of a functional config, its layers made and called anew. @throws ArgumentError */
export function networkFromConfig(config: FunctionalConfig): { readonly inputs: Nested; readonly outputs: Nested } {
  const layers = new Map<string, AnyLayer>();
  const used = namesUsed(config);
  const pending = config.layers.flatMap((entry) => {
    // Keras lists the operations that make masks; here masks follow the tensors by themselves.
    if (!used.has(entry.name) && entry.inbound_nodes.length > 0) return [];
    const layer = deserializeLayer(entry);
    layers.set(entry.name ?? layer.name, layer);
    return entry.inbound_nodes.map((node) => ({ layer, node }));
  });
  const tensorAt = ([name, nodeIndex, tensorIndex]: Origin): Tensor | undefined => {
    const layer = layers.get(name);
    if (layer === undefined)
      throw new ArgumentError(`The config refers to a layer '${name}' that it does not contain.`);
    // A nested model has a call of its own making, on its own inputs, before those of this model.
    return layer.inboundNodes[nodeIndex]?.outputTensors[tensorIndex];
  };
  // Calls are tried until none is left: their order in the file is that of the layers.
  for (let waiting = pending; waiting.length > 0; ) {
    const blocked = new Set<AnyLayer>();
    const left = waiting.filter(({ layer, node }) => {
      const call = blocked.has(layer) ? undefined : argumentsOf(node, tensorAt);
      if (call === undefined) {
        blocked.add(layer);
        return true;
      }
      layer.apply(call.inputs, call.training === undefined ? {} : { training: call.training });
      return false;
    });
    if (left.length === waiting.length) throw new ArgumentError("The config's layers wait for each other in a circle.");
    waiting = left;
  }
  const at = (origin: Origin): Tensor => {
    const tensor = tensorAt(origin);
    if (tensor === undefined) throw new ArgumentError(`The config refers to an output ${origin} that does not exist.`);
    return tensor;
  };
  const resolve = (origins: Origins): Nested => {
    if (isOrigin(origins)) return at(origins);
    if (Array.isArray(origins)) return (origins as readonly Origin[]).map(at);
    return Object.fromEntries(
      Object.entries(origins as { readonly [name: string]: Origin }).map(([name, origin]) => [name, at(origin)]),
    );
  };
  // Keras 2 writes a list also for one input or output.
  const one = (nested: Nested): Nested =>
    Array.isArray(nested) && nested.length === 1 ? (flatten(nested)[0] as Tensor) : nested;
  return { inputs: one(resolve(config.input_layers)), outputs: one(resolve(config.output_layers)) };
}

/** The layers that the model ends with, and those that they take tensors of, other than masks. */
function namesUsed(config: FunctionalConfig): ReadonlySet<string> {
  const names = new Set<string>();
  const calls = new Map(config.layers.map(({ name, inbound_nodes: nodes }) => [name, nodes]));
  const use = (name: string): void => {
    if (names.has(name)) return;
    names.add(name);
    for (const node of calls.get(name) ?? [])
      if (Array.isArray(node)) visit((node as OldNodeConfig).map((origin) => origin.slice(0, 3)));
      else visit([(node as NodeConfig).args, (node as NodeConfig).kwargs?.initial_state]);
  };
  const visit = (value: unknown): void => {
    if (isOrigin(value)) use(value[0]);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
  };
  visit(config.output_layers);
  return names;
}

/** What a call takes; `undefined` where a tensor is not made yet. */
function argumentsOf(
  node: NodeConfig | OldNodeConfig,
  tensorAt: (origin: Origin) => Tensor | undefined,
): { readonly inputs: Nested; readonly training: boolean | undefined } | undefined {
  let isComplete = true;
  const find = (origin: Origin): Tensor => {
    const tensor = tensorAt(origin);
    if (tensor === undefined) isComplete = false;
    return tensor as Tensor;
  };
  if (Array.isArray(node)) {
    const tensors = (node as OldNodeConfig).map(([name, nodeIndex, tensorIndex]) =>
      find([name, nodeIndex, tensorIndex]),
    );
    return isComplete
      ? { inputs: tensors.length === 1 ? (tensors[0] as Tensor) : tensors, training: undefined }
      : undefined;
  }
  const { args, kwargs } = node as NodeConfig;
  const resolve = (value: Arguments): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if ((value as KerasTensorConfig).class_name === "__keras_tensor__")
      return find((value as KerasTensorConfig).config.keras_history);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolve(inner as Arguments)]));
  };
  const states = kwargs?.initial_state ?? [];
  const given = [...args, ...(Array.isArray(states) ? (states as readonly Arguments[]) : [states as Arguments])].map(
    resolve,
  );
  const inputs = given.length === 1 ? given[0] : given;
  return isComplete ? { inputs: inputs as Nested, training: kwargs?.training ?? undefined } : undefined;
}
