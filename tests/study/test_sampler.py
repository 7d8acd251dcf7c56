"""SlotSampler suggests the same values again after a worker has died."""

import dataclasses

import pytest

from seal_tf.study.sampler import RANDOM_TRIALS, SlotSampler
from seal_tf.study.search_range import SearchRange
from seal_tf.study.slots import read_slots
from tests.study import fakes
from tests.study.owners import open_workers

TRIALS = 8


def _values(storage):
    """Return the values and the score of each slot of the baseline."""
    study = storage.open_study("study/tuning/long")
    return [(s.latest.params, s.score) for s in read_slots(study)]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Values and scores of one worker that was not interrupted."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    with pytest.MonkeyPatch.context() as monkeypatch:
        program = fakes.FakeProgram(monkeypatch)
        (storage,) = open_workers("journal", folder, 1)
        candidates = [fakes.candidate("long")]
        fakes.tuner(storage, folder, program, candidates, trials=TRIALS).tune()
    return _values(storage)


def test_slots_have_different_values_and_the_first_is_given(uninterrupted):
    values = [tuple(params.values()) for params, _ in uninterrupted]
    assert values[0] == (0.5, 0.1)
    assert len(set(values)) == TRIALS > 1 + RANDOM_TRIALS


class _KillingRange(SearchRange):
    """A range whose worker is killed after a value, once."""

    def suggest(self, trial, name):
        value = super().suggest(trial, name)
        if trial.number in self.__dict__["numbers"]:
            self.__dict__["numbers"].remove(trial.number)
            raise fakes.Killed
        return value


def _kill_after_first_value(program, candidate, number):
    """Kill the worker when the trial has one of its two values."""
    values = dataclasses.asdict(candidate.search["x"])
    killing = _KillingRange(**values)
    object.__setattr__(killing, "numbers", [number])
    return dataclasses.replace(
        candidate, search={**candidate.search, "x": killing}
    )


def _kill_in_epoch(error):
    def apply(program, candidate, number):
        seen = []

        def on_epoch(run, epoch):
            if run[2].name == f"trial{number + 1}" and epoch == 2 and not seen:
                seen.append(run)
                raise error

        program.on_epoch = on_epoch
        return candidate

    return apply


@pytest.mark.parametrize(
    "interrupt",
    [
        pytest.param(_kill_after_first_value, id="killed before training"),
        pytest.param(_kill_in_epoch(fakes.Killed), id="killed"),
        pytest.param(_kill_in_epoch(KeyboardInterrupt), id="stopped"),
    ],
)
@pytest.mark.parametrize("number", [0, 2, 6])
def test_resumed_worker_suggests_what_an_uninterrupted_one_does(
    interrupt, number, uninterrupted, tmp_path, monkeypatch
):
    program = fakes.FakeProgram(monkeypatch)
    candidates = [interrupt(program, fakes.candidate("long"), number)]
    first, second = open_workers("journal", tmp_path)
    with pytest.raises((fakes.Killed, KeyboardInterrupt)):
        fakes.tuner(first, tmp_path, program, candidates, trials=TRIALS).tune()
    fakes.tuner(second, tmp_path, program, candidates, trials=TRIALS).tune()
    slots = read_slots(second.open_study("study/tuning/long"))
    tries = [len(slot.trials) for slot in slots]
    assert tries == [1 + (index == number) for index in range(TRIALS)]
    assert _values(second) == uninterrupted


def test_random_values_of_two_parameters_are_independent(tmp_path):
    (storage,) = open_workers("journal", tmp_path, 1)
    study = storage.open_study("a")
    study.sampler = SlotSampler("0", {}.get)
    study.tell(study.ask(), 0.5)
    trial = study.ask()
    x, y = (trial.suggest_float(name, 0, 1) for name in "xy")
    assert abs(x - y) > 0.01


def test_random_values_depend_on_the_seed(tmp_path):
    values = {}
    for seed in ("0/long", "0/llf", "1/long", "0/long"):
        storage = open_workers("journal", tmp_path / str(len(values)), 1)[0]
        study = storage.open_study(f"study/{seed}/{len(values)}")
        study.sampler = SlotSampler(seed, {0: {"x": 0.5}}.get)
        trials = [study.ask() for _ in range(2)]
        numbers = [trial.suggest_float("x", 0, 1) for trial in trials]
        assert numbers[0] == 0.5
        assert values.setdefault(seed, numbers[1]) == numbers[1]
    assert len(set(values.values())) == 3
