"""The tables of runs, as rows of text; the first row is the head."""

from __future__ import annotations

from seal_tf.report import published
from seal_tf.report.groups import mean_and_deviation, paired


def percent(values, digits=2) -> str:
    """Shares as `spread`, in percent."""
    return spread((100 * value for value in values), digits)


def spread(values, digits=2) -> str:
    """ "54.40", or "54.40 ± 0.61" of several."""
    mean, deviation = mean_and_deviation(values)
    said = f"{mean:.{digits}f}"
    return said if deviation is None else f"{said} ± {deviation:.{digits}f}"


def by_generation(groups) -> list[list[str]]:
    """Last-epoch validation accuracy by generation, a row a group."""
    most = max(group.generations() for group in groups)
    head = ["run", "method", "seeds"]
    head += [f"G={g + 1}" for g in range(most)]
    tested = any("test" in run.summary for g in groups for run in g.runs)
    head += ["published split"] if tested else []
    head += ["ensemble", "best epoch", "passes", "seconds"]
    return [head, *(_row(group, most, tested) for group in groups)]


def _row(group, most, tested):
    summaries = [run.summary for run in group.runs]
    ends = [
        percent(group.last_accuracies(g)) for g in range(group.generations())
    ]
    ensembles = [
        s["ensemble"]["last"][-1] for s in summaries if "ensemble" in s
    ]
    tests = [s["test"]["accuracy"] for s in summaries if "test" in s]
    best = percent(s["best"]["val_accuracy"] for s in summaries)
    if len(summaries) == 1:
        best += f" (epoch {summaries[0]['best']['epoch'] + 1})"
    seconds = sum(s["seconds"] for s in summaries) / len(summaries)
    return [
        group.name,
        group.method,
        ", ".join(map(str, group.seeds)),
        *ends,
        *[""] * (most - len(ends)),
        *([percent(tests) if tests else ""] if tested else []),
        percent(ensembles) if ensembles else "",
        best,
        str(summaries[0]["epochs"]),
        f"{seconds:.0f}",
    ]


def as_published(groups) -> list[list[str]] | None:
    """The published table's shape: generations down, methods across.

    Published figures stand in columns of their own, for the methods and
    numbers of generations that have one. None where nothing trained on all
    of Tiny-ImageNet is among the groups.
    """
    groups = [g for g in groups if _is_whole(g.runs[0].summary)]
    if not groups:
        return None
    most = max(group.generations() for group in groups)
    known = [
        method
        for method in ("normal", "llf", "seal")
        if any(group.method == method for group in groups)
    ]
    head = ["", *(g.name for g in groups), *(f"{m}, published" for m in known)]
    rows = [head]
    for g in range(most):
        row = [f"G={g + 1}"]
        for group in groups:
            has = g < group.generations()
            row.append(percent(group.last_accuracies(g)) if has else "")
        for method in known:
            figure = published.ACCURACY.get((method, g + 1))
            row.append("" if figure is None else f"{figure:.2f}")
        rows.append(row)
    return rows


def _is_whole(summary):
    return (
        summary["dataset"] == "tiny_imagenet"
        and summary["classes"] == published.CLASSES["tiny_imagenet"]
        and summary["flags"].get("images_per_class") is None
    )


def differences(groups) -> list[list[str]] | None:
    """Each group less the first normal one, seed by seed.

    Of the last epoch's validation accuracy, in points, with the paired 95 %
    t interval over seeds. None where there is nothing to compare.
    """
    normal = [g for g in groups if g.method == "normal"]
    base = (normal or groups)[0]
    rows = [
        ["minus " + base.name, "seeds", "points", "95 % interval", "passes"]
    ]
    for group in groups:
        found = paired(_points(group), _points(base))
        if group is base or found is None:
            continue
        mean, half = found
        passes = [g.runs[0].summary["epochs"] for g in (group, base)]
        rows.append(
            [
                group.name,
                str(len(group.seeds.keys() & base.seeds.keys())),
                f"{mean:+.2f}",
                "none from one seed"
                if half is None
                else f"{mean - half:+.2f} to {mean + half:+.2f}",
                "the same"
                if passes[0] == passes[1]
                else f"{passes[0]} against {passes[1]}",
            ]
        )
    return rows if len(rows) > 1 else None


def _points(group):
    """Last-epoch validation accuracy in percent, by seed."""
    return {
        seed: 100 * run.summary["last"]["val_accuracy"]
        for seed, run in group.seeds.items()
    }


def markdown(rows: list[list[str]]) -> str:
    """Rows, the first of them the head, as a Markdown table."""
    lines = ["| " + " | ".join(_escaped(c) for c in row) + " |" for row in rows]
    rule = "|" + "---|" * len(rows[0])
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def _escaped(cell):
    return plain(cell).replace("|", "\\|")


def plain(text: str) -> str:
    """Text that Markdown takes for no HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
