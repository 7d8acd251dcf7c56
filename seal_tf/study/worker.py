"""One worker of a study: it runs what no other worker runs, to the answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seal_tf.study.agreement import agree
from seal_tf.study.budget import StudyPlan
from seal_tf.study.candidates import Candidate
from seal_tf.study.finalists import choose_finalists
from seal_tf.study.finals import Finals
from seal_tf.study.identity import check_identity
from seal_tf.study.settings import StudySettings
from seal_tf.study.storage import open_storage
from seal_tf.study.study_plan import (
    describe_new_plan,
    describe_plan,
    plan_record,
    read_plan,
)
from seal_tf.study.tuning import StudyContext, TunedCandidate, Tuner


@dataclasses.dataclass(frozen=True)
class StudyResult:
    """The result of a study, as the report shows it.

    Args:
        plan: The plan.
        candidates: The candidates of the plan by name, the baseline first.
        tuned: The best settings of each candidate with a score, by name.
        trials: All trials as plain data.
        scores: Test accuracy from 0 to 1, by finalist and seed.
        failures: The error of each candidate that failed, by name.
        commands: Command of each final run, by finalist and seed.
        run_folders: Work directory of each final run whose files are here, by
            finalist and seed; empty for a script of the user.
        used: Budget that the trials have used.
        planned_seeds: Seeds of each finalist that were chosen before the
            first final run. `--seeds` may have added others since.
        chance: Accuracy of a network that guesses; None if the number of
            classes is unknown, as for a script of the user.
    """

    plan: StudyPlan
    candidates: dict[str, Candidate]
    tuned: dict[str, TunedCandidate]
    trials: list[dict[str, Any]]
    scores: dict[str, dict[int, float]]
    failures: dict[str, str]
    commands: dict[tuple[str, int], str]
    run_folders: dict[tuple[str, int], Path]
    used: float
    planned_seeds: int
    chance: float | None = None


def run_study(
    settings: StudySettings, log: Callable[[str], None]
) -> StudyResult:
    """Run what is missing of a study.

    Args:
        settings: Settings of the study.
        log: Prints a line of progress.

    Returns:
        The result.

    Raises:
        ValueError: The storage has a study with other settings, the budget
            is too small, or no trial of the baseline, or of all others, has
            succeeded.
        TrainingFailedError: The program fails in its first run.
    """
    import optuna

    try:
        return _run_study(settings, log)
    except optuna.exceptions.StorageInternalError as error:
        cause = str(error.__cause__ or error).strip().splitlines()[0]
        raise ValueError(
            f"the storage of the study has failed: {cause}. Run the same "
            "command to resume"
        ) from None


def _run_study(
    settings: StudySettings, log: Callable[[str], None]
) -> StudyResult:
    storage = open_storage(settings.storage, settings.workdir)
    stored, existed = agree(
        storage, f"{settings.name}/plan", lambda: plan_record(settings, log)
    )
    check_identity(settings.name, stored["identity"], settings.identity)
    plan = read_plan(stored["plan"])
    if existed:
        log(f"resumed\n{describe_plan(settings, plan)}")
    else:
        log(describe_new_plan(settings, plan))
    candidates = {
        c.name: c.limit_generations(plan.epochs)
        for c in settings.candidates
        if c.name in plan.candidates
    }
    context = StudyContext(
        name=settings.name,
        workdir=settings.workdir,
        storage=storage,
        program=settings.program,
        seed=settings.seed,
        learning_rate=settings.learning_rate,
        log=log,
    )
    tuner = Tuner(context, plan, list(candidates.values()))
    chosen = choose_finalists(context, plan, candidates, tuner)
    finalists = chosen.finalists
    seeds = max(chosen.seeds, settings.limits.seeds or 0)
    log(
        f"finalists: {', '.join(candidates[f.name].label for f in finalists)};"
        f" {seeds} seeds"
    )
    finals = Finals(context, plan, candidates, finalists, seeds)
    finals.run()
    finals.write_missing_files()
    best = {name: tuner.best(c) for name, c in candidates.items()}
    best[finalists[0].name] = finalists[0]
    return StudyResult(
        plan=plan,
        candidates=candidates,
        tuned={name: t for name, t in best.items() if t is not None},
        trials=[*tuner.trials(), *chosen.checks.trials()],
        scores=finals.scores(),
        failures={**tuner.failures(), **finals.failures()},
        commands=finals.commands(),
        run_folders=finals.run_folders(),
        used=chosen.used,
        planned_seeds=chosen.seeds,
        chance=finals.chance(),
    )
