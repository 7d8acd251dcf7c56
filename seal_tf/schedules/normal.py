"""Normal training: one long cosine, or one that restarts every generation."""

from __future__ import annotations

import dataclasses

from seal_tf.schedules.generational import Generational


@dataclasses.dataclass(frozen=True, kw_only=True)
class Normal(Generational):
    """Every layer descends, always.

    "Normal (long)" is not defined in the SEAL paper. Both readings are here
    and never share a name: one generation is the single long cosine, G
    generations restart it G times (what the official code does).

    The arguments are those of `Generational`.
    """

    name = "normal"
