"""Validate the averaged weights of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import keras

from pipelines.images import Images
from seal_tf.callbacks.generation import GenerationCallback
from seal_tf.cli.train.batches import evaluation_batches, training_batches
from seal_tf.cli.train.build import build_recipe
from seal_tf.cli.train.settings import TrainSettings
from seal_tf.schedules import AverageWeights


class AverageValidation(keras.callbacks.Callback):
    """Validate the averaged weights at the end of a generation.

    Without averaged weights it does nothing. It does not change the model in
    training: a copy gets the averaged weights, and statistics of
    BatchNormalization from one pass over the training images. The logs gain
    `averaged_val_loss` and `averaged_val_accuracy`.

    Args:
        settings: Settings of the run.
        generations: The `GenerationCallback` of the run, before this callback
            in the list.
        train: Training images.
        validation: Validation images.
        one_device: Returns the scope of models on one device.
    """

    def __init__(
        self,
        settings: TrainSettings,
        generations: GenerationCallback,
        train: Images,
        validation: Images,
        one_device: Callable[
            [], contextlib.AbstractContextManager[Any]
        ] = contextlib.nullcontext,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._generations = generations
        self._train = train
        self._validation = validation
        self._one_device = one_device

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Validate, if the average was updated."""
        plan = self._generations.plan.epoch(epoch)
        averages = any(isinstance(e, AverageWeights) for e in plan.after)
        if not (averages and plan.last_of_generation):
            return
        if logs is None or self._generations.diverged:
            return
        batch_size = self._settings.batch_size
        with self._one_device():
            model = build_averaged_model(
                self._settings, self._generations, self._train
            )
            metrics = evaluate(model, self._validation, batch_size)
        logs.update({f"averaged_val_{k}": v for k, v in metrics.items()})


def build_averaged_model(
    settings: TrainSettings, generations: GenerationCallback, train: Images
) -> keras.Model:
    """Return a compiled copy of the model with averaged weights.

    Args:
        settings: Settings of the run.
        generations: Its callback, with averaged weights.
        train: Training images, augmented as in training, for the statistics
            of BatchNormalization.
    """
    batches = training_batches(
        train,
        settings.batch_size,
        seed=settings.seed,
        epochs=1,
        recipe=build_recipe(settings.augmentation),
    )
    model = generations.averaged_model(batches)
    model.compile(
        loss=generations.model.loss,
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    return model


def evaluate(
    model: keras.Model, images: Images, batch_size: int
) -> dict[str, float]:
    """Return loss and accuracy of a compiled model on images, by name."""
    batches = evaluation_batches(images, batch_size)
    metrics = model.evaluate(batches, verbose=0, return_dict=True)
    return {name: float(metrics[name]) for name in ("loss", "accuracy")}
