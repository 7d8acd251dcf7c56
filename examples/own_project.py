"""
Title: Train longer with SEAL, and measure whether it helps
Date created: 2026/11/26
Last modified: 2026/11/26
Description: Add SEAL to an image classifier, and compare it with a baseline.
Accelerator: None
"""

"""
## Introduction

SEAL ([Sarfi et al., CVPR 2023](https://arxiv.org/abs/2304.04858)) divides a
training run into generations. At the start of every generation but the first,
the early layers take small *ascent* steps, forget, and then relearn. This
example adds it to a Keras project as one callback.

It also shows how to find out whether it helps: by a baseline that trains for as
many epochs, and by several seeds. With another seed, the same method ends at
another accuracy, so one run of each cannot tell which is better.
"""

"""
## Setup
"""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

from seal_tf import SEALCallback

EPOCHS = 15
SEEDS = (0, 1, 2)

"""
## The data

1,797 handwritten digits from scikit-learn: 600 to train, 1,197 held out.
"""

digits = load_digits()
images = (digits.images[..., np.newaxis] / 16).astype("float32")
order = np.random.default_rng(0).permutation(len(images))
train, held_out = order[:600], order[600:]

"""
## The model

The layers from the one named "later" on are the later layers.
"""


def block(filters, name):
    return [
        layers.Conv2D(filters, 3, padding="same", use_bias=False, name=name),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]


def create_model(seed):
    keras.utils.set_random_seed(seed)
    hidden = [*block(16, "first"), *block(32, "later")]
    head = [layers.GlobalAveragePooling2D(), layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((8, 8, 1)), *hidden, *head])
    rate = keras.optimizers.schedules.CosineDecay(0.005, EPOCHS * 19)
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


"""
## Train with and without SEAL

The callback comes first in the list. With `ascent_scale="auto"` it searches how
strongly to ascend.
"""


def held_out_accuracy(seed, callbacks):
    history = create_model(seed).fit(
        images[train],
        digits.target[train],
        epochs=EPOCHS,
        validation_data=(images[held_out], digits.target[held_out]),
        callbacks=callbacks,
        verbose=0,
    )
    return 100 * history.history["val_accuracy"][-1]


def seal():
    return SEALCallback(generations=3, split_at="later", ascent_scale="auto")


baseline = np.array([held_out_accuracy(seed, []) for seed in SEEDS])
with_seal = np.array([held_out_accuracy(seed, [seal()]) for seed in SEEDS])
print(f"without SEAL: {baseline.mean():.1f} % {baseline.round(1)}")
print(f"with SEAL: {with_seal.mean():.1f} % {with_seal.round(1)}")

"""
## Which is better?

A seed gives both runs the same initial weights and the same order of the
images, so take the difference seed by seed. Its 95 % interval over three seeds
is 4.30 standard errors wide on each side (Student's t with two degrees of
freedom). If the interval contains zero, these runs cannot tell.
"""

difference = with_seal - baseline
half_width = 4.30 * difference.std(ddof=1) / np.sqrt(len(SEEDS))
low, high = difference.mean() - half_width, difference.mean() + half_width
print(
    f"SEAL minus baseline: {difference.mean():+.1f} ({low:+.1f} to {high:+.1f})"
)
print("cannot tell" if low <= 0 <= high else "a difference")
