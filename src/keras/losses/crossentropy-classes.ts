/** @file The cross-entropies as objects with options. Follows `losses.py` of Keras 3. */
import type { Tensor } from "../../graph/index.js";
import { recordOf } from "../arguments.js";
import type { Config } from "../contracts.js";
import {
  type BinaryFocalOptions,
  binaryCrossentropy,
  binaryFocalCrossentropy,
  type CrossentropyOptions,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  type FocalOptions,
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from "./crossentropy.js";
import { Loss, type LossOptions, type Operand } from "./loss.js";

/** What the dense cross-entropies share: logits, smoothing and an axis. */
abstract class SmoothedCrossentropy extends Loss {
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;
  constructor(given: LossOptions & CrossentropyOptions, defaultName: string) {
    const { fromLogits = false, labelSmoothing = 0, axis = -1, ...options } = recordOf(given, new.target);
    super(options, defaultName);
    this.fromLogits = fromLogits;
    this.labelSmoothing = labelSmoothing;
    this.axis = axis;
  }
  override getConfig(): Config {
    const { fromLogits, labelSmoothing, axis } = this;
    return { ...super.getConfig(), from_logits: fromLogits, label_smoothing: labelSmoothing, axis };
  }
}

/** Cross-entropy of one-hot labels. `keras.losses.CategoricalCrossentropy`. */
export class CategoricalCrossentropy extends SmoothedCrossentropy {
  constructor(options: LossOptions & CrossentropyOptions = {}) {
    super(options, "categorical_crossentropy");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return categoricalCrossentropy(yTrue, yPred, this);
  }
}

/** Cross-entropy of classes that are true or false on their own. `keras.losses.BinaryCrossentropy`. */
export class BinaryCrossentropy extends SmoothedCrossentropy {
  constructor(options: LossOptions & CrossentropyOptions = {}) {
    super(options, "binary_crossentropy");
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return binaryCrossentropy(yTrue, yPred, this);
  }
}

/** Cross-entropy of class numbers. `keras.losses.SparseCategoricalCrossentropy`. */
export class SparseCategoricalCrossentropy extends Loss {
  readonly fromLogits: boolean;
  readonly ignoreClass: number | null;
  constructor(given: LossOptions & SparseCrossentropyOptions = {}) {
    const { fromLogits = false, ignoreClass = null, ...options } = recordOf(given, new.target);
    super(options, "sparse_categorical_crossentropy");
    this.fromLogits = fromLogits;
    this.ignoreClass = ignoreClass;
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return sparseCategoricalCrossentropy(yTrue, yPred, this);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), from_logits: this.fromLogits, ignore_class: this.ignoreClass };
  }
}

/** Focal cross-entropy of one-hot labels. `keras.losses.CategoricalFocalCrossentropy`. */
export class CategoricalFocalCrossentropy extends SmoothedCrossentropy {
  readonly alpha: number;
  readonly gamma: number;
  constructor(given: LossOptions & FocalOptions = {}) {
    const { alpha = 0.25, gamma = 2, ...options } = recordOf(given, new.target);
    super(options, "categorical_focal_crossentropy");
    this.alpha = alpha;
    this.gamma = gamma;
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return categoricalFocalCrossentropy(yTrue, yPred, this);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha, gamma: this.gamma };
  }
}

/** Focal cross-entropy of classes that are true or false on their own. `keras.losses.BinaryFocalCrossentropy`. */
export class BinaryFocalCrossentropy extends SmoothedCrossentropy {
  readonly alpha: number;
  readonly gamma: number;
  readonly applyClassBalancing: boolean;
  constructor(given: LossOptions & BinaryFocalOptions = {}) {
    const { alpha = 0.25, gamma = 2, applyClassBalancing = false, ...options } = recordOf(given, new.target);
    super(options, "binary_focal_crossentropy");
    this.alpha = alpha;
    this.gamma = gamma;
    this.applyClassBalancing = applyClassBalancing;
  }
  call(yTrue: Operand, yPred: Operand): Tensor {
    return binaryFocalCrossentropy(yTrue, yPred, this);
  }
  override getConfig(): Config {
    const { alpha, gamma, applyClassBalancing } = this;
    return { ...super.getConfig(), alpha, gamma, apply_class_balancing: applyClassBalancing };
  }
}
