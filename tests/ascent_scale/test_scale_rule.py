"""The rule for S, on a simulated network of a few lines."""

import pytest

from seal_tf.ascent_scale import scale_rule
from seal_tf.ascent_scale.scale_rule import AccuracySample


def _sample(accuracy, chance=0.1):
    return AccuracySample(0, 0, accuracy, chance, 100, 0.0)


def test_retained_fraction_is_relative_to_chance():
    first = _sample(0.9)
    assert scale_rule.retained_fraction(first, first) == 1
    assert scale_rule.retained_fraction(_sample(0.5), first) == pytest.approx(
        0.5
    )
    assert scale_rule.retained_fraction(_sample(0.1), first) == pytest.approx(0)


def test_retained_fraction_below_chance_is_one():
    assert scale_rule.retained_fraction(_sample(0.1), _sample(0.05)) == 1


def test_is_above_chance_requires_two_standard_errors():
    # Two standard errors of 100 images at a chance of 0.1 are 0.06.
    assert not scale_rule.is_above_chance(_sample(0.1))
    assert not scale_rule.is_above_chance(_sample(0.15))
    assert scale_rule.is_above_chance(_sample(0.2))
    assert not scale_rule.is_above_chance(_sample(1.0, chance=1.0))


def test_target_fraction_falls_to_retain_and_stays():
    points = [0, 0.25, 0.5, 0.75, 1]
    targets = [scale_rule.target_fraction(p, 0.6) for p in points]
    assert targets == pytest.approx([1, 0.8, 0.6, 0.6, 0.6])


def test_max_probe_size_keeps_the_cost_below_two_percent():
    # 13 measurements of n forward passes cost as much as n * 13 / 3 steps.
    for images in (1_000, 64_000, 200_000):
        count = scale_rule.max_probe_size(images)
        assert 13 * count / 3 <= 0.02 * images
        assert 13 * (count + 1) / 3 > 0.02 * images or count == 512
    assert scale_rule.max_probe_size(10**8) == 512
    assert scale_rule.max_probe_size(1) == 1


def test_max_probe_size_limits_the_memory():
    # 111 photographs of 224x224 pixels in float32 take 64 MB.
    assert scale_rule.max_probe_size(10**8, 4 * 224 * 224 * 3) == 111


def test_measurement_steps_are_spread_evenly():
    assert scale_rule.measurement_steps(120, 12) == list(range(0, 120, 10))
    assert scale_rule.measurement_steps(3, 12) == [0, 1, 2]
    assert scale_rule.measurement_steps(13, 4) == [0, 3, 6, 9]


@pytest.mark.parametrize("stability", [0.02, 0.2, 1.0])
@pytest.mark.parametrize("retain", [0.3, 0.5, 0.8])
def test_next_scale_approaches_the_balance_of_any_network(stability, retain):
    """A network whose accuracy follows S with a delay.

    At S it would end at 1 / (1 + S / stability), so that it retains `retain`
    at S = stability * (1 / retain - 1): networks that differ 50 times in S.
    """
    scales, ends = [], []
    for ascent in range(3):
        fraction = previous = 1.0
        scale = scale_rule.first_scale(scales)
        scales = [scale]
        for measurement in range(1, 13):
            balance = 1 / (1 + scale / stability)
            fraction += 0.7 * (balance - fraction)
            if measurement == 12:
                break
            scale = scale_rule.next_scale(
                scale,
                (previous, fraction),
                (measurement + 1) / 12,
                retain,
                is_known=ascent > 0,
            )
            previous = fraction
            scales.append(scale)
        ends.append(fraction)
    # The published S may be far from that of the first ascent.
    assert ends[1:] == pytest.approx([retain] * 2, abs=0.12), ends


@pytest.mark.parametrize(("fraction", "limit"), [(2.0, 4.0), (-1.0, 1e-4)])
def test_next_scale_stays_within_limits(fraction, limit):
    scale = 0.01
    for _ in range(40):
        scale = scale_rule.next_scale(
            scale, (fraction, fraction), 1, 0.5, is_known=False
        )
    assert scale == limit


@pytest.mark.parametrize(
    ("fractions", "progress", "is_known", "expected"),
    [
        ((1.0, 1.0), 0.5, True, 0.2),
        ((1.0, 1.0), 0.5, False, 0.4),
        ((1.0, 1.0), 0.6, True, 0.4),
        # It retains three quarters and loses a quarter at each measurement.
        ((1.0, 0.75), 0.6, True, 0.2),
    ],
)
def test_next_scale_keeps_a_known_scale_while_the_target_falls(
    fractions, progress, is_known, expected
):
    scale = scale_rule.next_scale(0.2, fractions, progress, 0.5, is_known)
    assert scale == expected


def test_first_scale_is_the_median_of_the_second_half():
    assert scale_rule.first_scale([]) == 0.01
    assert scale_rule.first_scale([9.0, 9.0, 9.0, 0.1, 0.3, 0.2]) == 0.2
