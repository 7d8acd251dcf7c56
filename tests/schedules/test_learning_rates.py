"""The learning rates of the published recipes."""

import math

import pytest

from seal_tf.schedules.learning_rates import (
    check_rate,
    default_warmup,
    warmup_cosine,
)


def test_warmup_cosine_of_the_papers_generation_equals_the_recipe():
    rates = [
        warmup_cosine(e, 160, 0.1, default_warmup(160)) for e in range(160)
    ]
    assert rates[:2] == pytest.approx([0.005, 0.01])
    assert rates[19] == pytest.approx(0.1)
    assert rates[20] == pytest.approx(0.1)
    assert rates[90] == pytest.approx(0.05)
    assert rates[159] == pytest.approx(
        0.05 * (1 + math.cos(math.pi * 139 / 140))
    )
    assert rates[159] > 0


def test_warmup_cosine_without_warmup_starts_at_the_rate():
    assert warmup_cosine(0, 4, 0.2, 0) == pytest.approx(0.2)


def test_warmup_cosine_with_decay_is_constant_before_the_last_epochs():
    rates = [warmup_cosine(e, 12, 0.1, 2, 4) for e in range(12)]
    decay = [0.05 * (1 + math.cos(math.pi * i / 4)) for i in range(4)]
    assert rates == pytest.approx([0.05] + [0.1] * 7 + decay)


def test_warmup_cosine_with_decay_from_the_warmup_equals_the_recipe():
    for epoch in range(12):
        rate = warmup_cosine(epoch, 12, 0.1, 2, 10)
        assert rate == warmup_cosine(epoch, 12, 0.1, 2)


@pytest.mark.parametrize(
    ("warmup", "decay", "message"),
    [
        (None, 0, "between 1 and the 14 epochs .*decay_epochs=0"),
        (None, 15, "between 1 and the 14 epochs .*decay_epochs=15"),
        (16, 1, "between 1 and the 0 epochs .*decay_epochs=1"),
    ],
)
def test_check_rate_with_bad_decay_names_the_epochs(warmup, decay, message):
    with pytest.raises(ValueError, match=f"`decay_epochs` must be {message}"):
        check_rate(0.1, warmup, 16, decay)
    check_rate(0.1, None, 16, 14)
    check_rate(0.1, 0, 16, 16)


def test_check_rate_with_decay_requires_a_rate():
    with pytest.raises(ValueError, match="`decay_epochs` requires"):
        check_rate(None, None, 8, 2)


@pytest.mark.parametrize(
    ("rate", "warmup", "message"),
    [
        (0.0, None, "`learning_rate` .*learning_rate=0.0"),
        (math.inf, None, "`learning_rate` .*learning_rate=inf"),
        (None, 1, "`warmup_epochs` requires `learning_rate`"),
        (0.1, 9, "`warmup_epochs` .*the 8 epochs.*warmup_epochs=9"),
    ],
)
def test_check_rate_with_bad_value_names_the_argument(rate, warmup, message):
    with pytest.raises(ValueError, match=message):
        check_rate(rate, warmup, 8)
    check_rate(0.1, 8, 8)
    check_rate(None, None, 8)
