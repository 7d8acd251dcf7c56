"""FreezeOut against its formulas, step by step."""

import math

import numpy as np
import pytest

from seal_tf.schedules import SEAL, FreezeOut
from tests.schedules.plans import GROUPS, make_plan


@pytest.mark.parametrize(
    "decay,power", [("linear", 1), ("squared", 2), ("cubic", 3)]
)
@pytest.mark.parametrize("scaled", [False, True])
def test_freezeout_every_step_equals_the_formula(decay, power, scaled):
    t0, rate0, epochs, steps = 0.5, 0.1, 7, 9
    plan = make_plan(
        FreezeOut(t0=t0, decay=decay, scaled=scaled, learning_rate=rate0),
        epochs,
        steps,
    )
    last = len(GROUPS) - 1
    for epoch in range(epochs):
        e = plan.epoch(epoch)
        for j in range(steps):
            # The true number of steps, not the official code's 1,000.
            t = (epoch * steps + j) / (epochs * steps)
            for i in range(len(GROUPS)):
                t_i = (t0 + (1 - t0) * i / last) ** power
                expected = 0.0
                if t < t_i:
                    a = rate0 / t_i if scaled else rate0
                    expected = 0.5 * a * (1 + math.cos(math.pi * t / t_i))
                assert e.rates()[j, i] == pytest.approx(expected, abs=1e-7)
                assert e.l2[j, i] == (t < t_i)
        start = epoch / epochs
        assert e.frozen == sum(
            (t0 + (1 - t0) * i / last) ** power <= start
            for i in range(len(GROUPS))
        )
    assert plan.epoch(epochs - 1).frozen < len(GROUPS)


def _seal():
    return SEAL(generations=2, split_at="x", learning_rate=0.1, ascent_epochs=2)


def test_freezeout_composed_with_seal_anneals_within_each_descent():
    """Groups are unfrozen during the ascent, and frozen again after it."""
    plan = make_plan(_seal() + FreezeOut(t0=0.5, scaled=False), 12, 5)
    frozen = [e.frozen for e in plan]
    assert frozen[6:8] == [0, 0]
    assert frozen[8] == 0
    # A phase of six epochs, then of four: t_0 = 1/8 is in the first epoch.
    assert frozen[1] == 1
    assert frozen[9] == 2
    times = (0.5 + 0.5 * np.arange(5) / 4) ** 3
    for epoch in (0, 3, 8, 11):
        e = plan.epoch(epoch)
        t = (e.phase_epoch * 5 + np.arange(5))[:, None] / (e.phase_epochs * 5)
        expected = np.where(t < times, (1 + np.cos(np.pi * t / times)) / 2, 0)
        np.testing.assert_allclose(e.scale, expected, atol=1e-6)


def test_freezeout_when_last_freezes_in_the_last_generation_only():
    schedule = SEAL(generations=2, split_at="x", learning_rate=0.1)
    schedule += FreezeOut(t0=0.5, when="last")
    plan = make_plan(schedule, 12, 5)
    assert not any(e.frozen for e in plan if e.epoch < 6)
    assert any(e.frozen for e in plan if e.epoch >= 6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"t0": 0.0}, "`t0` must be above 0.*t0=0.0"),
        ({"decay": "quartic"}, "`decay` .*decay='quartic'"),
        ({"when": "never"}, "`when` .*when='never'"),
        ({"grouping": "x"}, "`grouping` .*grouping='x'"),
    ],
)
def test_freezeout_with_bad_setting_names_the_argument(settings, message):
    with pytest.raises(ValueError, match=message):
        FreezeOut(**settings)


def test_freezeout_without_grouping_uses_blocks():
    assert FreezeOut().grouping == "blocks"
