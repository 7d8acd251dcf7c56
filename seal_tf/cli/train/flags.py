"""The flags of `seal_tf.train`. This module imports no TensorFlow."""

from __future__ import annotations

from absl import flags as absl_flags

from pipelines.batches import MAX_SEED
from seal_tf.cli import flag_files
from seal_tf.cli.data import define_data_flags
from seal_tf.cli.export.flags import define_tap_flags
from seal_tf.cli.help import HelpLayout, define_groups
from seal_tf.cli.last_line import define_quiet
from seal_tf.cli.startup import default_backend
from seal_tf.cli.train.method_flags import (
    define_schedule_flags,
    method_flag_definers,
)
from seal_tf.models.registry import ARCHITECTURE_NAMES

#: The flags that matter most.
FIRST = (
    "dataset",
    "data_dir",
    "arch",
    "method",
    "generations",
    "epochs_per_generation",
    "learning_rate",
    "seeds",
    "workdir",
    "dry_run",
)


def define_train_flags(flags: absl_flags.FlagValues) -> HelpLayout:
    """Define all flags of training, and return the layout of their help."""
    groups = define_groups(
        flags,
        {
            "data": define_data_flags,
            "model": _define_model,
            "method and schedule": define_schedule_flags,
            **method_flag_definers(),
            "optimizer": _define_optimizer,
            "augmentation": _define_augmentation,
            "devices and precision": _define_devices,
            "output": _define_output,
            "checkpoints": _define_checkpoints,
        },
    )
    return HelpLayout(groups, FIRST, tuple(flag_files.names()))


def _define_augmentation(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_float(
        "val_from_train",
        None,
        "validate on this fraction of each class's training images, to choose "
        "settings; the published split is then evaluated once, at the end",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "crop_padding",
        None,
        "pixels of zero padding before the random crop (default: 4 for the "
        "papers' data sets, else an eighth of the image size)",
        0,
        flag_values=flags,
    )
    absl_flags.DEFINE_bool(
        "flip",
        None,
        "flip half of the images horizontally (default: yes, except digits "
        "and svhn)",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "resized_crop",
        1.0,
        "smallest area of a random resized crop, such as 0.08; 1 for none",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "color_jitter",
        0.0,
        "strength of random brightness, contrast and saturation",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "randaugment",
        0,
        "number of RandAugment operations per image",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "randaugment_magnitude",
        9,
        "magnitude of RandAugment's operations, 0 to 10",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "random_erasing",
        0.0,
        "fraction of the images in which a random box is erased",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "mixup_alpha",
        0.0,
        "alpha of MixUp; 0 for none",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "cutmix_alpha",
        0.0,
        "alpha of CutMix; 0 for none",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "repeat_augment",
        1,
        "number of times that each image is in its batch, each time with "
        "another augmentation; --batch_size counts all of them, so an epoch "
        "has as many times the steps",
        1,
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "label_noise",
        0.0,
        "fraction of the training labels that are replaced by another class, "
        "drawn with --seed; validation and test labels stay",
        flag_values=flags,
    )
    absl_flags.DEFINE_enum(
        "augment_on",
        "host",
        ["host", "device"],
        "where images are augmented: in the input pipeline (host) or inside "
        "the compiled step (device); the values are the same",
        flag_values=flags,
    )
    absl_flags.DEFINE_bool(
        "drop_remainder",
        None,
        "drop the last, partial batch of an epoch (default: if it has less "
        "than a quarter of a batch, on other data sets than the papers'; the "
        "statistics of so few images can undo an epoch)",
        flag_values=flags,
    )
    absl_flags.DEFINE_bool(
        "balance_classes",
        False,
        "weight each image by the rarity of its class; the mean weight is 1",
        flag_values=flags,
    )


def _define_model(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_string(
        "arch",
        "resnet50",
        f"network: {', '.join(ARCHITECTURE_NAMES)}, or any name of "
        "keras.applications",
        flag_values=flags,
    )
    absl_flags.DEFINE_string(
        "init_from",
        None,
        "initialize the weights from this .keras file of the same --arch; if "
        "it has another number of classes, the classifier keeps its initial "
        "values; a resumed run needs the file, too",
        flag_values=flags,
    )
    absl_flags.DEFINE_enum(
        "batch_norm_variance",
        "biased",
        ["biased", "unbiased"],
        "running variance of BatchNormalization: biased as in Keras, or "
        "unbiased as in PyTorch and the published runs",
        flag_values=flags,
    )
    absl_flags.DEFINE_enum(
        "classifier_bias",
        "zeros",
        ["zeros", "uniform"],
        "initial bias of the classifier: zeros as in Keras, or uniform in "
        "±1/sqrt(fan_in) as in PyTorch and the published runs",
        flag_values=flags,
    )


def _define_optimizer(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_integer(
        "batch_size", 32, "images per batch", 1, flag_values=flags
    )
    absl_flags.DEFINE_enum(
        "optimizer",
        "sgd",
        ["sgd", "adamw"],
        "sgd: the SGD of the papers; adamw: Keras' AdamW, with --l2 as its "
        "decoupled weight decay",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "learning_rate",
        None,
        "base learning rate (default: 0.1 for sgd, 0.001 for adamw)",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "momentum", 0.9, "momentum of SGD", flag_values=flags
    )
    absl_flags.DEFINE_bool(
        "nesterov", False, "use Nesterov momentum", flag_values=flags
    )
    absl_flags.DEFINE_float(
        "l2",
        5e-4,
        "coupled L2 on every parameter; weight decay of --optimizer=adamw. The "
        "default is the papers', for 100,000 images; on 1,000 to 4,000 images "
        "0.002 was best, except for LLF (docs/results.md, tuned_choose)",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "l2_timescale",
        None,
        "choose --l2 by its timescale, the number of epochs in which the "
        "decay alone shrinks a weight by the factor 1/e: "
        "(1 - momentum) / (rate * l2) steps for sgd, 1 / (rate * l2) for "
        "adamw, at the base learning rate",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "ema_momentum",
        0.0,
        "validate and export an exponential moving average of the weights "
        "with this momentum, such as 0.999 (Keras' use_ema; it restarts when "
        "the optimizer is reset); 0 for no average",
        0,
        0.999999,
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "label_smoothing",
        0.1,
        "fraction of each label that is spread over all classes",
        0,
        0.99,
        flag_values=flags,
    )


def _define_precision(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_enum(
        "precision",
        "float32",
        ["float32", "mixed_bfloat16", "mixed_float16", "auto"],
        "Keras dtype policy; auto: mixed_bfloat16 where it is measured to be "
        "faster than float32",
        flag_values=flags,
    )
    absl_flags.DEFINE_enum(
        "jit_compile",
        "auto",
        ["auto", "true", "false"],
        "compile the step with XLA; auto: with JAX, and with TensorFlow on a "
        "GPU, because XLA is not faster on a CPU there",
        flag_values=flags,
    )
    absl_flags.DEFINE_enum(
        "fast_ops",
        "measure",
        ["measure", "table", "off"],
        "on a CPU without XLA, compute convolutions and batch normalization "
        "with faster TensorFlow operations; the functions are the same, to "
        "rounding. measure: time several algorithms for each convolution "
        "before the first step (5 seconds, once per machine and network), "
        "and use the fastest; table: use a fixed rule",
        flag_values=flags,
    )
    absl_flags.DEFINE_bool(
        "deterministic",
        False,
        "use deterministic operations, without XLA",
        flag_values=flags,
    )


def _define_checkpoints(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_integer(
        "checkpoint_every_epochs",
        1,
        "epochs between two checkpoints; 0: only at the end of each generation",
        0,
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "checkpoint_every_minutes",
        10.0,
        "minutes between two checkpoints within an epoch; 0 for none",
        0.0,
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "checkpoints_kept",
        2,
        "number of the latest checkpoints to keep, in addition to one for each "
        "generation",
        1,
        flag_values=flags,
    )
    absl_flags.DEFINE_enum(
        "on_divergence",
        "stop",
        ["stop", "rollback"],
        "if the loss is not finite: stop, or roll back to the start of the "
        "last ascent and halve S (where S is searched, --ascent_clip)",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "max_rollbacks",
        3,
        "largest number of rollbacks in a run",
        0,
        flag_values=flags,
    )


def _define_devices(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_string(
        "backend",
        default_backend(),
        "backend of Keras that trains: tensorflow, jax or torch; the "
        "environment variable KERAS_BACKEND changes the default",
        flag_values=flags,
    )
    _define_precision(flags)
    absl_flags.DEFINE_enum(
        "strategy",
        "none",
        ["none", "mirrored", "multi_worker", "data_parallel"],
        "train on one device; with TensorFlow on all GPUs of this machine or "
        "on the machines in TF_CONFIG; or with JAX on all GPUs of this machine "
        "and of those that JAX_COORDINATOR_ADDRESS joins; --batch_size is that "
        "of all devices together",
        flag_values=flags,
    )
    absl_flags.DEFINE_bool(
        "sync_batch_norm",
        True,
        "with --strategy: BatchNormalization uses the statistics of the whole "
        "batch, as on one device",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "cpu_devices",
        1,
        "number of virtual CPU devices, to test --strategy=mirrored and "
        "data_parallel",
        1,
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "wait_for_machines",
        600,
        "seconds to wait for the other machines at the start",
        1,
        flag_values=flags,
    )


def _define_output(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_integer(
        "seed",
        0,
        "seed of weights, order and augmentation",
        0,
        MAX_SEED,
        flag_values=flags,
    )
    absl_flags.DEFINE_list(
        "seeds",
        None,
        "several seeds, as in 0,1,2: train with each in its own folder, "
        "WORKDIR/seed0, …, and report all in WORKDIR/report; the same command "
        "resumes",
        flag_values=flags,
    )
    absl_flags.DEFINE_string(
        "workdir",
        None,
        "folder for all files of the run; the same flags resume the run "
        "(default: runs/METHOD-DATASET-ARCH-seedSEED; with --seeds "
        "runs/METHOD-DATASET-ARCH)",
        flag_values=flags,
    )
    absl_flags.DEFINE_enum(
        "export_weights",
        "last",
        ["last", "best"],
        "weights of the exported model",
        flag_values=flags,
    )
    absl_flags.DEFINE_bool(
        "track_learning",
        False,
        "record in learning/ which images are classified correctly after each "
        "epoch; costs a forward pass over both splits per epoch",
        flag_values=flags,
    )
    absl_flags.DEFINE_string(
        "profile_steps",
        None,
        "FIRST:LAST, such as 10:20: write a profile of these training steps, "
        "counted from 1 at the start of the command, to tensorboard/",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "validation_freq",
        1,
        "epochs between two validations; the last epoch of each generation is "
        "always validated",
        1,
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "norms_every",
        0,
        "steps between two records of the norms of gradients and weights in "
        "tensorboard/; 0 for none",
        0,
        flag_values=flags,
    )
    define_tap_flags(flags)
    absl_flags.DEFINE(
        _YesNoOrMeasure(),
        "dry_run",
        False,
        "print the plan and its cost, and exit; --dry_run=measure also times a "
        "few steps and prints the minutes",
        flag_values=flags,
        boolean=True,
    )
    define_quiet(flags)
    absl_flags.DEFINE_enum(
        "progress",
        "auto",
        ["auto", "bar", "lines", "none"],
        "how to show progress; auto: a bar on a terminal, else one line per "
        "epoch",
        flag_values=flags,
    )


class _YesNoOrMeasure(absl_flags.BooleanParser):
    """Parser of a boolean, or "measure"."""

    syntactic_help = "true, false or measure"

    def parse(self, argument: str | int | bool) -> bool | str:  # type: ignore[override]
        """Parse the argument."""
        if argument == "measure":
            return "measure"
        return super().parse(argument)
