"""The finalists: the best other candidates, and a fair baseline."""

import pytest

from seal_tf.study import tuning
from seal_tf.study.finalists import choose_challengers, choose_finalists
from seal_tf.study.tuning import TunedCandidate
from tests.study import fakes
from tests.study.owners import open_workers

LONG, OTHER = fakes.candidate("long"), fakes.candidate("other")


@pytest.fixture
def program(monkeypatch):
    monkeypatch.setattr(tuning, "POLL", 0.01)
    return fakes.FakeProgram(monkeypatch)


def _choose(storage, folder, program, candidates=(LONG, OTHER), trials=4):
    tuner = fakes.tuner(storage, folder, program, candidates, trials=trials)
    return choose_finalists(
        fakes.context(storage, folder, program),
        fakes.plan(candidates, trials=trials),
        {c.name: c for c in candidates},
        tuner,
    )


def test_identical_method_is_not_better_for_being_tuned_more(program, tmp_path):
    """The other candidate is the baseline with another name."""
    first, second = open_workers("journal", tmp_path)
    chosen = _choose(first, tmp_path, program)
    baseline, other = chosen.finalists
    assert (baseline.name, other.name) == ("long", "other")
    # Its trials after the first have found better settings.
    best_of_tuning = max(
        slot.score
        for slot in tuning.read_slots(first.open_study("study/tuning/long"))
    )
    assert baseline.score == other.score > best_of_tuning
    assert baseline.values == other.values
    assert len(chosen.checks.trials()) == 1
    assert chosen.used == 9 * fakes.EPOCHS
    # Another worker trains nothing, and agrees.
    again = _choose(second, tmp_path, program)
    assert (again.finalists, again.seeds) == (chosen.finalists, chosen.seeds)
    assert len(program.runs) == 9


def test_only_the_baseline_succeeded_is_an_error_that_can_be_corrected(
    program, tmp_path
):
    first, second = open_workers("journal", tmp_path)
    broken = fakes.candidate("other", broken=True)
    with pytest.raises(
        ValueError,
        match="nothing can be compared with the baseline .the long.: the "
        "other failed: the script is broken .*run the same command",
    ):
        _choose(first, tmp_path, program, (LONG, broken))
    chosen = _choose(second, tmp_path, program)
    assert [t.name for t in chosen.finalists] == ["long", "other"]


def test_choose_challengers_ranks_candidates():
    scores = {"llf": 0.4, "seal": 0.6, "swa": 0.5}
    tuned = [TunedCandidate(n, {}, s, 2) for n, s in scores.items()]
    chosen = choose_challengers([None, *tuned], 2)
    assert [t.name for t in chosen] == ["seal", "swa"]
    assert choose_challengers([None], 2) == []
