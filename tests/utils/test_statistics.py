"""Means over seeds."""

import statistics

import pytest

from seal_tf.utils.statistics import (
    count_decimals,
    format_mean,
    format_percent,
    format_signed,
    format_with_interval,
    mean_and_deviation,
    signed_interval,
)


def test_mean_and_deviation_of_one_value_has_no_deviation():
    assert mean_and_deviation([2.0]) == (2.0, None)


def test_mean_and_deviation_of_several_is_the_sample_deviation():
    mean, deviation = mean_and_deviation(iter([1.0, 2.0, 4.0]))
    assert mean == pytest.approx(7 / 3)
    assert deviation == statistics.stdev([1, 2, 4])


def test_format_mean_shows_deviation_of_several():
    assert format_mean([54.4]) == "54.40"
    assert format_mean([1, 3], 1) == "2.0 ± 1.4"


def test_format_percent_scales_fractions():
    assert format_percent([0.25], 1) == "25.0"


@pytest.mark.parametrize(
    "uncertainty, decimals",
    [(5.0, 0), (2.0, 0), (1.9, 1), (0.2, 1), (0.19, 2), (0.0, 1)],
)
def test_count_decimals_follows_the_standard_error(uncertainty, decimals):
    assert count_decimals(uncertainty) == decimals


def test_format_signed_has_a_sign_and_no_negative_zero():
    assert format_signed(1.26, 1) == "+1.3"
    assert format_signed(-1.26, 1) == "\u22121.3"
    assert format_signed(-0.01, 1) == "+0.0"


@pytest.mark.parametrize(
    "mean, margin, numbers",
    [
        (1.26, 0.5, ("+1.3", "+0.8", "+1.8")),
        (0.26, 0.25, ("+0.26", "+0.01", "+0.51")),
        (-0.26, 0.2599, ("\u22120.2600", "\u22120.5199", "\u22120.0001")),
        # Zero is inside.
        (0.25, 0.26, ("+0.2", "+0.0", "+0.5")),
        (0.25, 0.25, ("+0.2", "+0.0", "+0.5")),
        (0.0, 0.0, ("+0.0", "+0.0", "+0.0")),
        (0.1 + 0.2, 0.3, ("+0.3", "+0.0", "+0.6")),
    ],
)
def test_signed_interval_shows_whether_zero_is_inside(mean, margin, numbers):
    assert signed_interval(mean, margin, 1) == numbers


def test_format_with_interval_of_one_value_has_no_interval():
    assert format_with_interval(1.26, 0.5, 1) == "+1.3 (+0.8 to +1.8)"
    assert format_with_interval(1.26, None, 1) == "+1.3"
