"""Computes layers with Keras itself: configs, weights and inputs in, outputs and gradients out.

Called by test/keras/layers/keras-interop.test.ts with the path of a JSON file of cases.
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf


def array(entry):
    return np.array(entry["data"], dtype=entry["dtype"]).reshape(entry["shape"])


def entry(value):
    value = np.asarray(value)
    return {"shape": list(value.shape), "data": [float(x) for x in value.reshape(-1)]}


def weigh(value):
    """A scalar that depends on every element differently."""
    return tf.reduce_sum(value * tf.reshape(tf.sin(tf.range(tf.size(value), dtype=value.dtype)), tf.shape(value)))


def run(case):
    layer = keras.layers.deserialize(case["layer"])
    inputs = [tf.constant(array(x)) for x in case["inputs"]]
    passed = inputs[0] if len(inputs) == 1 else inputs
    layer(passed)
    # Random layers also keep the state of their generators.
    if case["weights"]:
        layer.set_weights([array(w) for w in case["weights"]])
    results = {}
    for training in [False] if case["random"] else [False, True]:
        with tf.GradientTape() as tape:
            floats = [x for x in inputs if x.dtype.is_floating]
            tape.watch(floats)
            output = layer(passed, training=training)
            loss = weigh(output)
        variables = [w.value for w in layer.trainable_weights]
        gradients = tape.gradient(loss, floats + variables)
        results["training" if training else "inference"] = {
            "output": entry(output),
            "gradients": [
                entry(tf.convert_to_tensor(g)) if g is not None else entry(tf.zeros_like(v))
                for g, v in zip(gradients, floats + variables)
            ],
            "penalty": float(sum(layer.losses)) if layer.losses else 0.0,
        }
    results["weights"] = [entry(w) for w in layer.get_weights()] if case["weights"] else []
    results["layer"] = keras.layers.serialize(layer)
    results["outputShape"] = list(layer.compute_output_shape(
        [(None, *x.shape[1:]) for x in inputs] if len(inputs) > 1 else (None, *inputs[0].shape[1:])
    ))
    return results


with open(sys.argv[1]) as file:
    print(json.dumps([run(case) for case in json.load(file)]))
