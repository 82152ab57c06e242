/** @file A model that is built alike in two processes: layers shared and nested, some with weights that do not train. */
import * as tf from "../../../src/index.js";
import * as keras from "../../../src/keras/index.js";

const { layers } = keras;

/** Weights with a name of no importance, in a class of the user's own. */
class Scale extends keras.Layer {
  override build(): void {
    this.addWeight({ name: "factor", shape: [3], initializer: "ones" });
  }
  override call(x: tf.Tensor): tf.Tensor {
    return x.mul(this.weights[0] as tf.Variable) as tf.Tensor;
  }
}

export function makeModel() {
  const left = keras.input([3]);
  const right = keras.input([3]);
  const shared = new layers.Dense(4, { activation: "tanh" });
  const inner = new keras.Sequential([new layers.Dense(3), new layers.BatchNormalization(), new layers.Dense(2)]);
  const joined = layers.concatenate([shared.apply(new Scale().apply(left)), shared.apply(right)]);
  const outputs = new layers.Dense(2).apply(inner.apply(joined) as tf.Tensor);
  const model = new keras.Model({ inputs: [left, right], outputs });
  model.compile({ optimizer: new keras.optimizers.Adam(0.1), loss: "mse", metrics: ["mae"] });
  return model;
}

const filled = (rows: number, columns: number, phase: number): tf.NdArray<"float32"> =>
  new tf.NdArray(
    "float32",
    [rows, columns],
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 1.7 + phase)),
  );
export const x = [filled(8, 3, 0), filled(8, 3, 1)];
export const y = filled(8, 2, 2);

export const options = { epochs: 3, verbose: 0, shuffle: false } as const;

/**
 * Trains until the second epoch begins, which fails: what was saved after the first one stays. Then goes on without the
 * backup, to the weights that one who has the backup should come to.
 */
export async function trainAndStop(directory: string): Promise<void> {
  const model = makeModel();
  const stop = new keras.callbacks.LambdaCallback({
    onEpochBegin: (epoch) => {
      if (epoch === 1) throw new Error("stopped");
    },
  });
  const backup = new keras.callbacks.BackupAndRestore(`${directory}/backup`);
  const best = new keras.callbacks.ModelCheckpoint(`${directory}/best`, { saveWeightsOnly: true, monitor: "loss" });
  try {
    await model.fit(x, y, { ...options, callbacks: [backup, best, stop] });
  } catch (error) {
    if (!(error instanceof Error && error.message === "stopped")) throw error;
  }
  await model.saveWeights(`${directory}/weights`);
  await model.fit(x, y, { ...options, initialEpoch: 1 });
  await model.saveWeights(`${directory}/end`);
}
