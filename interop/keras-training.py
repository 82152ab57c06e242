"""Trains models with Keras itself, from the JSON, weights and data of Tensorstrata.

Called by test/keras/engine/keras-interop.test.ts with the path of a JSON file of cases.
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np


def array(entry):
    return np.array(entry["data"], dtype=entry["dtype"]).reshape(entry["shape"])


def entry(value):
    value = np.asarray(value)
    return {"shape": list(value.shape), "data": [float(x) for x in value.reshape(-1)]}


def arrays(entries):
    values = [array(x) for x in entries]
    return values[0] if len(values) == 1 else values


def run(case):
    model = keras.models.model_from_json(json.dumps(case["model"]))
    model.set_weights([array(w) for w in case["weights"]])
    x, y = arrays(case["x"]), arrays(case["y"])
    options = dict(case["fit"])
    for name in ("sample_weight",):
        if name in options:
            options[name] = arrays(options[name])
    if "class_weight" in options:
        options["class_weight"] = {int(k): v for k, v in options["class_weight"].items()}
    history = model.fit(x, y, shuffle=False, verbose=0, **options)
    results = {
        "history": {k: [float(v) for v in values] for k, values in history.history.items()},
        "weights": [entry(w) for w in model.get_weights()],
        "evaluation": {k: float(v) for k, v in model.evaluate(x, y, verbose=0, return_dict=True).items()},
        "predictions": [entry(p) for p in (lambda p: p if isinstance(p, list) else [p])(model.predict(x, verbose=0))],
        "model": json.loads(model.to_json()),
        "params": int(model.count_params()),
    }
    return results


with open(sys.argv[1]) as file:
    print(json.dumps([run(case) for case in json.load(file)]))
