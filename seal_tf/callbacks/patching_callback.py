"""The base of callbacks that patch layers for the length of a fit."""

from __future__ import annotations

import functools
from typing import Any

import keras

from seal_tf.training import train_function
from seal_tf.training.fit_guard import FitGuard
from seal_tf.utils.patching import AttributePatcher


class PatchingCallback(keras.callbacks.Callback):
    """Patch layers of the model from the start of a fit to its end.

    A subclass defines `patch_layers`. Whatever ends the fit, the layers are
    restored, and functions that were traced with them are discarded.
    """

    def __init__(self) -> None:
        super().__init__()
        self._patcher = AttributePatcher()

    def patch_layers(
        self, model: keras.Model, patcher: AttributePatcher
    ) -> None:
        """Patch layers.

        Args:
            model: The model in fit.
            patcher: Restores the layers.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the settings: there are none."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> PatchingCallback:
        """Return the callback of a config from `get_config`."""
        return cls(**config)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Patch the layers."""
        model = self.model
        self.patch_layers(model, self._patcher)
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
