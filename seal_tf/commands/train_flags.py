"""The flags of `seal_tf.train`. Imports no TensorFlow."""

from __future__ import annotations

from absl import flags

from seal_tf.commands import data_flags, export_flags, method_flags
from seal_tf.models.names import SHOWN


def define(values) -> None:
    """Defines all flags of training on `values`."""
    method_flags.define(values)
    data_flags.define(values)
    _define_augmentation(values)
    _define_training(values)
    _define_devices(values)
    _define_run(values)


def _define_augmentation(values):
    flags.DEFINE_float(
        "val_from_train",
        None,
        "hold this share of each class's training images out for choosing "
        "things; the published split is then only reported, at the end",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "crop_padding",
        4,
        "pixels of zeros around an image before the random crop",
        0,
        flag_values=values,
    )
    flags.DEFINE_bool(
        "flip", True, "mirror half of the images", flag_values=values
    )
    for name, kind, default, text in (
        (
            "resized_crop",
            flags.DEFINE_float,
            1.0,
            "least area of a random resized crop, as 0.08; 1: none",
        ),
        (
            "color_jitter",
            flags.DEFINE_float,
            0.0,
            "strength of random brightness, contrast and saturation",
        ),
        (
            "randaugment",
            flags.DEFINE_integer,
            0,
            "operations of RandAugment on each image",
        ),
        (
            "randaugment_magnitude",
            flags.DEFINE_integer,
            9,
            "magnitude of RandAugment's operations, 0 to 10",
        ),
        (
            "random_erasing",
            flags.DEFINE_float,
            0.0,
            "share of the images of which a random box is erased",
        ),
        ("mixup_alpha", flags.DEFINE_float, 0.0, "MixUp's alpha; 0: none"),
        ("cutmix_alpha", flags.DEFINE_float, 0.0, "CutMix' alpha; 0: none"),
    ):
        kind(name, default, text, flag_values=values)
    flags.DEFINE_enum(
        "augment_on",
        "host",
        ["host", "device"],
        "where images are augmented: in the input pipeline, or inside the "
        "compiled step; the same numbers for the same seed",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "drop_remainder",
        False,
        "leave out the last, partial batch of an epoch",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "balance_classes",
        False,
        "weigh each image by how rare its class is, mean 1",
        flag_values=values,
    )


def _define_training(values):
    flags.DEFINE_string(
        "arch",
        "resnet50",
        f"network: {', '.join(SHOWN)}, or any name of keras.applications",
        flag_values=values,
    )
    flags.DEFINE_string(
        "init_from",
        None,
        "start from the trained weights of this .keras file; it has to be "
        "there as well when the run is resumed",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "batch_size", 32, "images of a batch", 1, flag_values=values
    )
    flags.DEFINE_enum(
        "optimizer",
        "sgd",
        ["sgd", "adamw"],
        "the papers' SGD, or Keras' AdamW, whose decoupled weight decay is "
        "then --l2",
        flag_values=values,
    )
    flags.DEFINE_float("learning_rate", 0.1, "base rate", flag_values=values)
    flags.DEFINE_float("momentum", 0.9, "momentum of SGD", flag_values=values)
    flags.DEFINE_bool(
        "nesterov", False, "Nesterov's momentum", flag_values=values
    )
    flags.DEFINE_float(
        "l2",
        5e-4,
        "coupled L2 on every parameter; weight decay of --optimizer=adamw",
        flag_values=values,
    )
    flags.DEFINE_float(
        "ema_momentum",
        0.0,
        "validate and export an exponential moving average of the weights "
        "with this momentum, as 0.999 (Keras' own; begins anew where the "
        "optimizer is made new); 0: the weights themselves",
        0,
        0.999999,
        flag_values=values,
    )
    flags.DEFINE_float(
        "label_smoothing",
        0.1,
        "share of the label spread over all classes",
        0,
        0.99,
        flag_values=values,
    )
    flags.DEFINE_enum(
        "precision",
        "float32",
        ["float32", "mixed_bfloat16", "mixed_float16"],
        "dtype policy of the layers",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "jit_compile",
        "auto",
        ["auto", "true", "false"],
        "compile the step by XLA; auto: on a GPU, since XLA is slow on a CPU",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "fast_ops",
        True,
        "on a CPU without XLA, compute convolutions and batch normalization "
        "by other TensorFlow operations: the same functions, to rounding",
        flag_values=values,
    )


def _define_checkpoints(values):
    flags.DEFINE_integer(
        "checkpoint_every_epochs",
        1,
        "write the state of the run every so many epochs; 0: only as a "
        "generation ends",
        0,
        flag_values=values,
    )
    flags.DEFINE_float(
        "checkpoint_every_minutes",
        10.0,
        "and every so many minutes within an epoch; 0: not",
        0.0,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "checkpoints_kept",
        2,
        "keep so many, the latest, beside one for each generation",
        1,
        flag_values=values,
    )
    flags.DEFINE_enum(
        "on_divergence",
        "stop",
        ["stop", "rollback"],
        "when the loss is no longer finite: stop, or go back to before the "
        "last ascent and ascend with half of S (where S is found, of the "
        "bound of its steps)",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "max_rollbacks",
        3,
        "go back at most so many times in a run",
        0,
        flag_values=values,
    )
    flags.DEFINE_bool(
        "deterministic",
        False,
        "let every operation give the same bits again; XLA is off",
        flag_values=values,
    )


def _define_devices(values):
    flags.DEFINE_enum(
        "strategy",
        "none",
        ["none", "mirrored", "multi_worker"],
        "train on one device, on all GPUs of this machine, or on the "
        "machines that TF_CONFIG names; --batch_size is that of all together",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "sync_batch_norm",
        True,
        "with --strategy: BatchNormalization sees the whole batch, as on one "
        "device, and not the share of its replica",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "cpu_devices",
        1,
        "cut the CPU into so many devices, to try --strategy=mirrored",
        1,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "wait_for_machines",
        600,
        "seconds that a machine of --strategy=multi_worker waits for the "
        "others to begin",
        1,
        flag_values=values,
    )


def _define_run(values):
    flags.DEFINE_integer(
        "seed",
        0,
        "seed of weights, order and augmentation",
        0,
        flag_values=values,
    )
    flags.DEFINE_string(
        "workdir",
        None,
        "folder for everything that the run writes; the same flags again "
        "resume it (default: runs/METHOD-DATASET-ARCH-seedSEED)",
        flag_values=values,
    )
    _define_checkpoints(values)
    flags.DEFINE_enum(
        "export_weights",
        "last",
        ["last", "best"],
        "which weights the exported model has",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "track_learning",
        False,
        "record after every epoch which images are classified correctly, in "
        "learning/: one more pass over both splits, without training, an "
        "epoch",
        flag_values=values,
    )
    flags.DEFINE_string(
        "profile_steps",
        None,
        "FIRST:LAST, as 10:20: write a profile of these training steps, "
        "counted from 1 as the command starts, to tensorboard/",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "norms_every",
        0,
        "write the norms of each group of layers' gradients and weights to "
        "tensorboard/ every so many steps; 0: not",
        0,
        flag_values=values,
    )
    export_flags.define_taps(values)
    flags.DEFINE_bool(
        "dry_run",
        False,
        "print the plan and its cost, and stop",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "progress",
        "auto",
        ["auto", "bar", "lines", "none"],
        "how training shows itself; auto: a bar on a terminal, else a line "
        "an epoch",
        flag_values=values,
    )
