"""Methods of a study compared, seed by seed."""

from __future__ import annotations

import dataclasses

from seal_tf.probes import intervals
from seal_tf.report import tables
from seal_tf.report.groups import mean_and_deviation


@dataclasses.dataclass(frozen=True)
class Row:
    """What a method gave on one set of images.

    Args:
        method: Its name in the study; with " (ensemble)" for an ensemble.
        label: What people read.
        accuracy: Last-epoch validation accuracy by seed.
        published: Under `--val_from_train`, that of the published split.
        less: By the name of a base: the paired difference in points, and
            its 95 % t interval over seeds, as text.
    """

    method: str
    label: str
    accuracy: dict[int, float]
    published: dict[int, float]
    less: dict[str, str]

    def said(self) -> str:
        return tables.percent(self.accuracy.values())

    @property
    def mean(self) -> float:
        return mean_and_deviation(self.accuracy.values())[0]


def rows(study, found, where) -> list[Row]:
    """A row for each method that was run, in the study's order.

    Args:
        study: The `Study`.
        found: What `page.read` gives.
        where: Name of the set of images.
    """
    by_method, published = {}, {}
    for (at, method, seed), one in found.items():
        if at != where:
            continue
        result = one["result"]
        by_method.setdefault(method, {})[seed] = result["last"]["val_accuracy"]
        if "test" in result:
            published.setdefault(method, {})[seed] = result["test"]["accuracy"]
        if "ensemble" in result:
            by_method.setdefault(f"{method} (ensemble)", {})[seed] = result[
                "ensemble"
            ]["last"][-1]
    made = []
    for method, label in study.methods.items():
        for name, said in (
            (method, label),
            (f"{method} (ensemble)", f"{label}, ensemble"),
        ):
            if name not in by_method:
                continue
            mine = dict(sorted(by_method[name].items()))
            made.append(
                Row(
                    name,
                    said,
                    mine,
                    published.get(name, {}),
                    {
                        base: difference(mine, by_method[base])
                        for base in study.bases
                        if base in by_method and base != name
                    },
                )
            )
    return made


def paired(ours, theirs) -> tuple[float, float | None] | None:
    """Mean of the paired differences in points, and half their interval.

    Args:
        ours: Accuracy by seed.
        theirs: The base's.

    Returns:
        None where they have no seed in common; a half of None from one.
    """
    seeds = ours.keys() & theirs.keys()
    if not seeds:
        return None
    found = [100 * (ours[s] - theirs[s]) for s in sorted(seeds)]
    return mean_and_deviation(found)[0], intervals.half_of_mean(found)


def difference(ours, theirs) -> str:
    """`paired`, as text."""
    found = paired(ours, theirs)
    if found is None:
        return ""
    mean, half = found
    if half is None:
        return f"{mean:+.1f} (one seed)"
    return f"{mean:+.1f} ({mean - half:+.1f} to {mean + half:+.1f})"
