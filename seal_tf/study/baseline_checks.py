"""Try the settings of the best other candidates for the baseline."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seal_tf.study.budget import StudyPlan
from seal_tf.study.candidates import Candidate
from seal_tf.study.program import delete_large_files
from seal_tf.study.retries import retry_dead_trials
from seal_tf.study.sampler import SlotSampler
from seal_tf.study.slots import Slot, read_slots
from seal_tf.study.trial_runner import (
    FOLDER,
    SurplusTrialError,
    TrialRun,
    TrialRunner,
)
from seal_tf.study.tuning import (
    POLL,
    StudyContext,
    TunedCandidate,
    describe_trial,
    describe_trials,
)

if TYPE_CHECKING:
    from optuna import Trial


class BaselineChecks:
    """Trials of the baseline with settings that others have found.

    The other candidates begin with the best settings of the baseline, and try
    more settings. Without the same chance for the baseline, another learning
    rate or L2 would look like a better method.

    Args:
        context: What all phases share.
        plan: The plan of the study.
        baseline: The baseline.
        values: The values of each trial, by flag.
    """

    def __init__(
        self,
        context: StudyContext,
        plan: StudyPlan,
        baseline: Candidate,
        values: Sequence[Mapping[str, Any]],
    ) -> None:
        self._context = context
        self._plan = plan
        self._baseline = baseline
        self._values = values
        self._runner = TrialRunner(context.program, context.storage)
        self._study = context.storage.open_study(f"{context.name}/checks")
        self._study.sampler = SlotSampler(
            f"{context.seed}/checks", dict(enumerate(values)).get
        )
        self._folder = context.workdir / "tuning" / f"{baseline.name}-checks"

    def run(self) -> None:
        """Run all trials, and wait for those of other workers."""
        while True:
            retry_dead_trials(
                self._study, self._context.storage.owners, len(self._values)
            )
            if self._has_work():
                slot = self._runner.run_next(
                    self._study, self._has_work, self._describe
                )
                if slot is not None:
                    self._finish(slot)
            elif all(slot.is_finished for slot in self._slots()):
                return
            else:
                time.sleep(POLL)

    def best(self) -> TunedCandidate | None:
        """Return the best settings of these trials; None without a score."""
        scores = [s.score for s in self._slots() if s.score is not None]
        if not scores:
            return None
        slot = next(s for s in self._slots() if s.score == max(scores))
        return TunedCandidate(
            self._baseline.name, slot.latest.params, max(scores), len(scores)
        )

    def trials(self) -> list[dict[str, Any]]:
        """Return all trials as plain data, for the report.

        Their numbers follow on those of the baseline's other trials.
        """
        return describe_trials(
            self._baseline, self._slots(), 1 + self._plan.trials
        )

    def used(self) -> float:
        """Return the seconds of all trials, or their passes."""
        if self._plan.time.is_passes:
            return len(self._slots()) * self._plan.trial_time
        return sum(slot.seconds for slot in self._slots())

    def _slots(self) -> list[Slot]:
        return read_slots(self._study)[: len(self._values)]

    def _has_work(self) -> bool:
        slots = self._slots()
        return len(slots) < len(self._values) or any(
            slot.is_waiting for slot in slots
        )

    def _describe(self, trial: Trial, index: int) -> TrialRun:
        if index >= len(self._values):
            raise SurplusTrialError
        flags = self._baseline.training_flags(
            self._baseline.suggest(trial),
            self._plan.epochs,
            self._context.learning_rate,
        )
        return TrialRun(
            candidate=self._baseline,
            flags=flags,
            seed=self._context.seed,
            workdir=self._folder / f"trial{index + 1}",
            final=False,
        )

    def _finish(self, slot: Slot) -> None:
        name = slot.latest.user_attrs.get(FOLDER)
        if slot.error is None and name is not None:
            delete_large_files(self._folder / name)
        self._context.log(
            f"{self._baseline.label} with settings of another candidate, "
            f"trial {slot.index + 1} of {len(self._values)}: "
            f"{describe_trial(slot)}"
        )
