"""Flags and settings of the prediction-depth probe."""

from __future__ import annotations

import dataclasses

from absl import flags


@dataclasses.dataclass(frozen=True)
class PredictionDepthSettings:
    """Settings of the prediction-depth probe.

    Args:
        k: Number of neighbors that vote.
        memory_gb: Memory of the neighbor search in gigabytes.
        seed: Seed of the bootstrap.
    """

    k: int = 30
    memory_gb: float = 4.0
    seed: int = 0

    @classmethod
    def from_flags(
        cls, flag_values: flags.FlagValues
    ) -> PredictionDepthSettings:
        """Create the settings from parsed flags.

        Args:
            flag_values: The parsed flags.
        """
        return cls(flag_values.k, flag_values.memory_gb, flag_values.seed)


def define_flags(flag_values: flags.FlagValues) -> None:
    """Define the flags of the prediction-depth probe.

    Args:
        flag_values: Where to define the flags.
    """
    flags.DEFINE_integer(
        "k",
        30,
        "prediction_depth: number of neighbors that vote",
        1,
        flag_values=flag_values,
    )
    flags.DEFINE_float(
        "memory_gb",
        4.0,
        "prediction_depth: memory of the neighbor search in GB",
        0.1,
        flag_values=flag_values,
    )
