"""Flags and settings of the linear probe."""

from __future__ import annotations

import dataclasses

from absl import flags


@dataclasses.dataclass(frozen=True)
class LinearSettings:
    """Settings of the linear probe.

    Args:
        tap: Tap whose features are classified.
        seed: First seed of the held-out tenth.
        seeds: Number of consecutive seeds.
    """

    tap: str = "penultimate"
    seed: int = 0
    seeds: int = 3

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> LinearSettings:
        """Create the settings from parsed flags.

        Args:
            flag_values: The parsed flags.
        """
        return cls(flag_values.tap, flag_values.seed, flag_values.linear_seeds)


def define_flags(flag_values: flags.FlagValues) -> None:
    """Define the flags of the linear probe.

    Args:
        flag_values: Where to define the flags.
    """
    flags.DEFINE_integer(
        "linear_seeds",
        3,
        "linear: number of held-out tenths on which to select the "
        "regularization; their seeds are consecutive",
        1,
        flag_values=flag_values,
    )
