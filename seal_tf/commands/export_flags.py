"""The flags that say how a model is exported. Imports no TensorFlow."""

from __future__ import annotations

from absl import flags

from pipelines.preprocessing import PREPROCESSING


def define_taps(values) -> None:
    """Defines the flags that say what `export/` gives as features."""
    flags.DEFINE_string(
        "taps",
        "blocks",
        "features of the export: blocks (every residual block's output and "
        "the penultimate), stages (the last block of each resolution and the "
        "penultimate), penultimate, or names and patterns of layers (as in "
        "conv4_.*_out), joined by commas",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "tap_pooling",
        2,
        "feature maps are averaged to so many bins a side, then flattened",
        1,
        flag_values=values,
    )


def define_preprocessing(values) -> None:
    """Defines `--preprocessing`."""
    flags.DEFINE_enum(
        "preprocessing",
        None,
        list(PREPROCESSING),
        "what the Keras model takes, made from uint8 images inside the "
        "export: none (0 to 255, it normalises itself), unit (0 to 1), tf (-1 "
        "to 1), torch (ImageNet's mean and deviation, as seal_tf trains), "
        "caffe (BGR less ImageNet's mean); needed for a .keras file that is "
        "not in a work directory of ours",
        flag_values=values,
    )
