"""Which methods can run together."""

import pytest

from seal_tf.schedules import (
    LLF,
    SEAL,
    AnnealedAscent,
    FreezeOut,
    Normal,
    Snapshots,
)
from seal_tf.schedules.compose import check_pair

CONTRADICTIONS = {
    "two rates": (
        lambda: (
            SEAL(generations=2, learning_rate=0.1),
            Snapshots(cycles=2, learning_rate=0.2),
        ),
        "seal and snapshots both set the base learning rate.*0.1 and 0.2",
    ),
    "the same method": (
        lambda: (SEAL(generations=2), SEAL(generations=2)),
        "seal.*the same method cannot occur twice",
    ),
    "frozen and ascending": (
        lambda: (AnnealedAscent(generations=1), FreezeOut()),
        "freezeout freezes groups that annealed_ascent moves",
    ),
    "two ascents": (
        lambda: (
            AnnealedAscent(generations=1),
            SEAL(generations=1, split_at="x"),
        ),
        "annealed_ascent and seal both ascend",
    ),
    "two splits": (
        lambda: (
            LLF(generations=2, split_at="x"),
            SEAL(generations=2, split_at="y"),
        ),
        "split_at='x' and 'y'",
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_check_pair_with_contradiction_raises(case):
    make, message = CONTRADICTIONS[case]
    first, second = make()
    with pytest.raises(ValueError, match=message):
        check_pair(first, second)
    with pytest.raises(ValueError, match=message):
        first + second


@pytest.mark.parametrize(
    "pair",
    [
        (SEAL(generations=2, split_at="x"), FreezeOut()),
        (LLF(generations=2, split_at="x"), SEAL(generations=2, split_at="x")),
        (Normal(generations=2, learning_rate=0.1), Snapshots()),
        (AnnealedAscent(generations=2), Snapshots()),
    ],
    ids=lambda pair: "+".join(part.name for part in pair),
)
def test_check_pair_with_compatible_methods_passes(pair):
    check_pair(*pair)
