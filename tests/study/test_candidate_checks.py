"""Candidates are checked against the length of their runs."""

import pytest

from seal_tf.study.candidate_checks import check_candidates
from seal_tf.study.candidate_file import choose_candidates, load_candidates
from seal_tf.study.program import SealTrain

LONG, LLF = choose_candidates(["llf"], load_candidates())


def _check(epochs=None, **flags):
    program = SealTrain({"dataset": "digits", "arch": "small", **flags}, 0.2)
    check_candidates(program, [LONG, LLF], 0.1, epochs)


@pytest.mark.parametrize("name", ["warmup_epochs", "decay_epochs"])
def test_epochs_that_fit_every_run_are_accepted(name):
    _check(96, **{name: 10})
    # They may fit: the length of a run is not known yet.
    _check(**{name: 100})


def test_epochs_that_do_not_fit_name_the_candidate_and_the_limit():
    # LLF begins with 8 generations of 12 epochs.
    with pytest.raises(ValueError) as error:
        _check(96, warmup_epochs=13)
    assert str(error.value) == (
        "--candidates: llf: --warmup_epochs must be between 0 and the 12 "
        "epochs of a generation. Received: --warmup_epochs=13"
    )
    with pytest.raises(ValueError, match="^--decay_epochs must be between 1"):
        _check(96, decay_epochs=90)


def test_generations_that_are_too_short_are_not_checked():
    # Of 32 epochs, LLF has 4 generations of 8.
    _check(32, warmup_epochs=8)
