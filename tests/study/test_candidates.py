"""The built-in candidates and compositions."""

import dataclasses
import json
from pathlib import Path

import pytest

from seal_tf.schedules import SAM, Distill, Normal, Plan, Run
from seal_tf.schedules.cost import passes_per_step, teacher_passes
from seal_tf.study.candidate_file import choose_candidates, load_candidates
from seal_tf.study.candidates import MIN_GENERATION, Candidate
from seal_tf.study.program import SealTrain
from seal_tf.study.search_range import SearchRange

KNOWN = load_candidates()
PROGRAM = SealTrain({"dataset": "digits", "arch": "small"}, 0.2)
COMPOSED = ("llf+swa", "llf+seal", "seal+snapshots", "sam+ema", "llf+distill")


def chosen(*names):
    return choose_candidates(names, KNOWN)


def largest_values(candidate):
    return {
        name: r.choices[-1] if r.choices else r.high
        for name, r in candidate.search.items()
    }


@pytest.mark.parametrize("name", [*KNOWN, *COMPOSED])
def test_built_in_candidates_are_accepted_by_the_training_command(name):
    candidate = chosen(name)[-1]
    for epochs in (16, 96):
        limited = candidate.limit_generations(epochs)
        for values in (limited.first_values(), largest_values(limited)):
            PROGRAM.check(limited.training_flags(values, epochs, 0.1))


@pytest.mark.parametrize("name", [*KNOWN, *COMPOSED])
@pytest.mark.parametrize("epochs", [16, 24, 96])
def test_no_candidate_costs_more_than_normal_training(name, epochs):
    candidate = chosen(name)[-1]
    generations = candidate.search.get("generations")
    for count in generations.choices if generations else (1,):
        flags = candidate.training_flags(
            {**candidate.first_values(), "generations": count}
            if generations
            else candidate.first_values(),
            epochs,
            0.1,
        )
        total = flags["generations"] * flags["epochs_per_generation"]
        assert total * candidate.cost <= epochs
        if candidate.cost == 1:
            assert total == epochs


def test_cost_is_that_of_the_schedule():
    def cost(schedule):
        plan = Plan(schedule, Run(8))
        # A teacher is a forward pass, a third of a step.
        return passes_per_step(plan) + teacher_passes(plan) / 3

    assert cost(Normal(generations=1) + SAM()) == KNOWN["sam"].cost
    # Two generations cost less than four.
    assert cost(Distill(generations=4)) == KNOWN["distill"].cost
    assert cost(Distill(generations=2)) < KNOWN["distill"].cost


def test_training_flags_have_units_and_generations():
    seal = KNOWN["seal"]
    values = {
        **seal.first_values(),
        "learning_rate": 0.5,
        "l2": 1e-4,
    }
    assert seal.training_flags(values, 96, 0.1) == {
        "method": "seal",
        "ascent_scale": "auto",
        "learning_rate": 0.05,
        "l2": 0.002,  # at the rate of 0.05
        "generations": 8,
        "epochs_per_generation": 12,
        "retain": 0.5,
    }
    assert "method" not in seal.tuned_flags(values, 96, 0.1)
    # A rate that is not tuned is the command's.
    assert seal.training_flags({"l2": 1e-4}, 96, 0.02)["l2"] == 0.005
    # Or that of the candidate.
    fixed = dataclasses.replace(seal, flags={"learning_rate": 0.01})
    flags = fixed.training_flags({"l2": 1e-4}, 96, 0.02)
    assert (flags["learning_rate"], flags["l2"]) == (0.01, 0.01)
    # The rate of a script may be 0.
    assert seal.training_flags({"retain": 0.7}, 96, 0.0)["retain"] == 0.7
    # A share of the epochs is one of SAM's own, fewer epochs.
    share = SearchRange(low=0.1, high=1.0, unit="epochs")
    sam = dataclasses.replace(KNOWN["sam"], search={"l2_timescale": share})
    flags = sam.training_flags({"l2_timescale": 0.5}, 96, 0.1)
    assert flags["l2_timescale"] == 24.0


def test_limit_generations_leaves_out_short_ones():
    llf = KNOWN["llf"]

    def choices(epochs):
        return llf.limit_generations(epochs).search["generations"].choices

    assert choices(8 * MIN_GENERATION) == (8, 4, 2)
    assert choices(8 * MIN_GENERATION - 8) == (4, 2)
    assert choices(16) == (2,) and choices(8) == (2,)
    assert KNOWN["long"].limit_generations(16) is KNOWN["long"]


def test_generation_counts_are_those_of_a_run():
    assert KNOWN["long"].generation_counts() == (1,)
    assert KNOWN["llf"].generation_counts() == (8, 4, 2)
    fixed = Candidate("a", "a", {"generations": 3}, {})
    assert fixed.generation_counts() == (3,)
    search = {"generations": SearchRange(low=2, high=8, integer=True)}
    assert Candidate("a", "a", {}, search).generation_counts() == (1,)


def test_run_epochs_take_no_longer_than_normal_training():
    assert KNOWN["long"].run_epochs(96) == 96
    assert KNOWN["sam"].run_epochs(96) == 48
    assert KNOWN["distill"].run_epochs(96) == 76


def test_read_score_of_real_summaries():
    files = [
        p
        for p in Path("docs/results").glob("*/json/*/*.json")
        if "snapshots" in p.name
    ]
    assert files
    summary = json.loads(files[0].read_text())["result"]
    ensemble = KNOWN["snapshots"].read_score(summary)
    assert ensemble == summary["ensemble"]["last"][-1] > 0.1
    last = summary["last"]["val_accuracy"]
    assert KNOWN["long"].read_score(summary) == last != ensemble
    with pytest.raises(ValueError, match="has no number average.val_accuracy"):
        KNOWN["swa"].read_score(summary)
    for broken in ({}, {"last": 3}, {"last": {"val_accuracy": "nan"}}):
        with pytest.raises(ValueError, match=r"no number last\.val_accuracy"):
            KNOWN["long"].read_score(broken)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["swa", "snapshots"])
def test_read_score_of_a_training(name, tmp_path):
    from seal_tf import train
    from seal_tf.study.program import SealTrain

    candidate = KNOWN[name]
    flags = candidate.training_flags(candidate.first_values(), 16, 0.02)
    program = SealTrain(
        {"dataset": "digits", "images_per_class": 10, "arch": "small"}, 0.2
    )
    workdir = tmp_path / "run"
    words = program.build_command(flags, 0, workdir, final=False)[3:]
    assert train.main([*words, "--progress=none"]) == 0
    summary = program.read_result(workdir)
    score = program.read_score(candidate, summary)
    assert 0 < score <= 1
    if name == "swa":
        assert score == summary["average"]["val_accuracy"]
    else:
        assert score == summary["ensemble"]["last"][-1]
