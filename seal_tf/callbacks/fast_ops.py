"""Faster layer operations on a CPU, as a callback."""

from __future__ import annotations

import functools
from typing import Any

import keras
import tensorflow as tf

from seal_tf.fast_ops.layer_patch import patch_layers
from seal_tf.training import train_function
from seal_tf.training.fit_guard import FitGuard
from seal_tf.utils.patching import AttributePatcher


def are_faster(xla: bool) -> bool:
    """Return whether the operations are faster: on a CPU without XLA.

    Args:
        xla: Whether XLA compiles the step.
    """
    return not (xla or tf.config.list_physical_devices("GPU"))


@keras.saving.register_keras_serializable(package="seal_tf")
class FastOps(keras.callbacks.Callback):
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
        self._patcher = AttributePatcher()

    def get_config(self) -> dict[str, Any]:
        """Return the settings: there are none."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FastOps:
        """Return the callback of a config from `get_config`."""
        return cls(**config)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Patch the layers."""
        self.layers = 0
        model = self.model
        if not are_faster(model.jit_compile):
            return
        self.layers = patch_layers(model, self._patcher)
        # Functions that were traced before would keep the old operations.
        train_function.rebuild(model)
        train_function.invalidate_inference(model)
        self._patcher.add_cleanup(
            functools.partial(train_function.invalidate_all, model)
        )
        FitGuard(model, self._patcher)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Restore the layers."""
        self._patcher.restore()
