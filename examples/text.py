"""Use SEAL in a network without convolutions: python examples/text.py

Classify from which package of Python's standard library a line of code
comes. Whole files are held out. The network has an embedding and two layers of
attention; the embedding and the first attention are the early layers.
"""

import sysconfig
from pathlib import Path

import keras
import numpy as np
from keras import layers

from seal_tf import SEALCallback

PACKAGES = ["asyncio", "ctypes", "email", "http", "multiprocessing", "unittest"]

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


def attention(h, name):
    context = layers.MultiHeadAttention(2, 16, name=f"{name}_attention")(h, h)
    h = layers.LayerNormalization(name=f"{name}_norm")(h + context)
    return layers.Dense(32, "relu", name=f"{name}_dense")(h)


inputs = keras.Input((24,), dtype="int64")
h = layers.Embedding(3000, 32, name="embedding")(inputs)
h = attention(attention(h, "first"), "second")
outputs = layers.Dense(6, "softmax")(layers.GlobalMaxPooling1D()(h))
model = keras.Model(inputs, outputs)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
seal = SEALCallback(generations=2, split_at="second", ascent_scale="auto")
held_out = (x_held_out, y_held_out)
model.fit(x, y, 64, 8, 2, [seal], validation_data=held_out)
