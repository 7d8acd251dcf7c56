"""The rule for S, against a network that is a few lines of arithmetic."""

import pytest

from seal_tf.ascent_scale import scale_rule
from seal_tf.schedules import SEAL, Plan, Run, Snapshots, resume_compatibility
from seal_tf.schedules.ascent_backoff import AscentBackoff
from seal_tf.ascent_scale.scale_rule import AccuracySample


def _look(accuracy, chance=0.1):
    return AccuracySample(0, 0, accuracy, chance, 100, 0.0)


def test_what_is_left_is_above_chance():
    first = _look(0.9)
    assert scale_rule.retained_fraction(first, first) == 1
    assert scale_rule.retained_fraction(_look(0.5), first) == pytest.approx(0.5)
    assert scale_rule.retained_fraction(_look(0.1), first) == pytest.approx(0)
    # Nothing was known: nothing can be forgotten.
    assert scale_rule.retained_fraction(_look(0.1), _look(0.05)) == 1


def test_what_is_not_known_cannot_be_forgotten():
    # Two standard errors of 100 images at a chance of 0.1 are 0.06.
    assert not scale_rule.is_above_chance(_look(0.1))
    assert not scale_rule.is_above_chance(_look(0.15))
    assert scale_rule.is_above_chance(_look(0.2))
    assert not scale_rule.is_above_chance(_look(1.0, chance=1.0))


def test_the_line_falls_to_keep_and_holds():
    shares = [0, 0.25, 0.5, 0.75, 1]
    found = [scale_rule.target_fraction(s, 0.6) for s in shares]
    assert found == pytest.approx([1, 0.8, 0.6, 0.6, 0.6])


def test_a_look_is_affordable():
    # 13 looks of n forward passes cost n * 13 / 3 steps: within 2 % of them.
    for images in (1_000, 64_000, 200_000):
        count = scale_rule.max_probe_size(images)
        assert 13 * count / 3 <= 0.02 * images
        assert 13 * (count + 1) / 3 > 0.02 * images or count == 512
    assert scale_rule.max_probe_size(10**8) == 512
    assert scale_rule.max_probe_size(1) == 1
    # Of 224x224 photographs in float32, 111 are 64 MB.
    assert scale_rule.max_probe_size(10**8, 4 * 224 * 224 * 3) == 111


def test_looks_are_spread_over_an_ascent():
    assert scale_rule.measurement_steps(120, 12) == list(range(0, 120, 10))
    assert scale_rule.measurement_steps(3, 12) == [0, 1, 2]
    assert scale_rule.measurement_steps(13, 4) == [0, 3, 6, 9]


@pytest.mark.parametrize("hard", [0.02, 0.2, 1.0])
@pytest.mark.parametrize("keep", [0.3, 0.5, 0.8])
def test_finds_the_balance_of_any_network(hard, keep):
    """One whose accuracy goes, late, to what S and relearning balance at.

    At S it would end at 1 / (1 + S / hard), so that `keep` is left at
    S = hard * (1 / keep - 1): networks that differ 50 times in S.
    """
    scales, ends = [], []
    for ascent in range(3):
        left = before = 1.0
        scale = scale_rule.first_scale(scales)
        scales = [scale]
        for look in range(1, 13):
            balance = 1 / (1 + scale / hard)
            left += 0.7 * (balance - left)
            if look == 12:
                break
            scale = scale_rule.next_scale(
                scale, left, before, (look + 1) / 12, keep, ascent > 0
            )
            before = left
            scales.append(scale)
        ends.append(left)
    # The first ascent may have far to go from the published S.
    assert ends[1:] == pytest.approx([keep] * 2, abs=0.12), ends


def test_scale_stays_within_bounds():
    for left, bound in ((2.0, 4.0), (-1.0, 1e-4)):
        scale = 0.01
        for _ in range(40):
            scale = scale_rule.next_scale(scale, left, left, 1, 0.5, False)
        assert scale == bound


def test_a_scale_that_was_found_is_left_alone_while_the_line_falls():
    found = scale_rule.next_scale(0.2, 1.0, 1.0, 0.5, 0.5, known=True)
    assert found == 0.2
    assert scale_rule.next_scale(0.2, 1.0, 1.0, 0.5, 0.5, known=False) == 0.4
    assert scale_rule.next_scale(0.2, 1.0, 1.0, 0.6, 0.5, known=True) == 0.4
    # Three quarters left, and falling by a quarter a look: let it be.
    assert scale_rule.next_scale(0.2, 0.75, 1.0, 0.6, 0.5, known=True) == 0.2


def test_plan_says_what_is_to_be_found():
    schedule = SEAL(
        generations=2, split_at=0.5, ascent_scale="auto", retain=0.4
    )
    assert schedule.searches_scale
    assert (schedule + Snapshots()).searches_scale
    assert not SEAL(generations=2, split_at=0.5).searches_scale
    run = Run(8, ("early", "later"), (True, False), 5)
    plan = Plan(schedule, run)
    up, down = plan.epoch(4), plan.epoch(5)
    assert (up.keep, up.bound) == (0.4, 0.02)
    assert up.scale.tolist() == [[1, 1]]
    assert (down.keep, down.bound) == (None, None)
    said = plan.describe()
    assert "early layers at -S of the rate" in said
    assert "S found to keep 0.4" in said
    assert "S found to keep 0.4" in schedule.label()


def test_a_rollback_bounds_steps_where_s_is_found():
    """Half of an S that is found would find its way back up."""
    run = Run(8, ("early", "later"), (True, False), 5)
    backoffs = Plan(
        SEAL(generations=2, split_at=0.5, ascent_scale="auto"),
        run,
        backoffs=(AscentBackoff(4, 5), AscentBackoff(4, 5)),
    ).epoch(4)
    assert backoffs.bound == 0.005
    assert backoffs.scale.tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("scale", "what"), [("auto", "the bound of a step"), (0.01, "S")]
)
def test_a_rollback_says_what_it_makes_smaller(scale, what):
    schedule = SEAL(generations=2, split_at=0.5, ascent_scale=scale)
    plan = Plan(schedule, Run(8, ("early", "later"), (True, False), 5))
    said = AscentBackoff(4, 5).said(plan, 0.25)
    assert said == f"{what} x 0.25 in epochs 5 to 5"


def test_another_share_is_another_past():
    run = Run(8, ("early", "later"), (True, False), 5)

    def plan(**settings):
        settings = {"ascent_scale": "auto"} | settings
        return Plan(SEAL(generations=2, split_at=0.5, **settings), run)

    record = resume_compatibility.plan_record(plan())
    resume_compatibility.check_compatible(record, plan(), 6)
    resume_compatibility.check_compatible(record, plan(retain=0.3), 4)
    for other in ({"retain": 0.3}, {"ascent_clip": 0.1}, {"ascent_scale": 1.0}):
        with pytest.raises(ValueError, match="no beginning of this run"):
            resume_compatibility.check_compatible(record, plan(**other), 6)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"retain": 0}, "`keep` is a share"),
        ({"retain": 1.0}, "`keep` is a share"),
        ({"ascent_clip": 0.0}, "`ascent_clip` is a share"),
        ({"ascent_clip": 2.0}, "`ascent_clip` is a share"),
        ({"ascent_l2": 1.5}, "`ascent_l2` is a share"),
        ({"ascent_scale": "most"}, "only SEAL's can be found by 'auto'"),
    ],
)
def test_refuses_what_cannot_be(settings, said):
    with pytest.raises(ValueError, match=said):
        SEAL(generations=2, split_at=0.5, **settings)
