"""Run a fixed number of runs, which the workers of a study share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from seal_tf.study.retries import retry_dead_trials
from seal_tf.study.slots import Slot, read_slots
from seal_tf.study.storage import StudyStorage
from seal_tf.study.trial_runner import SurplusTrialError, TrialRun, TrialRunner

if TYPE_CHECKING:
    from optuna import Study, Trial

#: Seconds between two reads of the runs of other workers.
POLL = 2.0


class FixedRuns:
    """The runs of an Optuna study, which has a slot for each.

    Args:
        study: The study.
        storage: The storage of the study.
        runner: Runs its trials.
        count: Number of runs.
        describe: Suggests the values of a trial, which has the given slot,
            and returns its run.
        on_finish: Called after each run of this worker with its slot.
    """

    def __init__(
        self,
        study: Study,
        storage: StudyStorage,
        runner: TrialRunner,
        *,
        count: int,
        describe: Callable[[Trial, int], TrialRun],
        on_finish: Callable[[Slot], None],
    ) -> None:
        self._study = study
        self._storage = storage
        self._runner = runner
        self._count = count
        self._describe = describe
        self._on_finish = on_finish

    def run(self) -> None:
        """Run what no other worker runs, and wait for the others."""
        while True:
            retry_dead_trials(self._study, self._storage.owners, self._count)
            if self._has_work():
                slot = self._runner.run_next(
                    self._study, self._has_work, self._describe_slot
                )
                if slot is not None:
                    self._on_finish(slot)
            elif all(slot.is_finished for slot in self.slots()):
                return
            else:
                time.sleep(POLL)

    def slots(self) -> list[Slot]:
        """Return the slots of the runs that have begun, in their order."""
        return read_slots(self._study)[: self._count]

    def _has_work(self) -> bool:
        """Return whether there is a run that a worker may start."""
        slots = self.slots()
        return len(slots) < self._count or any(s.is_waiting for s in slots)

    def _describe_slot(self, trial: Trial, index: int) -> TrialRun:
        if index >= self._count:
            raise SurplusTrialError
        return self._describe(trial, index)
