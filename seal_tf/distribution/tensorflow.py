"""Train on several devices and machines with tf.distribute.

Keras 3 documents MirroredStrategy only. Two parts of its `fit` do not work
under MultiWorkerMirroredStrategy: it builds the model from a batch that it
cannot assemble (`_maybe_symbolic_build`), and it concatenates scalars of
replicas along an axis that they do not have (`reduce_per_replica`, in the
train and the test function). `Replicas.patch` replaces both for one fit. If
tests/distribution/test_tensorflow.py fails on a new Keras release, compare
with `keras.src.backend.tensorflow.trainer`.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seal_tf.backends.tensorflow import evaluation_step, is_chief
from seal_tf.distribution import replicas
from seal_tf.distribution.chunks import broadcast_chunks
from seal_tf.training import train_function
from seal_tf.utils.patching import AttributePatcher

STRATEGIES = ("none", "mirrored", "multi_worker")


def create_strategy(name: str) -> Any:
    """Create a `tf.distribute` strategy.

    Call this before TensorFlow runs any operation.

    Args:
        name: "none" returns None. "mirrored" uses all GPUs of this machine,
            or all of its (virtual) CPU devices. "multi_worker" uses the
            machines in `TF_CONFIG`.
    """
    if name == "none":
        return None
    if name == "mirrored":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        devices = [d.name for d in tf.config.list_logical_devices(kind)]
        return tf.distribute.MirroredStrategy(devices)
    return tf.distribute.MultiWorkerMirroredStrategy()


def _count_workers(strategy: Any) -> int:
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or not resolver.task_type:
        return 1
    return len(
        tf.nest.flatten(list(resolver.cluster_spec().as_dict().values()))
    )


def synchronize_batch_norm(model: keras.Model) -> None:
    """Let every BatchNormalization use the statistics of the whole batch."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


class Replicas(replicas.Replicas):
    """The replicas of one model under a strategy.

    Args:
        strategy: The strategy in whose scope the model was created.
    """

    def __init__(self, strategy: Any) -> None:
        self.strategy = strategy
        self.count = self.shard_count = strategy.num_replicas_in_sync
        self.workers = _count_workers(strategy)
        self.chief = is_chief(strategy)

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Return the scope of the strategy."""
        scope: contextlib.AbstractContextManager[Any] = self.strategy.scope()
        return scope

    def synchronize_batch_norm(self, model: keras.Model) -> None:
        """Let BatchNormalization use the statistics of the whole batch."""
        synchronize_batch_norm(model)

    def distribute(self, shards: Callable[[int, int], tf.data.Dataset]) -> Any:
        """Return the data set for `fit` and `evaluate`.

        Args:
            shards: Function of (first replica, number of replicas) that
                returns a data set of their shards of each batch, in turn.
        """

        def local_shards(context: Any) -> tf.data.Dataset:
            local = self.count // context.num_input_pipelines
            return shards(context.input_pipeline_id * local, local)

        return self.strategy.distribute_datasets_from_function(local_shards)

    def patch(
        self, model: keras.Model, patcher: AttributePatcher, batch: Any
    ) -> None:
        """Patch a model so that fit works here, and build its metrics.

        Args:
            model: The compiled model.
            patcher: Restores the model.
            batch: One global batch (x, y) of this process.
        """
        with self.strategy.scope():
            # Plain Keras builds the metrics from a whole batch before fit.
            model._symbolic_build(data_batch=batch)
        patcher.patch(model, "_maybe_symbolic_build", lambda *_, **__: None)

        def test_step(data: Any) -> Any:
            return evaluation_step(model, data, padded=True)

        steps = {
            "train": lambda data: model.train_step(data),
            "test": test_step,
        }
        for kind, step in steps.items():
            factory = functools.partial(self._distributed, step)
            train_function.patch_factory(model, kind, factory, patcher)

    def _distributed(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @tf.function(reduce_retracing=True, autograph=False)
        def function(iterator: Any) -> Any:
            logs = self.strategy.run(step, args=(next(iterator),))
            # At the end of an epoch Keras reads the metrics of all replicas.
            return {
                key: self.strategy.experimental_local_results(value)[0]
                for key, value in logs.items()
            }

        return function

    def all_reduce_sum(self, numbers: Sequence[int]) -> np.ndarray:
        """Return the sums of int32 numbers over all processes.

        Every process must call this.
        """
        if self.workers == 1:
            return np.asarray(numbers, np.int32)
        return self._sum(tf.constant(numbers, tf.int32)).numpy()

    @tf.function(reduce_retracing=True, autograph=False)
    def _sum(self, numbers: tf.Tensor) -> tf.Tensor:
        local = tf.cast(self.count // self.workers, tf.int32)

        def contribution() -> tf.Tensor:
            first = tf.equal(_replica_id() % local, 0)
            return tf.where(first, numbers, tf.zeros_like(numbers))

        return self.strategy.reduce(
            tf.distribute.ReduceOp.SUM,
            self.strategy.run(contribution),
            axis=None,
        )

    def broadcast(self, data: bytes | None) -> bytes:
        """Send bytes from the chief to all processes.

        Every process must call this.

        Args:
            data: The bytes, on the chief; ignored elsewhere.

        Returns:
            The bytes of the chief.
        """
        data = data if self.chief and data is not None else b""
        if self.workers == 1:
            return data
        return broadcast_chunks(data, self.all_reduce_sum, self._send)

    def _send(self, chunk: bytes, size: int) -> bytes:
        words = np.zeros(-(-size // 4), np.int32)
        if self.chief:
            words.view(np.uint8)[:size] = np.frombuffer(chunk, np.uint8)
        summed = self.all_reduce_sum(words)  # type: ignore[arg-type]
        return summed.tobytes()[:size]


def _replica_id() -> tf.Tensor:
    context = tf.distribute.get_replica_context()
    return tf.cast(context.replica_id_in_sync_group, tf.int32)
