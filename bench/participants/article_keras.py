"""The first article's program in Keras, whole: `article_keras.py DIRECTORY EPOCHS`, MNIST's files to accuracy."""

import gzip
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy


def read(directory, name, header):
    path = os.path.join(directory, name)
    opened = open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb")
    with opened as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def digits(directory, part):
    images = read(directory, f"{part}-images-idx3-ubyte", 16).reshape(-1, 784).astype(numpy.float32) / 255
    labels = numpy.eye(10, dtype=numpy.float32)[read(directory, f"{part}-labels-idx1-ubyte", 8)]
    return images, labels


directory, epochs = sys.argv[1], int(sys.argv[2])
images, labels = digits(directory, "train")
test = digits(directory, "t10k")
normal = keras.initializers.TruncatedNormal
model = keras.Sequential(
    [
        keras.Input((784,)),
        keras.layers.Dense(64, activation="sigmoid", kernel_initializer=normal(stddev=784**-0.5)),
        keras.layers.Dense(10, activation="softmax", kernel_initializer=normal(stddev=64**-0.5)),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.SGD(0.5), metrics=["accuracy"])
# The first 5,000 are for validation, as the article's reader of MNIST has it.
history = model.fit(
    images[5000:], labels[5000:], batch_size=64, epochs=epochs, validation_data=test, validation_batch_size=10000, verbose=0
).history
for loss, accuracy in zip(history["val_loss"], history["val_accuracy"]):
    print([loss, accuracy])
