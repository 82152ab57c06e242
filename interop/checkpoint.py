"""Checkpoints through TensorFlow's own Saver: the other side of the interoperability tests.

    checkpoint.py write DIR       saves variables of many kinds as DIR/model, prints them as JSON
    checkpoint.py read PREFIX     prints all variables of a checkpoint as JSON, read twice:
                                  by the checkpoint reader, and by restoring into a graph
    checkpoint.py evaluate PREFIX TENSOR
                                  imports PREFIX.meta, restores PREFIX, prints the tensor's value

Values are printed as base64 of their little-endian bytes, so that comparisons are exact.
"""

import argparse
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

# Enough names that share no prefix to make the index outgrow one block of 262144 bytes.
MANY = 600


def values_to_save():
    """Name → array: every dtype the library has, int64, and the shapes that go wrong first."""
    random = np.random.default_rng(7)
    values = {
        "dense/kernel": random.standard_normal((7, 5)).astype(np.float32),
        "dense/bias": np.array([np.nan, -0.0, np.inf, -np.inf, 1e-45], np.float32),
        "dense/kernel/Adam": random.standard_normal((7, 5)).astype(np.float32),
        "scalar": np.array(0.5, np.float32),
        "wide/double": np.array([[1e300, -5e-324]], np.float64),
        "counts": np.array([-(2**31), 0, 2**31 - 1], np.int32),
        "global_step": np.array(12345, np.int64),
        "flags": np.array([[True], [False]]),
        "pixels": np.arange(256, dtype=np.uint8).reshape(16, 16),
        "empty": np.zeros((0, 4), np.float32),
        "one": np.ones((1, 1, 1, 1), np.float32),
    }
    for i in range(MANY):
        values[f"{i * 101 % MANY:04d}/{'n' * 500}"] = np.array(i, np.int32)
    return values


def describe(values):
    return {
        name: {
            "dtype": value.dtype.name,
            "shape": list(value.shape),
            "base64": base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii"),
        }
        for name, value in values.items()
    }


def declare(values):
    """Uninitialized variables of the values' names, types and shapes, and a placeholder for each value."""
    feeds = {name: v1.placeholder(value.dtype, value.shape) for name, value in values.items()}
    return feeds, {name: v1.Variable(feed, name=name, dtype=feed.dtype) for name, feed in feeds.items()}


def write(directory):
    values = values_to_save()
    with tf.Graph().as_default(), v1.Session() as session:
        feeds, variables = declare(values)
        initializers = [variable.initializer for variable in variables.values()]
        session.run(initializers, {feeds[name]: value for name, value in values.items()})
        prefix = v1.train.Saver().save(session, os.path.join(directory, "model"), write_meta_graph=False)
    return {"prefix": prefix, "version": tf.__version__, "variables": describe(values)}


def read(prefix):
    reader = tf.train.load_checkpoint(prefix)
    values = {name: np.asarray(reader.get_tensor(name)) for name in reader.get_variable_to_shape_map()}
    with tf.Graph().as_default(), v1.Session() as session:
        _, variables = declare(values)
        v1.train.Saver(variables).restore(session, prefix)
        restored = session.run(variables)
    return {"variables": describe(values), "restored": describe(restored)}


def evaluate(prefix, tensor):
    with tf.Graph().as_default(), v1.Session() as session:
        v1.train.import_meta_graph(prefix + ".meta").restore(session, prefix)
        trainable = [variable.name for variable in v1.trainable_variables()]
        return {"value": session.run(tensor).tolist(), "trainable": trainable}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("write")
    command.add_argument("directory")
    command.set_defaults(run=lambda options: write(options.directory))
    command = commands.add_parser("read")
    command.add_argument("prefix")
    command.set_defaults(run=lambda options: read(options.prefix))
    command = commands.add_parser("evaluate")
    command.add_argument("prefix")
    command.add_argument("tensor")
    command.set_defaults(run=lambda options: evaluate(options.prefix, options.tensor))
    options = parser.parse_args()
    json.dump(options.run(options), sys.stdout)


if __name__ == "__main__":
    main()
