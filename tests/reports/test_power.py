"""The power of a paired comparison."""

import numpy as np
import pytest
from scipy import stats

from seal_tf.reports.power import paired_power, seeds_needed


@pytest.mark.parametrize(
    "effect, seeds",
    # G*Power 3.1, paired t test, two-sided, level 0.05, power 0.8; also
    # Cohen (1988), table 2.4.1 with d for pairs.
    [(0.3, 90), (0.5, 34), (0.8, 15), (1.0, 10)],
)
def test_seeds_needed_equals_published_tables(effect, seeds):
    assert seeds_needed(effect, 1.0) == seeds
    assert seeds_needed(2 * effect, 2.0) == seeds


def test_paired_power_equals_simulation():
    difference, deviation, seeds, trials = 1.5, 2.0, 6, 40_000
    samples = np.random.default_rng(0).normal(
        difference, deviation, (trials, seeds)
    )
    error = samples.std(axis=1, ddof=1) / np.sqrt(seeds)
    low = samples.mean(axis=1) - stats.t.ppf(0.975, seeds - 1) * error
    expected = (low > 0).mean()
    # Four standard errors of the simulation.
    tolerance = 4 * np.sqrt(expected * (1 - expected) / trials)
    power = paired_power(difference, deviation, seeds)
    assert power == pytest.approx(expected, abs=tolerance)


def test_seeds_needed_is_the_smallest_number():
    for difference, deviation in ((2.0, 1.3), (1.0, 4.0), (0.5, 0.1)):
        seeds = seeds_needed(difference, deviation)
        assert paired_power(difference, deviation, seeds) >= 0.8
        if seeds > 2:
            assert paired_power(difference, deviation, seeds - 1) < 0.8


def test_seeds_needed_at_the_limits():
    assert seeds_needed(1.0, 0.0) == 2
    assert seeds_needed(0.001, 10.0) is None
    with pytest.raises(ValueError, match="above 0"):
        seeds_needed(0.0, 1.0)
