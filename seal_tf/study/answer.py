"""Describe the result of a study in plain sentences."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from typing import Literal

from seal_tf.reports.comparison import Comparison, Verdict
from seal_tf.reports.verdict import (
    Answer,
    describe_comparison,
    format_difference,
    format_points,
)
from seal_tf.study.more_seeds import PRACTICAL_SEEDS
from seal_tf.study.worker import StudyResult
from seal_tf.utils.statistics import format_percent

#: Comparisons of finalists with the baseline, by name of the candidate.
Comparisons = Mapping[str, Comparison]


#: Accuracies of at most this multiple of chance, and errors of at least this
#: fraction of those of guessing, are hardly better than guesses.
_ACCURACY_OF_GUESSES, _ERROR_OF_GUESSES = 1.2, 0.95


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
    """Return the label of the baseline, such as "one long cosine".

    Args:
        result: The result of the study.
    """
    baseline = next(iter(result.scores))
    return result.candidates[baseline].label


def choose_winner(result: StudyResult, comparisons: Comparisons) -> Winner:
    """Choose what to train: the best that is better, else the baseline.

    Args:
        result: The result of the study.
        comparisons: What `compare_finalists` returned.
    """
    better = [n for n, c in comparisons.items() if c.verdict == "better"]
    if better:
        return Winner(better[0], True)
    return Winner(next(iter(result.scores)), False)


def answer_study(result: StudyResult, comparisons: Comparisons) -> Answer:
    """Answer the question of a study.

    Args:
        result: The result of the study.
        comparisons: What `compare_finalists` returned.
    """
    winner = choose_winner(result, comparisons)
    headline, verdict = _headline(result, comparisons)
    lines = [(c.verdict, _describe(c)) for c in comparisons.values()]
    lines += [
        ("incomparable", _describe_error(result, name, error))
        for name, error in result.failures.items()
    ]
    lines += [("incomparable", text) for text in _describe_guesses(result)]
    command = winner_command(result, winner)
    return Answer(
        headline=headline,
        verdict=verdict,
        lines=tuple(line for line in lines if line[1] != headline),
        notes=(
            _describe_method(result, comparisons),
            *_describe_added_seeds(result),
        ),
        next_step=_next_step(result, winner) if command else "",
        command=command,
    )


def _describe_guesses(result: StudyResult) -> list[str]:
    """Describe the candidates that have learned nothing in any trial."""
    if result.chance is None:
        return []
    limit = min(
        _ACCURACY_OF_GUESSES * result.chance,
        1 - _ERROR_OF_GUESSES * (1 - result.chance),
    )
    return [
        f"{result.candidates[name].label} was hardly better than chance "
        f"({100 * result.chance:.1f} %) in any trial, so its settings mean "
        "little. Use longer runs (--epochs, --hours), or fix its "
        "--learning_rate or --l2."
        for name, tuned in result.tuned.items()
        if tuned.score <= limit
    ]


def _headline(
    result: StudyResult, comparisons: Comparisons
) -> tuple[str, Verdict | Literal[""]]:
    base = baseline_label(result)
    if not comparisons:
        return _describe_failure(result), ""
    if len(comparisons) == 1:
        (comparison,) = comparisons.values()
        return _describe(comparison), comparison.verdict
    by_verdict: dict[Verdict, list[Comparison]] = {}
    for comparison in comparisons.values():
        by_verdict.setdefault(comparison.verdict, []).append(comparison)
    if better := by_verdict.get("better"):
        first, *others = better
        text = f"{first.name} is better than {base}: {format_difference(first)}"
        if others:
            are = "is" if len(others) == 1 else "are"
            text += f"; {_join(others)} {are} better, too"
        return f"{text}.", "better"
    if unclear := by_verdict.get("unclear"):
        first = unclear[0]
        return (
            f"Cannot tell whether {_join(unclear, 'or')} is better than "
            f"{base}: {format_difference(first)}"
            + (f" for {first.name}." if len(unclear) > 1 else "."),
            "unclear",
        )
    if equal := by_verdict.get("equivalent"):
        points = format_points(equal[0].smallest)
        return (
            f"Nothing is better than {base} by {points} or more.",
            "equivalent",
        )
    return f"Nothing is better than {base}.", "worse"


def _describe(comparison: Comparison) -> str:
    """Describe a comparison, without a number of seeds that is impractical."""
    more = comparison.more_seeds()
    seeds = len(comparison.differences) + (more[0] if more else 0)
    if comparison.verdict != "unclear" or seeds <= PRACTICAL_SEEDS:
        return describe_comparison(comparison)
    return (
        f"Cannot tell {comparison.name} from {comparison.baseline}: "
        f"{format_difference(comparison)}."
    )


def _describe_failure(result: StudyResult) -> str:
    """Describe a study without a comparison."""
    baseline, *others = result.scores
    base = baseline_label(result)
    if not result.scores[baseline]:
        return f"Nothing can be compared with {base}: its runs failed."
    if not others:
        return (
            f"Nothing can be compared with {base}: no other candidate has a "
            "result."
        )
    return f"Nothing can be compared with {base}: the other runs failed."


def _describe_error(result: StudyResult, name: str, error: str) -> str:
    label = result.candidates[name].label
    if result.scores.get(name):
        return f"{label} failed with some seeds, which are left out: {error}"
    if name in result.scores:
        return f"{label} failed: {error}"
    return (
        f"{label} failed in every trial and is left out: {error}. A new study, "
        "with another --study_name and --workdir, would include it."
    )


def _join(comparisons: list[Comparison], word: str = "and") -> str:
    *names, last = [c.name for c in comparisons]
    return f"{', '.join(names)} {word} {last}" if names else last


def _describe_method(result: StudyResult, comparisons: Comparisons) -> str:
    finalists = len(result.scores)
    best = "best other candidate"
    if finalists > 2:
        best = f"{finalists - 1} best other candidates"
    base = baseline_label(result)
    text = (
        f"{_describe_tuning(result)} {base[:1].upper()}{base[1:]} and the "
        f"{best} were then trained on all training images, with other seeds. "
        "Differences are in percentage points of accuracy on the test images, "
        "by which neither settings nor finalists were chosen, paired by seed, "
        "with 95 % t intervals: they show how much seeds matter, not how other "
        "test images would. An interval that contains zero leaves open which "
        "of the two is better."
    )
    if len(comparisons) > 1:
        chance = 100 * (1 - 0.95 ** len(comparisons))
        text += (
            f" With {len(comparisons)} comparisons, an interval excludes zero "
            f"by chance in up to {chance:.0f} % of studies."
        )
    return text


def _describe_added_seeds(result: StudyResult) -> list[str]:
    """Describe seeds that were added after the plan."""
    seeds = len(set().union(*result.scores.values()))
    if seeds <= result.planned_seeds:
        return []
    return [
        f"The plan had {result.planned_seeds} seeds of each finalist, and "
        f"--seeds added {seeds - result.planned_seeds}. If the answer of the "
        "first seeds was the reason, the intervals are too narrow."
    ]


def _describe_tuning(result: StudyResult) -> str:
    # Failed trials tell nothing, and the last trials of the baseline, with the
    # settings of others, are described below.
    tuned = [
        t["candidate"]
        for t in result.trials
        if t["error"] is None and t["number"] <= result.plan.trials
    ]
    # A candidate without settings to tune has one trial.
    counts = {
        tuned.count(name)
        for name in result.tuned
        if result.candidates[name].search
    }
    fewest, most = min(counts, default=0), max(counts, default=0)
    plural = "s" * (most != 1)
    text = f"Each candidate was tuned with {most} trial{plural}"
    if fewest < most:
        text = (
            f"The candidates were tuned with {fewest} to {most} trials, as "
            "many as the budget allowed,"
        )
    base = baseline_label(result)
    return (
        f"{text} on images held out of the training set; the first trial of "
        f"the others had the best settings of {base}, and in the end {base} "
        "tried the learning rate and L2 of the finalists, where they differed."
    )


def _next_step(result: StudyResult, winner: Winner) -> str:
    label = result.candidates[winner.name].label
    accuracy = format_percent(result.scores[winner.name].values(), 1)
    text = f"reaches {accuracy} % on the test images."
    if winner.is_better:
        text = f"{label} {text}"
    else:
        text = f"Train {label}: it {text}"
    folders = [
        path
        for (name, _), path in result.run_folders.items()
        # The network stays on the machine that trained it.
        if name == winner.name and (path / "model.keras").exists()
    ]
    if folders:
        text += f" A trained network is in {folders[0]}."
    return f"{text} This command trains it again:"


def winner_command(result: StudyResult, winner: Winner) -> str:
    """Return the command that trains the winner; "" if no run has finished.

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
    words = [
        word
        for word in shlex.split(commands[0])
        # The study adds both.
        if not word.startswith("--workdir=") and word != "--progress=lines"
    ]
    return shlex.join([*words, f"--workdir=runs/{winner.name}"])
