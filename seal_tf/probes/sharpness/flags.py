"""Flags and settings of the sharpness probe."""

from __future__ import annotations

import dataclasses

from absl import flags


@dataclasses.dataclass(frozen=True)
class SharpnessSettings:
    """Settings of the sharpness probe.

    Args:
        images: Training images of the batch.
        power_iterations: Largest number of power iterations.
        trace_samples: Random vectors of Hutchinson's estimator.
        label_smoothing: Label smoothing of the loss. None takes that of the
            training, or 0 if it is unknown.
        preprocessing: What the Keras model expects; one of
            `pipelines.preprocessing`. None takes that of the export.
        seed: Seed of the batch and of the random vectors.
    """

    images: int = 512
    power_iterations: int = 100
    trace_samples: int = 30
    label_smoothing: float | None = None
    preprocessing: str | None = None
    seed: int = 0

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> SharpnessSettings:
        """Create the settings from parsed flags.

        Args:
            flag_values: The parsed flags.
        """
        return cls(
            images=flag_values.sharpness_images,
            power_iterations=flag_values.power_iterations,
            trace_samples=flag_values.trace_samples,
            label_smoothing=flag_values.label_smoothing,
            preprocessing=flag_values.preprocessing,
            seed=flag_values.seed,
        )


def define_flags(flag_values: flags.FlagValues) -> None:
    """Define the flags of the sharpness probe.

    Args:
        flag_values: Where to define the flags.
    """
    flags.DEFINE_integer(
        "sharpness_images",
        512,
        "sharpness: training images of the batch",
        1,
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "power_iterations",
        100,
        "sharpness: largest number of power iterations for the eigenvalue",
        2,
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "trace_samples",
        30,
        "sharpness: random vectors of Hutchinson's estimator",
        1,
        flag_values=flag_values,
    )
    flags.DEFINE_float(
        "label_smoothing",
        None,
        "sharpness: label smoothing of the loss (default: that of the "
        "training, or 0 if it is unknown)",
        0,
        0.99,
        flag_values=flag_values,
    )
