"""Draws the table of docs/performance.md from docs/benchmarks/*.json.

python -m benchmarks.table
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks import record

PAGE = Path("docs/performance.md")
BEGIN, END = "<!-- benchmarks.table -->\n", "<!-- end -->\n"
#: Sections of the table, in order.
SECTIONS = {
    "against_torch": "Against PyTorch",
    "fast_ops": "What the faster operations bring",
    "method": "What the method costs",
    "finding": "What finding S costs",
    "norms": "What norms in TensorBoard cost",
    "freezing": "What freezing saves",
    "input": "Waiting for data",
    "probes": "Probes",
    "start": "Start and end",
    "scale": "Scale",
    "memory": "Memory",
    "state": "Checkpoints",
    "gpu": "On a GPU",
}


def main() -> int:
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    PAGE.write_text(before + BEGIN + drawn() + END + rest.split(END)[1])
    return 0


def drawn() -> str:
    """The table, a section for each file."""
    return "\n".join(
        _section(title, json.loads(path.read_text()))
        for name, title in SECTIONS.items()
        if (path := record.FOLDER / f"{name}.json").exists()
    )


def _section(title, found):
    versions = ", ".join(
        f"{package} {number}" for package, number in found["versions"].items()
    )
    lines = [
        f"### {title}",
        "",
        f"`{found['command']}` ({found['date']}; {found['machine']}; "
        f"{versions})",
        "",
        "| question | against | found (95 %) | goal |",
        "|---|---|---|---|",
    ]
    for row in found["rows"]:
        lines.append(
            f"| {row['question']} | {row['against']} | {record.number(row)} "
            f"| {_goal(row)} |"
        )
    return "\n".join([*lines, ""])


def _goal(row):
    note = f"; {row['note']}" if row["note"] else ""
    if row["goal"] is None:
        return row["note"] or "–"
    sign, number = row["goal"]
    sign = {"<=": "≤", ">=": "≥"}[sign]
    met = row["found"] <= number if sign == "≤" else row["found"] >= number
    return f"{sign} {number:g}{'' if met else ', **not met**'}{note}"


if __name__ == "__main__":
    sys.exit(main())
