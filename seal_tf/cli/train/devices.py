"""Configure the devices and the precision of a run."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING

import keras

from seal_tf.backends import get_backend
from seal_tf.cli.train.cluster import Cluster
from seal_tf.cli.train.jax_cluster import JaxCluster
from seal_tf.cli.train.settings import DeviceSettings, TrainSettings

if TYPE_CHECKING:
    from seal_tf.callbacks.fast_ops import FastOps
    from seal_tf.distribution.replicas import Replicas

#: Above this time relative to float32, a requested bfloat16 is warned about.
SLOWER = 1.2


def configure_devices(
    settings: TrainSettings, cluster: Cluster | JaxCluster | None = None
) -> Replicas | None:
    """Set devices, before TensorFlow runs any operation.

    Args:
        settings: Settings of the run.
        cluster: The processes that train together. Defaults to None: this
            one.

    Returns:
        The replicas of the strategy, or None.

    Raises:
        ValueError: If settings are incompatible.
    """
    devices = settings.devices
    if devices.backend == "tensorflow":
        _check_compatible(settings)
        replicas = _configure_tensorflow(devices)
    else:
        _check_other_backend(settings)
        replicas = None
        if devices.strategy == "data_parallel":
            replicas = _configure_jax(devices, cluster)
    if replicas is not None and settings.batch_size % replicas.count:
        raise ValueError(
            "Argument `batch_size`, that of all replicas together, must be a "
            f"multiple of the {replicas.count} replicas. Received: "
            f"batch_size={settings.batch_size}"
        )
    return replicas


def set_precision_and_seed(settings: TrainSettings) -> None:
    """Set the dtype policy and all seeds, before any layer is created.

    Args:
        settings: Settings of the run, with the resolved precision.
    """
    keras.utils.set_random_seed(settings.seed)
    keras.config.set_dtype_policy(settings.devices.precision)


def _configure_jax(
    devices: DeviceSettings, cluster: Cluster | JaxCluster | None
) -> Replicas:
    """Connect the processes of JAX, and distribute over all devices."""
    from seal_tf.distribution import jax as distribution

    if devices.cpu_devices > 1:
        distribution.set_cpu_devices(devices.cpu_devices)
    if isinstance(cluster, JaxCluster) and cluster.size > 1:
        distribution.connect(
            cluster.address,
            cluster.size,
            cluster.index,
            devices.wait_for_machines,
        )
    return distribution.Replicas()


def _configure_tensorflow(devices: DeviceSettings) -> Replicas | None:
    """Set the devices of TensorFlow, and return the replicas or None."""
    import tensorflow as tf

    from seal_tf.distribution.tensorflow import Replicas, create_strategy

    if devices.cpu_devices > 1:
        _split_cpu(devices.cpu_devices)
    # The strategy must exist before TensorFlow runs an operation.
    strategy = create_strategy(devices.strategy)
    if devices.deterministic:
        tf.config.experimental.enable_op_determinism()
    return None if strategy is None else Replicas(strategy)


def _check_other_backend(settings: TrainSettings) -> None:
    """Raise ValueError for settings that only TensorFlow can obey."""
    devices = settings.devices
    backend = f"`backend={devices.backend}`"
    strategy = f"`strategy={devices.strategy}`"
    if devices.strategy in ("mirrored", "multi_worker"):
        raise ValueError(
            f"{backend} and {strategy} are incompatible: this strategy is one "
            "of TensorFlow."
        )
    if devices.strategy == "data_parallel":
        _check_data_parallel(settings)
    if devices.precision == "auto":
        raise ValueError(
            f"{backend} and `precision=auto` are incompatible: only "
            "TensorFlow's steps are measured. Use float32 or mixed_bfloat16."
        )
    if settings.augmentation.on_device:
        raise ValueError(
            f"{backend} and `augment_on=device` are incompatible: the "
            "operations of the augmentation are TensorFlow's."
        )


def _check_data_parallel(settings: TrainSettings) -> None:
    """Raise ValueError for settings that `data_parallel` cannot obey."""
    devices = settings.devices
    if devices.backend != "jax":
        raise ValueError(
            f"`backend={devices.backend}` and `strategy=data_parallel` are "
            "incompatible: `keras.distribution` trains on JAX only. Use "
            "`backend=jax`."
        )
    for wrong, setting, reason in (
        (
            not devices.sync_batch_norm,
            "nosync_batch_norm",
            "its BatchNormalization always has the statistics of the whole "
            "batch.",
        ),
        (
            devices.jit_compile == "false",
            "jit_compile=false",
            "JAX divides the work among devices when it compiles.",
        ),
        (
            settings.output.track_learning,
            "track_learning",
            "Keras cannot predict on a batch that the devices do not divide.",
        ),
    ):
        if wrong:
            raise ValueError(
                f"`strategy=data_parallel` and `{setting}` are incompatible: "
                f"{reason}"
            )


def _check_compatible(settings: TrainSettings) -> None:
    """Raise ValueError for incompatible settings."""
    devices = settings.devices
    forced_xla = devices.jit_compile == "true"
    strategy = f"`strategy={devices.strategy}`"
    if devices.deterministic and forced_xla:
        raise ValueError(
            "`deterministic` and `jit_compile=true` are incompatible: "
            "TensorFlow has no deterministic XLA."
        )
    if devices.strategy == "none":
        return
    if devices.strategy == "data_parallel":
        _check_data_parallel(settings)
    if devices.strategy == "multi_worker" and devices.precision == "auto":
        raise ValueError(
            "`precision=auto` and `strategy=multi_worker` are incompatible: "
            "the machines could choose differently. Use float32 or "
            "mixed_bfloat16."
        )
    if forced_xla:
        raise ValueError(
            f"{strategy} and `jit_compile=true` are incompatible: a step that "
            "XLA compiles hangs under a strategy."
        )
    if settings.augmentation.on_device:
        raise ValueError(
            f"{strategy} and `augment_on=device` are incompatible: the "
            "augmentation needs whole batches, and a device has a shard."
        )
    if devices.strategy == "multi_worker" and settings.output.track_learning:
        raise ValueError(
            f"{strategy} and `track_learning` are incompatible: Keras cannot "
            "predict on several machines."
        )


def _split_cpu(count: int) -> None:
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    virtual = [tf.config.LogicalDeviceConfiguration()] * count
    if tf.config.get_logical_device_configuration(cpu) != virtual:
        tf.config.set_logical_device_configuration(cpu, virtual)


def uses_xla(devices: DeviceSettings) -> bool:
    """Return whether XLA (on PyTorch: `torch.compile`) compiles the step."""
    tensorflow = devices.backend == "tensorflow"
    if tensorflow and (devices.deterministic or devices.strategy != "none"):
        return False
    if devices.jit_compile == "auto":
        backend = get_backend()
        return backend.jit_default or (tensorflow and backend.has_gpu())
    return devices.jit_compile == "true"


def uses_fast_ops(devices: DeviceSettings) -> bool:
    """Return whether the layers get the faster CPU operations."""
    if devices.fast_ops == "off" or devices.backend != "tensorflow":
        return False
    from seal_tf.callbacks.fast_ops import are_faster

    return are_faster(uses_xla(devices))


def create_fast_ops(devices: DeviceSettings) -> FastOps | None:
    """Create the callback of the faster operations; None without them."""
    if not uses_fast_ops(devices):
        return None
    # This module needs TensorFlow.
    from seal_tf.callbacks.fast_ops import FastOps

    return FastOps(_fast_ops_mode(devices))


def _fast_ops_mode(devices: DeviceSettings) -> str:
    """Return the mode of `FastOps`.

    A deterministic run does not measure: the result depends on the other
    work of the machine.
    """
    if devices.deterministic and devices.fast_ops == "measure":
        return "cached"
    return devices.fast_ops


def resolve_precision(
    settings: TrainSettings, started_with: str | None
) -> TrainSettings:
    """Replace the precision "auto" by a dtype policy.

    Warn if the requested precision is slower than float32 here. This runs
    operations, so the devices must be configured.

    Args:
        settings: Settings of the run, whose backend was checked by
            `configure_devices`.
        started_with: The policy with which the run has started, or None.
    """
    devices = settings.devices
    if devices.backend != "tensorflow":
        return settings
    if devices.precision == "auto":
        policy = started_with
        if policy is None:
            from seal_tf.fast_ops.precision import bfloat16_ratio

            ratio = bfloat16_ratio()
            policy = "mixed_bfloat16" if ratio < 1 else "float32"
            print(
                f"precision: {policy}; bfloat16 takes {ratio:.2g} times as "
                "long as float32 on this machine"
            )
        devices = dataclasses.replace(devices, precision=policy)
        return dataclasses.replace(settings, devices=devices)
    if devices.precision == "mixed_bfloat16" and not devices.deterministic:
        from seal_tf.fast_ops.precision import bfloat16_ratio

        ratio = bfloat16_ratio()
        if ratio > SLOWER:
            warnings.warn(
                f"mixed_bfloat16 takes {ratio:.2g} times as long as float32 "
                "on this machine. Use --precision=auto or float32.",
                RuntimeWarning,
                stacklevel=2,
            )
    return settings
