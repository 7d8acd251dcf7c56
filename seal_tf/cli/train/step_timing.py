"""Time a few steps of a run before it starts: --dry_run=measure."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import statistics
import time
from typing import Any

import keras

from seal_tf.callbacks.generation import GenerationCallback
from seal_tf.callbacks.progress import duration
from seal_tf.cli.train import build
from seal_tf.cli.train.batches import evaluation_batches, training_batches
from seal_tf.cli.train.devices import create_fast_ops
from seal_tf.cli.train.fit import Splits
from seal_tf.cli.train.settings import TrainSettings

#: Steps that are timed, after the first one.
STEPS = 10


@dataclasses.dataclass(frozen=True)
class StepTimes:
    """Times of a run on this machine, in seconds.

    Args:
        first: The first training step, with its compilation.
        step: A later training step.
        validation: One pass over the validation images.
    """

    first: float
    step: float
    validation: float

    def describe(
        self, epochs: int, steps: int, batch_size: int, validations: int
    ) -> str:
        """Describe the times, and estimate that of the whole run.

        Args:
            epochs: Epochs of the run.
            steps: Steps per epoch.
            batch_size: Images per batch.
            validations: Validations of the run.
        """
        run = epochs * steps * self.step + validations * self.validation
        return (
            f"measured: {self.step:.3g} s for a step of {batch_size} images "
            f"({batch_size / self.step:,.0f} images/s), {self.validation:.3g} "
            f"s for a validation; {epochs:,} epochs take about "
            f"{duration(run)} on this machine, after {self.first:.3g} s for "
            "the first step"
        )


def measure_times(
    settings: TrainSettings,
    model: keras.Model,
    generations: GenerationCallback,
    splits: Splits,
) -> StepTimes:
    """Train a few steps, and validate once.

    The model is no longer untrained afterwards.

    Args:
        settings: Settings of the run.
        model: The compiled model.
        generations: The `GenerationCallback`, which keeps snapshots in
            memory.
        splits: The images.
    """
    timer = _StepTimer()
    callbacks: list[keras.callbacks.Callback] = [generations]
    fast_ops = create_fast_ops(settings.devices)
    if fast_ops is not None:
        callbacks.append(fast_ops)
    batches = training_batches(
        splits.train,
        settings.batch_size,
        seed=settings.seed,
        epochs=settings.epochs,
        recipe=build.build_recipe(settings.augmentation),
        drop_remainder=bool(settings.augmentation.drop_remainder),
        on_device=settings.augmentation.on_device,
        repeat_augment=settings.augmentation.repeat_augment,
    )
    with contextlib.suppress(_EnoughStepsError):
        model.fit(
            batches,
            steps_per_epoch=build.steps_per_epoch(settings, splits.train),
            epochs=settings.epochs,
            shuffle=False,
            verbose=0,
            callbacks=[*callbacks, timer],
        )
    return StepTimes(
        timer.seconds[0],
        statistics.median(timer.seconds[1:] or timer.seconds),
        _time_validation(model, splits, settings.batch_size),
    )


def _time_validation(
    model: keras.Model, splits: Splits, batch_size: int
) -> float:
    batches = evaluation_batches(splits.validation, batch_size)
    count = math.ceil(len(splits.validation) / batch_size)
    model.evaluate(batches.take(1), verbose=0)
    timed = min(STEPS, count)
    start = time.monotonic()
    model.evaluate(batches.take(timed), verbose=0)
    return (time.monotonic() - start) * count / timed


class _EnoughStepsError(Exception):
    """The timed steps are complete."""


class _StepTimer(keras.callbacks.Callback):
    """Time the first steps of a fit, and then end it.

    Attributes:
        seconds: Time of each step.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._start = 0.0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._start = time.monotonic()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Stop the clock, when the device has finished the step."""
        float((logs or {})["loss"])
        now = time.monotonic()
        self.seconds.append(now - self._start)
        self._start = now
        if len(self.seconds) > STEPS:
            raise _EnoughStepsError
