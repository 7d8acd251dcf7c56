"""Draw the tables of docs/performance.md from docs/benchmarks/*.json.

python -m benchmarks.table
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.result_file import RESULTS_DIR, Row, format_value

PAGE = Path("docs/performance.md")
BEGIN, END = "<!-- benchmarks.table -->\n", "<!-- end -->\n"
#: Title of the section of each benchmark, in order.
SECTIONS = {
    "against_torch": "Comparison with PyTorch",
    "fast_ops": "Faster operations",
    "method_overhead": "Overhead of the method",
    "ascent_scale_search": "Overhead of the search for S",
    "gradient_norms": "Overhead of norms in TensorBoard",
    "freezing": "Savings of freezing",
    "input": "Input pipeline",
    "jpeg_decoding": "Decoding of JPEG files",
    "probes": "Probes",
    "startup": "Startup and shutdown",
    "scaling": "Scaling",
    "memory": "Memory",
    "checkpoints": "Checkpoints",
    "gpu": "On a GPU",
}


def main() -> int:
    """Run the command."""
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    tables = draw_tables()
    PAGE.write_text(before + BEGIN + tables + END + rest.split(END)[1])
    return 0


def draw_tables() -> str:
    """Return the tables as Markdown, with a section for each benchmark."""
    return "\n".join(
        _section(title, json.loads(path.read_text()))
        for name, title in SECTIONS.items()
        if (path := RESULTS_DIR / f"{name}.json").exists()
    )


def _section(title: str, result: dict[str, Any]) -> str:
    versions = ", ".join(
        f"{package} {version}"
        for package, version in result["versions"].items()
    )
    lines = [
        f"### {title}",
        "",
        f"`{result['command']}` ({result['date']}; {result['machine']}; "
        f"{versions})",
        "",
        "| measurement | baseline | ratio or value (95 % interval) | goal |",
        "|---|---|---|---|",
    ]
    for row in result["rows"]:
        lines.append(
            f"| {row['measurement']} | {row['baseline']} "
            f"| {format_value(row)} | {format_goal(row)} |"
        )
    return "\n".join([*lines, ""])


def format_goal(row: Row) -> str:
    """Format the goal of a row, whether it is met, and the note."""
    note = f"; {row['note']}" if row["note"] else ""
    if row["goal"] is None:
        return row["note"] or "–"
    sign, limit = row["goal"]
    if sign == "<=":
        sign, is_met = "≤", row["value"] <= limit
    else:
        sign, is_met = "≥", row["value"] >= limit
    return f"{sign} {limit:g}{'' if is_met else ', **not met**'}{note}"


if __name__ == "__main__":
    sys.exit(main())
