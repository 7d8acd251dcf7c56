"""One worker of a study: it runs what no other worker runs, to the answer."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seal_tf.study.agreement import agree, find_agreed
from seal_tf.study.budget import RunTime, StudyPlan, lay_out
from seal_tf.study.candidates import Candidate
from seal_tf.study.finals import Finals
from seal_tf.study.identity import check_identity
from seal_tf.study.measure import (
    describe_time,
    measure_run_time,
    passes_as_time,
)
from seal_tf.study.settings import StudySettings
from seal_tf.study.storage import open_storage
from seal_tf.study.tuning import (
    StudyContext,
    TunedCandidate,
    Tuner,
    choose_finalists,
)


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


def make_plan(settings: StudySettings, parent: Path | None) -> StudyPlan:
    """Measure, and lay out the study.

    Args:
        settings: Settings of the study.
        parent: Where the measured runs write, in a folder of their own that
            is deleted. None takes the folder of temporary files.

    Raises:
        ValueError: The budget is too small.
        TrainingFailedError: The program fails.
    """
    if settings.is_passes:
        run_time = passes_as_time()
    else:
        baseline = settings.candidates[0]
        flags = baseline.training_flags(
            baseline.first_values(), 8, settings.learning_rate
        )
        if parent is not None:
            parent.mkdir(parents=True, exist_ok=True)
        # Workers without a common file measure at the same time.
        with tempfile.TemporaryDirectory(
            prefix="measure-", dir=parent, ignore_cleanup_errors=True
        ) as folder:
            run_time = measure_run_time(settings.program, flags, Path(folder))
    return lay_out(
        settings.candidates,
        settings.budget,
        run_time,
        settings.final_share,
        settings.limits,
    )


def describe_plan(settings: StudySettings, plan: StudyPlan) -> str:
    """Describe a plan in lines of text.

    Args:
        settings: Settings of the study.
        plan: The plan.
    """
    labels = [c.label for c in settings.candidates if c.name in plan.candidates]
    lines = [plan.describe(labels)]
    if not settings.is_passes:
        lines.insert(0, describe_time(plan.time))
    omitted = [
        c.name for c in settings.candidates if c.name not in plan.candidates
    ]
    if omitted:
        lines.append(f"too small a budget for: {', '.join(omitted)}")
    return "\n".join(lines)


def _describe_new_plan(settings: StudySettings, plan: StudyPlan) -> str:
    """Describe a plan that starts now."""
    text = describe_plan(settings, plan)
    if settings.is_passes:
        return text
    end = time.localtime(time.time() + plan.budget)
    return (
        f"{text}\nend: about {time.strftime('%A %H:%M', end)}, if one worker "
        "starts now"
    )


def dry_run(settings: StudySettings) -> str:
    """Measure, and describe the plan, without a study.

    Args:
        settings: Settings of the study.
    """
    return _describe_new_plan(settings, make_plan(settings, None))


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
            is too small, or no trial of the baseline has succeeded.
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
        storage, f"{settings.name}/plan", lambda: _plan_record(settings, log)
    )
    check_identity(settings.name, stored["identity"], settings.identity)
    plan = _read_plan(stored["plan"])
    if existed:
        log(f"resumed\n{describe_plan(settings, plan)}")
    else:
        log(_describe_new_plan(settings, plan))
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
    name = f"{settings.name}/finalists"
    # A worker that starts later does not tune what is chosen.
    if find_agreed(storage, name) is None:
        tuner.tune()
    chosen, _ = agree(
        storage,
        name,
        lambda: _finalists_record(tuner, plan, list(candidates.values())),
    )
    finalists = [TunedCandidate(**record) for record in chosen["finalists"]]
    seeds = max(chosen["seeds"], settings.limits.seeds or 0)
    log(
        f"finalists: {', '.join(candidates[f.name].label for f in finalists)};"
        f" {seeds} seeds"
    )
    finals = Finals(context, plan, candidates, finalists, seeds)
    finals.run()
    finals.write_missing_files()
    return _result(plan, candidates, tuner, finals, chosen["seeds"])


def _plan_record(
    settings: StudySettings, log: Callable[[str], None]
) -> dict[str, Any]:
    if not settings.is_passes:
        log(f"measuring two short runs of {settings.title} on this machine")
    plan = make_plan(settings, settings.workdir)
    return {
        "identity": settings.identity,
        "plan": dataclasses.asdict(plan),
    }


def _read_plan(record: dict[str, Any]) -> StudyPlan:
    return StudyPlan(
        **{
            **record,
            "time": RunTime(**record["time"]),
            "candidates": tuple(record["candidates"]),
        }
    )


def _finalists_record(
    tuner: Tuner, plan: StudyPlan, candidates: list[Candidate]
) -> dict[str, Any]:
    best = [tuner.best(candidate) for candidate in candidates]
    finalists = choose_finalists(best, plan.finalists)
    return {
        "finalists": [dataclasses.asdict(tuned) for tuned in finalists],
        "seeds": plan.seeds_for(tuner.used(), tuner.slowness()),
    }


def _result(
    plan: StudyPlan,
    candidates: dict[str, Candidate],
    tuner: Tuner,
    finals: Finals,
    planned_seeds: int,
) -> StudyResult:
    best = {name: tuner.best(c) for name, c in candidates.items()}
    return StudyResult(
        plan=plan,
        candidates=candidates,
        tuned={name: t for name, t in best.items() if t is not None},
        trials=tuner.trials(),
        scores=finals.scores(),
        failures={**tuner.failures(), **finals.failures()},
        commands=finals.commands(),
        run_folders=finals.run_folders(),
        used=tuner.used(),
        planned_seeds=planned_seeds,
        chance=finals.chance(),
    )
