"""Kinds of models, optimizers and ways of fitting."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tests.training import nets

COUNT, BATCH = 24, 8


def _images(seed=0):
    return np.random.default_rng(seed).normal(size=(COUNT, 6)).astype("float32")


def _labels(classes=3):
    return np.arange(COUNT) % classes


def _classifier(make):
    return lambda: (make(), _images(), _labels())


def _two_outputs():
    inputs = {name: keras.Input((6,), name=name) for name in ("a", "b")}
    h = layers.Concatenate()(list(inputs.values()))
    h = layers.Dense(8, activation="relu", name="first")(h)
    outputs = {
        "kind": layers.Dense(3, activation="softmax", name="kind")(h),
        "size": layers.Dense(3, activation="softmax", name="size")(h),
    }
    x = {"a": _images(), "b": _images(1)}
    return (
        keras.Model(inputs, outputs),
        x,
        {"kind": _labels(), "size": _labels()[::-1].copy()},
    )


def _masked_text():
    tokens = np.random.default_rng(0).integers(1, 9, (COUNT, 5))
    tokens[:, 3:] = 0
    inputs = keras.Input((5,), dtype="int32")
    h = layers.Embedding(9, 8, mask_zero=True, name="first")(inputs)
    h = layers.GlobalAveragePooling1D()(h)
    h = layers.Dense(8, activation="relu", name="second")(h)
    outputs = layers.Dense(3, activation="softmax", name="third")(h)
    return keras.Model(inputs, outputs), tokens, _labels()


def _lora():
    model = nets.functional()
    model.get_layer("first").enable_lora(2)
    return model, _images(), _labels()


def _frozen_parts():
    model = nets.functional()
    model.get_layer("norm").trainable = False
    model.get_layer("second").bias.trainable = False
    return model, _images(), _labels()


#: Name: function that returns (model, x, y).
MODELS = {
    **{name: _classifier(make) for name, make in nets.KINDS.items()},
    "two outputs": _two_outputs,
    "masked text": _masked_text,
    "lora": _lora,
    "frozen parts": _frozen_parts,
}


class OwnOptimizer(keras.optimizers.Optimizer):
    """Signed descent, as a user may write it."""

    def update_step(self, gradient, variable, learning_rate):
        step = keras.ops.sign(gradient) * keras.ops.cast(
            learning_rate, variable.dtype
        )
        self.assign_sub(variable, step)


#: Every optimizer of Keras whose step is proportional to its rate.
OPTIMIZERS = {
    "SGD": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    **{
        name: (lambda cls: lambda: cls(0.01))(getattr(keras.optimizers, name))
        for name in (
            *("Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax"),
            *("Lamb", "Lion", "Nadam", "RMSprop"),
        )
    },
    "averaged SGD": lambda: keras.optimizers.SGD(0.01, use_ema=True),
    "own": lambda: OwnOptimizer(0.01),
}


class _Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self._x, self._y = x, y

    def __len__(self):
        return COUNT // BATCH

    def __getitem__(self, index):
        part = slice(index * BATCH, (index + 1) * BATCH)
        return keras.tree.map_structure(lambda a: a[part], (self._x, self._y))


def _generator(x, y):
    batches = _Batches(x, y)
    while True:
        for i in range(len(batches)):
            yield batches[i]


#: Name: function of (x, y) that returns the arguments of fit.
FITS = {
    "arrays": lambda x, y: {
        "x": x,
        "y": y,
        "batch_size": BATCH,
        "shuffle": False,
    },
    "tf.data": lambda x, y: {
        "x": tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH)
    },
    "PyDataset": lambda x, y: {"x": _Batches(x, y), "shuffle": False},
    "generator": lambda x, y: {
        "x": _generator(x, y),
        "steps_per_epoch": COUNT // BATCH,
    },
}


def build(kind, optimizer, **compile_arguments):
    """Return (model, x, y), compiled, with the weights of seed 0."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(0)
    model, x, y = MODELS[kind]()
    if not model.built:
        model(x[:1])
    model.compile(
        OPTIMIZERS[optimizer](),
        "sparse_categorical_crossentropy",
        jit_compile=False,
        **compile_arguments,
    )
    return model, x, y
