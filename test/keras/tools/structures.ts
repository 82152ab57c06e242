/** @file Layers and models that are structure alone, for tests of summaries and drawings. */
import type { NumericDType, PartialShape, Shape } from "../../../src/core/index.js";
import type { LayerStructure, ModelStructure, NodeStructure } from "../../../src/keras/contracts.js";
import type { Variable } from "../../../src/ops/index.js";

export const weightOf = (shape: Shape, dtype: NumericDType = "float32"): Variable =>
  ({ partialShape: shape, dtype }) as unknown as Variable;

export interface LayerParts {
  readonly trainable?: readonly Variable[];
  readonly others?: readonly Variable[];
  readonly isTrained?: boolean;
  readonly built?: boolean;
}

export class LayerStandIn implements LayerStructure {
  readonly dtype = "float32";
  readonly built: boolean;
  trainable: boolean;
  readonly trainableWeights: readonly Variable[];
  readonly nonTrainableWeights: readonly Variable[];
  readonly inboundNodes: NodeStructure[] = [];

  constructor(
    readonly name: string,
    readonly className: string,
    { trainable = [], others = [], isTrained = true, built = true }: LayerParts = {},
  ) {
    this.trainableWeights = trainable;
    this.nonTrainableWeights = others;
    this.trainable = isTrained;
    this.built = built;
  }
  /** One more call. @returns itself */
  called(output: PartialShape, ...inputs: readonly (readonly [LayerStandIn, nodeIndex?: number])[]): this {
    const inbound = inputs.map(([layer, nodeIndex = 0]) => ({ layer, nodeIndex, tensorIndex: 0 }));
    const inputShapes = inbound.map(({ layer, nodeIndex }) => layer.inboundNodes[nodeIndex]?.outputShapes[0] ?? null);
    this.inboundNodes.push({ inbound, inputShapes, outputShapes: [output] });
    return this;
  }
  get weights(): readonly Variable[] {
    return [...this.trainableWeights, ...this.nonTrainableWeights];
  }
  get outputShape(): Shape | null {
    return this.inboundNodes[0]?.outputShapes[0] ?? null;
  }
  countParams(): number {
    return this.weights.reduce(
      (sum, weight) => sum + (weight.partialShape ?? []).reduce<number>((p, d) => p * (d ?? 0), 1),
      0,
    );
  }
  getConfig() {
    return {};
  }
}

export class ModelLayers extends LayerStandIn implements ModelStructure {
  constructor(
    name: string,
    readonly kind: ModelStructure["kind"],
    readonly layers: readonly LayerStandIn[],
  ) {
    super(name, kind === "functional" ? "Functional" : "Sequential", {
      trainable: layers.flatMap((layer) => layer.trainableWeights),
      others: layers.flatMap((layer) => layer.nonTrainableWeights),
    });
  }
  get nodes(): readonly NodeStructure[] {
    return this.layers.flatMap((layer) => layer.inboundNodes);
  }
}

export const dense = (name: string, inputs: number, units: number): LayerStandIn =>
  new LayerStandIn(name, "Dense", { trainable: [weightOf([inputs, units]), weightOf([units])] });
export const input = (name: string, shape: Shape): LayerStandIn => new LayerStandIn(name, "InputLayer").called(shape);

/** The articles' network. */
export function perceptron(): ModelLayers {
  const x = input("input_layer", [null, 784]);
  const hidden = dense("dense", 784, 64).called([null, 64], [x]);
  return new ModelLayers("sequential", "sequential", [hidden, dense("dense_1", 64, 10).called([null, 10], [hidden])]);
}

/** Two inputs through one shared layer, joined and normalized. */
export function siamese(): ModelLayers {
  const a = input("a", [null, 8]);
  const b = input("b", [null, 8]);
  const shared = dense("shared_with_a_very_long_name_that_wraps", 8, 4).called([null, 4], [a]).called([null, 4], [b]);
  const join = new LayerStandIn("join", "Concatenate").called([null, 8], [shared, 0], [shared, 1]);
  const norm = new LayerStandIn("norm", "BatchNormalization", {
    others: [weightOf([8]), weightOf([8]), weightOf([8]), weightOf([8])],
    isTrained: false,
  }).called([null, 8], [join]);
  return new ModelLayers("two", "functional", [a, b, shared, join, norm]);
}
