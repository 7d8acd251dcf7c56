"""The fit of a run: from a state, if there is one, to the end."""

from __future__ import annotations

import math
import warnings

import keras

import pipelines
from pipelines.sharding import shards
from seal_tf.bookkeeping import BOOKKEEPING
from seal_tf.commands import data_flags, devices, method, profiling, setup
from seal_tf.commands.epoch_lines import EpochLines
from seal_tf.commands.flags import settings
from seal_tf.commands.keeper import Keeper
from seal_tf.commands.learning import LearningRecord
from seal_tf.commands.recorder import Recorder
from seal_tf.commands.stopping import Stopped, StopRequest
from seal_tf.fast_ops.callback import FastOps
from seal_tf.training.board import GenerationBoard
from seal_tf.training.divergence import Diverged
from seal_tf.training.loans import Loans


def fit(
    flags, model, generations, workdir, train, validation, state, replicas=None
):
    """Trains to the last epoch, unless it diverges or is asked to stop.

    Args:
        flags: The parsed flags.
        model: The compiled model.
        generations: The `GenerationCallback`.
        workdir: The `Workdir`.
        train: Training images.
        validation: Validation images.
        state: The `State` to go on from, or None.
        replicas: The `Replicas` that the model was made for, or None.

    Returns:
        The `Recorder`; None where another process writes.

    Raises:
        Stopped: by a signal; a checkpoint was written.
    """
    with StopRequest() as stop, warnings.catch_warnings():
        # The command itself says what becomes of it.
        warnings.simplefilter("ignore", Diverged)
        epoch, step = begun = state.position if state else (0, 0)
        generations.go_on_from = state
        generations.epochs_before = workdir.epochs()[:epoch]
        batches = _batches(flags, train, epoch, step)
        held_out = pipelines.evaluation_batches(validation, flags.batch_size)
        loans = Loans()
        if replicas is not None:
            generations.padded = True
            replicas.lend_to(model, loans, next(iter(held_out)))
            batches, held_out = (
                _spread(replicas, data, flags.batch_size)
                for data in (batches, held_out)
            )
        writes = replicas is None or replicas.chief
        recorder = None
        if writes:
            recorder = Recorder(workdir, generations, len(train), state)
        try:
            keeper = Keeper(
                workdir.checkpoints(flags.checkpoints_kept),
                generations,
                recorder,
                stop,
                every_epochs=flags.checkpoint_every_epochs,
                every_minutes=flags.checkpoint_every_minutes,
                begun=begun,
                keep_start=flags.on_divergence == "rollback",
                replicas=replicas,
            )
            written, shown = [], setup.shown(flags)
            if writes:
                written = _written(flags, workdir, train, validation, recorder)
            if writes and shown == "lines":
                written.append(EpochLines(generations))
            model.fit(
                batches,
                steps_per_epoch=setup.steps(flags, train),
                epochs=method.epochs_of(flags),
                initial_epoch=epoch,
                shuffle=False,
                validation_data=held_out,
                validation_steps=math.ceil(len(validation) / flags.batch_size),
                verbose=int(writes and shown == "bar"),
                callbacks=[
                    generations,
                    *_faster(flags),
                    *_averaged(flags),
                    *written,
                    _board(flags, workdir, generations),
                    keeper,
                ],
            )
        finally:
            loans.take_back()
        if stop.signum:
            # It came as fit was ending, when nobody looked any more.
            raise Stopped(stop.signum)
    return recorder


def _batches(flags, train, epoch, step):
    """Training batches from a step of an epoch on."""
    return pipelines.training_batches(
        train,
        flags.batch_size,
        seed=flags.seed,
        epochs=method.epochs_of(flags),
        first_epoch=epoch,
        first_step=step,
        recipe=data_flags.recipe(flags),
        class_weight=data_flags.class_weight(flags, train),
        drop_remainder=flags.drop_remainder,
        on_device=flags.augment_on == "device",
    )


def _averaged(flags):
    """Validation sees the moving average of the weights, where there is one.

    Fit itself leaves the model with it.
    """
    return [keras.callbacks.SwapEMAWeights()] if flags.ema_momentum else []


def _faster(flags):
    return [FastOps()] if devices.fast_ops(flags) else []


def _spread(replicas, data, batch_size):
    return replicas.spread(
        lambda first, count: shards(
            data, batch_size, replicas.count, first, count
        )
    )


def _written(flags, workdir, train, validation, recorder):
    """The callbacks that write what the run finds."""
    found = [recorder]
    if flags.track_learning:
        folder = workdir / "learning"
        found.append(
            LearningRecord(folder, train, validation, flags.batch_size)
        )
    board = keras.callbacks.TensorBoard(
        str(workdir / "tensorboard"),
        write_graph=False,
        profile_batch=profiling.steps(flags) or 0,
    )
    return [*found, board]


def _board(flags, workdir, generations):
    """All of several machines have it: they measure together."""
    told = {
        name: value
        for name, value in settings(flags).items()
        if name not in BOOKKEEPING
    }
    return GenerationBoard(
        generations, workdir / "tensorboard", flags.norms_every, told
    )
