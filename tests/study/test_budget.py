"""The planner: what it promises for every budget."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seal_tf.study.budget import (
    EPOCHS_MULTIPLE,
    LEVELS,
    MAX_SEEDS,
    Limits,
    RunTime,
    lay_out,
)
from seal_tf.study.candidate_file import load_candidates
from seal_tf.study.measure import passes_as_time
from tests.study.results import make_plan

CANDIDATES = list(load_candidates().values())[:5]
SHARE = 1.25
times = st.builds(RunTime, st.floats(0, 60), st.floats(0.05, 100))


def plan_or_error(budget, time, limits=None, count=5):
    try:
        return lay_out(
            CANDIDATES[:count], budget, time, SHARE, limits or Limits()
        )
    except ValueError as error:
        return str(error)


def planned_time(plan):
    """The time of all runs, written out."""
    time = 0.0
    trials = len(plan.candidates) * plan.trials
    # The baseline tries the settings of the other finalists.
    trials += plan.finalists - 1
    for _ in range(trials):
        time += plan.time.startup + plan.epochs * plan.time.epoch
    for _ in range(plan.finalists * plan.seeds):
        time += plan.time.startup + plan.epochs * SHARE * plan.time.epoch
    return time


@settings(max_examples=150, deadline=None)
@given(times, st.floats(60, 5e5), st.booleans())
def test_lay_out_never_exceeds_the_budget(time, budget, must_fit):
    plan = plan_or_error(budget, time, Limits(must_fit=must_fit))
    if isinstance(plan, str):
        # The error names a budget that is accepted.
        needed = float(re.search(r"at least ([\d.e+]+):", plan)[1]) * 3600
        assert needed > budget * (1 - 1e-6)
        plan = plan_or_error(needed, time, Limits(must_fit=must_fit))
        assert not isinstance(plan, str)
        budget = needed
    assert plan.planned == pytest.approx(planned_time(plan))
    assert plan.planned <= budget * (1 + 1e-6)
    assert plan.epochs >= LEVELS[0][0]
    assert plan.epochs % EPOCHS_MULTIPLE == 0
    assert plan.candidates[0] == "long" and plan.finalists >= 2
    assert not must_fit or len(plan.candidates) == 5
    # What the trials may use leaves enough for the finals.
    assert plan.seeds_for(plan.tuning) == plan.seeds
    assert plan.seeds <= plan.seeds_for(0.0) <= MAX_SEEDS
    assert plan.seeds_for(0.0, slowness=2.0) <= plan.seeds_for(0.0)


def test_slow_trials_leave_time_for_fewer_seeds():
    plan = plan_or_error(8 * 3600, RunTime(startup=0.0, epoch=2.0))
    budget = plan.budget - 10 * plan.finalists * plan.final_time
    assert plan.seeds_for(budget) == 10
    assert plan.seeds_for(budget, slowness=1.25) == 8
    assert plan.seeds_for(budget, slowness=100.0) == plan.seeds


@settings(max_examples=100, deadline=None)
@given(times, st.floats(60, 5e5), st.floats(1, 3))
def test_lay_out_with_a_larger_budget_never_trains_less(time, budget, factor):
    small, large = (plan_or_error(b, time) for b in (budget, factor * budget))
    if isinstance(small, str):
        return
    assert large.planned >= small.planned * (1 - 1e-6)
    assert len(large.candidates) >= len(small.candidates)


@settings(max_examples=50, deadline=None)
@given(
    times,
    st.floats(3600, 5e6),
    st.builds(
        Limits,
        st.none() | st.integers(1, 200),
        st.none() | st.integers(1, 20),
        st.none() | st.integers(2, 20),
    ),
)
def test_lay_out_with_limits_has_their_numbers(time, budget, limits):
    plan = plan_or_error(budget, time, limits)
    if isinstance(plan, str):
        assert "must be at least" in plan
        return
    assert plan.planned <= budget * (1 + 1e-6)
    assert limits.epochs in (None, plan.epochs)
    assert limits.trials in (None, plan.trials)
    assert limits.seeds in (None, plan.seeds)
    assert plan.seeds_for(plan.budget) == plan.seeds


def test_lay_out_of_typical_budgets():
    def numbers(hours, startup, epoch):
        plan = plan_or_error(3600 * hours, RunTime(startup, epoch))
        return len(plan.candidates), plan.epochs, plan.trials, plan.seeds

    # Small images: an hour, ten minutes, and a night.
    assert numbers(1, 15, 1) == (5, 88, 4, 3)
    assert numbers(1 / 6, 15, 1) == (2, 24, 3, 3)
    assert numbers(10, 15, 1) == (5, 304, 16, 8)
    # Large images: 8 hours are enough for a comparison of two at 100 s.
    assert numbers(8, 30, 100) == (2, 16, 3, 3)


def test_lay_out_of_too_few_hours_says_what_is_needed():
    text = plan_or_error(8 * 3600, RunTime(30, 200))
    assert text == (
        "Argument `hours` must be at least 13: 2 candidates x 3 trials and 1 "
        "more of the baseline, and 2 finalists x 3 seeds, each run with 16 "
        "epochs in 54 minutes. Fewer `epochs`, `trials`, `seeds` or "
        "`candidates` need less, and so do a smaller network and fewer images. "
        "Received: hours=8"
    )
    text = plan_or_error(10, passes_as_time(), Limits(trials=1, must_fit=True))
    assert "`passes` must be at least 292: 5 candidates x 1 trial and" in text


def test_describe_states_each_phase_with_its_time():
    plan = make_plan(("long", "llf"), trials=1, budget=3600.0)
    assert plan.describe(["one long cosine", "LLF"]).splitlines() == [
        "budget: 60 minutes of one worker",
        "candidates: one long cosine, LLF",
        "each run: 16 epochs, or fewer where an epoch costs more; 42 seconds",
        "tuning: 2 candidates x 1 trial and 1 more of the baseline on held-out "
        "images; at most 2 minutes",
        "finals: 2 finalists x 3 seeds on all training images; 5 minutes",
        "rest: 53 minutes, and what tuning saves, for more seeds",
    ]
    assert "rest" not in make_plan(("long", "llf"), seeds=12).describe(["a"])


def test_run_time_describe_has_a_unit_that_fits():
    time = RunTime(0.0, 1.0)
    assert [time.describe(t) for t in (50, 100, 5000, 5400)] == [
        "50 seconds",
        "2 minutes",
        "83 minutes",
        "1.5 hours",
    ]
    assert passes_as_time().describe(6400) == "6,400 passes"
