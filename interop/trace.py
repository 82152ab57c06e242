"""The first article's raw program in TensorFlow itself: what our traces are held against.

    trace.py DIR STEPS   reads DIR/images.bin (float32, 64 rows of 784 a step) and DIR/labels.bin
                         (float32, 64 rows of 10), trains STEPS steps, prints JSON:
                         initial weights (base64) and the loss before each step, for a program
                         with a graph seed and op seeds, and for dropout, Adam and a decaying rate
"""

import base64
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402  the settings above must come first
import tensorflow as tf  # noqa: E402

v1 = tf.compat.v1
v1.logging.set_verbosity(v1.logging.ERROR)
v1.disable_eager_execution()
v1.disable_resource_variables()

BATCH = 64


def read(path, columns, steps):
    return np.fromfile(path, np.float32).reshape(steps, BATCH, columns)


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def trace(images, labels, build):
    """Initial values of the trainable variables and the loss before each step."""
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [None, 784])
        y = v1.placeholder(tf.float32, [None, 10])
        loss, train = build(x, y)
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            weights = [encode(session.run(v)) for v in v1.trainable_variables()]
            losses = []
            for image, label in zip(images, labels):
                feeds = {x: image, y: label}
                losses.append(float(session.run(loss, feeds)))
                session.run(train, feeds)
    return {"weights": weights, "losses": losses}


def layer(x, inputs, units, seed):
    kernel = v1.Variable(v1.truncated_normal([inputs, units], stddev=inputs**-0.5, seed=seed))
    bias = v1.Variable(v1.zeros([units]))
    return v1.matmul(x, kernel) + bias


def cross_entropy(logits, y):
    return v1.reduce_mean(v1.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))


def raw(x, y):
    v1.set_random_seed(7)
    logits = layer(v1.sigmoid(layer(x, 784, 64, 1)), 64, 10, 2)
    loss = cross_entropy(logits, y)
    return loss, v1.train.GradientDescentOptimizer(0.5).minimize(loss)


def dropout(x, y):
    hidden = v1.nn.relu(layer(x, 784, 32, 11))
    uniform = v1.random_uniform([BATCH, 32], seed=13)
    mask = v1.floor(0.5 + uniform)
    logits = layer(v1.div(hidden, 0.5) * mask, 32, 10, 12)
    loss = cross_entropy(logits, y)
    step = v1.Variable(0, trainable=False)
    rate = v1.train.exponential_decay(0.01, step, 10, 0.9)
    return loss, v1.train.AdamOptimizer(rate).minimize(loss, global_step=step)


def main():
    directory, steps = sys.argv[1], int(sys.argv[2])
    images = read(os.path.join(directory, "images.bin"), 784, steps)
    labels = read(os.path.join(directory, "labels.bin"), 10, steps)
    result = {"raw": trace(images, labels, raw), "dropout": trace(images, labels, dropout)}
    json.dump(result, sys.stdout)


main()
