"""Train on JAX with one or more processes, and store weights and logs.

    python -m tests.distribution.jax_replicas FILE.npz CASE...

The environment variables of `seal_tf.cli.train.jax_cluster` join processes;
without them, one process trains on one device, or on CPU_DEVICES.
"""

import dataclasses
import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

import pipelines
from pipelines.augmentation.recipe import Recipe
from pipelines.sharding import shard_batches
from seal_tf import GenerationCallback
from seal_tf.checkpoints.variables import values
from seal_tf.cli.train.jax_cluster import JaxCluster
from seal_tf.distribution import jax as distribution
from seal_tf.optimizers import SGD
from seal_tf.utils.patching import AttributePatcher
from tests import methods
from tests.training import nets

CASES = {
    "ascent, resets, snapshots": ("seal+snapshots", 12),
    "reinitialization": ("llf", 12),
    "two passes": ("seal+sam", 12),
    "frozen layers": ("seal+freezeout", 12),
    "teachers": ("llf+seal+snapshots+distill", 12),
    "searched scale": ("seal, searched S", 12),
    "short last batch": ("seal", 6),
}
LOGS = ("loss", "accuracy", "val_loss", "val_accuracy")


def _fit(images, name, batch, replicas):
    keras.utils.set_random_seed(3)
    short = len(images) % batch != 0
    # Smooth, so that a difference of 1e-7 switches no unit off. In a padded
    # batch BatchNormalization sees some images twice.
    model = nets.blocks(activation="silu", norm=not short)
    metric = keras.metrics.CategoricalAccuracy(name="accuracy")
    kind = "metrics" if replicas is None else "weighted_metrics"
    model.compile(
        SGD(0.05, 0.9, l2=5e-4),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        **{kind: [metric]},
    )
    generations = GenerationCallback(
        methods.ALL[name](),
        tempfile.mkdtemp(),
        probe_data=next(iter(pipelines.evaluation_batches(images, 20))),
    )
    train = pipelines.training_batches(
        images,
        batch,
        seed=5,
        epochs=methods.EPOCHS,
        recipe=Recipe(),
        class_weight={0: 2.0, 1: 0.5} if short else None,
    )
    validation = pipelines.evaluation_batches(images, batch)
    patcher = AttributePatcher()
    if replicas is not None:
        replicas.patch(model, patcher, None)
        generations.padded = True
        train, validation = (
            replicas.distribute(
                lambda first, count, data=data: shard_batches(
                    data, batch, replicas.shard_count, first, count
                )
            )
            for data in (train, validation)
        )
    steps = -(-len(images) // batch)
    history = model.fit(
        train,
        steps_per_epoch=steps,
        epochs=methods.EPOCHS,
        shuffle=False,
        verbose=0,
        validation_data=validation,
        validation_steps=steps,
        callbacks=[generations],
    )
    patcher.restore()
    logs = {name: history.history[name] for name in LOGS}
    return values(model.weights), logs, len(generations.snapshots)


def main(file, *cases):
    """Train, and let every process write its results."""
    devices = int(os.environ.get("CPU_DEVICES", "1"))
    cluster = JaxCluster.from_environment()
    replicas = None
    if devices > 1:
        distribution.set_cpu_devices(devices)
    if cluster.size > 1:
        cluster.wait_for_all(60)
        distribution.connect(cluster.address, cluster.size, cluster.index, 60)
    if devices > 1 or cluster.size > 1:
        replicas = distribution.Replicas()
        assert replicas.all_reduce_sum([1, cluster.index])[0] == cluster.size
        sent = b"state" if replicas.chief else None
        assert replicas.broadcast(sent) == b"state"
    images = pipelines.read("digits", "train", classes=4, images_per_class=9)
    extra = dataclasses.replace(
        images,
        pixels=np.concatenate([images.pixels, images.pixels[:1]]),
        labels=np.concatenate([images.labels, images.labels[:1]]),
    )
    arrays = {}
    for case in cases:
        name, batch = CASES[case]
        weights, logs, snapshots = _fit(
            extra if case.startswith("short") else images, name, batch, replicas
        )
        for i, weight in enumerate(weights):
            arrays[f"{case}/weight/{i}"] = weight
        for key, logged in logs.items():
            arrays[f"{case}/log/{key}"] = np.array(logged)
        arrays[f"{case}/snapshots"] = np.array(snapshots)
    if replicas is not None:
        replicas.end_training()
    np.savez(file, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
