"""The tables of a report, as rows of text."""

from __future__ import annotations


def by_generation(runs) -> list[list[str]]:
    """Last-epoch validation accuracy by generation, a row a run."""
    most = max(len(r.by_generation()) for r in runs)
    head = ["run", "method", "seed"]
    head += [f"G={g + 1}" for g in range(most)]
    head += ["ensemble", "best epoch", "passes", "seconds"]
    return [head, *(_row(r, most) for r in runs)]


def _row(run, most):
    summary = run.summary
    ends = [f"{100 * g['val_accuracy_last']:.2f}" for g in run.by_generation()]
    best, ensemble = summary["best"], summary.get("ensemble")
    return [
        run.name,
        summary["method"],
        str(summary["seed"]),
        *ends,
        *[""] * (most - len(ends)),
        f"{100 * ensemble['last'][-1]:.2f}" if ensemble else "",
        f"{100 * best['val_accuracy']:.2f} (epoch {best['epoch'] + 1})",
        str(summary["epochs"]),
        f"{summary['seconds']:.0f}",
    ]


def markdown(rows: list[list[str]]) -> str:
    """Rows, the first of them the head, as a Markdown table."""
    lines = ["| " + " | ".join(_escaped(c) for c in row) + " |" for row in rows]
    rule = "|" + "---|" * len(rows[0])
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def _escaped(cell):
    return cell.replace("|", "\\|")
