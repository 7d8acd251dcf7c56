"""SEAL, epoch by epoch, against the published rules."""

import numpy as np
import pytest

from seal_tf.schedules import SEAL, Plan, ResetOptimizer, Run, Snapshots
from tests.reference import rate_of
from tests.schedules.plans import EARLY, make_plan, two_group_plan

GROUPS = {"groups": ("early", "later"), "early": (True, False)}


@pytest.mark.parametrize("g,length,k", [(10, 160, None), (3, 7, 3), (2, 3, 0)])
def test_seal_every_epoch_follows_the_rules(g, length, k):
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
        r = rate_of(within, length, 0.1, length // 8)
        assert later == pytest.approx(r)
        assert early == pytest.approx(-0.01 * r if ascends else r)
        assert e.l2.tolist() == [[0, 1] if ascends else [1, 1]]
        resets = generation > 0 and (
            within == 0 or (ascent > 0 and within == ascent)
        )
        assert (ResetOptimizer() in e.before) == resets
        assert e.after == ()


def test_seal_with_the_papers_settings_has_its_numbers():
    """Generation 2 of the published run starts with 40 ascent epochs."""
    schedule = SEAL(generations=10, learning_rate=0.1, split_at="conv4_block1")
    plan = Plan(schedule, Run(1600, **GROUPS))
    phases = [e.phase for e in plan]
    assert phases[:160] == ["descent"] * 160
    assert phases[160:320] == ["ascent"] * 40 + ["descent"] * 120
    assert plan.epoch(19).base_rate[0] == pytest.approx(0.1)
    # The sum of S times rate over the steps of an early layer in one
    # generation, 3,125 an epoch: the documentation has 94.
    total = -sum(
        3125 * e.rates()[0, 0]
        for e in plan
        if e.generation == 1 and e.phase == "ascent"
    )
    assert total == pytest.approx(94, abs=1)


def test_seal_with_first_generation_one_starts_with_an_ascent():
    schedule = SEAL(generations=2, first_generation=1, split_at="x")
    plan = Plan(schedule, Run(8, **GROUPS))
    assert [e.phase for e in plan] == (["ascent"] + ["descent"] * 3) * 2
    assert plan.epoch(0).before == (ResetOptimizer(),)


@pytest.mark.parametrize("ascend", ["early", "later", "all"])
@pytest.mark.parametrize("freeze_others", [False, True])
def test_seal_ablations_change_who_moves(ascend, freeze_others):
    schedule = SEAL(
        generations=2,
        split_at="x",
        ascend=ascend,
        freeze_others=freeze_others,
        reset_optimizer=False,
        ascent_scale=0.1,
    )
    e = make_plan(schedule, 8).epoch(4)
    early = np.array(EARLY)
    ascending = {"early": early, "later": ~early, "all": early | True}[ascend]
    others = 0 if freeze_others else 1
    np.testing.assert_allclose(
        e.rates(1.0)[0], np.where(ascending, -0.1, others)
    )
    np.testing.assert_array_equal(e.l2[0], np.where(ascending, 0, others))
    assert e.before == ()
    assert e.frozen == 0


def test_seal_with_searched_s_plans_target_and_clipping():
    schedule = SEAL(
        generations=2, split_at=0.5, ascent_scale="auto", retain=0.4
    )
    assert schedule.searches_scale
    assert (schedule + Snapshots()).searches_scale
    assert not SEAL(generations=2, split_at=0.5).searches_scale
    plan = two_group_plan(schedule, steps=5)
    ascent, descent = plan.epoch(4), plan.epoch(5)
    assert (ascent.retain, ascent.update_clip) == (0.4, 0.02)
    assert ascent.scale.tolist() == [[1, 1]]
    assert (descent.retain, descent.update_clip) == (None, None)
    assert schedule.label() == "seal, searched S, retain = 0.4"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"retain": 0}, "`retain` .*between 0 and 1.*retain=0"),
        ({"retain": 1.0}, "`retain` .*between 0 and 1.*retain=1.0"),
        ({"ascent_clip": 0.0}, "`ascent_clip` .*ascent_clip=0.0"),
        ({"ascent_clip": 2.0}, "`ascent_clip` .*ascent_clip=2.0"),
        ({"ascent_l2": 1.5}, "`ascent_l2` .*ascent_l2=1.5"),
        ({"ascent_scale": "most"}, "a number or 'auto'.*'most'"),
        ({"ascent_scale": -1.0}, "`ascent_scale` .*ascent_scale=-1.0"),
        ({"ascend": "x"}, "`ascend` .*ascend='x'"),
    ],
)
def test_seal_with_bad_setting_names_the_argument(settings, message):
    with pytest.raises(ValueError, match=message):
        SEAL(generations=2, split_at=0.5, **settings)


@pytest.mark.parametrize("ascend", ["early", "later"])
def test_seal_without_early_layers_raises(ascend):
    run = Run(8, ("all layers",), (False,))
    schedule = SEAL(generations=2, ascend=ascend)
    with pytest.raises(ValueError, match="requires `split_at`.*split_at=None"):
        list(Plan(schedule, run))
    plan = Plan(SEAL(generations=2, ascend="all"), run)
    assert plan.epoch(4).sign.tolist() == [[-1]]


def test_check_with_ascent_longer_than_a_generation_raises():
    with pytest.raises(ValueError, match="the 4 epochs .*ascent_epochs=5"):
        SEAL(generations=2, ascent_epochs=5).check(8)
