/** @file Layers around layers. Follows `layers/rnn/time_distributed.py` and `layers/core/wrapper.py` of Keras 3. */

import { ArgumentError } from "../../core/index.js";
import { Tensor } from "../../graph/index.js";
import { shown } from "../arguments.js";
import type { Config, SerializedObject } from "../contracts.js";
import { type AnyLayer, type CallOptions, Layer, type LayerOptions, layerOptions } from "../engine/layer.js";
import { deserializeLayer, serializeLayer } from "../engine/layer-registry.js";
import { sizesOf, withSizes } from "./shapes.js";

/** Base of layers that compute with another layer. */
export abstract class Wrapper extends Layer {
  readonly layer: AnyLayer;
  /** @throws ArgumentError where `layer` is none */
  constructor(layer: AnyLayer | Layer, options: LayerOptions = {}) {
    super(options);
    if (!((layer as unknown) instanceof Layer))
      throw new ArgumentError(`Layer ${shown(layer)} supplied to the wrapper is not a supported layer type.`, {
        hint: "pass a layer: new keras.layers.TimeDistributed(new keras.layers.Dense(8))",
      });
    this.layer = layer as AnyLayer;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), layer: serializeLayer(this.layer) };
  }
}

/** Applies a layer to every step of `[batch, steps, …]`, with the same weights. */
export class TimeDistributed extends Wrapper {
  static override readonly className: string = "TimeDistributed";
  constructor(layer: AnyLayer | Layer, options: LayerOptions = {}) {
    super(layer, options);
    this.supportsMasking = true;
    this.inputSpec = { minNdim: 3 };
  }
  override call(x: Tensor, { training }: CallOptions): Tensor {
    const [batch = -1, steps = -1, ...rest] = sizesOf(x);
    // All steps of all rows are rows of one batch.
    const output = this.layer.apply(withSizes(x, [-1, ...rest]), { training });
    if (!(output instanceof Tensor))
      throw new ArgumentError(`The layer ${this.layer.name} within ${this.name} has several outputs.`);
    return withSizes(output, [batch, steps, ...sizesOf(output).slice(1)]);
  }
  static override fromConfig(config: Config): TimeDistributed {
    const { layer, ...options } = layerOptions<LayerOptions & { readonly layer: SerializedObject }>(config);
    return new TimeDistributed(deserializeLayer(layer), options);
  }
}
