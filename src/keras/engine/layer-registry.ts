/**
 * @file The classes of layers and models by name, so that configs become layers again; and layers as
 * configs, in the form of Keras 3.
 */
import { ArgumentError, describe, type Shape } from "../../core/index.js";
import type { Config, SerializedObject } from "../contracts.js";
import { nearest } from "../registry.js";
import { type AnyLayer, classNameOf, type LayerClass } from "./layer.js";
import { checkedClasses, requireAvailable } from "./layer-options.js";

interface Entry {
  readonly type: LayerClass;
  readonly module: string | null;
}
const entries = new Map<string, Entry>();

/** Classes by the names they have in configs. */
export interface CustomObjects {
  readonly [className: string]: LayerClass;
}

/**
 * Makes classes of layers known, so that configs that contain them can be read.
 * @param module Python's module of the classes; of the user's own there is none
 * @param aliases other names that configs may have for the one class
 */
export function registerLayers(
  types: readonly LayerClass[],
  module: string | null = null,
  aliases: readonly string[] = [],
): void {
  if (module !== null) for (const type of types) checkedClasses.add(type);
  for (const type of types) for (const name of [classNameOf(type), ...aliases]) entries.set(name, { type, module });
}

let custom: CustomObjects = {};
/** Runs `body` with more classes known. */
export function withCustomObjects<T>(objects: CustomObjects, body: () => T): T {
  const before = custom;
  custom = { ...before, ...objects };
  try {
    return body();
  } finally {
    custom = before;
  }
}

/** A layer as archives carry it. */
export interface SerializedLayer extends SerializedObject {
  /** The shapes that the layer was built for. */
  readonly build_config?: { readonly input_shape: Shape | readonly Shape[] } | null;
}

/** Whether what a layer takes after its first input is the state it begins with, as of recurrent layers. */
export const takesStates = (layer: AnyLayer): boolean => "returnState" in layer || "forwardLayer" in layer;

/** A layer's class and config as plain JSON, which Keras reads too. */
export function serializeLayer(layer: AnyLayer): SerializedLayer {
  const { className } = layer;
  const known = entries.get(className);
  const isOurs = known?.module != null && known.type === (layer.constructor as unknown as LayerClass);
  const all = layer.inboundNodes[0]?.inputShapes ?? [];
  const shapes = takesStates(layer) ? all.slice(0, 1) : all;
  const built =
    shapes.length === 0 || shapes.some((shape) => shape === null)
      ? {}
      : { build_config: { input_shape: (shapes.length === 1 ? shapes[0] : shapes) as Shape } };
  return {
    module: isOurs ? known.module : null,
    class_name: className,
    config: layer.getConfig(),
    registered_name: isOurs ? null : `Custom>${className}`,
    ...built,
  };
}

/**
 * The layer of a config that {@link serializeLayer} or Keras made; without weights.
 * @throws ArgumentError for an unknown class, with the nearest known names
 */
export function deserializeLayer(serialized: SerializedObject): AnyLayer {
  const name = serialized?.class_name;
  const config = serialized?.config;
  if (typeof name !== "string" || typeof config !== "object" || config === null)
    throw new ArgumentError(`Improper config format for a layer: ${describe(serialized)}`, {
      hint: "a config has class_name and config; model.toJSON() writes it",
    });
  const type = custom[name] ?? entries.get(name)?.type;
  if (type === undefined) {
    const similar = nearest(name, [...entries.keys(), ...Object.keys(custom)]);
    throw new ArgumentError(`Could not locate class '${name}'.`, {
      hint: `${similar.length > 0 ? `did you mean ${similar.join(" or ")}? ` : ""}pass customObjects: { ${name} } for a class of your own`,
    });
  }
  if (custom[name] === undefined) requireAvailable(name, (config as Config).name, config as Config);
  return type.fromConfig(config as Config);
}
