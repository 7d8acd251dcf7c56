"""SEAL and normal training, epoch by epoch, against the published rules."""

import math
import subprocess
import sys

import numpy as np
import pytest

from seal_tf.schedules import (
    SEAL,
    Normal,
    Plan,
    ResetOptimizer,
    Run,
    Snapshots,
)

GROUPS = {"groups": ("early", "later"), "early": (True, False)}


def _rate(e, length, warmup, base=0.1):
    if e < warmup:
        return base * (e + 1) / warmup
    return base / 2 * (1 + math.cos(math.pi * (e - warmup) / (length - warmup)))


@pytest.mark.parametrize("g,length,k", [(10, 160, None), (3, 7, 3), (2, 3, 0)])
def test_every_epoch(g, length, k):
    schedule = SEAL(
        generations=g,
        ascent_epochs=k,
        ascent_scale=0.01,
        learning_rate=0.1,
        split_at="x",
    )
    schedule.check(g * length)
    plan = Plan(schedule, Run(g * length, **GROUPS))
    ascent = max(1, length // 4) if k is None else k
    for epoch in range(g * length):
        e = plan.epoch(epoch)
        generation, within = epoch // length, epoch % length
        ascends = generation > 0 and within < ascent
        assert (e.generation, e.epoch_in_generation) == (generation, within)
        assert e.phase == ("ascent" if ascends else "descent")
        early, later = e.rates()[0]
        r = _rate(within, length, length // 8)
        assert later == pytest.approx(r)
        assert early == pytest.approx(-0.01 * r if ascends else r)
        assert e.l2.tolist() == [[0, 1] if ascends else [1, 1]]
        resets = generation > 0 and (
            within == 0 or (ascent > 0 and within == ascent)
        )
        assert (ResetOptimizer() in e.before) == resets
        assert e.after == ()


def test_the_papers_numbers():
    """Generation 2 of the published run starts with 40 epochs of ascent."""
    schedule = SEAL(generations=10, learning_rate=0.1, split_at="conv4_block1")
    plan = Plan(schedule, Run(1600, **GROUPS))
    phases = [e.phase for e in plan]
    assert phases[:160] == ["descent"] * 160
    assert phases[160:320] == ["ascent"] * 40 + ["descent"] * 120
    assert plan.epoch(19).base_rate[0] == pytest.approx(0.1)
    # One generation's sum of S times rate over an early layer's steps,
    # 3,125 an epoch: 94, as docs say.
    total = -sum(
        3125 * e.rates()[0, 0]
        for e in plan
        if e.generation == 1 and e.phase == "ascent"
    )
    assert total == pytest.approx(94, abs=1)


def test_first_generation_one_starts_with_an_ascent():
    schedule = SEAL(generations=2, first_generation=1, split_at="x")
    plan = Plan(schedule, Run(8, **GROUPS))
    assert [e.phase for e in plan] == (["ascent"] + ["descent"] * 3) * 2
    assert plan.epoch(0).before == (ResetOptimizer(),)


def test_normal_is_one_long_cosine_or_restarts():
    long = Plan(Normal(generations=1, learning_rate=0.1), Run(16))
    restarts = Plan(Normal(generations=2, learning_rate=0.1), Run(16))
    rates = lambda plan: [float(e.base_rate[0]) for e in plan]  # noqa: E731
    assert rates(long) == pytest.approx([_rate(e, 16, 2) for e in range(16)])
    assert rates(restarts) == pytest.approx(
        [_rate(e % 8, 8, 1) for e in range(16)]
    )
    assert not any(e.ascends for e in restarts)
    assert restarts.epochs_since_reset(12) == 4
    assert long.epochs_since_reset(12) is None


def test_rates_need_a_base_where_the_plan_has_none():
    plan = Plan(SEAL(generations=2, split_at="x"), Run(8, **GROUPS))
    np.testing.assert_allclose(plan.epoch(4).rates(0.5), [[-0.005, 0.5]])
    with pytest.raises(ValueError, match="give `base`"):
        plan.epoch(4).rates()


def test_schedules_and_help_import_no_tensorflow():
    code = (
        "import sys, seal_tf, seal_tf.schedules, seal_tf.train, pipelines\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        ({"generations": 1}, "no epoch ascends, as there is one generation"),
        ({"generations": 2, "ascent_epochs": 0}, "as k, the epochs of an asc"),
        ({"generations": 8}, "ends in an ascent"),
        ({"generations": 2}, None),
        ({"generations": 1, "first_generation": 1}, None),
    ],
)
def test_what_nobody_means_is_noted(settings, note):
    for schedule in (SEAL(**settings), SEAL(**settings) + Snapshots()):
        said = Plan(schedule, Run(8)).describe()
        assert ("note:" in said) == (note is not None)
        assert note is None or note in said
