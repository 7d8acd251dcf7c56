"""Replicas: the same trajectory at the same global batch size."""

import inspect
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.tensorflow import trainer

import pipelines
from pipelines.sharding import shard_batches
from seal_tf.distribution.tensorflow import (
    Replicas,
    create_strategy,
    is_chief,
    synchronize_batch_norm,
)
from tests import methods
from tests.training import nets

#: A user's own fit. The slow test has every method.
QUICK = ["plain"]


def _differences(*cases):
    process = subprocess.run(
        [sys.executable, "-m", "tests.distribution.replicas", *cases],
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout.splitlines()[-1])


def _check(differences):
    for case, values in differences.items():
        assert values["weights"] < 1e-4, (case, values)
        assert values["logs"] < 1e-5, (case, values)


def test_two_replicas_train_like_one_device():
    _check(_differences(*QUICK))


@pytest.mark.slow
def test_two_replicas_with_any_method_train_like_one_device():
    _check(
        _differences(
            *methods.ALL,
            *("short last batch", "short last batch, sam"),
            *("resumed", "plain", "norms"),
        )
    )


def test_shards_of_all_replicas_contain_every_image_once():
    """Padding has no weight."""
    images = pipelines.read("digits", "train", classes=4, images_per_class=5)
    whole = pipelines.evaluation_batches(images, 6)
    by_replica = [
        list(shard_batches(whole, 6, 3, first, 1)) for first in range(3)
    ]
    together = list(shard_batches(whole, 6, 3))
    count = 0
    for step, (x, y) in enumerate(whole):
        shards = [shards[step] for shards in by_replica]
        for i, shard in enumerate(shards):
            assert shard[0].shape[0] == 2
            for a, b in zip(shard, together[3 * step + i], strict=True):
                np.testing.assert_array_equal(a, b)
        weight = np.concatenate([shard[2] for shard in shards])
        assert weight.tolist() == [1] * len(x) + [0] * (6 - len(x))
        for position, expected in ((0, x), (1, y)):
            joined = np.concatenate([shard[position] for shard in shards])
            np.testing.assert_array_equal(joined[weight == 1], expected)
        count += int(weight.sum())
    assert count == len(images) == 20
    with pytest.raises(pipelines.DataError, match="multiple of 4"):
        shard_batches(whole, 6, 4)


@pytest.mark.parametrize(
    ("method", "calls"),
    [
        (
            "fit",
            (
                "self._maybe_symbolic_build(iterator=epoch_iterator)",
                "self.make_train_function()",
                "logs = self.train_function(iterator)",
                "self._get_metrics_result_or_logs(logs)",
            ),
        ),
        (
            "evaluate",
            ("self.make_test_function()", "self.test_function(iterator)"),
        ),
        (
            "_maybe_symbolic_build",
            ("self._symbolic_build(data_batch=data_batch)",),
        ),
    ],
)
def test_keras_trainer_has_the_calls_that_replicas_patch(method, calls):
    source = inspect.getsource(getattr(trainer.TensorFlowTrainer, method))
    for call in calls:
        assert call in source, (
            f"Keras' TensorFlowTrainer.{method} has changed: compare it with "
            "seal_tf/distribution/tensorflow.py"
        )


class _Resolver:
    def __init__(self, cluster, task_type, task_id):
        self._cluster = cluster
        self.task_type, self.task_id = task_type, task_id

    def cluster_spec(self):
        return tf.train.ClusterSpec(self._cluster)


class _Strategy:
    num_replicas_in_sync = 2

    def __init__(self, cluster_resolver=None):
        self.cluster_resolver = cluster_resolver


WORKERS = {"worker": ["a:1", "b:2"]}
WITH_CHIEF = {"chief": ["a:1"], "worker": ["b:2"]}


@pytest.mark.parametrize(
    ("cluster", "kind", "index", "chief", "workers"),
    [
        (WORKERS, "worker", 0, True, 2),
        (WORKERS, "worker", 1, False, 2),
        (WITH_CHIEF, "chief", 0, True, 2),
        (WITH_CHIEF, "worker", 0, False, 2),
        (WORKERS, "", 0, True, 1),
    ],
)
def test_is_chief_is_true_for_one_process(cluster, kind, index, chief, workers):
    strategy = _Strategy(_Resolver(cluster, kind, index))
    assert is_chief(strategy) == chief
    replicas = Replicas(strategy)
    assert (replicas.chief, replicas.workers) == (chief, workers)
    assert is_chief(_Strategy())


def test_create_strategy_none_is_none():
    assert create_strategy("none") is None


def test_replicas_of_one_process_reduce_and_broadcast_without_others():
    replicas = Replicas(_Strategy())
    assert replicas.all_reduce_sum([1, 2]).tolist() == [1, 2]
    assert replicas.broadcast(b"abc") == b"abc"
    assert replicas.broadcast(None) == b""


def test_synchronize_batch_norm_changes_nested_layers():
    model = keras.Sequential([nets.nested()])
    synchronize_batch_norm(model)
    norms = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert [layer.synchronized for layer in norms] == [True]
