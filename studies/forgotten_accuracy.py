"""What the generations of a run forget, from its accuracies by epoch."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence

from seal_tf.utils.statistics import format_mean
from studies.results import Results, RunResult, results_by_method
from studies.study import Study


@dataclasses.dataclass(frozen=True)
class Forgetting:
    """Training accuracies in percent, as means over generations.

    Args:
        before: At the end of the previous generation.
        lowest: In the epoch of the generation with the lowest accuracy.
        after: At the end of the generation.
    """

    before: float
    lowest: float
    after: float


def measure_forgetting(
    accuracies: Sequence[float], generations: int
) -> Forgetting | None:
    """Return what the generations of a run forget and learn again.

    Args:
        accuracies: Training accuracy in percent of each epoch.
        generations: Number of generations, of the same length.

    Returns:
        The means over all generations but the first; None if there is no
        other.

    Example:
        >>> from studies.forgotten_accuracy import measure_forgetting
        >>> measure_forgetting([40, 80, 20, 70], 2)
        Forgetting(before=80, lowest=20, after=70)
    """
    if generations < 2:
        return None
    length = len(accuracies) // generations
    starts = range(length, len(accuracies), length)
    parts = [accuracies[start : start + length] for start in starts]
    return Forgetting(
        before=statistics.mean(accuracies[start - 1] for start in starts),
        lowest=statistics.mean(map(min, parts)),
        after=statistics.mean(part[-1] for part in parts),
    )


def forgetting_table(
    study: Study, results: Results, setting: str
) -> list[list[str]]:
    """Return the rows of a table of what each method forgets.

    Args:
        study: The study.
        results: Its results. Those without curves are ignored.
        setting: Name of the setting.

    Returns:
        The rows with a header; cells are means over seeds.
    """
    header = [
        "training accuracy (%), mean over generations",
        "end of the previous generation",
        "lowest epoch",
        "end of the generation",
    ]
    rows = [header]
    for method, own in results_by_method(study, results, setting).items():
        measured = [f for f in map(_of_run, own) if f is not None]
        if measured:
            cells = [
                format_mean(getattr(f, field.name) for f in measured)
                for field in dataclasses.fields(Forgetting)
            ]
            rows.append([study.methods[method], *cells])
    return rows


def _of_run(record: RunResult) -> Forgetting | None:
    accuracies = record.get("curves", {}).get("accuracy")
    if not accuracies or None in accuracies:
        return None
    return measure_forgetting(
        accuracies, len(record["result"].get("generations", ()))
    )
