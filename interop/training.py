"""A training run continued by TensorFlow: the other side of test/train/tensorflow-interop.test.ts.

    training.py continue PREFIX DIR
                      restores PREFIX into a network trained by Adam, prints the variables and the loss
                      (of before the step), takes one step, saves it in DIR, prints the prefix and the variables

Values are printed as lists of numbers, which is exact: JSON has the digits of float64.
"""

import argparse
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

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
TARGETS = np.array([[0], [1], [1], [0]], np.float32)


def network():
    """The network of the test: 2 inputs, 3 sigmoid units, 1 output; Adam on the mean squared error."""
    kernel = v1.Variable(tf.zeros([2, 3]), name="hidden/kernel")
    bias = v1.Variable(tf.zeros([3]), name="hidden/bias")
    output = v1.Variable(tf.zeros([3, 1]), name="output/kernel")
    predictions = tf.matmul(tf.sigmoid(tf.matmul(INPUTS, kernel) + bias), output)
    loss = tf.reduce_mean(tf.square(predictions - TARGETS))
    step = v1.train.get_or_create_global_step()
    return loss, v1.train.AdamOptimizer(0.1).minimize(loss, global_step=step)


def describe(session):
    variables = v1.global_variables()
    return {v.op.name: np.asarray(value).ravel().tolist() for v, value in zip(variables, session.run(variables))}


def continue_training(prefix, directory):
    with tf.Graph().as_default(), v1.Session() as session:
        loss, train = network()
        saver = v1.train.Saver()
        saver.restore(session, prefix)
        restored = describe(session)
        before = float(session.run(loss))
        session.run(train)
        saved = saver.save(session, os.path.join(directory, "continued"), global_step=v1.train.get_global_step())
        return {"restored": restored, "loss": before, "prefix": saved, "continued": describe(session)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("continue")
    command.add_argument("prefix")
    command.add_argument("directory")
    command.set_defaults(run=lambda options: continue_training(options.prefix, options.directory))
    options = parser.parse_args()
    json.dump(options.run(options), sys.stdout)


if __name__ == "__main__":
    main()
