/**
 * @file An optimizer of `tf.train` where a Keras one is expected. Follows `TFOptimizer` of Keras 2: it has
 * no learning rate to change, and its state belongs to no archive.
 */
import { ArgumentError } from "../../../core/index.js";
import { GraphKeys, type Operation, type Tensor } from "../../../graph/index.js";
import { constant, Variable } from "../../../ops/index.js";
import type { Optimizer as TrainOptimizer } from "../../../train/index.js";
import type { Config, Optimizer } from "../../contracts.js";

export class NativeOptimizer implements Optimizer {
  readonly name: string;
  readonly iterations: Variable;

  constructor(readonly optimizer: TrainOptimizer) {
    this.name = optimizer.name;
    this.iterations = new Variable(constant(0, { dtype: "int32" }), {
      name: "iterations",
      trainable: false,
      collections: [GraphKeys.GLOBAL_VARIABLES],
    });
  }

  get learningRate(): Tensor {
    throw new ArgumentError(
      `The optimizer ${this.name} of tf.train has no learning rate that Keras could read or change.`,
      {
        hint: "use one of keras.optimizers, or pass the tf.train optimizer a tensor as its learning rate",
      },
    );
  }
  variables(): readonly Variable[] {
    return [this.iterations, ...this.optimizer.variables()];
  }
  applyGradients(pairs: Iterable<readonly [Tensor | null, Variable]>): Operation {
    return this.optimizer.applyGradients(pairs, { globalStep: this.iterations });
  }
  getConfig(): Config {
    throw new ArgumentError(`The optimizer ${this.name} of tf.train has no config.`, {
      hint: "use one of keras.optimizers",
    });
  }
}
