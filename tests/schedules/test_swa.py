"""Which weights SWA averages."""

import pytest

from seal_tf.schedules import SWA, AverageWeights, SaveSnapshot, Snapshots
from tests.schedules.plans import make_plan


def _averages(schedule, epochs):
    """Return (epoch, restart) of every average."""
    return [
        (e.epoch, event.restart)
        for e in make_plan(schedule, epochs)
        for event in e.after
        if isinstance(event, AverageWeights)
    ]


def test_swa_averages_the_last_epochs_of_every_generation():
    schedule = SWA(generations=2, count=3)
    assert _averages(schedule, 10) == [
        *((2, True), (3, False), (4, False)),
        *((7, True), (8, False), (9, False)),
    ]


def test_swa_by_default_averages_a_quarter_and_at_least_two_epochs():
    assert [e for e, _ in _averages(SWA(generations=1), 12)] == [9, 10, 11]
    assert [e for e, _ in _averages(SWA(generations=1), 4)] == [2, 3]


def test_swa_averages_the_last_generations():
    schedule = SWA(generations=4, average="generations", count=2)
    assert _averages(schedule, 8) == [(5, True), (7, False)]
    every = SWA(generations=4, average="generations")
    assert _averages(every, 8)[0] == (1, True)
    assert len(_averages(every, 8)) == 4


def test_swa_of_generations_averages_what_snapshots_save():
    schedule = Snapshots() + SWA(generations=3, average="generations")
    plan = make_plan(schedule, 6)
    for e in plan:
        kinds = [type(event) for event in e.after]
        expected = [SaveSnapshot, AverageWeights]
        assert kinds == (expected if e.last_of_generation else [])


def test_swa_with_min_rate_holds_the_rate_of_averaged_epochs():
    schedule = SWA(
        generations=1,
        count=3,
        learning_rate=0.1,
        warmup_epochs=0,
        min_rate=0.04,
    )
    plain = SWA(generations=1, count=3, learning_rate=0.1, warmup_epochs=0)
    for e, p in zip(make_plan(schedule, 8), make_plan(plain, 8), strict=True):
        lowest = 0.04 if e.epoch >= 5 else 0
        assert e.base_rate[0] == pytest.approx(max(p.base_rate[0], lowest))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"average": "steps"}, "`average` must be one of epochs, generations"),
        ({"min_rate": 0.0}, "`min_rate` must be finite and above 0"),
        ({"count": 2.5}, "`count` must be an integer or None.*count=2.5"),
        ({"count": 1}, "`count` must be between 2 and the 4 epochs per gen"),
        ({"count": 5}, "`count` must be between 2 and the 4 .*count=5"),
        (
            {"average": "generations", "count": 3},
            "`count` must be between 2 and the 2 generations",
        ),
        (
            {"average": "generations", "generations": 1},
            "averages at least 2 weights, and the run has 1 generations",
        ),
        ({"min_rate": 0.1}, "`min_rate` requires `learning_rate`"),
    ],
)
def test_swa_with_bad_setting_names_it(settings, message):
    with pytest.raises(ValueError, match=message):
        list(make_plan(SWA(**({"generations": 2} | settings)), 8))
