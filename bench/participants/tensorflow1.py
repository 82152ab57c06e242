"""TensorFlow as of version 1: a graph, a session, and feed_dict."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from worker import Data, serve

import tensorflow
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def build(network, x, kernels):
    hidden, kernels = x, iter(kernels)
    for layer in network["layers"]:
        if layer["kind"] == "pool":
            hidden = tf.nn.max_pool2d(hidden, 2, 2, "VALID")
            continue
        kernel = next(kernels)
        w, b = tf.Variable(kernel), tf.Variable(tf.zeros([kernel.shape[-1]]))
        if layer["kind"] == "conv":
            hidden = tf.nn.conv2d(hidden, w, 1, "SAME") + b
        else:
            hidden = tf.matmul(tf.reshape(hidden, [-1, kernel.shape[0]]) if len(hidden.shape) > 2 else hidden, w) + b
        activation = layer.get("activation")
        if activation:
            hidden = {"relu": tf.nn.relu, "sigmoid": tf.nn.sigmoid}[activation](hidden)
    return hidden


def prepare(setup):
    task = setup["task"]
    data = Data(task["data"])
    x = tf.placeholder(tf.float32, [None, *task["network"]["input"]])
    logits = build(task["network"], x, data.kernels())
    threads = setup["threads"]
    config = tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
    counter = 0

    if task["kind"] == "predict":
        probabilities = tf.nn.softmax(logits)
        images = data.batches("images", 1)
        session = tf.Session(config=config)
        session.run(tf.global_variables_initializer())

        def step():
            nonlocal counter
            counter += 1
            return session.run(probabilities, {x: images[counter % len(images)]})

        return {
            "version": tensorflow.__version__,
            "step": step,
            "check": lambda: session.run(probabilities, {x: images[0]})[0],
        }

    labels = tf.placeholder(tf.float32, [None, 10])
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
    train = tf.train.GradientDescentOptimizer(task["learningRate"]).minimize(loss)
    images = data.batches("images", task["batchSize"])
    classes = data.batches("labels", task["batchSize"])
    session = tf.Session(config=config)
    session.run(tf.global_variables_initializer())

    def train_step():
        nonlocal counter
        batch = counter % len(images)
        counter += 1
        session.run(train, {x: images[batch], labels: classes[batch]})

    return {
        "version": tensorflow.__version__,
        "step": train_step,
        "check": lambda: [session.run(loss, {x: images[0], labels: classes[0]})],
    }


serve(prepare)
