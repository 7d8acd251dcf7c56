"""Flags and settings of an export. Importing this imports no TensorFlow."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from absl import flags

from pipelines.preprocessing import PREPROCESSING_MODES
from seal_tf.cli.last_line import define_quiet
from seal_tf.probes.output_kinds import OUTPUT_KINDS


@dataclasses.dataclass(frozen=True)
class ExportSettings:
    """How a .keras file is exported.

    Args:
        preprocessing: What the model expects, one of
            `pipelines.preprocessing.PREPROCESSING_MODES`. None takes that of
            seal_tf's training, for a model in a work directory.
        taps: Names of taps; see `seal_tf.probes.taps.select_taps`.
        tap_pooling: Bins on each side of a pooled feature map.
        image_size: Height and width in pixels, for a model that accepts
            images of any size.
        classes: Text file with the names of the classes.
        output_kind: What the outputs of the model are, one of
            `seal_tf.probes.output_kinds.OUTPUT_KINDS`. None determines it.
    """

    preprocessing: str | None = None
    taps: tuple[str, ...] = ("blocks",)
    tap_pooling: int = 2
    image_size: int | None = None
    classes: Path | None = None
    output_kind: str | None = None

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> ExportSettings:
        """Create the settings from parsed flags.

        Args:
            flag_values: The parsed flags.
        """
        return cls(
            preprocessing=flag_values.preprocessing,
            taps=tuple(flag_values.taps.split(",")),
            tap_pooling=flag_values.tap_pooling,
            image_size=flag_values.image_size,
        )


def define_flags(flag_values: flags.FlagValues) -> None:
    """Define the flags of the export command.

    Args:
        flag_values: Where to define the flags.
    """
    flags.DEFINE_string(
        "model", None, "the .keras file", flag_values=flag_values
    )
    flags.DEFINE_string(
        "out", None, "folder for the SavedModel", flag_values=flag_values
    )
    flags.DEFINE_string(
        "classes",
        None,
        "text file with the name of a class on each line, in the order of the "
        "outputs",
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "image_size",
        None,
        "height and width in pixels, for a model that accepts any size",
        1,
        flag_values=flag_values,
    )
    flags.DEFINE_enum(
        "output_kind",
        None,
        list(OUTPUT_KINDS),
        "what the model outputs: softmax (class probabilities), logits (of "
        "exclusive classes), sigmoid (independent probabilities), "
        "sigmoid_logits (their logits), values (such as those of a "
        "regression), multiple (several outputs); by default, the layers and "
        "the loss of the model determine it",
        flag_values=flag_values,
    )
    define_preprocessing_flag(flag_values)
    define_tap_flags(flag_values)
    define_quiet(flag_values)


def define_tap_flags(flag_values: flags.FlagValues) -> None:
    """Define the flags of the taps that an export has.

    Args:
        flag_values: Where to define the flags.
    """
    flags.DEFINE_string(
        "taps",
        "blocks",
        "features of the export: blocks (the output of every residual block "
        "and the penultimate features), stages (the last block of each "
        "resolution and the penultimate features), penultimate, or names and "
        "regular expressions of layers (such as conv4_.*_out), separated by "
        "commas",
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "tap_pooling",
        2,
        "bins on each side to which feature maps are averaged before they are "
        "flattened",
        1,
        flag_values=flag_values,
    )


def define_preprocessing_flag(flag_values: flags.FlagValues) -> None:
    """Define `--preprocessing`.

    Args:
        flag_values: Where to define the flag.
    """
    flags.DEFINE_enum(
        "preprocessing",
        None,
        list(PREPROCESSING_MODES),
        "what the Keras model expects; the export computes it from uint8 "
        "images: none (0 to 255, the model normalizes them), unit (0 to 1), "
        "tf (-1 to 1), torch (ImageNet's mean and standard deviation, as "
        "seal_tf trains), caffe (BGR minus ImageNet's mean); required for a "
        ".keras file that is not in a work directory",
        flag_values=flag_values,
    )
