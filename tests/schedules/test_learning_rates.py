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
