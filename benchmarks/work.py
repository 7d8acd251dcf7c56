"""The training steps that benchmarks time."""

from __future__ import annotations

import keras
import tensorflow as tf

from benchmarks.noise import CLASSES
from seal_tf import models
from seal_tf.optimizers import SGD


def compiled(
    arch,
    size=64,
    classes=CLASSES,
    precision="float32",
    optimizer=None,
    xla=False,
    steps_per_execution=1,
):
    """A network as `seal_tf.train` compiles it, on a CPU."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(precision)
    model = models.build(arch, (size, size, 3), classes)
    model.compile(
        optimizer or SGD(0.01, 0.9, l2=5e-4),
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=0.1
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=xla,
        steps_per_execution=steps_per_execution,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def same_again(x, y):
    """An endless data set of the one batch, in memory."""
    return tf.data.Dataset.from_tensors((x, y)).cache().repeat()


def step_of(model, data):
    """A function that takes one step, fit's own, and waits for its loss.

    Args:
        model: The compiled model.
        data: A `tf.data.Dataset` of batches without end.
    """
    iterator = iter(data)
    model.make_train_function()

    def step():
        float(model.train_function(iterator)["loss"])

    return step


def begun(callback, model, epochs, steps):
    """Has a callback begin a fit that the caller drives."""
    callback.set_model(model)
    callback.set_params({"epochs": epochs, "steps": steps, "verbose": 0})
    callback.on_train_begin()
    return callback
