"""On which devices a run trains, and how they compute."""

from __future__ import annotations

import keras
import tensorflow as tf

from seal_tf.fast_ops.callback import help_here
from seal_tf.training.distribution import Replicas, strategy_named


def before_tensorflow(flags) -> Replicas | None:
    """Seeds and precision: what has to be said before a layer is made.

    Returns:
        The `Replicas` of `--strategy`, or None.

    Raises:
        ValueError: flags exclude each other.
    """
    _check_together(flags)
    if flags.cpu_devices > 1:
        _cut_cpu(flags.cpu_devices)
    # Before TensorFlow does anything else.
    strategy = strategy_named(flags.strategy)
    if flags.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(flags.seed)
    keras.config.set_dtype_policy(flags.precision)
    if strategy is None:
        return None
    replicas = Replicas(strategy)
    if flags.batch_size % replicas.count:
        raise ValueError(
            f"--batch_size={flags.batch_size} is that of all "
            f"{replicas.count} replicas together: give a multiple of "
            f"{replicas.count}."
        )
    return replicas


def _check_together(flags):
    if flags.deterministic and flags.jit_compile == "true":
        raise ValueError(
            "--deterministic and --jit_compile=true: TensorFlow has no "
            "deterministic XLA, and Keras would leave XLA out without a word. "
            "Give one of them."
        )
    if flags.strategy == "none":
        return
    if flags.jit_compile == "true":
        raise ValueError(
            f"--strategy={flags.strategy} and --jit_compile=true: Keras "
            "leaves XLA out under a strategy, and forced it hangs. Give one "
            "of them."
        )
    if flags.augment_on == "device":
        raise ValueError(
            f"--strategy={flags.strategy} and --augment_on=device: the "
            "augmentation is that of whole batches, and a device sees its "
            "share. Leave --augment_on out."
        )
    if flags.strategy == "multi_worker" and flags.track_learning:
        raise ValueError(
            "--strategy=multi_worker and --track_learning: Keras cannot "
            "predict on several machines. Give one of them."
        )


def _cut_cpu(count):
    cpu = tf.config.list_physical_devices("CPU")[0]
    wanted = [tf.config.LogicalDeviceConfiguration()] * count
    if tf.config.get_logical_device_configuration(cpu) != wanted:
        tf.config.set_logical_device_configuration(cpu, wanted)


def xla(flags) -> bool:
    """Whether the step is compiled by XLA."""
    if flags.deterministic or flags.strategy != "none":
        return False
    if flags.jit_compile == "auto":
        return bool(tf.config.list_physical_devices("GPU"))
    return flags.jit_compile == "true"


def fast_ops(flags) -> bool:
    """Whether layers are lent the operations that are fast on a CPU."""
    return flags.fast_ops and help_here(xla(flags))
