"""Check the other callbacks of a fit."""

from __future__ import annotations

import warnings
from typing import Any

import keras

from seal_tf.training.fit_guard import fit_frame

_RATE_CALLBACKS = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
)


def check_other_callbacks(
    model: keras.Model,
    callback: keras.callbacks.Callback,
    has_events: bool,
    owns_rate: bool,
) -> None:
    """Check that other callbacks do not undo or repeat the events of a plan.

    `SwapEMAWeights(swap_on_epoch=True)` has the averages in the model from
    the end of an epoch to the start of the next one. If it follows the
    callback, the events at the start of an epoch would act on them, and a
    reset of the optimizer would clear the weights.

    `BackupAndRestore(save_freq=N)` restores weights of the middle of an
    epoch, and Keras repeats this epoch from its start, with its events.

    `LearningRateScheduler` and `ReduceLROnPlateau` have no effect if the plan
    sets the learning rate in every step.

    Args:
        model: The model, in a fit.
        callback: The callback that executes events.
        has_events: Whether epochs start with events.
        owns_rate: Whether the plan sets the learning rate.

    Raises:
        ValueError: If such a `SwapEMAWeights` follows, or another callback
            sets the learning rate, too.
    """
    is_later = False
    for other in _callbacks_of_fit(model):
        is_later = is_later or other is callback
        if (
            is_later
            and isinstance(other, keras.callbacks.SwapEMAWeights)
            and other.swap_on_epoch
        ):
            raise ValueError(
                "SwapEMAWeights(swap_on_epoch=True) must precede the "
                f"{type(callback).__name__} in `callbacks`: after it, the "
                "optimizer would be reset while the averages are in the model."
            )
        if owns_rate and isinstance(other, _RATE_CALLBACKS):
            raise ValueError(
                f"{type(other).__name__} would have no effect, because the "
                f"schedule of the {type(callback).__name__} sets the learning "
                "rate in every step. Remove one of the two, or the argument "
                "`learning_rate` of the schedule."
            )
        if (
            has_events
            and isinstance(other, keras.callbacks.BackupAndRestore)
            and other.save_freq != "epoch"
            and other.save_freq
        ):
            warnings.warn(
                "A run that BackupAndRestore restores in the middle of an "
                "epoch repeats what the schedule does at its start. Use "
                '`save_freq="epoch"`, or `checkpoint_dir`. Received: '
                f"save_freq={other.save_freq}",
                UserWarning,
                stacklevel=3,
            )


def _callbacks_of_fit(model: keras.Model) -> list[Any]:
    frame = fit_frame(model)
    callbacks = frame.f_locals.get("callbacks") if frame else None
    # Keras replaces the list of the user by a CallbackList.
    return list(getattr(callbacks, "callbacks", callbacks) or [])
