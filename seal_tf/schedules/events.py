"""What happens once, as an epoch begins or ends.

Each event says what is to happen, not how: `seal_tf.training.happenings`
carries it out. Where several come together they run in the order of `rank`.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class KeepSnapshot:
    """The model is kept, as it is now.

    Args:
        number: Which snapshot of the run, from 0.
    """

    number: int
    rank = 0

    def __str__(self) -> str:
        return f"snapshot {self.number + 1} kept"


@dataclasses.dataclass(frozen=True)
class ResetOptimizer:
    """Every slot of the optimizer is again what it was when built."""

    rank = 1

    def __str__(self) -> str:
        return "optimizer made new"


@dataclasses.dataclass(frozen=True)
class Redraw:
    """Conv and Dense kernels of some groups get a fresh random draw.

    Args:
        generation: Part of the key of the draw, with seed and layer.
        groups: For each group of the run, whether it is redrawn.
        law: "reference" (uniform +-1/sqrt(fan_in)) or "initializer" (the
            layer's own, drawn anew).
        seed: Seed of the run.
    """

    generation: int
    groups: tuple[bool, ...]
    law: str
    seed: int
    rank = 2

    def __str__(self) -> str:
        return f"kernels of {sum(self.groups)} group(s) drawn anew"
