"""Read the trials of an Optuna study as slots: the runs of its plan.

A slot has a number from 0 on. The trials without `RETRY_OF`, in the order of
their numbers, are the first tries of the slots, so the slot of a trial never
changes, and workers need not agree on it. A trial whose worker has died or
was stopped fails, and a new trial tries its slot again.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

#: User attributes of a trial that is tried again: the number of the earlier
#: trial, of the first one, and how many workers have died.
RETRY_OF, FIRST, DEATHS = "retry_of", "first", "deaths"
#: User attributes of a trial: why its command has failed, and seconds of its
#: worker.
ERROR, SECONDS = "error", "seconds"
#: A trial is given up after so many workers have died.
MAX_DEATHS = 4


@dataclasses.dataclass(frozen=True)
class Slot:
    """A run of the plan, and the trials that have tried it.

    Args:
        index: Number of the slot.
        trials: Its trials, the latest last.
    """

    index: int
    trials: tuple[FrozenTrial, ...]

    @property
    def latest(self) -> FrozenTrial:
        """The latest trial."""
        return self.trials[-1]

    @property
    def is_waiting(self) -> bool:
        """Whether a worker may run it now."""
        return self.latest.state.name == "WAITING"

    @property
    def is_lost(self) -> bool:
        """Whether its trial has ended without a result or a successor."""
        trial = self.latest
        return trial.state.name == "FAIL" and self.error is None

    @property
    def is_finished(self) -> bool:
        """Whether it will not be tried again."""
        return self.latest.state.is_finished() and not self.is_lost

    @property
    def score(self) -> float | None:
        """The accuracy from 0 to 1, if the run is complete."""
        trial = self.latest
        return trial.value if trial.state.name == "COMPLETE" else None

    @property
    def error(self) -> str | None:
        """Why the run has failed, if it has."""
        trial = self.latest
        if trial.state.name != "FAIL":
            return None
        if ERROR in trial.user_attrs:
            return str(trial.user_attrs[ERROR])
        if count_deaths(trial) >= MAX_DEATHS:
            return f"{MAX_DEATHS} workers have died in this run"
        return None

    @property
    def seconds(self) -> float:
        """Seconds that its workers have used."""
        return sum(t.user_attrs.get(SECONDS, 0.0) for t in self.trials)


def read_slots(study: Study) -> list[Slot]:
    """Return the slots of an Optuna study.

    Args:
        study: The study.
    """
    tries: dict[int, list[FrozenTrial]] = {}
    for trial in study.get_trials(deepcopy=False):
        trials = tries.setdefault(first_number(trial), [])
        # Two workers may have found the same dead trial at the same time.
        # The retry with the lower number counts.
        if not trials or trial.user_attrs[RETRY_OF] == trials[-1].number:
            trials.append(trial)
    return [Slot(i, tuple(t)) for i, t in enumerate(tries.values())]


def find_slot(study: Study, number: int) -> Slot | None:
    """Return the slot of a trial.

    Args:
        study: Its study.
        number: Its number.

    Returns:
        The slot. None if the trial does not count: another one retries the
        same trial.
    """
    for slot in read_slots(study):
        if any(trial.number == number for trial in slot.trials):
            return slot
    return None


def first_number(trial: FrozenTrial) -> int:
    """Return the number of the first trial of a trial's slot.

    Args:
        trial: The trial.
    """
    return int(trial.user_attrs.get(FIRST, trial.number))


def count_deaths(trial: FrozenTrial) -> int:
    """Return how many workers have died in a trial's slot.

    Args:
        trial: A trial that has failed because its worker has died.
    """
    return int(trial.user_attrs.get(DEATHS, 0)) + 1
