"""Choose the finalists: the best other candidates, and a fair baseline."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from seal_tf.study.agreement import agree, find_agreed
from seal_tf.study.baseline_checks import BaselineChecks
from seal_tf.study.budget import StudyPlan
from seal_tf.study.candidates import Candidate
from seal_tf.study.tuning import StudyContext, TunedCandidate, Tuner


@dataclasses.dataclass(frozen=True)
class ChosenFinalists:
    """The finalists, on which all workers agree.

    Args:
        finalists: The baseline, and the best other candidates.
        seeds: Seeds of each finalist that the budget allows.
        used: Budget that the trials have used.
        checks: The trials of the baseline with the settings of others.
    """

    finalists: list[TunedCandidate]
    seeds: int
    used: float
    checks: BaselineChecks


def choose_finalists(
    context: StudyContext,
    plan: StudyPlan,
    candidates: Mapping[str, Candidate],
    tuner: Tuner,
) -> ChosenFinalists:
    """Tune, choose the best, and try their settings for the baseline.

    Args:
        context: What all phases share.
        plan: The plan of the study.
        candidates: The candidates by name; the first is the baseline.
        tuner: Their tuner.

    Raises:
        ValueError: No trial of the baseline, or of all others, has succeeded.
    """
    storage, name = context.storage, f"{context.name}/challengers"
    challengers = find_agreed(storage, name)
    # A worker that starts later does not tune what is chosen.
    if challengers is None:
        tuner.tune()
        challengers, _ = agree(
            storage,
            name,
            lambda: _challengers_record(tuner, plan, candidates),
        )
    baseline = next(iter(candidates.values()))
    checks = BaselineChecks(context, plan, baseline, challengers["checks"])
    checks.run()
    used = tuner.used() + checks.used()
    found = [t for t in (tuner.best(baseline), checks.best()) if t is not None]
    chosen, _ = agree(
        storage,
        f"{context.name}/finalists",
        lambda: {
            # Of equal scores, the first.
            "baseline": dataclasses.asdict(max(found, key=lambda t: t.score)),
            "seeds": plan.seeds_for(used, tuner.slowness()),
        },
    )
    records = [chosen["baseline"], *challengers["challengers"]]
    return ChosenFinalists(
        finalists=[TunedCandidate(**record) for record in records],
        seeds=chosen["seeds"],
        used=used,
        checks=checks,
    )


def _challengers_record(
    tuner: Tuner, plan: StudyPlan, candidates: Mapping[str, Candidate]
) -> dict[str, Any]:
    """Return the best candidates, and settings that the baseline has not tried.

    Raises:
        ValueError: No candidate but the baseline has succeeded.
    """
    baseline, *others = candidates.values()
    chosen = choose_challengers(map(tuner.best, others), plan.finalists - 1)
    if not chosen:
        name, error = next(iter(tuner.failures().items()))
        raise ValueError(
            f"nothing can be compared with the baseline ({baseline.label}): "
            f"{candidates[name].label} failed: {error}. Correct the cause, and "
            "run the same command to try it again"
        )
    return {
        "challengers": [dataclasses.asdict(tuned) for tuned in chosen],
        "checks": tuner.baseline_values(chosen),
    }


def choose_challengers(
    best: Iterable[TunedCandidate | None], count: int
) -> list[TunedCandidate]:
    """Choose the candidates with the highest scores.

    Args:
        best: The best settings of each candidate but the baseline.
        count: Number of candidates to choose.
    """
    ranked = sorted(
        (tuned for tuned in best if tuned is not None),
        key=lambda tuned: -tuned.score,
    )
    return ranked[:count]
