"""Several devices and several machines, by tf.distribute.

Keras 3 documents MirroredStrategy alone on TensorFlow. Two things keep its
`fit` from running under MultiWorkerMirroredStrategy: it builds the model from
a batch that it cannot put together (`_maybe_symbolic_build`), and it joins
scalars of replicas along an axis that they lack (`reduce_per_replica`, in the
train and the test function). Both are lent to a model here, for one fit; if
tests/training/test_distribution.py fails on a new Keras release, compare with
`keras.src.backend.tensorflow.trainer`.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from seal_tf.training.model import evaluation_step

STRATEGIES = ("none", "mirrored", "multi_worker")


def strategy_named(name: str):
    """A `tf.distribute` strategy; call it before TensorFlow does anything.

    Args:
        name: "none": None is returned; "mirrored": all GPUs of this machine,
            or all of its (virtual) CPU devices; "multi_worker": the machines
            that `TF_CONFIG` names.
    """
    if name == "none":
        return None
    if name == "mirrored":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        devices = [d.name for d in tf.config.list_logical_devices(kind)]
        return tf.distribute.MirroredStrategy(devices)
    return tf.distribute.MultiWorkerMirroredStrategy()


def is_chief(strategy) -> bool:
    """Whether this process is the one that writes."""
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or not resolver.task_type:
        return True
    if "chief" in resolver.cluster_spec().jobs:
        return resolver.task_type == "chief"
    return resolver.task_id == 0


def _workers(strategy) -> int:
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or not resolver.task_type:
        return 1
    return len(
        tf.nest.flatten(list(resolver.cluster_spec().as_dict().values()))
    )


def synchronize_batch_norm(model) -> None:
    """Lets every BatchNormalization see the whole batch, not its share."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


class Replicas:
    """Fits of one model under a strategy.

    Args:
        strategy: The strategy in whose scope the model was made.

    Attributes:
        count: Replicas of all machines together.
        workers: Machines, or processes.
        chief: Whether this process is the one that writes.
    """

    def __init__(self, strategy):
        self.strategy = strategy
        self.count = strategy.num_replicas_in_sync
        self.workers = _workers(strategy)
        self.chief = is_chief(strategy)

    def spread(self, shares):
        """The data set that `fit` and `evaluate` are given.

        Args:
            shares: Function of (first replica, number of replicas) to a
                `tf.data.Dataset` of their shares of every batch, by turns.
        """

        def of_these(context):
            here = self.count // context.num_input_pipelines
            return shares(context.input_pipeline_id * here, here)

        return self.strategy.distribute_datasets_from_function(of_these)

    def lend_to(self, model, loans, batch) -> None:
        """Lends a model what fit needs here, and builds its metrics.

        Args:
            model: The compiled model.
            loans: A `Loans`; what is lent comes back with it.
            batch: One global batch (x, y), of this process alone.
        """
        with self.strategy.scope():
            # As plain Keras does it before fit, from a batch that is whole.
            model._symbolic_build(data_batch=batch)
        loans.lend(model, "_maybe_symbolic_build", lambda *_, **__: None)
        loans.lend(
            model,
            "make_train_function",
            lambda force=False: self._make(
                model, "train_function", lambda d: model.train_step(d), force
            ),
        )
        loans.lend(
            model,
            "make_test_function",
            lambda force=False: self._make(
                model,
                "test_function",
                lambda data: evaluation_step(model, data, padded=True),
                force,
            ),
        )
        model.train_function = model.test_function = None

    def _make(self, model, name, step, force):
        if getattr(model, name) is not None and not force:
            return

        @tf.function(reduce_retracing=True, autograph=False)
        def function(iterator):
            found = self.strategy.run(step, args=(next(iterator),))
            # Those of an epoch are taken from the metrics, over all.
            return {
                key: self.strategy.experimental_local_results(value)[0]
                for key, value in found.items()
            }

        setattr(model, name, function)

    def total(self, numbers) -> np.ndarray:
        """Sums of int32 numbers over all processes; all have to ask."""
        if self.workers == 1:
            return np.asarray(numbers, np.int32)
        return self._sum(tf.constant(numbers, tf.int32)).numpy()

    @tf.function(reduce_retracing=True, autograph=False)
    def _sum(self, numbers):
        local = tf.cast(self.count // self.workers, tf.int32)

        def mine():
            first = tf.equal(_place() % local, 0)
            return tf.where(first, numbers, tf.zeros_like(numbers))

        return self.strategy.reduce(
            tf.distribute.ReduceOp.SUM, self.strategy.run(mine), axis=None
        )

    def told(self, data: bytes | None) -> bytes:
        """What the chief says, to all processes; all have to ask.

        Args:
            data: Bytes, of the chief; others give None.
        """
        data = data if self.chief and data is not None else b""
        if self.workers == 1:
            return data
        (size,) = self.total([len(data)])
        words = np.zeros(-(-int(size) // 4), np.int32)
        if self.chief:
            words.view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
        return self.total(words).tobytes()[:size]


def _place():
    context = tf.distribute.get_replica_context()
    return tf.cast(context.replica_id_in_sync_group, tf.int32)
