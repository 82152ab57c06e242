/**
 * @file The calls of layers on Keras tensors, from which functional models are made: every tensor that a
 * layer's `apply` returned remembers which call of which layer it comes from.
 */
import type { PartialShape } from "../../core/index.js";
import { Tensor } from "../../graph/index.js";
import type { LayerStructure, NodeStructure } from "../contracts.js";
import { flatten, type Nested } from "./nested.js";

/** Where a Keras tensor comes from: the `tensorIndex`-th output of the `nodeIndex`-th call of a layer. */
export interface KerasHistory<L extends LayerStructure = LayerStructure> {
  readonly layer: L;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
}

/** One call of a layer. */
export class Node<L extends LayerStructure = LayerStructure> implements NodeStructure {
  readonly inputTensors: readonly Tensor[];
  readonly outputTensors: readonly Tensor[];

  constructor(
    readonly layer: L,
    /** Which call of its layer this is. */
    readonly index: number,
    /** `null` for input layers. */
    readonly inputs: Nested | null,
    readonly outputs: Nested,
    /** What the call was told about training; models that contain it keep to that. */
    readonly training: boolean | undefined,
  ) {
    this.inputTensors = inputs === null ? [] : flatten(inputs);
    this.outputTensors = flatten(outputs);
    this.outputTensors.forEach((tensor, tensorIndex) => {
      histories.set(tensor, { layer, nodeIndex: index, tensorIndex });
    });
  }

  get inbound(): KerasHistory[] {
    return this.inputTensors.flatMap((tensor) => historyOf(tensor) ?? []);
  }
  get inputShapes(): PartialShape[] {
    return this.inputTensors.map((tensor) => tensor.partialShape);
  }
  get outputShapes(): PartialShape[] {
    return this.outputTensors.map((tensor) => tensor.partialShape);
  }
}

const histories = new WeakMap<Tensor, KerasHistory>();

/** Where a tensor comes from; `undefined` for one that no layer made. */
export function historyOf(value: unknown): KerasHistory | undefined {
  return value instanceof Tensor ? histories.get(value) : undefined;
}
