"""Keras on TensorFlow: one epoch of `fit` is one call."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

from worker import Data, serve

import keras
import numpy
import tensorflow


def prepare(setup):
    task = setup["task"]
    tensorflow.config.threading.set_intra_op_parallelism_threads(setup["threads"])
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    data = Data(task["data"])
    layers = [
        keras.layers.Dense(layer["units"], activation=layer.get("activation")) for layer in task["network"]["layers"]
    ]
    model = keras.Sequential([keras.Input(tuple(task["network"]["input"])), *layers])
    for layer, kernel in zip(layers, data.kernels()):
        layer.set_weights([kernel, numpy.zeros(kernel.shape[-1], numpy.float32)])
    model.compile(
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.SGD(task["learningRate"]),
    )
    x, y, size = data["images"], data["labels"], task["batchSize"]
    return {
        "version": keras.__version__,
        "steps_per_call": len(x) // size,
        "step": lambda: model.fit(x, y, batch_size=size, epochs=1, shuffle=task["shuffle"], verbose=0),
        "check": lambda: [model.evaluate(x[:size], y[:size], batch_size=size, verbose=0)],
    }


serve(prepare)
