"""Fit the model of a run, from its state to the last epoch."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import warnings
from typing import TYPE_CHECKING, Any

import keras

from pipelines.images import Images
from pipelines.installed import has_tensorflow
from seal_tf.backends import get_backend
from seal_tf.callbacks.generation import GenerationCallback, PlanWarning
from seal_tf.callbacks.tensorboard import GenerationTensorBoard
from seal_tf.callbacks.unbiased_batch_norm import UnbiasedBatchNorm
from seal_tf.checkpoints.finite_backup import Diverged
from seal_tf.checkpoints.state import RunState
from seal_tf.cli.train import build
from seal_tf.cli.train.average_validation import AverageValidation
from seal_tf.cli.train.batches import evaluation_batches, training_batches
from seal_tf.cli.train.checkpoint_callback import (
    CheckpointCallback,
    RunProcess,
)
from seal_tf.cli.train.devices import create_fast_ops
from seal_tf.cli.train.epoch_logger import EpochLogger
from seal_tf.cli.train.learning_callback import LearningCallback
from seal_tf.cli.train.metrics_tensorboard import MetricsTensorBoard
from seal_tf.cli.train.metrics_writer import MetricsWriter
from seal_tf.cli.train.progress_bar import ImageProgressBar
from seal_tf.cli.train.settings import TrainSettings
from seal_tf.cli.train.stop_request import StopRequest
from seal_tf.cli.train.work_directory import WorkDirectory
from seal_tf.utils.non_semantic_flags import NON_SEMANTIC_FLAGS
from seal_tf.utils.patching import AttributePatcher

if TYPE_CHECKING:
    from seal_tf.distribution.replicas import Replicas
    from seal_tf.schedules import Plan


@dataclasses.dataclass(frozen=True)
class Splits:
    """The images of a run.

    Args:
        train: Training images.
        validation: Validation images.
        test: Images that are evaluated once, or None.
    """

    train: Images
    validation: Images
    test: Images | None = None

    @property
    def images(self) -> tuple[Images, ...]:
        """All splits, the test images last."""
        splits = self.train, self.validation
        return splits if self.test is None else (*splits, self.test)


@dataclasses.dataclass(frozen=True)
class TrainingRun:
    """The objects of a training run.

    Args:
        settings: Settings of the run.
        workdir: The work directory.
        model: The compiled model.
        generations: The `GenerationCallback`.
        plan: The plan of the run.
        splits: The images.
        stop: The request to stop.
        replicas: The replicas of the model, or None.
    """

    settings: TrainSettings
    workdir: WorkDirectory
    model: keras.Model
    generations: GenerationCallback
    plan: Plan
    splits: Splits
    stop: StopRequest
    replicas: Replicas | None = None

    @property
    def train(self) -> Images:
        """Training images."""
        return self.splits.train

    @property
    def validation(self) -> Images:
        """Validation images."""
        return self.splits.validation

    @property
    def writes(self) -> bool:
        """Whether this process writes files."""
        return self.replicas is None or self.replicas.chief


def fit(run: TrainingRun, state: RunState | None) -> MetricsWriter | None:
    """Train to the last epoch, unless the run diverges or is stopped.

    Args:
        run: The objects of the run.
        state: The state from which it resumes, or None.

    Returns:
        The `MetricsWriter`; None if another process writes.

    Raises:
        Stopped: If a signal stopped training; the state was saved.
    """
    with warnings.catch_warnings():
        # The command reports a divergence itself.
        warnings.simplefilter("ignore", Diverged)
        # The command has printed the plan with its warnings.
        warnings.simplefilter("ignore", PlanWarning)
        patcher = AttributePatcher()
        try:
            return _fit(run, state, patcher)
        finally:
            patcher.restore()


def _fit(
    run: TrainingRun,
    state: RunState | None,
    patcher: AttributePatcher,
) -> MetricsWriter | None:
    settings, generations = run.settings, run.generations
    epoch, step = start = state.position if state else (0, 0)
    steps = build.steps_per_epoch(settings, run.train)
    generations.initial_state = state
    generations.previous_epochs = run.workdir.epochs()[:epoch]
    train_batches = _training_batches(run, epoch, step)
    validation_batches = evaluation_batches(run.validation, settings.batch_size)
    if run.replicas is not None:
        generations.padded = True
        run.replicas.patch(run.model, patcher, next(iter(validation_batches)))
        train_batches, validation_batches = (
            _distribute(run.replicas, batches, settings.batch_size)
            for batches in (train_batches, validation_batches)
        )
    writer = None
    if run.writes:
        writer = MetricsWriter(
            run.workdir,
            generations,
            _images_per_epoch(run),
            (epoch, step / steps),
        )
        generations.add_state_part("best_weights", writer)
    checkpoints = CheckpointCallback(
        run.workdir.checkpoints(settings.checkpoints.max_to_keep),
        settings.checkpoints,
        RunProcess(generations, writer, run.stop, run.replicas, start),
    )
    run.model.fit(
        train_batches,
        steps_per_epoch=steps,
        epochs=settings.epochs,
        initial_epoch=epoch,
        shuffle=False,
        validation_data=validation_batches,
        validation_steps=math.ceil(len(run.validation) / settings.batch_size),
        validation_freq=run.plan.validated_epochs(
            settings.output.validation_freq
        ),
        verbose=0,
        callbacks=[generations, *_callbacks(run, writer), checkpoints],
    )
    # A signal may come at the end of fit, after its last check.
    run.stop.check()
    return writer


def _training_batches(run: TrainingRun, epoch: int, step: int) -> Any:
    """Training batches from a step of an epoch on."""
    settings = run.settings
    augmentation = settings.augmentation
    return training_batches(
        run.train,
        settings.batch_size,
        seed=settings.seed,
        epochs=settings.epochs,
        first_epoch=epoch,
        first_step=get_backend().first_data_step(step),
        recipe=build.build_recipe(augmentation),
        class_weight=build.class_weights(augmentation, run.train),
        drop_remainder=bool(augmentation.drop_remainder),
        on_device=augmentation.on_device,
        repeat_augment=augmentation.repeat_augment,
    )


def _distribute(replicas: Replicas, batches: Any, batch_size: int) -> Any:
    # This module imports TensorFlow.
    from pipelines.sharding import shard_batches

    return replicas.distribute(
        lambda first, count: shard_batches(
            batches, batch_size, replicas.shard_count, first, count
        )
    )


def _callbacks(
    run: TrainingRun, writer: MetricsWriter | None
) -> list[keras.callbacks.Callback]:
    """The callbacks between the first and the last one."""
    settings = run.settings
    callbacks: list[keras.callbacks.Callback] = []
    fast_ops = create_fast_ops(settings.devices)
    if fast_ops is not None:
        run.generations.add_state_part("fast_ops", fast_ops)
        callbacks.append(fast_ops)
    if settings.model.unbiased_batch_norm:
        callbacks.append(UnbiasedBatchNorm())
    if settings.optimizer.ema_momentum:
        # Validation uses the moving average; fit ends with it in the model.
        callbacks.append(keras.callbacks.SwapEMAWeights())
    if writer is not None:
        callbacks += _writing_callbacks(run, writer)
    # Every machine needs this callback: recording norms is collective.
    hparams = {
        name: value
        for name, value in settings.flags.items()
        if name not in NON_SEMANTIC_FLAGS
    }
    callbacks.append(
        GenerationTensorBoard(
            run.generations,
            run.workdir / "tensorboard",
            settings.output.norms_every,
            hparams,
        )
    )
    return callbacks


def _writing_callbacks(
    run: TrainingRun, writer: MetricsWriter
) -> list[keras.callbacks.Callback]:
    """The callbacks of the process that writes."""
    settings = run.settings
    output = settings.output
    # The first one adds log entries, which the others write.
    callbacks: list[keras.callbacks.Callback] = [
        AverageValidation(
            run.settings,
            run.generations,
            run.train,
            run.validation,
            run.replicas.one_device if run.replicas else contextlib.nullcontext,
        ),
        writer,
    ]
    if output.track_learning:
        callbacks.append(
            LearningCallback(
                run.workdir / "learning",
                run.train,
                run.validation,
                run.settings.batch_size,
            )
        )
    if has_tensorflow():
        # Keras' callback writes its files with TensorFlow.
        callbacks.append(
            MetricsTensorBoard(
                str(run.workdir / "tensorboard"),
                write_graph=False,
                profile_batch=output.profile_steps or 0,
            )
        )
    if output.progress == "lines":
        callbacks.append(EpochLogger(run.generations))
    elif output.progress == "bar":
        callbacks.append(
            ImageProgressBar(
                run.generations, _images_per_epoch(run), settings.batch_size
            )
        )
    return callbacks


def _images_per_epoch(run: TrainingRun) -> int:
    """Training images of an epoch, repetitions included.

    A last, partial batch may be left out.
    """
    settings = run.settings
    steps = build.steps_per_epoch(settings, run.train)
    images = len(run.train) * settings.augmentation.repeat_augment
    return min(images, steps * settings.batch_size)
