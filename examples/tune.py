"""
Title: Tune SEAL with KerasTuner
Date created: 2026/11/26
Last modified: 2026/11/26
Description: Tune S, the length of the ascent and the split, beside a baseline.
Accelerator: None
"""

"""
## Introduction

SEAL has three settings that depend on network and data: S, the size of an
ascent step; k, the epochs of an ascent; and the split of early and later
layers. KerasTuner tunes them on validation data. The test data are used once,
for the tuned network and for a baseline without SEAL.
"""

"""
## Setup
"""

import tempfile

import keras
import keras_tuner
from keras import layers
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from seal_tf import SEALCallback

EPOCHS = 24

"""
## The data

A table of 569 tumors with 30 measurements each, from scikit-learn. A fifth is
the test set, and a fifth the validation set.
"""

x, y = load_breast_cancer(return_X_y=True)
x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
x, x_val, y, y_val = train_test_split(x, y, test_size=0.25, random_state=0)
scaler = StandardScaler().fit(x)
x, x_val, x_test = map(scaler.transform, (x, x_val, x_test))

"""
## The model
"""


def create_model():
    keras.utils.set_random_seed(0)
    hidden = [layers.Dense(32, "relu", name=f"dense_{i}") for i in range(4)]
    model = keras.Sequential(
        [
            keras.Input((30,)),
            *hidden,
            layers.Dense(1, "sigmoid", name="output"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


"""
## Tune

Each trial has a callback of its own, first in the list.
"""


class SEALModelTuner(keras_tuner.HyperModel):
    def build(self, hp):
        return create_model()

    def fit(self, hp, model, *args, callbacks=(), **kwargs):
        seal = SEALCallback(
            generations=4,
            ascent_scale=hp.Float("S", 0.01, 1, sampling="log"),
            ascent_epochs=hp.Int("k", 1, 5),
            split_at=hp.Choice("split", ["dense_1", "dense_2", "dense_3"]),
        )
        return model.fit(*args, callbacks=[seal, *callbacks], **kwargs)


tuner = keras_tuner.RandomSearch(
    SEALModelTuner(),
    "val_loss",
    max_trials=4,
    seed=0,
    directory=tempfile.mkdtemp(),
)
tuner.search(x, y, epochs=EPOCHS, validation_data=(x_val, y_val), verbose=0)
best = tuner.get_best_hyperparameters()[0]
print("S = {S:.3g}, k = {k}, later layers from {split}".format(**best.values))

"""
## The result, and a baseline

KerasTuner restores the best epoch of a trial. For a fair comparison, the
baseline restores its best epoch, too. One of 114 tumors is 0.9 %: a difference
of a few tumors is noise.
"""


def test_accuracy(model):
    accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
    return f"test accuracy on {len(y_test)} tumors: {accuracy:.1%}"


best_epoch = keras.callbacks.EarlyStopping(
    patience=EPOCHS, restore_best_weights=True
)
baseline = create_model()
baseline.fit(
    x,
    y,
    epochs=EPOCHS,
    validation_data=(x_val, y_val),
    callbacks=[best_epoch],
    verbose=0,
)
print(f"without SEAL, {test_accuracy(baseline)}")
print(f"with SEAL, {test_accuracy(tuner.get_best_models()[0])}")
