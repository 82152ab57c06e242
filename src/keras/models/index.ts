/** @file `keras.models`: models, and reading them from configs. */
import { ArgumentError, describe } from "../../core/index.js";
import type { Config, SerializedObject } from "../contracts.js";
import type { AnyLayer } from "../engine/layer.js";
import { type CustomObjects, deserializeLayer, registerLayers, withCustomObjects } from "../engine/layer-registry.js";
import type { Nested } from "../engine/nested.js";
import { stringifyConfig } from "../json.js";
import { compileOptionsOf } from "./compile-config.js";
import { Model } from "./model.js";
import { Sequential } from "./sequential.js";

export type { CustomObjects, SerializedLayer } from "../engine/layer-registry.js";
export { registerLayers, serializeLayer } from "../engine/layer-registry.js";
export { type FunctionalOptions, Model, type ModelOptions, type Predicted } from "./model.js";
export { Sequential } from "./sequential.js";
export { type LoadWeightsOptions, loadModel } from "./weight-files.js";

registerLayers([Sequential], "keras");
// Where Keras 3 itself looks for functional models; Keras 2 calls them Model.
registerLayers([Model], "keras.src.models.functional", ["Model"]);

/** Options of {@link modelFromJSON}. */
export interface FromJSONOptions {
  /** Classes of your own, by the names they have in the config. */
  readonly customObjects?: CustomObjects;
}

/** Any model, whatever it takes and gives. */
export type AnyModel = Model<Nested, Nested>;

/**
 * The text of a model: its architecture and how it was compiled, without its weights, as Keras reads it.
 * `model.to_json()`.
 * @param indent spaces for each level. Default: one line
 * @throws ArgumentError for a model with a part that no config can say, such as a Lambda
 */
export const modelToJSON = (model: Pick<Model, "toJSON">, indent?: number): string =>
  stringifyConfig(model.toJSON(), indent);

/**
 * A model of a config that {@link modelToJSON} or Keras's `to_json()` made: its architecture, compiled as it
 * was, with new weights. `keras.models.model_from_json`.
 * @param json the text, or what it parses to
 * @throws ArgumentError for text that is no model, or a class that is not known
 */
export function modelFromJSON(json: string | SerializedObject, { customObjects = {} }: FromJSONOptions = {}): AnyModel {
  let parsed: unknown = json;
  if (typeof json === "string")
    try {
      parsed = JSON.parse(json);
    } catch (cause) {
      throw new ArgumentError("The text is not JSON.", {
        cause,
        hint: "pass modelToJSON(model), or Keras's model.to_json()",
      });
    }
  const serialized = parsed as SerializedObject & { readonly compile_config?: Config | null };
  const layer: AnyLayer = withCustomObjects(customObjects, () => deserializeLayer(serialized));
  if (!(layer instanceof Model))
    throw new ArgumentError(`The config is not that of a model: ${describe(serialized.class_name)}`);
  const { compile_config: compiled } = serialized;
  if (compiled !== undefined && compiled !== null) layer.compile(compileOptionsOf(compiled));
  return layer as unknown as AnyModel;
}
