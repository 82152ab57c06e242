/** @file Histories of the training cases as Keras 3.15 computes them, on TensorFlow: six digits. */
export const histories: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  "a classifier with one-hot labels, momentum and a penalty": {
    accuracy: [0.625, 0.375, 0.375],
    loss: [1.22377, 1.12678, 0.871921],
    mse: [0.19894, 0.251204, 0.198426],
    val_accuracy: [0.333333, 0.333333, 0.5],
    val_loss: [1.37098, 1.0258, 0.880636],
    val_mse: [0.310195, 0.241605, 0.201922],
  },
  "class numbers, class weights, Adam": {
    accuracy: [0.636364, 0.636364],
    loss: [1.06992, 1.0597],
    weighted_accuracy: [0.913043, 0.913043],
  },
  "a binary classifier with batch normalization and sample weights": {
    accuracy: [0.590909, 0.590909],
    auc: [0.516529, 0.508264],
    loss: [0.0000691096, -0.0119564],
  },
  "two inputs, two outputs, a shared layer": {
    kind_accuracy: [0.5, 0.5],
    kind_loss: [0.768425, 0.713066],
    loss: [2.39192, 1.8318],
    price_loss: [1.71014, 0.811345],
    price_mae: [1.08565, 0.739206],
  },
  "a convolutional network": { acc: [0.363636, 0.5], loss: [1.01974, 2.35961] },
  "words, some of them missing, through a mask": { loss: [1.46787, 0.642091], mae: [0.988747, 0.68405] },
  "a loss for every step, masked": { loss: [1.22408, 0.898738], mae: [0.856019, 0.698288] },
  "class weights, which do not weigh the part held out": {
    accuracy: [0.266667, 0.533333],
    loss: [3.14058, 1.75007],
    val_accuracy: [0.428571, 0.571429],
    val_loss: [1.23455, 1.13193],
  },
  "masks through merging and normalization": { loss: [0.687823, 0.139331], mae: [0.683464, 0.316269] },
  "a sequence read, and another one written from the state": { accuracy: [0.5, 0.424242], loss: [0.784936, 0.705574] },
};
