"""The fit of a run: from a state, if there is one, to the end."""

from __future__ import annotations

import warnings

import keras

import pipelines
from seal_tf.commands import data_flags, method, setup
from seal_tf.commands.keeper import Keeper
from seal_tf.commands.learning import LearningRecord
from seal_tf.commands.recorder import Recorder
from seal_tf.commands.stopping import StopRequest
from seal_tf.training.divergence import Diverged


def fit(flags, model, generations, workdir, train, validation, state):
    """Trains to the last epoch, unless it diverges or is asked to stop.

    Args:
        flags: The parsed flags.
        model: The compiled model.
        generations: The `GenerationCallback`.
        workdir: The `Workdir`.
        train: Training images.
        validation: Validation images.
        state: The `State` to go on from, or None.

    Returns:
        The `Recorder`.

    Raises:
        Stopped: by a signal; a checkpoint was written.
    """
    epochs = method.epochs_of(flags)
    steps = setup.steps(flags, train)
    recorder = Recorder(workdir, generations, len(train), state)
    first = state.position if state else (0, 0)
    generations.go_on_from = state
    held_out = pipelines.evaluation_batches(validation, flags.batch_size)
    if first[1]:
        # A step of evaluation makes the metrics, that hold what they counted.
        x, y = next(iter(held_out))
        model.test_on_batch(x, y)
    with StopRequest() as stop, warnings.catch_warnings():
        # The command itself says what becomes of it.
        warnings.simplefilter("ignore", Diverged)
        model.fit(
            pipelines.training_batches(
                train,
                flags.batch_size,
                seed=flags.seed,
                epochs=epochs,
                first_epoch=first[0],
                first_step=first[1],
                recipe=data_flags.recipe(flags),
                class_weight=data_flags.class_weight(flags, train),
                drop_remainder=flags.drop_remainder,
                on_device=flags.augment_on == "device",
            ),
            steps_per_epoch=steps,
            epochs=epochs,
            initial_epoch=first[0],
            shuffle=False,
            validation_data=held_out,
            verbose=setup.verbosity(flags),
            callbacks=[
                generations,
                recorder,
                *_learning(flags, workdir, train, validation),
                keras.callbacks.TensorBoard(
                    str(workdir / "tensorboard"), write_graph=False
                ),
                Keeper(
                    workdir.checkpoints(flags.checkpoints_kept),
                    generations,
                    recorder,
                    stop,
                    every_epochs=flags.checkpoint_every_epochs,
                    every_minutes=flags.checkpoint_every_minutes,
                ),
            ],
        )
    return recorder


def _learning(flags, workdir, train, validation):
    if not flags.track_learning:
        return []
    folder = workdir / "learning"
    return [LearningRecord(folder, train, validation, flags.batch_size)]
