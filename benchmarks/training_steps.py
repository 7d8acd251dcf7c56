"""Create the models and training steps that benchmarks time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import keras
import numpy as np
import tensorflow as tf

from benchmarks.random_batch import CLASSES
from seal_tf import models
from seal_tf.optimizers import SGD

CallbackT = TypeVar("CallbackT", bound=keras.callbacks.Callback)


def compiled_model(
    arch: str,
    size: int = 64,
    classes: int = CLASSES,
    precision: str = "float32",
    **compile_arguments: Any,
) -> keras.Model:
    """Create a model, compiled as `seal_tf.train` compiles it on a CPU.

    Args:
        arch: Name of the network.
        size: Height and width of the images.
        classes: Number of classes.
        precision: Keras dtype policy.
        **compile_arguments: Other arguments of `model.compile`, such as
            `optimizer`, `jit_compile` or `steps_per_execution`.

    Returns:
        The model, with a built optimizer.
    """
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(precision)
    model = models.build(arch, (size, size, 3), classes)
    arguments = {
        "optimizer": SGD(0.01, 0.9, l2=5e-4),
        "jit_compile": False,
        **compile_arguments,
    }
    model.compile(
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=0.1
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        **arguments,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def repeat_batch(x: np.ndarray, y: np.ndarray) -> tf.data.Dataset:
    """Return an endless data set of one batch in memory."""
    return tf.data.Dataset.from_tensors((x, y)).cache().repeat()


def step_function(
    model: keras.Model,
    data: tf.data.Dataset,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Callable[[], None]:
    """Return a function that runs one train step of fit.

    Args:
        model: The compiled model.
        data: An endless data set of batches.
        callbacks: Started callbacks that prepare the first step.

    Returns:
        A function that returns when the loss of the step is available.
    """
    iterator = iter(data)
    model.make_train_function()
    for callback in callbacks:
        callback.on_train_batch_begin(0)

    def step() -> None:
        float(model.train_function(iterator)["loss"])

    return step


def start_callback(
    callback: CallbackT, model: keras.Model, epochs: int, steps: int
) -> CallbackT:
    """Start a callback as a fit would.

    Args:
        callback: The callback.
        model: The compiled model.
        epochs: Epochs of the fit.
        steps: Steps of an epoch.

    Returns:
        The callback.
    """
    callback.set_model(model)
    callback.set_params({"epochs": epochs, "steps": steps, "verbose": 0})
    callback.on_train_begin()
    return callback
