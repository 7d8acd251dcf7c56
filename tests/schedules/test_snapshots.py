"""Snapshot ensembles: the cyclic rate and the moments of snapshots."""

import math

import numpy as np
import pytest

from seal_tf.schedules import SEAL, SaveSnapshot, Snapshots
from tests.schedules.plans import make_plan


def test_snapshots_every_step_equals_the_formula():
    epochs, steps, cycles, rate0 = 15, 7, 3, 0.2
    plan = make_plan(
        Snapshots(cycles=cycles, learning_rate=rate0), epochs, steps
    )
    length = math.ceil(epochs * steps / cycles)
    t = 0
    for e in plan:
        for rate in e.base_rate:
            # The official code counts the iterations of a cycle from 1.
            t = t % length + 1
            expected = rate0 / 2 * (math.cos(math.pi * t / length) + 1)
            assert rate == pytest.approx(expected, abs=1e-7)
            if t == length:
                assert rate == 0
        assert not e.before  # momentum continues through the restart
        event = (SaveSnapshot(e.epoch // 5),) if e.epoch % 5 == 4 else ()
        assert e.after == event


def test_snapshots_composed_with_seal_change_no_rate():
    seal = SEAL(generations=4, split_at="x", learning_rate=0.1)
    composed = Snapshots() + seal
    for a, b in zip(make_plan(seal, 16), make_plan(composed, 16), strict=True):
        np.testing.assert_array_equal(a.rates(), b.rates())
        assert a.before == b.before
        event = (SaveSnapshot(b.generation),) if b.last_of_generation else ()
        assert b.after == event


def test_check_with_cycles_that_do_not_divide_lists_those_that_do():
    with pytest.raises(ValueError, match=r"8 epochs .*\[1, 2, 4, 8\].*=3"):
        Snapshots(cycles=3).check(8)
