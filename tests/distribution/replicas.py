"""Compare one device with two replicas, in a separate process.

TensorFlow creates its virtual devices before anything else, and a process has
one MirroredStrategy (a second would reuse the keys of its collectives). The
command prints, as JSON and by case, the largest differences of weights and of
logs.
"""

import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import pipelines
from pipelines.augmentation.recipe import Recipe
from pipelines.sharding import shard_batches
from seal_tf import GenerationCallback, GenerationTensorBoard, SEALCallback
from seal_tf.checkpoints.serialization import read_state
from seal_tf.distribution.tensorflow import (
    Replicas,
    create_strategy,
    synchronize_batch_norm,
)
from seal_tf.optimizers import SGD
from seal_tf.utils.patching import AttributePatcher
from tests import methods
from tests.callbacks.summaries import read_summaries
from tests.checkpoints.states import save_state
from tests.training import nets

BATCH = 12


def _compiled(strategy, norm=True):
    keras.utils.set_random_seed(3)
    with strategy.scope():
        # Smooth, so that a difference of 1e-7 switches no unit off.
        model = nets.blocks(activation="silu", norm=norm)
        model.compile(
            SGD(0.05, 0.9, l2=5e-4),
            keras.losses.CategoricalCrossentropy(from_logits=True),
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            jit_compile=False,
        )
    return model


def _fit(
    images,
    name,
    strategy=None,
    norm=True,
    batch=BATCH,
    weights=None,
    state=None,
    other=None,
    synchronized=True,
    **recipe,
):
    generations = GenerationCallback(
        methods.ALL[name](),
        tempfile.mkdtemp(prefix="snapshots."),
        probe_data=next(iter(pipelines.evaluation_batches(images, 20))),
    )
    generations.initial_state = state
    epoch, step = state.position if state else (0, 0)
    train = pipelines.training_batches(
        images,
        batch,
        seed=5,
        epochs=methods.EPOCHS,
        first_epoch=epoch,
        first_step=step,
        class_weight=weights,
        **recipe,
    )
    validation = pipelines.evaluation_batches(images, 14)
    model = _compiled(strategy or tf.distribute.get_strategy(), norm)
    patcher = AttributePatcher()
    if strategy is not None:
        replicas = Replicas(strategy)
        if synchronized:
            synchronize_batch_norm(model)
        replicas.patch(model, patcher, next(iter(validation)))
        generations.padded = True

        def distribute(data, size):
            return replicas.distribute(
                lambda first, count: shard_batches(
                    data, size, replicas.shard_count, first, count
                )
            )

        train = distribute(train, batch)
        validation = distribute(validation, 14)
    history = model.fit(
        train,
        steps_per_epoch=-(-len(images) // batch),
        epochs=methods.EPOCHS,
        initial_epoch=epoch,
        shuffle=False,
        verbose=0,
        validation_data=validation,
        validation_steps=-(-len(images) // 14),
        callbacks=[generations, *([other(generations)] if other else [])],
    )
    patcher.restore()
    if strategy is not None:
        _check_replicas_agree(model, strategy)
    return model.get_weights(), history.history


class _SaveState(keras.callbacks.Callback):
    def __init__(self, generations, file):
        super().__init__()
        self._generations, self._file = generations, file

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self._epoch, batch) == (5, 0):
            state = self._generations.run_state(self._epoch, batch + 1)
            save_state(self._file, state)


def _plain(strategy):
    """Train with a user's own fit in the scope of a strategy."""
    keras.utils.set_random_seed(3)
    with strategy.scope():
        model = nets.compiled(nets.functional(), SGD(0.05))
        synchronize_batch_norm(model)
    history = model.fit(
        *nets.data(count=48),
        batch_size=16,
        epochs=8,
        shuffle=False,
        verbose=0,
        callbacks=[SEALCallback(2, split_at="second", ascent_scale=0.1)],
    )
    return model.get_weights(), history.history


def _norms(folder):
    """Return the norms that `GenerationTensorBoard` wrote, by name."""
    return {
        tag: [norm for _, norm in pairs]
        for tag, pairs in read_summaries(folder).items()
        if tag.startswith("norm/")
    }


def _differences(one, two):
    weights = np.max(
        [
            np.abs(a - b).max() / (np.abs(a).max() + 1e-3)
            for a, b in zip(one[0], two[0], strict=True)
        ]
    )
    first = len(one[1]["loss"]) - len(two[1]["loss"])
    logs = np.max(
        [
            _max_difference(np.array(logged[first:]), np.array(two[1][name]))
            for name, logged in one[1].items()
        ]
    )
    return {"weights": float(weights), "logs": float(logs)}


def _max_difference(one, two):
    """Return the largest difference; NaN if only one value is NaN."""
    both = np.isnan(one) & np.isnan(two)
    return np.abs(np.where(both, 0, one - two)).max()


def _check_replicas_agree(model, strategy):
    for variable in model.trainable_variables:
        first, *others = strategy.experimental_local_results(variable.value)
        for other in others:
            np.testing.assert_array_equal(first, other, variable.path)


def main(*cases):
    cpu = tf.config.list_physical_devices("CPU")[0]
    devices = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, devices)
    strategy = create_strategy("mirrored")
    images = pipelines.read("digits", "train", classes=4, images_per_class=9)
    differences = {}
    for case in cases:
        if case.startswith("short last batch"):
            # 37 images by 6: the last batch has 1 image, and one empty shard.
            extra = dataclasses.replace(
                images,
                pixels=np.concatenate([images.pixels, images.pixels[:1]]),
                labels=np.concatenate([images.labels, images.labels[:1]]),
            )
            options = {"norm": False, "batch": 6, "weights": {0: 2.0, 1: 0.5}}
            name = "seal+sam" if case.endswith("sam") else "seal"
            one = _fit(extra, name, **options)
            two = _fit(extra, name, strategy, **options)
        elif case == "resumed":
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "state.npz"
                one = _fit(
                    images,
                    "seal+freezeout",
                    strategy,
                    other=lambda g, file=file: _SaveState(g, file),
                )
                state = read_state(file)
            two = _fit(images, "seal+freezeout", strategy, state=state)
        elif case == "norms":
            # One image many times: the shard of each replica is the whole.
            same = dataclasses.replace(
                images,
                pixels=np.repeat(images.pixels[:1], 36, axis=0),
                labels=np.repeat(images.labels[:1], 36),
            )
            folders = [Path(tempfile.mkdtemp()) for _ in range(2)]
            one, two = (
                _fit(
                    same,
                    "seal",
                    placement,
                    norm=False,
                    recipe=Recipe(0, flip=False),
                    other=lambda g, to=to: GenerationTensorBoard(g, to, 1),
                )
                for placement, to in zip((None, strategy), folders, strict=True)
            )
            for (_, logs), folder in zip((one, two), folders, strict=True):
                logs.update(_norms(folder))
        elif case == "batch norm per replica":
            # No test uses this case; the guide has its numbers.
            one = _fit(images, "seal")
            two = _fit(images, "seal", strategy, synchronized=False)
        elif case == "plain":
            one = _plain(tf.distribute.get_strategy())
            two = _plain(strategy)
        else:
            one, two = _fit(images, case), _fit(images, case, strategy)
        differences[case] = _differences(one, two)
    print(json.dumps(differences))


if __name__ == "__main__":
    main(*sys.argv[1:])
