"""The timescale of weight decay, by its formula."""

import math

import pytest

from seal_tf.utils.decay_timescale import (
    WeightDecay,
    coefficient_of,
    timescale_steps,
)


def test_timescale_steps_of_both_kinds_of_decay():
    assert timescale_steps(5e-4, 0.1, 0.9) == pytest.approx(2000)
    assert timescale_steps(0.004, 0.001) == pytest.approx(250_000)
    assert timescale_steps(0, 0.1) == math.inf


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_coefficient_of_is_the_inverse(momentum):
    coefficient = coefficient_of(123, 0.05, momentum)
    assert timescale_steps(coefficient, 0.05, momentum) == pytest.approx(123)


@pytest.mark.parametrize(
    "steps,rate,message",
    [
        (0, 0.1, "`weight_decay_timescale` .*weight_decay_timescale=0"),
        (math.inf, 0.1, "weight_decay_timescale=inf"),
        (10, 0.0, "`learning_rate` .*learning_rate=0.0"),
    ],
)
def test_coefficient_of_a_number_out_of_range_raises(steps, rate, message):
    with pytest.raises(ValueError, match=message):
        coefficient_of(steps, rate)


def test_weight_decay_counts_train_steps_under_accumulation():
    decay = WeightDecay(0.1, False, 0.0, 0.01, steps_per_update=4)
    assert decay.timescale(0.01) == pytest.approx(4000)
    assert decay.coefficient_for(4000, 0.01) == pytest.approx(0.1)
    assert decay.name == "weight decay"
