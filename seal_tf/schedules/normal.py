"""Normal training: one long cosine, or one cosine for each generation."""

from __future__ import annotations

import dataclasses

from seal_tf.schedules.generational import Generational


@dataclasses.dataclass(frozen=True, kw_only=True)
class Normal(Generational):
    """Normal training: every layer descends in every epoch.

    The SEAL paper does not define "Normal (long)". This class offers both
    readings: one generation is a single long cosine; G generations restart
    the cosine G times, the default of the official code's `normal` mode. (See
    docs/methods/normal.md.)

    Example:
        >>> from seal_tf.schedules import Normal
        >>> long = Normal(generations=1, learning_rate=0.1)

    The arguments are those of `Generational`.
    """

    name = "normal"
