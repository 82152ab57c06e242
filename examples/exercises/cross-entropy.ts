/**
 * @file The workshop's note on the loss: cross-entropy of given probabilities, without and with the term
 * for the wrong classes. `npm run example exercises/cross-entropy`
 */
import * as tf from "tensorstrata";

const label = tf.constant([1, 0, 0], { dtype: "float32" });
const likely = tf.constant([0.5, 0.3, 0.2]);
const unlikely = tf.constant([0.3, 0.5, 0.2]); // the first two swapped

type Row = tf.Tensor<"float32", readonly [3]>;

/** `−Σ y·log(ŷ)`: how surprising the right class is. */
const crossEntropy = (y: Row, predicted: Row) => tf.negative(tf.reduceSum(tf.multiply(y, tf.log(predicted))));

/** `−Σ y·log(ŷ) + (1 − y)·log(1 − ŷ)`: each class is a question of its own. */
const fullCrossEntropy = (y: Row, predicted: Row) => {
  const wrong = tf.reduceSum(tf.multiply(tf.subtract(1, y), tf.log(tf.subtract(1, predicted))));
  return tf.subtract(crossEntropy(y, predicted), wrong);
};

/** The same from logits, safe where a probability rounds to 0 or 1. */
const fromLogits = (y: Row, predicted: Row) => {
  const logits = tf.log(tf.divide(predicted, tf.subtract(1, predicted)));
  return tf.reduceSum(tf.nn.sigmoidCrossEntropyWithLogits({ logits, labels: y }));
};

using session = new tf.Session();
for (const [name, predicted] of Object.entries({ likely, unlikely })) {
  const { plain, full, safe } = await session.run({
    plain: crossEntropy(label, predicted),
    full: fullCrossEntropy(label, predicted),
    safe: fromLogits(label, predicted),
  });
  console.log(`${name.padEnd(8)}  plain ${plain.toFixed(4)}  full ${full.toFixed(4)}  from logits ${safe.toFixed(4)}`);
}
