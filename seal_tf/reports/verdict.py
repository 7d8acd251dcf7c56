"""Say in sentences what comparisons show, and what to run next."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Literal

from seal_tf.reports.comparison import Comparison, Verdict
from seal_tf.reports.run_groups import RunGroup
from seal_tf.utils.statistics import (
    count_decimals,
    format_signed,
    signed_interval,
)

#: Seeds that a comparison should have before its spread means anything.
_FEWEST_SEEDS = 3
#: Which verdict stands for a report with several.
_BY_WEIGHT: tuple[Verdict, ...] = (
    "better",
    "unclear",
    "equivalent",
    "worse",
    "incomparable",
)


@dataclasses.dataclass(frozen=True)
class Answer:
    """The answer of a report.

    Args:
        headline: The answer in one sentence.
        verdict: What it shows; empty if nothing is compared.
        lines: (verdict, sentence) of each comparison that the headline does
            not state.
        notes: What the answer assumes.
        next_step: What to run next; empty if nothing has to be run.
        command: Command of the next step; empty without one.
    """

    headline: str
    verdict: Verdict | Literal[""] = ""
    lines: tuple[tuple[Verdict, str], ...] = ()
    notes: tuple[str, ...] = ()
    next_step: str = ""
    command: str = ""


def format_seeds(count: int) -> str:
    """Format a number of seeds as "one seed" or "3 seeds"."""
    return "one seed" if count == 1 else f"{count} seeds"


def format_points(number: float) -> str:
    """Format a number of percentage points as "1 point" or "0.5 points".

    Args:
        number: The number.
    """
    return f"{number:g} point{'s' * (number != 1)}"


def format_difference(comparison: Comparison) -> str:
    """Format a difference with its interval, as precisely as it is known.

    Args:
        comparison: The comparison, with a common seed.

    Returns:
        "+2.3 points (95 % interval +0.5 to +4.1, 3 seeds)".
    """
    seeds = format_seeds(len(comparison.differences))
    mean, *interval = _format_numbers(comparison)
    points = "point" if mean[1:] == "1" else "points"
    if not interval:
        return f"{mean} {points} ({seeds})"
    return f"{mean} {points} (95 % interval {' to '.join(interval)}, {seeds})"


def format_interval(comparison: Comparison) -> str:
    """Format a difference as "+2.3 (+0.5 to +4.1)", or "+2.3 (one seed)".

    Args:
        comparison: The comparison, with a common seed.
    """
    mean, *interval = _format_numbers(comparison)
    return f"{mean} ({' to '.join(interval) or 'one seed'})"


def _format_numbers(comparison: Comparison) -> list[str]:
    """Return the mean and, with several seeds, the ends of the interval."""
    margin = comparison.margin
    if margin is None:
        return [format_signed(comparison.mean, 1)]
    digits = count_decimals(margin / 2)
    return list(signed_interval(comparison.mean, margin, digits))


def describe_comparison(comparison: Comparison) -> str:
    """Describe what a comparison shows, in one or two sentences.

    Args:
        comparison: The comparison.
    """
    name, base = comparison.label, comparison.baseline
    if comparison.verdict == "incomparable":
        return f"{name} is not compared with {base}: {comparison.obstacle}."
    difference = format_difference(comparison)
    if comparison.verdict in ("better", "worse"):
        return f"{name} is {comparison.verdict} than {base}: {difference}."
    if comparison.verdict == "equivalent":
        return (
            f"{name} and {base} do not differ by more than "
            f"{format_points(comparison.smallest)}: {difference}."
        )
    return (
        f"Cannot tell {name} from {base}: {difference}. "
        f"{_describe_missing(comparison)}"
    )


def _describe_missing(comparison: Comparison) -> str:
    if len(comparison.differences) < 2:
        return "One seed does not show how much seeds differ."
    if comparison.seeds_change_nothing:
        return (
            "The difference is the same with every seed: either the runs do "
            "not use their seed, or there are too few test images."
        )
    more = comparison.more_seeds()
    if more is None:
        return "The seeds differ too much for a useful number of more seeds."
    seeds, difference = more
    return (
        f"About {seeds} more seed{'s' * (seeds > 1)} would show a difference "
        f"of {format_points(difference)}."
    )


def summarize(
    comparisons: Sequence[Comparison], groups: Sequence[RunGroup]
) -> Answer:
    """Summarize all comparisons of a report.

    Args:
        comparisons: The comparisons, in the order of the page.
        groups: All groups. Without a comparison, the first is described.
    """
    if not comparisons:
        return _describe_alone(groups[0])
    by_verdict: dict[Verdict, list[Comparison]] = {}
    for comparison in comparisons:
        by_verdict.setdefault(comparison.verdict, []).append(comparison)
    lines = tuple((c.verdict, describe_comparison(c)) for c in comparisons)
    verdict = next(v for v in _BY_WEIGHT if v in by_verdict)
    if len(comparisons) == 1:
        headline, lines = lines[0][1], ()
    else:
        headline = _headline(by_verdict, comparisons[0].baseline)
    return Answer(
        headline,
        verdict,
        lines,
        _notes(comparisons),
        *_next_step(comparisons, {g.name: g for g in groups}),
    )


def _headline(by_verdict: dict[Verdict, list[Comparison]], base: str) -> str:
    phrases = []
    if better := by_verdict.get("better"):
        phrases.append(
            f"{_join(better, True)} {_is(better)} better than {base}"
        )
    if worse := by_verdict.get("worse"):
        phrases.append(f"{_join(worse, True)} {_is(worse)} worse than {base}")
    if equal := by_verdict.get("equivalent"):
        phrases.append(
            f"{_join(equal)} and {base} do not differ by more than "
            f"{format_points(equal[0].smallest)}"
        )
    if unclear := by_verdict.get("unclear"):
        phrases.append(
            f"{'for ' if phrases else 'Cannot tell '}{_join(unclear)} "
            + ("the seeds cannot tell" if phrases else f"from {base}")
        )
    if not phrases:
        return f"No run can be compared with {base}."
    return "; ".join(phrases) + "."


def _join(comparisons: Sequence[Comparison], has_points: bool = False) -> str:
    *names, last = [
        f"{c.label} ({_format_numbers(c)[0]} points)" if has_points else c.label
        for c in comparisons
    ]
    return f"{', '.join(names)} and {last}" if names else last


def _is(comparisons: Sequence[Comparison]) -> str:
    return "are" if len(comparisons) > 1 else "is"


def _notes(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    compared = [c for c in comparisons if not c.obstacle]
    notes = [
        "Differences are in percentage points of validation accuracy after "
        'the last epoch, paired by seed, with 95 % t intervals. "Do not '
        'differ" means that the interval is within '
        f"{format_points(comparisons[0].smallest)} of zero (option "
        "smallest_difference); the numbers of more seeds are for a power of "
        "80 %, from the spread of few seeds."
    ]
    if len(compared) > 2:
        notes.append(
            f"With {len(compared)} comparisons, an interval excludes zero by "
            f"chance in {100 * (1 - 0.95 ** len(compared)):.0f} % of reports; "
            "the intervals are not adjusted for that."
        )
    return tuple(notes)


def _next_step(
    comparisons: Sequence[Comparison], groups: Mapping[str, RunGroup]
) -> tuple[str, str]:
    """Return what to run next, and a command for one seed of it."""
    unclear = [c for c in comparisons if c.verdict == "unclear"]
    if not unclear:
        return "", ""
    counts = [(_count_more_seeds(c), c) for c in unclear]
    count, comparison = min(counts, key=lambda pair: pair[0])
    base, group = groups[comparison.baseline], groups[comparison.name]
    known = base.seeds.keys() | group.seeds.keys()
    # Seeds that one of the two has cost half of new ones.
    lacking = [(g, sorted(known - g.seeds.keys())) for g in (group, base)]
    runs = [(g, seeds[:count]) for g, seeds in lacking if seeds]
    trained = " and ".join(
        f"{g.name} with {_list_seeds(seeds)}" for g, seeds in runs
    )
    if not runs:
        first = max(known) + 1
        seeds = list(range(first, first + count))
        # The average of a baseline may be compared with its last epoch.
        pair = [base] if group is base else [base, group]
        runs = [(g, seeds) for g in pair]
        names = " and ".join(g.name for g in pair)
        trained = f"{names} with {_list_seeds(seeds)}"
    text = (
        f"Next: train {trained}, then write this report again. For each seed:"
    )
    commands = [_training_command(g, seeds[0]) for g, seeds in runs]
    return text, "\n".join(commands)


def _list_seeds(seeds: Sequence[int]) -> str:
    """Format seeds as "seed 3", "seeds 3, 4" or "seeds 3 to 7"."""
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if len(seeds) > 2 and seeds[-1] - seeds[0] == len(seeds) - 1:
        return f"seeds {seeds[0]} to {seeds[-1]}"
    return f"seeds {', '.join(map(str, seeds))}"


def _count_more_seeds(comparison: Comparison) -> int:
    more = comparison.more_seeds()
    if more is None:
        return max(1, _FEWEST_SEEDS - len(comparison.differences))
    return more[0]


def _training_command(group: RunGroup, seed: int) -> str:
    path = group.runs[0].path
    name = re.sub(r"[^\w.+=-]+", "_", group.name).strip("_")
    words = [
        f"--flagfile={path / 'flags.txt'}",
        f"--seed={seed}",
        f"--workdir={path.parent / f'{name}-{seed}'}",
    ]
    return "python -m seal_tf.train " + shlex.join(words)


def _describe_alone(group: RunGroup) -> Answer:
    percents = list(group.last_percents().values())
    mean = sum(percents) / len(percents)
    digits = count_decimals(group.uncertainty())
    text = (
        f"{group.name} reaches {mean:.{digits}f} % ± "
        f"{group.margin():.{digits}f} ("
    )
    if len(percents) == 1:
        text += "one seed; 95 % interval over the validation images)."
    else:
        text += f"{format_seeds(len(percents))}; 95 % interval over seeds)."
    method = "seal" if group.method == "normal" else "normal"
    flags = [f"--method={method}", *_divide_epochs(group)]
    step = (
        f"Nothing is compared. Next: train {' '.join(flags)} with the same "
        "other flags and seeds, and report both. For each seed:"
    )
    path = group.runs[0].path
    seed = min(group.seeds)
    command = "python -m seal_tf.train " + shlex.join(
        [
            f"--flagfile={path / 'flags.txt'}",
            *flags,
            f"--workdir={path.parent / f'{method}-{seed}'}",
        ]
    )
    return Answer(text, next_step=step, command=command)


def _divide_epochs(group: RunGroup) -> list[str]:
    """Return flags of generations for a method that needs several of them.

    With one generation, SEAL would train as normal training does. The number
    of epochs stays, so that the two can be compared.
    """
    epochs = group.runs[0].summary["epochs"]
    if group.method != "normal" or group.num_generations > 1:
        return []
    count = next((n for n in (4, 3, 2) if epochs % n == 0), epochs)
    return [
        f"--generations={count}",
        f"--epochs_per_generation={epochs // count}",
    ]
