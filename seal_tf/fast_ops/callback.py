"""The callback that lends faster operations for the length of a fit."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from seal_tf.fast_ops.lending import lend_to
from seal_tf.training.loans import Loans


def help_here(xla: bool) -> bool:
    """Whether they are faster: not with a GPU or where XLA compiles."""
    return not (xla or tf.config.list_physical_devices("GPU"))


@keras.saving.register_keras_serializable(package="seal_tf")
class FastOps(keras.callbacks.Callback):
    """Faster steps of convolutional networks on a CPU: one more callback.

    For the length of fit, convolutions and batch normalization of the model
    are computed by other TensorFlow operations; the functions are the same,
    to rounding. Layers keep their classes, so files saved meanwhile load
    without seal_tf. With a GPU, or a step that XLA compiles, nothing is done:
    they have better ways of their own. After a fit that was interrupted the
    layers go on so until the next one with this callback has ended.

    Examples:
        >>> seal = SEALCallback(generations=4)
        >>> model.fit(train, epochs=160, callbacks=[seal, FastOps()])

    Attributes:
        layers: How many layers were lent an operation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = 0
        self._loans = Loans()

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FastOps:
        return cls(**config)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        # What an interrupted fit left lent.
        self._loans.take_back()
        self.layers = 0
        model = self.model
        if not help_here(model.jit_compile):
            return
        self.layers = lend_to(model, self._loans)
        # Traced before, they would go on as they were.
        model.make_train_function(force=True)
        model.test_function = model.predict_function = None

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._loans.take_back()
        if self.layers:
            model = self.model
            model.train_function = None
            model.test_function = model.predict_function = None
