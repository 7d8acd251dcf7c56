"""Restore a model whose fit was interrupted."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FrameType
from typing import Any

import keras

from seal_tf.optimizers.names import unwrapped
from seal_tf.utils.patching import AttributePatcher

#: Methods by which a model is used again after a fit.
ENTRY_POINTS = (
    "fit",
    "compile",
    "evaluate",
    "predict",
    "train_on_batch",
    "test_on_batch",
    "predict_on_batch",
    "save",
    "export",
    "make_train_function",
    "make_test_function",
    "make_predict_function",
)


class FitGuard:
    """Restore a model as soon as it is used after an interrupted fit.

    Keras calls `on_train_end` only if fit succeeds. After an exception or
    Ctrl-C, the model still has the patches of the fit. This guard wraps every
    entry point of the model, and `apply` of its optimizer: the first call
    after the end of fit restores everything, then runs the original method.

    Args:
        model: The model, in a fit.
        patcher: The patcher of the fit.
    """

    def __init__(self, model: keras.Model, patcher: AttributePatcher) -> None:
        self._patcher = patcher
        self._frame = fit_frame(model)
        if self._frame is None:
            # In a training loop of its own, the user ends the training.
            return
        for name in ENTRY_POINTS:
            self._guard(model, name)
        self._guard(unwrapped(model.optimizer), "apply")

    def _guard(self, owner: Any, name: str) -> None:
        if getattr(owner, name, None) is not None:
            call = functools.partial(self._call, owner, name)
            self._patcher.wrap(owner, name, call)

    def _call(
        self,
        owner: Any,
        name: str,
        original: Callable[..., Any],
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        if self._in_fit():
            return original(*args, **kwargs)
        self._frame = None
        self._patcher.restore()
        return getattr(owner, name)(*args, **kwargs)

    def _in_fit(self) -> bool:
        if self._frame is None:
            return False
        try:
            # Python refuses to clear a frame that is executing.
            self._frame.clear()
        except RuntimeError:
            return True
        return False


def fit_frame(model: keras.Model) -> FrameType | None:
    """Return the frame of the outermost `model.fit` that is executing."""
    frame = inspect.currentframe()
    outermost: FrameType | None = None
    while frame is not None:
        if frame.f_code.co_name == "fit" and (
            frame.f_locals.get("self") is model
        ):
            outermost = frame
        frame = frame.f_back
    return outermost
