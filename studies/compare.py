"""Methods of a study compared, seed by seed."""

from __future__ import annotations

import dataclasses

from seal_tf.report import tables
from seal_tf.report.groups import mean_and_deviation, paired

#: Of the few-shot settings, the one that is compared.
FEW = "5-way 5-shot"


@dataclasses.dataclass(frozen=True)
class Row:
    """What a method gave on one set of images.

    Args:
        method: Its name in the study; with " (ensemble)" for an ensemble.
        label: What people read.
        found: By seed, what `value` gives.
        published: Under `--val_from_train`, that of the published split.
        ascended: By seed, the training accuracy in percent (as it is
            trained, augmented) of the last ascent's last epoch.
        less: By the name of a base: the paired difference in points, and
            its 95 % t interval over seeds, as text.
    """

    method: str
    label: str
    found: dict[int, float]
    published: dict[int, float]
    ascended: dict[int, float]
    less: dict[str, str]

    def said(self) -> str:
        return tables.spread(self.found.values())

    @property
    def mean(self) -> float:
        return mean_and_deviation(self.found.values())[0]


def by_generation(study, found, where) -> dict[str, list[list[float]]]:
    """Last-epoch accuracies in percent, by label, generation and seed.

    Of methods that have generations.

    Args:
        study: The `Study`.
        found: What `page.read` gives.
        where: Name of the set of images.
    """
    made = {}
    for (at, method, _), one in sorted(found.items()):
        generations = one["result"].get("generations", ())
        if at == where and len(generations) > 1:
            ends = [100 * g["val_accuracy_last"] for g in generations]
            made.setdefault(method, []).append(ends)
    return {
        label: [list(ends) for ends in zip(*made[method], strict=True)]
        for method, label in study.methods.items()
        if method in made
    }


def value(result) -> tuple[str, float]:
    """What a run is judged by: (its name, the number).

    Accuracies are in percent; a prediction depth counts taps from 1.

    Args:
        result: The summary of a training, or the result of a probe of one
            network.
    """
    if "last" in result:
        accuracy = result["last"]["val_accuracy"]
        return "validation accuracy, last epoch (%)", 100 * accuracy
    found = result["networks"][0]["results"]
    if result["probe"] == "linear":
        return "linear probe, top-1 (%)", 100 * found["by_seed"][0]["top1"]
    if result["probe"] == "few_shot":
        few = next(f for f in found["few"] if f["setting"] == FEW)
        return f"{FEW} accuracy (%)", 100 * few["mean"]
    if result["probe"] == "prediction_depth":
        depth = found["splits"]["validation"]["correctness"]["mean"]
        return "mean prediction depth (taps)", depth
    raise ValueError(f"no number of the probe {result['probe']!r} is compared")


def name_of(found, where) -> str:
    """What runs on one set of images are judged by; see `value`."""
    one = next(one for (at, *_), one in found.items() if at == where)
    return value(one["result"])[0]


def rows(study, found, where) -> list[Row]:
    """A row for each method that was run, in the study's order.

    Args:
        study: The `Study`.
        found: What `page.read` gives.
        where: Name of the set of images.
    """
    by_method, published, ascended = {}, {}, {}
    for (at, method, seed), one in found.items():
        if at != where:
            continue
        result = one["result"]
        by_method.setdefault(method, {})[seed] = value(result)[1]
        if "test" in result:
            published.setdefault(method, {})[seed] = (
                100 * result["test"]["accuracy"]
            )
        ends = [
            g["accuracy_at_end_of_ascent"]
            for g in result.get("generations", ())
            if g["accuracy_at_end_of_ascent"] is not None
        ]
        if ends:
            ascended.setdefault(method, {})[seed] = 100 * ends[-1]
        if "ensemble" in result:
            together = 100 * result["ensemble"]["last"][-1]
            by_method.setdefault(f"{method} (ensemble)", {})[seed] = together
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
                    ascended.get(name, {}),
                    {
                        base: difference(mine, by_method[base])
                        for base in study.bases
                        if base in by_method and base != name
                    },
                )
            )
    return made


def gains(study, found) -> dict[str, dict[str, float]]:
    """Mean paired difference to the study's first base, by label and images.

    Args:
        study: The `Study`.
        found: What `page.read` gives.
    """
    made = {}
    # Points of accuracy alone: a depth is on another scale.
    tried = {where for where, *_ in found}
    for where in (w for w in study.wheres if w in tried):
        if not name_of(found, where).endswith("(%)"):
            continue
        made_here = {row.method: row for row in rows(study, found, where)}
        base = made_here.pop(study.bases[0], None)
        for row in made_here.values() if base else ():
            if difference := paired(row.found, base.found):
                made.setdefault(row.label, {})[where] = difference[0]
    return made


def difference(ours, theirs) -> str:
    """`paired`, as text."""
    found = paired(ours, theirs)
    if found is None:
        return ""
    mean, half = found
    if half is None:
        return f"{mean:+.2f} (one seed)"
    return f"{mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f})"
