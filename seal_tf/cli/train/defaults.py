"""Defaults of training that other flags determine.

`image_settings` resolves the flags that the images determine.
"""

from __future__ import annotations

from absl import flags as absl_flags

#: Base learning rate of each optimizer.
LEARNING_RATES = {"sgd": 0.1, "adamw": 0.001}
#: Flags that the images determine, where they have no value.
IMAGE_FLAGS = ("crop_padding", "flip", "drop_remainder")
#: Flags that a folder of images determines, where they have no value.
FOLDER_FLAGS = ("split_fraction", "image_size")


def default_method(generations: int) -> str:
    """Return the method of a command that names none.

    SEAL forgets from the second generation on. One generation is normal
    training, the baseline of all methods.

    Args:
        generations: Number of generations.
    """
    return "seal" if generations > 1 else "normal"


def resolve_flags(flags: absl_flags.FlagValues) -> None:
    """Set the method and the learning rate, where they have no value.

    Args:
        flags: The parsed flags of `seal_tf.train`.
    """
    if flags.method is None:
        flags["method"].value = default_method(flags.generations)
    if flags.learning_rate is None:
        flags["learning_rate"].value = LEARNING_RATES[flags.optimizer]
