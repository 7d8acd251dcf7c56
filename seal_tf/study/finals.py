"""Train the finalists with paired seeds, on all training images."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seal_tf.study.budget import StudyPlan
from seal_tf.study.candidates import Candidate
from seal_tf.study.trial_runner import (
    COMMAND,
    ERROR,
    METRICS,
    RESULT,
    SURPLUS,
    SurplusTrialError,
    TrialRun,
    TrialRunner,
)
from seal_tf.study.tuning import POLL, StudyContext, TunedCandidate
from seal_tf.utils.files import write_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

#: Parameters of a final run.
_CANDIDATE, _SEED = "candidate", "seed"
#: System attribute of Optuna's enqueued trials.
_ENQUEUED = "fixed_params"
#: Larger seeds are refused.
_MAX_SEED = 2**31 - 1


class Finals:
    """Train the finalists of a study.

    Args:
        context: What all phases share.
        plan: The plan of the study.
        candidates: The candidates by name.
        finalists: The finalists with their settings; the first is the
            baseline.
        seeds: Number of seeds of each finalist.
    """

    def __init__(
        self,
        context: StudyContext,
        plan: StudyPlan,
        candidates: Mapping[str, Candidate],
        finalists: Sequence[TunedCandidate],
        seeds: int,
    ) -> None:
        self._context = context
        self._plan = plan
        self._candidates = candidates
        self._finalists = {tuned.name: tuned for tuned in finalists}
        # Other seeds than those of the trials, of which the best was chosen.
        first = context.seed + 1
        self.seeds = tuple(range(first, first + seeds))
        self._runner = TrialRunner(context.program, context.storage)
        self._study: Study = context.storage.create_study(
            f"{context.name}/finals"
        )

    def run(self) -> None:
        """Run all final runs, seed by seed, and wait for those of others."""
        from optuna.trial import TrialState

        self._enqueue()
        while True:
            self._context.storage.retry_stale_trials(self._study)
            trials = self._study.get_trials(deepcopy=False)
            states = {trial.state for trial in trials}
            if TrialState.WAITING in states:
                trial = self._runner.run_next(self._study, self._describe)
                if trial is not None:
                    self._context.log(self._progress(trial))
            elif TrialState.RUNNING in states:
                time.sleep(POLL)
            else:
                return

    def _enqueue(self) -> None:
        """Enqueue the runs that no worker has enqueued."""
        known = {_key(t) for t in self._study.get_trials(deepcopy=False)}
        for seed in self.seeds:
            for name in self._finalists:
                if (name, seed) not in known:
                    self._study.enqueue_trial({_CANDIDATE: name, _SEED: seed})

    def _describe(self, trial: Trial) -> TrialRun:
        # The names are fixed, and another worker may have more seeds.
        name = trial.suggest_categorical(_CANDIDATE, list(self._finalists))
        seed = trial.suggest_int(_SEED, 0, _MAX_SEED)
        if self._is_surplus(trial.number, name, seed):
            raise SurplusTrialError
        candidate = self._candidates[name]
        flags = candidate.training_flags(
            self._finalists[name].values,
            self._plan.epochs,
            self._context.learning_rate,
        )
        return TrialRun(
            flags=flags,
            seed=seed,
            workdir=self.workdir(name, seed),
            final=True,
            score=lambda result: self._context.program.read_score(
                candidate, result
            ),
            can_prune=False,
        )

    def _is_surplus(self, number: int, name: str, seed: int) -> bool:
        """Return whether the run was not enqueued, or belongs to another trial.

        Optuna suggests a run of its own if another worker has taken the last
        one that waited.
        """
        from optuna.trial import TrialState

        trials = self._study.get_trials(deepcopy=False)
        if _ENQUEUED not in trials[number].system_attrs:
            return True
        return any(
            trial.number < number
            and _key(trial) == (name, seed)
            and (trial.state != TrialState.FAIL or ERROR in trial.user_attrs)
            for trial in trials
        )

    def workdir(self, name: str, seed: int) -> Path:
        """Return the work directory of a final run.

        Args:
            name: Name of the finalist.
            seed: The seed.
        """
        return self._context.workdir / "finals" / f"{name}-seed{seed}"

    def _progress(self, trial: FrozenTrial) -> str:
        name, seed = _key(trial)
        label = self._candidates[str(name)].label
        if trial.value is None:
            return f"{label}, seed {seed}: {trial.user_attrs.get(ERROR)}"
        done = len(self.scores().get(str(name), {}))
        return f"{label}, seed {seed} ({done} of {len(self.seeds)}): finished"

    def scores(self) -> dict[str, dict[int, float]]:
        """Return the test accuracy from 0 to 1, by finalist and seed."""
        scores: dict[str, dict[int, float]] = {n: {} for n in self._finalists}
        for trial in self._study.get_trials(deepcopy=False):
            name, seed = _key(trial)
            if trial.value is not None and name in scores:
                scores[name][seed] = trial.value
        return {name: dict(sorted(s.items())) for name, s in scores.items()}

    def failures(self) -> dict[str, str]:
        """Return the error of each finalist with a failed run, by name."""
        return {
            str(_key(trial)[0]): str(trial.user_attrs[ERROR])
            for trial in self._study.get_trials(deepcopy=False)
            if ERROR in trial.user_attrs and trial.value is None
        }

    def commands(self) -> dict[tuple[str, int], str]:
        """Return the command of each finished run, by finalist and seed."""
        return {
            _key(trial): trial.user_attrs[COMMAND]
            for trial in self._study.get_trials(deepcopy=False)
            if trial.value is not None
        }

    def write_missing_files(self) -> None:
        """Write the results of runs that other machines have trained.

        A folder gets `summary.json` and `metrics.jsonl`, which the report
        reads. The networks stay on the machine that trained them.
        """
        for trial in self._study.get_trials(deepcopy=False):
            if trial.value is None or SURPLUS in trial.user_attrs:
                continue
            folder = self.workdir(*_key(trial))
            if (folder / "summary.json").exists():
                continue
            rows = json.loads(trial.user_attrs.get(METRICS, "[]"))
            if not rows or not self._context.program.images_are_known:
                continue
            write_text(
                folder / "metrics.jsonl",
                "".join(json.dumps(row) + "\n" for row in rows),
            )
            write_json(folder / "summary.json", trial.user_attrs[RESULT])


def _key(trial: FrozenTrial) -> tuple[str, int]:
    """Return the finalist and the seed of a trial.

    A trial that waits has them in its system attributes.
    """
    values: dict[str, Any] = {
        **trial.system_attrs.get(_ENQUEUED, {}),
        **trial.params,
    }
    return values.get(_CANDIDATE, ""), values.get(_SEED, -1)
