"""One self-contained page: what happened, at a glance."""

from __future__ import annotations

import base64
import html
from pathlib import Path

from seal_tf import style
from seal_tf.files import write_bytes, write_text
from seal_tf.report import figures, tables

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem;
       margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
img { max-width: 100%; } table { border-collapse: collapse; }
td, th { padding: .3rem .8rem; border-bottom: 1px solid #ddd;
         text-align: right; } td:first-child, th:first-child
{ text-align: left; } .scroll { overflow-x: auto; }
pre { background: #f6f6f6; padding: .8rem; overflow-x: auto; }
"""


#: Figures of what only some runs have, by its key in `summary.json`.
_EXTRAS = (
    (
        "ensemble",
        figures.ensemble,
        "Snapshots alone and together; and networks on the straight line "
        "from each snapshot to the last (statistics of BatchNormalization "
        "computed anew).",
    ),
    (
        "freezing",
        figures.freezing,
        "What an epoch of training takes while more and more groups are "
        "frozen, of an unfrozen one; tracing left out.",
    ),
)


def write_page(runs, out) -> Path:
    """Writes `report.html`, its figures as PNG, and `results.md`.

    Args:
        runs: The `Run`s, in the order of the legend.
        out: The folder.

    Returns:
        The page's path.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    parts = [_finding(runs)]
    parts += _figure(
        out,
        "accuracy_by_generation",
        figures.accuracy_by_generation(runs),
        "Validation accuracy after the last epoch of each generation; bars: "
        "the 95 % interval of this validation set.",
    )
    rows = tables.by_generation(runs)
    parts.append(_table(rows))
    write_text(out / "results.md", tables.markdown(rows))
    for i, run in enumerate(runs):
        name = "curves" if len(runs) == 1 else f"curves_{i}_{_safe(run.name)}"
        parts.append(f"<h2>{html.escape(run.name)}</h2>")
        for key, draw, caption in _EXTRAS:
            if key in run.summary:
                figure = name.replace("curves", key)
                parts += _figure(out, figure, draw(run), caption)
        parts += _figure(
            out,
            name,
            figures.curves(run),
            "Accuracy, loss and the signed rates of early and later layers, "
            "epoch by epoch.",
        )
    parts.append(_details(runs))
    title = " and ".join(html.escape(r.name) for r in runs)
    write_text(
        out / "report.html",
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1>" + "\n".join(parts) + "</html>\n",
    )
    return out / "report.html"


def _finding(runs):
    """The result in a sentence for each run, and nothing but the result."""
    said = []
    for run in runs:
        ends = run.by_generation()
        first, last = (100 * ends[i]["val_accuracy_last"] for i in (0, -1))
        said.append(
            f"<li><b>{html.escape(run.name)}</b>: {first:.1f} % after "
            f"generation 1, {last:.1f} % after generation {len(ends)} "
            f"({run.summary['epochs']} passes over "
            f"{run.summary['training_images']:,} images)</li>"
        )
    widest = max(
        figures.half_interval(r, r.summary["last"]["val_accuracy"])
        for r in runs
    )
    return (
        "<ul>" + "".join(said) + "</ul><p>Validation accuracy, last epoch, "
        "one seed each; a difference smaller than "
        f"{widest:.1f} points is within the 95 % interval of this "
        "validation set.</p>"
    )


def _figure(out, name, drawn, caption):
    data = style.png(drawn)
    write_bytes(out / f"{name}.png", data)
    encoded = base64.b64encode(data).decode()
    return [
        f'<figure><img alt="{html.escape(caption)}" '
        f'src="data:image/png;base64,{encoded}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    ]


def _table(rows):
    head, *body = (
        "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in row)
        for tag, row in zip(["th"] + ["td"] * len(rows), rows, strict=False)
    )
    lines = "".join(f"<tr>{row}</tr>" for row in (head, *body))
    return f'<div class="scroll"><table>{lines}</table></div>'


def _details(runs):
    said = "\n\n".join(
        f"{r.name}\n"
        + "\n".join(
            f"--{k}={v}" for k, v in r.summary["flags"].items() if v is not None
        )
        + "\n"
        + ", ".join(f"{k} {v}" for k, v in r.summary["versions"].items())
        for r in runs
    )
    return (
        "<details><summary>Flags and versions</summary>"
        f"<pre>{html.escape(said)}</pre></details>"
    )


def _safe(name):
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
