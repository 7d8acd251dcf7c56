"""Every method's schedule over a whole run, against plain NumPy.

Lengths do not divide evenly on purpose.
"""

import dataclasses
import json
import math

import numpy as np
import pytest

from seal_tf.schedules import (
    LLF,
    METHODS,
    SEAL,
    AnnealedAscent,
    FreezeOut,
    SaveSnapshot,
    Normal,
    Plan,
    Reinitialize,
    ResetOptimizer,
    Run,
    Snapshots,
)
from seal_tf.schedules.annealed_ascent import uniform
from seal_tf.schedules.cost import (
    freezeout_estimates,
    frozen_saving,
    retrace_epochs,
)
from tests import methods

GROUPS = ("stem", "a", "b", "c", "d")
EARLY = (True, True, False, False, False)


def _plan(schedule, epochs, steps=None):
    schedule.check(epochs)
    return Plan(schedule, Run(epochs, GROUPS, EARLY, steps))


@pytest.mark.parametrize(
    "how,power", [("linear", 1), ("squared", 2), ("cubic", 3)]
)
@pytest.mark.parametrize("scaled", [False, True])
def test_freezeout(how, power, scaled):
    t0, rate0, epochs, steps = 0.5, 0.1, 7, 9
    plan = _plan(
        FreezeOut(t0=t0, decay=how, scaled=scaled, learning_rate=rate0),
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
                want = 0.0
                if t < t_i:
                    a = rate0 / t_i if scaled else rate0
                    want = 0.5 * a * (1 + math.cos(math.pi * t / t_i))
                assert e.rates()[j, i] == pytest.approx(want, abs=1e-7)
                assert e.l2[j, i] == (t < t_i)
        begun = epoch / epochs
        assert e.frozen == sum(
            (t0 + (1 - t0) * i / last) ** power <= begun
            for i in range(len(GROUPS))
        )
    assert plan.epoch(epochs - 1).frozen < len(GROUPS)


def test_freezeout_over_the_descent_of_seal():
    """Thawed and ascending in between; frozen again before the end."""
    schedule = SEAL(
        generations=2, split_at="x", learning_rate=0.1, ascent_epochs=2
    ) + FreezeOut(t0=0.5, scaled=False)
    plan = _plan(schedule, 12, 5)
    frozen = [e.frozen for e in plan]
    assert frozen[6:8] == [0, 0]
    assert frozen[8] == 0
    # Phase of six epochs, then of four: t_0 = 1/8 lies in the first epoch.
    assert frozen[1] == 1
    assert frozen[9] == 2
    times = (0.5 + 0.5 * np.arange(5) / 4) ** 3
    for epoch in (0, 3, 8, 11):
        e = plan.epoch(epoch)
        t = (e.phase_epoch * 5 + np.arange(5))[:, None] / (e.phase_epochs * 5)
        want = np.where(t < times, (1 + np.cos(np.pi * t / times)) / 2, 0)
        np.testing.assert_allclose(e.scale, want, atol=1e-6)
    only_last = SEAL(generations=2, split_at="x", learning_rate=0.1)
    only_last += FreezeOut(t0=0.5, when="last")
    assert not any(e.frozen for e in _plan(only_last, 12, 5) if e.epoch < 6)


def test_snapshots():
    epochs, steps, cycles, rate0 = 15, 7, 3, 0.2
    plan = _plan(Snapshots(cycles=cycles, learning_rate=rate0), epochs, steps)
    total = epochs * steps
    length = math.ceil(total / cycles)
    t = 0
    for e in plan:
        for rate in e.base_rate:
            t += 1  # iterations are counted from 1
            want = (
                rate0
                / 2
                * (math.cos(math.pi * ((t - 1) % length) / length) + 1)
            )
            assert rate == pytest.approx(want, abs=1e-7)
        assert not e.before  # momentum is kept across restarts
        kept = (SaveSnapshot(e.epoch // 5),) if e.epoch % 5 == 4 else ()
        assert e.after == kept


def test_annealed_ascent():
    epochs, steps, p0, q, s = 9, 400, 0.7, 2.0, 0.3
    schedule = AnnealedAscent(
        generations=1, p0=p0, q=q, ascent_scale=s, seed=5, learning_rate=0.1
    )
    plan = _plan(schedule, epochs, steps)
    up = np.concatenate([e.sign[:, 0] < 0 for e in plan])
    total = epochs * steps
    chance = p0 * (1 - np.arange(total) / total) ** q
    for third in np.array_split(np.arange(total), 3):
        want, n = chance[third].mean(), len(third)
        assert up[third].mean() == pytest.approx(
            want, abs=4 * math.sqrt(want * (1 - want) / n)
        )
    for e in plan:
        ascends = e.sign[:, :1] < 0
        assert (e.sign == np.where(ascends, -1, 1)).all()
        np.testing.assert_allclose(
            e.scale, np.where(ascends, s, 1) * np.ones(5), rtol=1e-6
        )
        assert (e.l2 == np.where(ascends, 0, 1)).all()
    # Stateless: the same however the run is cut into epochs.
    cut = _plan(schedule, 2 * epochs, steps // 2)
    again = np.concatenate([e.sign[:, 0] < 0 for e in cut])
    np.testing.assert_array_equal(up, again)
    other = _plan(dataclasses.replace(schedule, seed=6), epochs, steps)
    assert (up != np.concatenate([e.sign[:, 0] < 0 for e in other])).any()


def test_stream_is_the_same_from_anywhere():
    whole = uniform(3, 0, 40)
    for start in range(10):
        np.testing.assert_array_equal(uniform(3, start, 9), whole[start:][:9])
    assert abs(uniform(4, 0, 10_000).mean() - 0.5) < 0.02


def test_llf():
    plan = _plan(
        LLF(generations=3, split_at="x", seed=7, learning_rate=0.1), 12
    )
    for e in plan:
        begins = e.epoch in (4, 8)
        later = (False, False, True, True, True)
        redraw = Reinitialize(e.generation, later, "reference", 7)
        assert e.before == ((ResetOptimizer(), redraw) if begins else ())
        assert (e.sign == 1).all()
        assert (e.scale == 1).all()
    assert plan.epoch(4).base_rate[0] == pytest.approx(0.1)


@pytest.mark.parametrize("ascend", ["early", "later", "all"])
@pytest.mark.parametrize("hold", [False, True])
def test_ablations(ascend, hold):
    schedule = SEAL(
        generations=2,
        split_at="x",
        ascend=ascend,
        freeze_others=hold,
        reset_optimizer=False,
        ascent_scale=0.1,
    )
    e = _plan(schedule, 8).epoch(4)
    early = np.array(EARLY)
    up = {"early": early, "later": ~early, "all": early | True}[ascend]
    rest = 0 if hold else 1
    np.testing.assert_allclose(e.rates(1.0)[0], np.where(up, -0.1, rest))
    np.testing.assert_array_equal(e.l2[0], np.where(up, 0, rest))
    assert e.before == ()
    assert e.frozen == 0


def test_llf_and_seal_together():
    schedule = LLF(generations=2, split_at="x", seed=1) + SEAL(
        generations=2, split_at="x", learning_rate=0.1
    )
    plan = _plan(schedule, 8)
    e = plan.epoch(4)
    assert e.phase == "ascent"
    assert [type(x) for x in e.before] == [ResetOptimizer, Reinitialize]
    assert plan.epoch(5).before == (ResetOptimizer(),)
    assert schedule.name == "llf+seal"


def test_snapshots_of_generations_cost_nothing():
    plain = _plan(SEAL(generations=4, split_at="x", learning_rate=0.1), 16)
    schedule = Snapshots() + SEAL(
        generations=4, split_at="x", learning_rate=0.1
    )
    for a, b in zip(plain, _plan(schedule, 16), strict=True):
        np.testing.assert_array_equal(a.rates(), b.rates())
        assert a.before == b.before
        kept = (SaveSnapshot(b.generation),) if b.last_of_generation else ()
        assert b.after == kept


UNSUPPORTED = {
    "two rates": (
        lambda: (
            SEAL(generations=2, learning_rate=0.1)
            + Snapshots(cycles=2, learning_rate=0.2)
        ),
        "seal and snapshots both bring a base rate",
    ),
    "twice the same": (
        lambda: SEAL(generations=2) + SEAL(generations=2),
        "the same method twice",
    ),
    "frozen and ascending": (
        lambda: AnnealedAscent(generations=1) + FreezeOut(),
        "freezeout freezes what annealed_ascent lets ascend",
    ),
    "up twice": (
        lambda: (
            AnnealedAscent(generations=1) + SEAL(generations=1, split_at="x")
        ),
        "annealed_ascent and seal both ascend",
    ),
    "two splits": (
        lambda: (
            LLF(generations=2, split_at="x") + SEAL(generations=2, split_at="y")
        ),
        "'x' and 'y'",
    ),
    "cycles that do not divide": (
        lambda: Snapshots(cycles=3),
        r"cycles=3 in 8 epochs; \[1, 2, 4, 8\] would do",
    ),
    "cycles that are not the generations": (
        lambda: SEAL(generations=2, split_at="x") + Snapshots(cycles=4),
        "snapshots has cycles=4 and seal 2 generations",
    ),
    "other generations": (
        lambda: (
            LLF(generations=4, split_at="x") + SEAL(generations=2, split_at="x")
        ),
        "llf has 4 generations and seal 2",
    ),
    "t0": (lambda: FreezeOut(t0=0.0), "`t0` must be above 0"),
    "decay": (lambda: FreezeOut(decay="quartic"), "Received: 'quartic'"),
    "reinit": (lambda: LLF(generations=2, reinit="he"), "Received: 'he'"),
    "who": (lambda: SEAL(generations=2, ascend="x"), "Received: 'x'"),
    "p0": (lambda: AnnealedAscent(generations=1, p0=2.0), "`p0`"),
    "q": (lambda: AnnealedAscent(generations=1, q=-1.0), "`q`"),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_refused(case):
    make, message = UNSUPPORTED[case]
    with pytest.raises(ValueError, match=message):
        make().check(8)


def test_prices():
    costs, times = [1, 2, 3], [0.25, 0.5, 1.0]
    by_hand = freezeout_estimates(times, costs)
    trained = 0.25 + 1 + 3
    assert by_hand["ours"] == pytest.approx(1 - (6 + 2 * trained) / 18)
    assert by_hand["official"] == pytest.approx(1 - (6 + trained) / 12)
    # Long enough, the plan's own count comes to the formula's.
    schedule = FreezeOut(t0=0.5)
    run = Run(1000, ("a", "b", "c"), (False,) * 3, 3)
    plan = Plan(schedule, run)
    want = freezeout_estimates(schedule.times(3), costs)["ours"]
    assert frozen_saving(plan, costs) == pytest.approx(want, abs=2e-3)
    assert len(retrace_epochs(plan)) == 2
    assert frozen_saving(Plan(Normal(generations=1), run), costs) == 0


@pytest.mark.parametrize("name", METHODS)
def test_settings_are_plain_data(name):
    """A method comes back from JSON, the same."""
    makers = {make().name: make() for make in methods.METHODS.values()}
    schedule = makers[name]
    text = json.dumps(dataclasses.asdict(schedule))
    assert METHODS[name](**json.loads(text)) == schedule
