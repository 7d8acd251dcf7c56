"""Try the settings of the best other candidates for the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seal_tf.study.budget import StudyPlan
from seal_tf.study.candidates import Candidate
from seal_tf.study.fixed_runs import FixedRuns
from seal_tf.study.sampler import SlotSampler
from seal_tf.study.slots import Slot
from seal_tf.study.trial_runner import TrialRun, TrialRunner
from seal_tf.study.tuning import (
    StudyContext,
    TunedCandidate,
    delete_networks,
    describe_trial,
    describe_trials,
    tuning_run,
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
        study = context.storage.open_study(f"{context.name}/checks")
        study.sampler = SlotSampler(
            f"{context.seed}/checks", dict(enumerate(values)).get
        )
        self._runs = FixedRuns(
            study,
            context.storage,
            TrialRunner(context.program, context.storage),
            count=len(values),
            describe=self._describe,
            on_finish=self._finish,
        )
        self._folder = context.workdir / "tuning" / f"{baseline.name}-checks"

    def run(self) -> None:
        """Run all trials, and wait for those of other workers."""
        self._runs.run()

    def best(self) -> TunedCandidate | None:
        """Return the best settings of these trials; None without a score."""
        slots = self._runs.slots()
        scores = [s.score for s in slots if s.score is not None]
        if not scores:
            return None
        slot = next(s for s in slots if s.score == max(scores))
        return TunedCandidate(
            self._baseline.name, slot.latest.params, max(scores), len(scores)
        )

    def trials(self) -> list[dict[str, Any]]:
        """Return all trials as plain data, for the report.

        Their numbers follow on those of the baseline's other trials.
        """
        return describe_trials(
            self._baseline, self._runs.slots(), 1 + self._plan.trials
        )

    def used(self) -> float:
        """Return the seconds of all trials, or their passes."""
        slots = self._runs.slots()
        if self._plan.time.is_passes:
            return len(slots) * self._plan.trial_time
        return sum(slot.seconds for slot in slots)

    def _describe(self, trial: Trial, index: int) -> TrialRun:
        return tuning_run(
            self._context,
            self._plan,
            self._baseline,
            trial,
            self._folder / f"trial{index + 1}",
        )

    def _finish(self, slot: Slot) -> None:
        delete_networks(slot, self._folder)
        self._context.log(
            f"{self._baseline.label} with settings of another candidate, "
            f"trial {slot.index + 1} of {len(self._values)}: "
            f"{describe_trial(slot)}"
        )
