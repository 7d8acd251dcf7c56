"""Train on several devices and machines with `keras.distribution` on JAX.

A batch is one array over the devices of all processes, and a variable is
replicated on them: the step computes with the whole batch, statistics of
BatchNormalization included, and JAX adds the communication. Every process
runs the same operations in the same order. JAX compares the processes' values
whenever one is assigned to a variable.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental import multihost_utils

from seal_tf.backends.jax import evaluation_step
from seal_tf.distribution import replicas
from seal_tf.distribution.chunks import broadcast_chunks
from seal_tf.training import train_function
from seal_tf.utils.patching import AttributePatcher


def set_cpu_devices(count: int) -> None:
    """Divide the CPU into virtual devices, before JAX runs any operation.

    Args:
        count: Number of devices.

    Raises:
        ValueError: If JAX has started with another number.
    """
    option = "jax_num_cpu_devices"
    if getattr(jax.config, option) == count:
        return
    try:
        jax.config.update(option, count)
    except RuntimeError as error:
        raise ValueError(
            "Argument `cpu_devices` must be set before JAX starts, once in a "
            f"process. Received: cpu_devices={count}"
        ) from error


def connect(address: str, size: int, index: int, seconds: int) -> None:
    """Connect this process with the others of a run.

    Args:
        address: "host:port" of the first process, the coordinator.
        size: Number of processes.
        index: Index of this process.
        seconds: How long to wait for the others. JAX aborts this process if
            they do not come.
    """
    # It would take SIGTERM, on which the command saves a checkpoint.
    jax.config.update("jax_enable_preemption_service", False)
    jax.distributed.initialize(
        address,
        size,
        index,
        cluster_detection_method="deactivate",
        initialization_timeout=seconds,
    )


class Replicas(replicas.Replicas):
    """All devices of all processes, as one `DataParallel`.

    It stays the distribution of Keras until `end_training`.
    """

    def __init__(self) -> None:
        # The data of a process are its part of each batch.
        self._distribution = keras.distribution.DataParallel(
            auto_shard_dataset=False
        )
        self.count = jax.device_count()
        self.workers = self.shard_count = jax.process_count()
        self.chief = jax.process_index() == 0
        keras.distribution.set_distribution(self._distribution)

    @contextlib.contextmanager
    def one_device(self) -> Iterator[None]:
        """Create variables on the first device of this process."""
        current = keras.distribution.distribution()
        keras.distribution.set_distribution(None)
        try:
            yield
        finally:
            keras.distribution.set_distribution(current)

    def distribute(self, shards: Callable[[int, int], Any]) -> Any:
        """Return the parts of the batches that this process feeds."""
        return shards(jax.process_index(), 1)

    def patch(
        self, model: keras.Model, patcher: AttributePatcher, batch: Any
    ) -> None:
        """Patch the evaluation of a model: padding does not count.

        Args:
            model: The compiled model, with its metrics built.
            patcher: Restores the model.
            batch: Not used.
        """
        patcher.patch(
            model, "test_step", functools.partial(evaluation_step, model)
        )
        train_function.invalidate_inference(model)
        patcher.add_cleanup(lambda: train_function.invalidate_inference(model))

    def all_reduce_sum(self, numbers: Sequence[int]) -> np.ndarray:
        """Return the sums of int32 numbers over all processes."""
        local = np.asarray(numbers, np.int32)
        if self.workers == 1:
            return local
        gathered: np.ndarray = multihost_utils.process_allgather(local)
        return gathered.sum(0)

    def broadcast(self, data: bytes | None) -> bytes:
        """Send bytes from the chief to all processes."""
        data = data if self.chief and data is not None else b""
        if self.workers == 1:
            return data
        return broadcast_chunks(data, self.all_reduce_sum, self._send)

    def _send(self, chunk: bytes, size: int) -> bytes:
        content = np.zeros(size, np.uint8)
        if self.chief:
            content[:] = np.frombuffer(chunk, np.uint8)
        received = multihost_utils.broadcast_one_to_all(
            content, is_source=self.chief
        )
        return np.asarray(received).tobytes()

    def end_training(self) -> None:
        """Leave the other processes, and use one device from now on."""
        keras.distribution.set_distribution(None)
        if self.workers > 1:
            jax.distributed.shutdown()
