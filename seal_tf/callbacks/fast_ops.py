"""Faster layer operations on a CPU, as a callback."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from seal_tf.callbacks.patching_callback import PatchingCallback
from seal_tf.fast_ops.layer_patch import patch_layers
from seal_tf.utils.patching import AttributePatcher


def are_faster(xla: bool) -> bool:
    """Return whether the operations are faster: on a CPU without XLA.

    Args:
        xla: Whether XLA compiles the step.
    """
    return not (xla or tf.config.list_physical_devices("GPU"))


@keras.saving.register_keras_serializable(package="seal_tf")
class FastOps(PatchingCallback):
    """Speed up the steps of convolutional networks on a CPU.

    For the length of fit, other TensorFlow operations compute the
    convolutions and the batch normalization of the model. The functions are
    the same, to rounding. Layers keep their classes, so files of plain Keras
    models that are saved meanwhile load without seal_tf. With a GPU, or if
    XLA compiles the step, the callback does nothing.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import FastOps
        >>> model = keras.Sequential([
        ...     keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3),
        ...     keras.layers.Flatten(), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = model.fit(np.ones((8, 8, 8, 3)), np.ones((8, 1)),
        ...                     verbose=0, callbacks=[FastOps()])

    Attributes:
        layers: Number of layers with another operation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Patch the layers, if that is faster."""
        self.layers = 0
        if are_faster(self.model.jit_compile):
            super().on_train_begin(logs)

    def patch_layers(
        self, model: keras.Model, patcher: AttributePatcher
    ) -> None:
        """Patch every layer that has a faster operation."""
        self.layers = patch_layers(model, patcher)
