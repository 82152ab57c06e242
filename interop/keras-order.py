"""Makes functional models with Keras itself and tells in which order their layers and weights come.

Called by test/keras/engine/order-interop.test.ts with the path of a JSON file of graphs.
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras

WIDTH = 4


def layer_of(kind, name):
    if kind == "dense":
        return keras.layers.Dense(WIDTH, name=name)
    if kind == "normalization":
        return keras.layers.BatchNormalization(name=name)
    if kind == "add":
        return keras.layers.Add(name=name)
    inner = [keras.layers.Dense(WIDTH, name=name + "a"), keras.layers.BatchNormalization(name=name + "b")]
    return keras.Sequential([keras.Input((WIDTH,)), *inner], name=name)


def order_of(graph):
    tensors = [keras.Input((WIDTH,), name=f"in{i}") for i in range(graph["inputs"])]
    layers = [layer_of(kind, f"l{i}") for i, kind in enumerate(graph["layers"])]
    inputs = list(tensors)
    for call in graph["calls"]:
        given = [tensors[i] for i in call["of"]]
        if call["layer"] is None:
            tensors.append(given[0] * 2)
        else:
            tensors.append(layers[call["layer"]](given if graph["layers"][call["layer"]] == "add" else given[0]))
    model = keras.Model(inputs, [tensors[i] for i in graph["outputs"]])
    for i in graph["frozen"]:
        layers[i].trainable = False
    names = lambda weights: ["/".join(weight.path.split("/")[-2:]) for weight in weights]
    return {
        "layers": [layer.name for layer in model.layers],
        "weights": names(model.weights),
        "trainable": names(model.trainable_weights),
        "nonTrainable": names(model.non_trainable_weights),
    }


with open(sys.argv[1]) as file:
    print(json.dumps([order_of(graph) for graph in json.load(file)]))
