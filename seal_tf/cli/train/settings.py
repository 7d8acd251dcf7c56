"""Typed, frozen settings of a training run, built once from the flags."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from absl import flags as absl_flags

from seal_tf.cli.data import DataSettings
from seal_tf.cli.flags import flag_values
from seal_tf.cli.progress import display_mode
from seal_tf.cli.train.defaults import (
    FOLDER_FLAGS,
    IMAGE_FLAGS,
    resolve_flags,
)
from seal_tf.cli.train.schedule import build_schedule, check_method_flags

if TYPE_CHECKING:
    from seal_tf.schedules import Schedule


@dataclasses.dataclass(frozen=True)
class AugmentationSettings:
    """How training batches are made; see `pipelines.training_batches`.

    Args:
        recipe: Arguments of `pipelines.augmentation.recipe.Recipe`; None
            for one that the images determine.
        on_device: Whether the compiled step augments the images.
        drop_remainder: Whether to drop the last, partial batch of an epoch;
            None if the images determine it.
        balance_classes: Whether to weight images by the rarity of their
            class.
        val_from_train: Fraction of the training images to validate on, or
            None.
        label_noise: Fraction of the training labels that are replaced.
        repeat_augment: Number of augmentations of each image in a batch.
    """

    recipe: Mapping[str, Any]
    on_device: bool
    drop_remainder: bool | None
    balance_classes: bool
    val_from_train: float | None
    label_noise: float = 0.0
    repeat_augment: int = 1


@dataclasses.dataclass(frozen=True)
class ModelSettings:
    """Which network is trained, and what its export contains.

    Args:
        arch: Name of the network.
        init_from: A `.keras` file with initial weights, or None.
        taps: Names or patterns of the layers whose features are exported.
        tap_pooling: Bins per side to which feature maps are averaged.
        unbiased_batch_norm: Whether BatchNormalization keeps the unbiased
            running variance.
        uniform_bias: Whether the classifier's bias starts uniform.
    """

    arch: str
    init_from: str | None
    taps: tuple[str, ...]
    tap_pooling: int
    unbiased_batch_norm: bool
    uniform_bias: bool


@dataclasses.dataclass(frozen=True)
class OptimizerSettings:
    """How the weights are updated.

    Args:
        name: "sgd" or "adamw".
        learning_rate: Base learning rate.
        momentum: Momentum of SGD.
        nesterov: Whether SGD uses Nesterov momentum.
        l2: Coupled L2 of SGD, or weight decay of AdamW.
        l2_timescale: Timescale that determines `l2` instead, in epochs, or
            None.
        ema_momentum: Momentum of the moving average of weights; 0 for none.
        label_smoothing: Label smoothing of the loss.
    """

    name: str
    learning_rate: float
    momentum: float
    nesterov: bool
    l2: float
    l2_timescale: float | None
    ema_momentum: float
    label_smoothing: float


@dataclasses.dataclass(frozen=True)
class DeviceSettings:
    """On which devices a run trains, and how they compute.

    Args:
        strategy: "none", "mirrored", "multi_worker" or "data_parallel".
        sync_batch_norm: Whether replicas share batch statistics.
        cpu_devices: Number of virtual CPU devices.
        wait_for_machines: Seconds to wait for the other machines.
        precision: Keras dtype policy, or "auto".
        jit_compile: "auto", "true" or "false": whether XLA compiles the step.
        fast_ops: "measure", "table" or "off": how the faster CPU operations
            are chosen.
        deterministic: Whether every operation is deterministic.
        backend: Name of the backend of Keras.
    """

    strategy: str
    sync_batch_norm: bool
    cpu_devices: int
    wait_for_machines: int
    precision: str
    jit_compile: str
    fast_ops: str
    deterministic: bool
    backend: str = "tensorflow"


@dataclasses.dataclass(frozen=True)
class CheckpointSettings:
    """When checkpoints are written, and what happens at a divergence.

    Args:
        every_epochs: Epochs between checkpoints; 0 for the end of each
            generation only.
        every_minutes: Minutes between checkpoints within an epoch; 0 for
            none.
        max_to_keep: Number of the latest checkpoints to keep.
        rollback: Whether to roll back when the loss diverges.
        max_rollbacks: Rollbacks of a run, at most.
    """

    every_epochs: int
    every_minutes: float
    max_to_keep: int
    rollback: bool
    max_rollbacks: int


@dataclasses.dataclass(frozen=True)
class OutputSettings:
    """What a run prints and writes.

    Args:
        workdir: The work directory.
        export_weights: "last" or "best": weights of the export.
        track_learning: Whether to record the correct images of each epoch.
        profile_steps: (first, last) step to profile, from 1, or None.
        norms_every: Steps between two records of norms; 0 for none.
        validation_freq: Epochs between two validations.
        progress: "bar", "lines" or "none".
        dry_run: Whether to print the plan only.
        measure: Whether the dry run times a few steps.
    """

    workdir: str
    export_weights: str
    track_learning: bool
    profile_steps: tuple[int, int] | None
    norms_every: int
    validation_freq: int
    progress: str
    dry_run: bool
    measure: bool = False


@dataclasses.dataclass(frozen=True)
class TrainSettings:
    """All settings of a training run.

    Args:
        method: Name of the method, as in `--method`.
        schedule: The schedule of the method.
        epochs: Epochs of the whole run.
        batch_size: Images per batch, of all devices together.
        seed: Seed of weights, order and augmentation.
        data: Which images are read.
        augmentation: How training batches are made.
        model: Which network is trained.
        optimizer: How the weights are updated.
        devices: On which devices the run trains.
        checkpoints: When checkpoints are written.
        output: What the run prints and writes.
        flags: The value of every flag that describes the run, by name.
        defaults: The default value of every such flag, by name.
        requested: The values of the command line and of flag files; None
            for a flag that the data set or the method determine.
    """

    method: str
    schedule: Schedule
    epochs: int
    batch_size: int
    seed: int
    data: DataSettings
    augmentation: AugmentationSettings
    model: ModelSettings
    optimizer: OptimizerSettings
    devices: DeviceSettings
    checkpoints: CheckpointSettings
    output: OutputSettings
    flags: Mapping[str, Any]
    defaults: Mapping[str, Any]
    requested: Mapping[str, Any]

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Flags that the images determine, and that have no value yet."""
        names = (*IMAGE_FLAGS, *FOLDER_FLAGS)
        return tuple(name for name in names if self.flags[name] is None)


#: Fields of `pipelines.augmentation.recipe.Recipe` that are flags.
RECIPE_FLAGS = (
    "crop_padding",
    "flip",
    "resized_crop",
    "color_jitter",
    "randaugment",
    "randaugment_magnitude",
    "random_erasing",
    "mixup_alpha",
    "cutmix_alpha",
)


def train_settings(flags: absl_flags.FlagValues) -> TrainSettings:
    """Build the settings of a training run from its flags.

    Args:
        flags: The parsed flags of `seal_tf.train`.

    Raises:
        ValueError: If flags contradict each other.
    """
    requested = flag_values(flags)
    resolve_flags(flags)
    check_method_flags(flags)
    values = flag_values(flags)
    devices = _device_settings(flags)
    return TrainSettings(
        method=flags.method,
        schedule=build_schedule(flags),
        epochs=flags.generations * flags.epochs_per_generation,
        batch_size=flags.batch_size,
        seed=flags.seed,
        data=DataSettings.from_flags(flags),
        augmentation=AugmentationSettings(
            recipe={name: values[name] for name in RECIPE_FLAGS},
            on_device=flags.augment_on == "device",
            drop_remainder=flags.drop_remainder,
            balance_classes=flags.balance_classes,
            val_from_train=flags.val_from_train,
            label_noise=flags.label_noise,
            repeat_augment=flags.repeat_augment,
        ),
        model=ModelSettings(
            flags.arch,
            flags.init_from,
            tuple(flags.taps.split(",")),
            flags.tap_pooling,
            flags.batch_norm_variance == "unbiased",
            flags.classifier_bias == "uniform",
        ),
        optimizer=OptimizerSettings(
            name=flags.optimizer,
            learning_rate=flags.learning_rate,
            momentum=flags.momentum,
            nesterov=flags.nesterov,
            l2=flags.l2,
            l2_timescale=flags.l2_timescale,
            ema_momentum=flags.ema_momentum,
            label_smoothing=flags.label_smoothing,
        ),
        devices=devices,
        checkpoints=CheckpointSettings(
            every_epochs=flags.checkpoint_every_epochs,
            every_minutes=flags.checkpoint_every_minutes,
            max_to_keep=flags.checkpoints_kept,
            rollback=flags.on_divergence == "rollback",
            max_rollbacks=flags.max_rollbacks,
        ),
        output=_output_settings(flags),
        flags=values,
        defaults={name: flags[name].default for name in values},
        requested=requested,
    )


def _device_settings(flags: absl_flags.FlagValues) -> DeviceSettings:
    # The plan of a dry run is that of one device.
    strategy = "none" if flags.dry_run else flags.strategy
    return DeviceSettings(
        strategy=strategy,
        sync_batch_norm=flags.sync_batch_norm,
        cpu_devices=flags.cpu_devices,
        wait_for_machines=flags.wait_for_machines,
        precision=flags.precision,
        jit_compile=flags.jit_compile,
        fast_ops=flags.fast_ops,
        deterministic=flags.deterministic,
        backend=flags.backend,
    )


def _output_settings(flags: absl_flags.FlagValues) -> OutputSettings:
    workdir = flags.workdir or (
        f"runs/{flags.method}-{flags.dataset}-{flags.arch}-seed{flags.seed}"
    )
    return OutputSettings(
        workdir=workdir,
        export_weights=flags.export_weights,
        track_learning=flags.track_learning,
        profile_steps=parse_profile_steps(flags.profile_steps),
        norms_every=flags.norms_every,
        validation_freq=flags.validation_freq,
        progress=display_mode(flags.progress),
        dry_run=bool(flags.dry_run),
        measure=flags.dry_run == "measure",
    )


def parse_profile_steps(text: str | None) -> tuple[int, int] | None:
    """Parse FIRST:LAST, two steps counted from 1.

    Raises:
        ValueError: If the text has another form.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+):(\d+)", text)
    first, last = map(int, match.groups()) if match else (0, 0)
    if not 1 <= first <= last:
        raise ValueError(
            "Argument `profile_steps` must be the first and the last step, "
            "counted from 1, as in 10:20. Received: "
            f"profile_steps={text}"
        )
    return first, last
