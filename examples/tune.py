"""Tune S, k and the split with KerasTuner: python examples/tune.py

The data are a table of 569 tumors with 30 measurements each, from
scikit-learn. A fifth is the test set; the tuner uses a part of the rest for
validation.
"""

import tempfile

import keras
import keras_tuner
from keras import layers
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from seal_tf import SEALCallback

x, y = load_breast_cancer(return_X_y=True)
x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
x, x_val, y, y_val = train_test_split(x, y, test_size=0.25, random_state=0)
scaler = StandardScaler().fit(x)
x, x_val, x_test = map(scaler.transform, (x, x_val, x_test))


class SEALModelTuner(keras_tuner.HyperModel):
    def build(self, hp):
        keras.utils.set_random_seed(0)
        hidden = [layers.Dense(32, "relu", name=f"dense_{i}") for i in range(4)]
        model = keras.Sequential(
            [keras.Input((30,)), *hidden, layers.Dense(1, "sigmoid")]
        )
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    def fit(self, hp, model, *args, callbacks=(), **kwargs):
        seal = SEALCallback(
            generations=4,
            ascent_scale=hp.Float("S", 0.01, 1, sampling="log"),
            ascent_epochs=hp.Int("k", 1, 5),
            split_at=hp.Choice("split", ["dense_1", "dense_2", "dense_3"]),
        )
        # Each trial has its own callback, first in the list.
        return model.fit(*args, callbacks=[seal, *callbacks], **kwargs)


tuner = keras_tuner.RandomSearch(
    SEALModelTuner(),
    "val_loss",
    max_trials=4,
    seed=0,
    directory=tempfile.mkdtemp(),
)
tuner.search(x, y, epochs=24, validation_data=(x_val, y_val), verbose=0)
best = tuner.get_best_hyperparameters()[0]
print("S = {S:.3g}, k = {k}, later layers from {split}".format(**best.values))
accuracy = tuner.get_best_models()[0].evaluate(x_test, y_test, verbose=0)[1]
print(f"test accuracy on {len(y_test)} tumors: {accuracy:.1%}")
