"""The tables of probes, as rows of text; the first row is the head."""

from __future__ import annotations

from seal_tf.report import published
from seal_tf.report.groups import mean_and_deviation
from seal_tf.report.probe_results import (
    by_group,
    generations_of,
    method_of,
)
from seal_tf.report.tables import percent


def linear(results, groups) -> list[list[str]]:
    """Linear-probe top-1, methods down and data sets across.

    One network: with half its 95 % interval over test images, in brackets.
    Several seeds: mean ± standard deviation over them.
    """
    return _transfer(results, groups, _linear_cell, published.LINEAR)


def _linear_cell(entries):
    top1 = [e["results"]["top1"] for e in entries]
    if len(entries) > 1:
        return percent(top1)
    low, high = entries[0]["results"]["interval"]
    return f"{percent(top1)} ({100 * low:.2f} to {100 * high:.2f})"


def few_shot(results, groups, setting) -> list[list[str]] | None:
    """Mean accuracy over episodes of one setting, as `linear`.

    One network: ± half the 95 % interval over episodes.
    """
    results = [
        r
        for r in results
        if any(_of(e, setting) for n in [r.networks] for e in n)
    ]
    if not results:
        return None

    def cell(entries):
        found = [f for e in entries if (f := _of(e, setting))]
        if not found:
            return ""
        if len(found) == 1 and found[0]["half_interval"] is not None:
            half = found[0]["half_interval"]
            return f"{100 * found[0]['mean']:.2f} ± {100 * half:.2f}"
        return percent(f["mean"] for f in found)

    known = published.TWENTY_SHOT if setting.endswith("20-shot") else {}
    return _transfer(results, groups, cell, known)


def settings(results) -> list[str]:
    """Every few-shot setting that was run, in order."""
    found: dict[str, None] = {}
    for result in results:
        for entry in result.networks:
            for few in entry["results"]["few"]:
                found[few["setting"]] = None
    return list(found)


def _of(entry, setting):
    return next(
        (f for f in entry["results"]["few"] if f["setting"] == setting), None
    )


def _transfer(results, groups, cell, known):
    """One row a group, a column a data set, published ones beside.

    Published figures are of whole data sets: a part of one has none.
    """
    columns = [
        (
            result,
            by_group(result, groups),
            published.of_data(known, result.data),
        )
        for result in results
    ]
    head = ["network", "seeds"]
    for result, _, figures in columns:
        head.append(result.data["label"])
        if figures:
            head.append(f"{result.data['label']}, published")
    every = {}
    for _, entries, _ in columns:
        for name, mine in entries.items():
            every.setdefault(name, mine)
    rows = [head]
    for name, mine in every.items():
        row = [name, str(len(mine))]
        for _, entries, figures in columns:
            row.append(cell(entries[name]) if name in entries else "")
            if figures:
                row.append(
                    published.nearest(
                        figures, method_of(mine), generations_of(mine)
                    )
                )
        rows.append(row)
    return rows


def has_published(rows) -> bool:
    """Whether a table has a published column."""
    return any(cell.endswith(", published") for cell in rows[0])


def depth(result, groups) -> list[list[str]]:
    """Mean depths and accuracy at the last tap, a row a group and split."""
    rows = [
        [
            "network",
            "seeds",
            "images",
            "depth (agreement)",
            "none, %",
            "depth (correctness)",
            "none, %",
            "k-NN at the last tap, %",
        ]
    ]
    for name, entries in by_group(result, groups).items():
        for split in entries[0]["results"]["splits"]:
            mine = [e["results"]["splits"][split] for e in entries]
            row = [name, str(len(entries)), split]
            for definition in ("agreement", "correctness"):
                if any(definition not in m for m in mine):
                    row += ["", ""]
                    continue
                row.append(_depth([m[definition] for m in mine]))
                row.append(percent((m[definition]["none"] for m in mine), 1))
            row.append(percent((m["accuracy_per_tap"][-1] for m in mine), 1))
            rows.append(row)
    return rows


def _depth(summaries):
    mean, deviation = mean_and_deviation(s["mean"] for s in summaries)
    if deviation is not None:
        return f"{mean:.2f} ± {deviation:.2f}"
    low, high = summaries[0]["interval"]
    return f"{mean:.2f} ({low:.2f} to {high:.2f})"


def ensemble(result, groups) -> list[list[str]]:
    """The last snapshot alone, and all together."""
    rows = [["network", "seeds", "snapshots", "last alone, %", "ensemble, %"]]
    for name, entries in by_group(result, groups).items():
        mine = [e["results"] for e in entries]
        rows.append(
            [
                name,
                str(len(mine)),
                str(mine[0]["snapshots"]),
                percent(m["members"][-1] for m in mine),
                percent(m["last"][-1] for m in mine),
            ]
        )
    return rows


def sharpness(result, groups) -> list[list[str]]:
    """Largest eigenvalue and trace of the Hessian."""
    rows = [["network", "seeds", "largest eigenvalue", "trace"]]
    for name, entries in by_group(result, groups).items():
        row = [name, str(len(entries))]
        for key in ("largest_eigenvalue", "trace"):
            found = [e["results"][key] for e in entries]
            mean, deviation = mean_and_deviation(f["value"] for f in found)
            said = f"{mean:.4g}"
            if deviation is not None:
                said += f" ± {deviation:.2g}"
            elif found[0].get("standard_error") is not None:
                said += f" ± {found[0]['standard_error']:.2g} (estimate)"
            if not all(f.get("converged", True) for f in found):
                said += " (not converged)"
            row.append(said)
        rows.append(row)
    return rows
