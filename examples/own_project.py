"""Add SEAL to a Keras project: python examples/own_project.py

The data are 1,797 handwritten digits from scikit-learn. A small convolutional
network trains with Adam, first without and then with SEAL, for the same
number of epochs.
"""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

from seal_tf import SEALCallback

EPOCHS = 15

digits = load_digits()
images = (digits.images[..., np.newaxis] / 16).astype("float32")
order = np.random.default_rng(0).permutation(len(images))
train, held_out = order[:600], order[600:]


def block(filters, name):
    return [
        layers.Conv2D(filters, 3, padding="same", use_bias=False, name=name),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]


def create_model():
    keras.utils.set_random_seed(0)
    hidden = [*block(16, "first"), *block(32, "later")]
    head = [layers.GlobalAveragePooling2D(), layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((8, 8, 1)), *hidden, *head])
    rate = keras.optimizers.schedules.CosineDecay(0.005, EPOCHS * 19)
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


def held_out_accuracy(*callbacks):
    history = create_model().fit(
        images[train],
        digits.target[train],
        epochs=EPOCHS,
        validation_data=(images[held_out], digits.target[held_out]),
        callbacks=list(callbacks),
        verbose=0,
    )
    return history.history["val_accuracy"][-1]


seal = SEALCallback(generations=3, split_at="later", ascent_scale="auto")
print(f"without SEAL: {held_out_accuracy():.1%} of 1,197 held-out images")
print(f"with SEAL: {held_out_accuracy(seal):.1%}")
print(f"searched S: {seal.scale_measurements[-1].scale:.3g}")
