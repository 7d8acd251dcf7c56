"""
Title: Let a study compare methods in your own project
Date created: 2026/11/26
Last modified: 2026/11/26
Description: A training script that `python -m seal_tf.study` runs and tunes.
Accelerator: None
"""

"""
## Introduction

`python -m seal_tf.study` compares training methods and tunes their settings. It
can run any script that takes flags and writes a number. This script trains a
small network on handwritten digits:

```sh
python -m seal_tf.study --train_command='python examples/study.py' \\
    --candidates=examples/study.toml --hours=0.2 --workdir=runs/my_study
```

`study.toml` lists the candidates with the values of each flag to try. The study
adds `--epochs`, `--seed`, `--evaluate_on` and `--workdir`.
"""

"""
## Setup
"""

import argparse
import json
import pathlib

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

from seal_tf import LLFCallback, SEALCallback

parser = argparse.ArgumentParser()
parser.add_argument("--method", default="normal")
parser.add_argument("--generations", type=int, default=1)
parser.add_argument("--learning_rate", type=float, default=0.005)
parser.add_argument("--retain", type=float, default=0.5)
parser.add_argument("--epochs", type=int, default=16)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--evaluate_on", default="validation")
parser.add_argument("--workdir", type=pathlib.Path, default="runs/study_script")
args = parser.parse_args()
args.workdir.mkdir(parents=True, exist_ok=True)
keras.utils.set_random_seed(args.seed)

"""
## The data

1,797 handwritten digits: 600 to train, 300 to choose settings, the rest to
test. With `--evaluate_on=test` the script trains on the first 900.
"""

digits = load_digits()
images = (digits.images[..., np.newaxis] / 16).astype("float32")
order = np.random.default_rng(0).permutation(len(images))
bounds = (600, 900) if args.evaluate_on == "validation" else (900, 1797)
train, held_out = order[: bounds[0]], order[bounds[0] : bounds[1]]

"""
## The model and the method

The layers from the one named "later" on are the later layers.
"""


def block(filters, name):
    return [
        layers.Conv2D(filters, 3, padding="same", use_bias=False, name=name),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]


hidden = [*block(16, "first"), *block(32, "later")]
head = [layers.GlobalAveragePooling2D(), layers.Dense(10, "softmax")]
model = keras.Sequential([keras.Input((8, 8, 1)), *hidden, *head])
steps = args.epochs * -(-len(train) // 32)
rate = keras.optimizers.schedules.CosineDecay(args.learning_rate, steps)
loss = "sparse_categorical_crossentropy"
model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
shared = {"generations": args.generations, "split_at": "later"}
METHODS = {
    "normal": lambda: [],
    "llf": lambda: [LLFCallback(**shared)],
    "seal": lambda: [
        SEALCallback(ascent_scale="auto", retain=args.retain, **shared)
    ],
}

"""
## Train, and write the number

A line in `metrics.jsonl` for each epoch lets the study stop bad trials early.
`result.json` is written last: it means that the run is finished.
"""


def write_metrics(epoch, logs):
    line = {"epoch": epoch, "val_accuracy": float(logs["val_accuracy"])}
    with (args.workdir / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


model.fit(
    images[train],
    digits.target[train],
    epochs=args.epochs,
    validation_data=(images[held_out], digits.target[held_out]),
    callbacks=[
        *METHODS[args.method](),
        keras.callbacks.LambdaCallback(on_epoch_end=write_metrics),
    ],
    verbose=0,
)
accuracy = model.evaluate(
    images[held_out], digits.target[held_out], verbose=0, return_dict=True
)["accuracy"]
(args.workdir / "result.json").write_text(json.dumps({"accuracy": accuracy}))
print(f"{args.method}: {accuracy:.1%} on {args.evaluate_on}")
