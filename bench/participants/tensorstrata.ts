/** @file Tensorstrata on one of its backends, through the public interface of level 1. */
import { readFileSync } from "node:fs";
import * as tf from "tensorstrata";
import { type DenseWorkload, makeBatch, makeWeights, type Participant } from "../participant.js";

export async function prepare(workload: DenseWorkload, device: "wasm" | "native"): Promise<Participant> {
  const { layers, batchSize, activation, learningRate } = workload;
  const inputs = layers[0] as number;
  const classes = layers.at(-1) as number;
  const x = tf.placeholder("float32", [null, inputs]);
  const labels = tf.placeholder("float32", [null, classes]);
  let hidden: tf.Tensor<"float32"> = x;
  makeWeights(workload).forEach(({ kernel, shape }, i) => {
    const W = new tf.Variable(new tf.NdArray("float32", shape, kernel));
    const b = new tf.Variable(tf.zeros([shape[1]]));
    const sums = tf.add(tf.matmul(hidden, W as tf.Tensor<"float32">), b) as tf.Tensor<"float32">;
    hidden = i === layers.length - 2 ? sums : tf.nn[activation](sums);
  });
  const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits: hidden, labels }));
  const train = new tf.train.GradientDescentOptimizer(learningRate).minimize(loss);
  const session = new tf.Session({ device });
  await session.run(tf.globalVariablesInitializer());
  const batch = makeBatch(workload);
  const images = new tf.NdArray("float32", [batchSize, inputs], batch.images);
  const classesFed = new tf.NdArray("float32", [batchSize, classes], batch.labels);
  const feeds = [
    [x, images],
    [labels, classesFed],
  ] as const;
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return {
    version: `${version} (${session.deviceName})`,
    step: async () => {
      await session.run(train, feeds);
    },
    loss: async () => Number(await session.run(loss, feeds)),
  };
}
