"""The timescale of weight decay in a plan, both ways round."""

import dataclasses

import numpy as np
import pytest

from seal_tf.schedules import (
    SEAL,
    FreezeOut,
    LayerRates,
    Normal,
    Plan,
    Run,
)
from seal_tf.schedules.epoch_plan import LayerFacts
from seal_tf.schedules.learning_rates import warmup_cosine
from seal_tf.utils.decay_timescale import WeightDecay
from tests.schedules.plans import two_group_plan

COUPLED = WeightDecay(5e-3, True, 0.9, 0.3)
DECOUPLED = WeightDecay(0.5, False, 0.0, 0.01)


def _report(schedule, decay, **options):
    plan = two_group_plan(schedule, steps=10, weight_decay=decay, **options)
    return plan.decay_report()


def test_report_integrates_the_learning_rate_of_the_plan():
    schedule = Normal(generations=1, learning_rate=0.2, warmup_epochs=1)
    report = _report(schedule, COUPLED)
    rates = np.array([warmup_cosine(e, 8, 0.2, 1) for e in range(8)])
    assert report.timescale_steps == pytest.approx(0.1 / (0.2 * 5e-3))
    assert report.timescale_epochs == pytest.approx(10)
    assert report.timescales == pytest.approx(
        10 * rates.sum() * 5e-3 / 0.1, rel=1e-5
    )


def test_report_without_a_rate_in_the_plan_has_that_of_the_optimizer():
    report = _report(Normal(generations=1), DECOUPLED)
    assert report.timescale_steps == pytest.approx(200)
    assert report.timescales == pytest.approx(80 / 200)
    unknown = dataclasses.replace(DECOUPLED, learning_rate=None)
    assert _report(Normal(generations=1), unknown) is None
    assert _report(Normal(generations=1), None) is None


def test_report_counts_the_group_that_decays_most():
    """Early layers have no L2 in the ascent; later layers always have it."""
    schedule = SEAL(generations=2, ascent_epochs=2)
    assert _report(schedule, COUPLED).timescales == pytest.approx(
        80 * 0.3 * 5e-3 / 0.1
    )


def test_report_scales_coupled_decay_with_the_update():
    schedule = FreezeOut(t0=0.5, scaled=False, learning_rate=0.1)
    coupled = _report(schedule, COUPLED)
    # The mean of the cosine of the last group, which trains to the end.
    assert coupled.timescales == pytest.approx(
        80 * 0.1 * 0.5 * 5e-3 / 0.1, rel=0.02
    )
    decoupled = _report(schedule, DECOUPLED)
    assert decoupled.timescales == pytest.approx(80 * 0.1 * 0.5, rel=1e-5)


def test_report_scales_decay_with_the_factors_of_layers():
    layers = (("a", "b"), ("c",))
    run = Run(
        *(8, ("early", "later"), (True, False), 10),
        tuple(LayerFacts(name, 0) for name in "abc"),
    )
    schedule = SEAL(generations=2, ascent_epochs=2)
    for factors, expected in (({"b": 4}, 4 * 60), ({"c": 2, "a": 0}, 2 * 80)):
        plan = Plan(
            schedule + LayerRates(factors=factors),
            run,
            layers,
            weight_decay=DECOUPLED,
        )
        report = plan.decay_report()
        assert report.timescales == pytest.approx(expected * 0.01 * 0.5)


def test_describe_gives_both_directions_and_warns():
    plan = two_group_plan(
        Normal(generations=1), steps=10, weight_decay=DECOUPLED
    )
    *_, line, warning = plan.describe().splitlines()
    assert "weight decay 0.5: timescale 1 / (rate x weight decay)" in line
    assert "= 200 steps = 20 epochs at the highest learning rate 0.01" in line
    assert "whole run, 8 epochs, is weight decay 1.25" in line
    assert "warning: only 0.4 timescales of the weight decay pass" in warning
    strong = dataclasses.replace(DECOUPLED, coefficient=5.0)
    text = dataclasses.replace(plan, weight_decay=strong).describe()
    assert "timescale" in text and "warning" not in text
    # A plan of a fit does not repeat it for every AdamW of Keras.
    assert plan.warnings() == []
