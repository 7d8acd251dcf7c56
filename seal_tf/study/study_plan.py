"""Measure the machine, lay out the plan of a study, and describe it."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seal_tf.study.budget import RunTime, StudyPlan, lay_out
from seal_tf.study.candidate_checks import check_candidates
from seal_tf.study.measure import (
    describe_time,
    measure_run_time,
    passes_as_time,
)
from seal_tf.study.settings import StudySettings


def make_plan(settings: StudySettings, parent: Path | None) -> StudyPlan:
    """Measure, and lay out the study.

    Args:
        settings: Settings of the study.
        parent: Where the measured runs write, in a folder of their own that
            is deleted. None takes the folder of temporary files.

    Raises:
        ValueError: The budget is too small, or flags that count epochs do
            not fit the plan.
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
    plan = lay_out(
        settings.candidates,
        settings.budget,
        run_time,
        settings.final_share,
        settings.limits,
    )
    chosen = [c for c in settings.candidates if c.name in plan.candidates]
    try:
        check_candidates(
            settings.program, chosen, settings.learning_rate, plan.epochs
        )
    except ValueError as error:
        raise ValueError(
            f"the plan has runs of {plan.epochs} epochs, and {error}. Set "
            "--epochs, or a larger budget."
        ) from None
    return plan


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


def describe_new_plan(settings: StudySettings, plan: StudyPlan) -> str:
    """Describe a plan that starts now, with its end.

    Args:
        settings: Settings of the study.
        plan: The plan.
    """
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
    return describe_new_plan(settings, make_plan(settings, None))


def plan_record(
    settings: StudySettings, log: Callable[[str], None]
) -> dict[str, Any]:
    """Lay out the plan on which the workers agree, as plain data.

    Args:
        settings: Settings of the study.
        log: Prints a line of progress.
    """
    if not settings.is_passes:
        log(f"measuring two short runs of {settings.title} on this machine")
    plan = make_plan(settings, settings.workdir)
    return {
        "identity": settings.identity,
        "plan": dataclasses.asdict(plan),
    }


def read_plan(record: dict[str, Any]) -> StudyPlan:
    """Return the plan of plain data.

    Args:
        record: The entry "plan" of what `plan_record` returned.
    """
    return StudyPlan(
        **{
            **record,
            "time": RunTime(**record["time"]),
            "candidates": tuple(record["candidates"]),
        }
    )
