/** @file `Bidirectional`: a recurrent layer and a copy of it in the other direction. Follows `layers/rnn/bidirectional.py` of Keras 3. */
import { ArgumentError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { concat, reverse } from "../../ops/index.js";
import type { Config, SerializedObject } from "../contracts.js";
import { type AnyLayer, type CallOptions, Layer, layerOptions } from "../engine/layer.js";
import { deserializeLayer, serializeLayer } from "../engine/layer-registry.js";
import { flatten, type Nested } from "../engine/nested.js";
import { Recurrent } from "./recurrent.js";

/** How the two directions of a {@link Bidirectional} become one output; `null` returns both. */
export type MergeMode = "concat" | "sum" | "mul" | "ave" | null;
/** Options of {@link Bidirectional}. */
export interface BidirectionalOptions {
  /** Default `"concat"`. */
  readonly mergeMode?: MergeMode;
  /** Name, unique within a model. Default: `bidirectional` with a counter. */
  readonly name?: string | null;
}
/** Runs a recurrent layer forwards and a copy of it backwards. */
export class Bidirectional extends Layer<Nested, Nested> {
  static override readonly className: string = "Bidirectional";
  readonly forwardLayer: Recurrent;
  readonly backwardLayer: Recurrent;
  readonly mergeMode: MergeMode;

  /** @throws ArgumentError where `layer` is not recurrent, or for an unknown merge mode */
  constructor(layer: Recurrent | AnyLayer, options: BidirectionalOptions = {}) {
    super(options);
    if (!((layer as unknown) instanceof Recurrent))
      throw new ArgumentError("Please initialize `Bidirectional` layer with a recurrent layer.", {
        hint: "new keras.layers.Bidirectional(new keras.layers.LSTM(8))",
      });
    this.mergeMode = options.mergeMode === undefined ? "concat" : options.mergeMode;
    if (![null, "concat", "sum", "mul", "ave"].includes(this.mergeMode))
      throw new ArgumentError(`Invalid merge mode. Received: ${this.mergeMode}`, {
        hint: "concat, sum, mul, ave or null",
      });
    const original = layer as unknown as Recurrent;
    const config = original.getConfig();
    const make = (prefix: string, goBackwards: boolean): Recurrent => {
      const construct = original.constructor as unknown as { fromConfig(c: Config): Recurrent };
      // Skipped steps must not carry one direction's outputs beside the other's.
      const zeros = original.returnSequences ? { zero_output_for_mask: true } : {};
      const name = `${prefix}_${original.name}`;
      return construct.fromConfig({ ...config, ...zeros, name, go_backwards: goBackwards });
    };
    this.forwardLayer = make("forward", original.goBackwards);
    this.backwardLayer = make("backward", !original.goBackwards);
    this.supportsMasking = true;
  }

  override call(inputs: Nested, { training, mask }: CallOptions): Nested {
    const all = flatten(inputs);
    const [x, ...states] = all as [Tensor, ...Tensor[]];
    const half = states.length / 2;
    const ends = (own: readonly Tensor[]): Nested => (own.length === 0 ? x : [x, ...own]);
    const options = { training, mask };
    const forward = flatten(this.forwardLayer.apply(ends(states.slice(0, half)), options));
    const backward = flatten(this.backwardLayer.apply(ends(states.slice(half)), options));
    const [a, ...forwardStates] = forward as [Tensor, ...Tensor[]];
    const [computed, ...backwardStates] = backward as [Tensor, ...Tensor[]];
    // The backward outputs are turned round, so that both speak of the same step.
    const b = this.forwardLayer.returnSequences ? (reverse(computed, [1]) as Tensor) : computed;
    const merged = this.merge(a, b);
    const rest = [...forwardStates, ...backwardStates];
    return merged.length === 1 && rest.length === 0 ? (merged[0] as Tensor) : ([...merged, ...rest] as Nested);
  }

  private merge(a: Tensor, b: Tensor): Tensor[] {
    switch (this.mergeMode) {
      case "concat":
        return [concat([a, b], -1) as Tensor];
      case "sum":
        return [a.add(b) as Tensor];
      case "mul":
        return [a.mul(b) as Tensor];
      case "ave":
        return [(a.add(b) as Tensor).mul(0.5) as Tensor];
      case null:
        return [a, b];
    }
  }

  override computeMask(_inputs: Nested, mask: CallOptions["mask"]): CallOptions["mask"] {
    const one = (Array.isArray(mask) ? (mask[0] ?? null) : mask) as Tensor | null;
    return this.forwardLayer.returnSequences && !this.forwardLayer.returnState ? one : null;
  }

  /** Whether both directions keep their state from batch to batch: as the layer given. */
  get stateful(): boolean {
    return this.forwardLayer.stateful;
  }
  /** Zeros as the state of both directions. @throws ArgumentError as {@link Recurrent.resetState} */
  async resetState(): Promise<void> {
    await this.forwardLayer.resetState();
    await this.backwardLayer.resetState();
  }
  /** {@link resetState} under Keras 2's name. */
  resetStates(): Promise<void> {
    return this.resetState();
  }

  override getConfig(): Config {
    const { forwardLayer } = this;
    const layer = serializeLayer(forwardLayer as unknown as AnyLayer);
    const config = { ...(layer.config as Config), name: forwardLayer.name.replace(/^forward_/, "") };
    return { ...super.getConfig(), layer: { ...layer, config }, merge_mode: this.mergeMode };
  }
  static override fromConfig(config: Config): Bidirectional {
    const { layer, ...options } = layerOptions<BidirectionalOptions & { readonly layer: SerializedObject }>(config);
    return new Bidirectional(deserializeLayer(layer), options);
  }
}
