"""Say in one sentence what a study has found."""

from __future__ import annotations

import dataclasses
from typing import Literal

from seal_tf.reports.comparison import Comparison, Verdict
from seal_tf.reports.verdict import (
    Answer,
    describe_comparison,
    format_difference,
)
from seal_tf.study.worker import StudyResult


@dataclasses.dataclass(frozen=True)
class Winner:
    """The candidate that a study recommends.

    Args:
        name: Name of the candidate.
        is_better: Whether its interval excludes zero. Otherwise it is the
            baseline.
    """

    name: str
    is_better: bool


def compare_finalists(
    result: StudyResult, smallest: float
) -> dict[str, Comparison]:
    """Compare the finalists with the baseline, seed by seed.

    Args:
        result: The result of the study.
        smallest: Smallest difference that matters, in points.

    Returns:
        The comparisons by name of the candidate, from the largest difference
        down. Finalists without a common seed are not among them.
    """
    baseline, *others = result.scores
    base = result.scores[baseline]
    comparisons = {}
    for name in others:
        scores = result.scores[name]
        differences = {
            seed: 100 * (scores[seed] - base[seed])
            for seed in sorted(scores.keys() & base.keys())
        }
        if differences:
            comparisons[name] = Comparison(
                result.candidates[name].label,
                baseline_label(result),
                smallest,
                differences,
            )
    by_mean = sorted(comparisons.items(), key=lambda item: -item[1].mean)
    return dict(by_mean)


def baseline_label(result: StudyResult) -> str:
    """Return the label of the baseline, such as "tuned one long cosine"."""
    baseline = next(iter(result.scores))
    return f"tuned {result.candidates[baseline].label}"


def choose_winner(
    result: StudyResult, comparisons: dict[str, Comparison]
) -> Winner:
    """Choose what to train: the best that is better, else the baseline.

    Args:
        result: The result of the study.
        comparisons: What `compare_finalists` returned.
    """
    better = [n for n, c in comparisons.items() if c.verdict == "better"]
    if better:
        return Winner(better[0], True)
    return Winner(next(iter(result.scores)), False)


def answer_study(
    result: StudyResult, comparisons: dict[str, Comparison]
) -> Answer:
    """Answer the question of a study.

    Args:
        result: The result of the study.
        comparisons: What `compare_finalists` returned.
    """
    winner = choose_winner(result, comparisons)
    base = baseline_label(result)
    clauses = []
    verdict: Verdict | Literal[""] = "unclear"
    if winner.is_better:
        verdict = "better"
        comparison = comparisons[winner.name]
        clauses.append(
            f"{comparison.name} is better than {base}: "
            f"{format_difference(comparison)}"
        )
    elif comparisons:
        clauses.append(f"Nothing was better than {base}")
    for name, comparison in comparisons.items():
        if name != winner.name:
            clauses.append(_clause(comparison))
    if not comparisons:
        verdict = ""
        clauses = [f"No candidate can be compared with {base}"]
    elif not winner.is_better and all(
        c.verdict in ("worse", "equivalent") for c in comparisons.values()
    ):
        verdict = "worse"
    lines = tuple(
        (c.verdict, describe_comparison(c)) for c in comparisons.values()
    )
    return Answer(
        headline="; ".join(clauses) + ".",
        verdict=verdict,
        lines=lines,
        notes=(_note(result, comparisons),),
        next_step=_next_step(result, winner),
        command=winner_command(result, winner),
    )


def _clause(comparison: Comparison) -> str:
    difference = format_difference(comparison)
    return {
        "better": f"{comparison.name}: {difference}",
        "worse": f"{comparison.name} is worse: {difference}",
        "equivalent": f"{comparison.name}: no difference of "
        f"{comparison.smallest:g} points or more",
    }.get(comparison.verdict, f"{comparison.name}: cannot tell ({difference})")


def _note(result: StudyResult, comparisons: dict[str, Comparison]) -> str:
    text = (
        "Differences are in percentage points of accuracy on the test images, "
        "which no choice before has used, paired by seed, with 95 % t "
        "intervals. Every candidate had as many trials on images held out of "
        "the training set; the best candidates were trained again on all "
        "training images, with other seeds."
    )
    if len(comparisons) > 1:
        text += (
            f" With {len(comparisons)} comparisons, one interval excludes zero "
            f"by chance in {100 * (1 - 0.95 ** len(comparisons)):.0f} % of "
            "studies without a true difference."
        )
    return text


def _next_step(result: StudyResult, winner: Winner) -> str:
    label = result.candidates[winner.name].label
    folders = [
        str(path)
        for (name, _), path in result.run_folders.items()
        if name == winner.name
    ]
    trained = ""
    if folders:
        trained = f"The study has trained {label} in {', '.join(folders)}. "
    return f"{trained}To train it again:"


def winner_command(result: StudyResult, winner: Winner) -> str:
    """Return the command that trains the winner.

    Args:
        result: The result of the study.
        winner: The winner.
    """
    commands = [
        command
        for (name, _), command in result.commands.items()
        if name == winner.name
    ]
    if not commands:
        return ""
    words = commands[0].split(" --workdir=")[0]
    return f"{words} --workdir=runs/{winner.name}"


def more_seeds_text(comparisons: dict[str, Comparison]) -> tuple[str, int]:
    """Say how many seeds would tell more.

    Args:
        comparisons: What `compare_finalists` returned.

    Returns:
        The text and the number of seeds; ("", 0) if nothing is unclear.
    """
    needed = []
    for comparison in comparisons.values():
        if comparison.verdict != "unclear":
            continue
        more = comparison.more_seeds()
        if more is not None:
            needed.append((len(comparison.differences) + more[0], more[1]))
    if not needed:
        return "", 0
    seeds, difference = min(needed)
    return (
        f"To see a difference of {difference:g} points you need about {seeds} "
        "seeds (power of 80 %, from the spread of the seeds so far). This "
        "command continues the study:",
        seeds,
    )
