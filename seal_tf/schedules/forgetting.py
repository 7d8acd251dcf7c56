"""How hard to ascend, where S is to be found: a pure rule.

While an ascent goes on, the training accuracy of a fixed slice is looked at
every so many steps. What is left of it, above chance, is compared with a line
that falls from all to `keep`; S grows where more is left than the line wants
and shrinks where less is. Later layers go on learning meanwhile, so that
every S has its own balance of forgetting and relearning: the rule walks to
the S whose balance is `keep`.

Nothing here is published: the rule is ours, and docs/results.md says what
speaks for it.
"""

from __future__ import annotations

import dataclasses
import math

#: Looks at the slice in one ascent, and images of the slice, at most.
LOOKS, IMAGES = 12, 512
#: Bytes of the slice, at most.
BYTES = 2**26
#: Looking may cost this share of a generation's work.
SHARE_OF_WORK = 0.02
#: S of the first ascent before anything is known: the published one.
FIRST = 0.01
LEAST, MOST = 1e-4, 4.0
#: Doublings of S a look, for all of the accuracy above chance.
GAIN = 2.0
#: The line reaches `keep` at this share of the ascent; then it is held.
REACHED = 0.5


@dataclasses.dataclass(frozen=True)
class Look:
    """One look at the slice.

    Args:
        epoch: Epoch of the run, from 0.
        step: Step of that epoch that comes next.
        accuracy: Of the slice, in evaluation mode.
        chance: Accuracy of who always names the commonest class of it.
        images: Images of the slice.
        scale: S from this step on.
    """

    epoch: int
    step: int
    accuracy: float
    chance: float
    images: int
    scale: float


def left(look: Look, first: Look) -> float:
    """What is left of the accuracy above chance, 1 for all of it."""
    above = first.accuracy - first.chance
    return (look.accuracy - look.chance) / above if above > 0 else 1.0


def knows(first: Look) -> bool:
    """Whether there is anything to forget: two standard errors above chance."""
    share = max(first.accuracy, first.chance)
    error = math.sqrt(share * (1 - share) / first.images)
    return first.accuracy - first.chance > 2 * error


def wanted(share: float, keep: float) -> float:
    """What should be left at a share (0 to 1) of the ascent."""
    return 1 - (1 - keep) * min(1.0, share / REACHED)


def next_scale(
    scale: float,
    left: float,
    before: float,
    share: float,
    keep: float,
    known: bool,
) -> float:
    """S from now on.

    Forgetting follows S late, as warm-up, momentum and the later layers do.
    So it is what will be left, if it goes on like this, that counts; and an
    S that an ascent before has found is left alone while the line falls.

    Args:
        scale: S until now.
        left: What is left; see `left`.
        before: What was left at the look before.
        share: Where the next look is, a share of the ascent.
        keep: What is to be left in the end.
        known: Whether S is one that an ascent before has found.
    """
    if known and share <= REACHED:
        return scale
    ahead = left + (left - before)
    doublings = max(-1.0, min(1.0, GAIN * (ahead - wanted(share, keep))))
    return max(LEAST, min(MOST, scale * 2**doublings))


def first_scale(before: list[float]) -> float:
    """S as an ascent begins.

    Args:
        before: S after each look of the ascent before, in order. In its
            second half `keep` was held: the middle one of those.
    """
    held = sorted(before[len(before) // 2 :])
    return held[len(held) // 2] if held else FIRST


def due(steps: int, looks: int) -> list[int]:
    """Steps of an ascent of so many before which the slice is looked at."""
    looks = max(1, min(looks, steps))
    return sorted({i * steps // looks for i in range(looks)})


def affordable(images: int, size: int = 1) -> int:
    """Images of a slice that may be looked at `LOOKS` times and once more.

    A look is a forward pass, a third of a training step's work.

    Args:
        images: Images that a generation trains on, its passes counted.
        size: Bytes of an image, as the network gets it.
    """
    most = 3 * SHARE_OF_WORK * images / (LOOKS + 1)
    return int(max(1, min(IMAGES, BYTES / size, most)))
