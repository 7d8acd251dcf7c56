"""
Title: SEAL in a network without convolutions
Date created: 2026/11/26
Last modified: 2026/11/26
Description: Classify lines of code with attention, with and without SEAL.
Accelerator: None
"""

"""
## Introduction

SEAL needs no convolutions: any network has early and later layers. This
example classifies from which package of Python's standard library a line of
code comes. The embedding and the first attention are the early layers.

The baseline is the same network, trained for as many epochs without SEAL. Both
run once here. With another seed each accuracy changes by a point or two, so a
difference of that size has no meaning: `own_project.py` shows how to compare.
"""

"""
## Setup
"""

import sysconfig
from pathlib import Path

import keras
import numpy as np
from keras import layers

from seal_tf import SEALCallback

PACKAGES = ["asyncio", "ctypes", "email", "http", "multiprocessing", "unittest"]

"""
## The data

Whole files are held out, because lines of one file resemble each other.
"""

lines = {"train": [], "held out": []}
for label, package in enumerate(PACKAGES):
    folder = Path(sysconfig.get_path("stdlib"), package)
    for number, file in enumerate(sorted(folder.rglob("*.py"))):
        split = "held out" if number % 5 == 0 else "train"
        text = file.read_text(encoding="utf-8").splitlines()
        lines[split] += [(line, label) for line in text if line.count(" ") > 9]
sample = np.random.default_rng(0).permutation(len(lines["train"]))[:4000]
lines["train"] = [lines["train"][i] for i in sample]
tokenize = layers.TextVectorization(3000, output_sequence_length=24)
tokenize.adapt([line for line, _ in lines["train"]])
(x, y), (x_held_out, y_held_out) = (
    (tokenize([line for line, _ in split]), np.array([k for _, k in split]))
    for split in lines.values()
)

"""
## The model
"""


def attention(h, name):
    context = layers.MultiHeadAttention(2, 16, name=f"{name}_attention")(h, h)
    h = layers.LayerNormalization(name=f"{name}_norm")(h + context)
    return layers.Dense(32, "relu", name=f"{name}_dense")(h)


def create_model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((24,), dtype="int64")
    h = layers.Embedding(3000, 32, name="embedding")(inputs)
    h = attention(attention(h, "first"), "second")
    h = layers.GlobalMaxPooling1D()(h)
    model = keras.Model(inputs, layers.Dense(6, "softmax")(h))
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"])
    return model


"""
## Train with and without SEAL

The progress shows the phase of each epoch, and the best accuracy so far.
"""

held_out = (x_held_out, y_held_out)
print("without SEAL")
create_model().fit(x, y, 64, 8, 2, validation_data=held_out)
print("with SEAL")
seal = SEALCallback(generations=2, split_at="second", ascent_scale="auto")
create_model().fit(x, y, 64, 8, 2, [seal], validation_data=held_out)
