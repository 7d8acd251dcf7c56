"""Draw the tables of docs/performance.md from docs/benchmarks/*/*.json.

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
    "backends": "Backends of Keras",
    "distillation": "Cost of teachers",
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

#: The benchmark that is shown for all machines side by side.
COMPARED = "against_torch"


def main() -> int:
    """Run the command."""
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    tables = draw_tables()
    PAGE.write_text(before + BEGIN + tables + END + rest.split(END)[1])
    return 0


def draw_tables() -> str:
    """Return the tables as Markdown, with a section for each benchmark."""
    sections = [_side_by_side()]
    for name, title in SECTIONS.items():
        results = _results(name)
        if results:
            sections.append(f"### {title}\n")
            sections += [_table(result) for result in results]
    return "\n".join(sections)


def _results(name: str) -> list[dict[str, Any]]:
    """The results of a benchmark on all machines."""
    paths = sorted(RESULTS_DIR.glob(f"*/{name}.json"))
    return [json.loads(path.read_text()) for path in paths]


def _side_by_side() -> str:
    """The comparison with PyTorch and Keras, one column for each machine."""
    results = _results(COMPARED)
    ratios: dict[tuple[str, str], dict[str, str]] = {}
    for result in results:
        for row in result["rows"]:
            baseline = row["baseline"].partition(",")[0]
            cells = ratios.setdefault((row["measurement"], baseline), {})
            cells[result["machine"]] = f"{row['value']:.2f}"
    machines = [result["machine"] for result in results]
    lines = [
        "### Machines side by side",
        "",
        f"| measurement | relative to | {' | '.join(machines)} |",
        "|---|---|" + "---|" * len(machines),
    ]
    for (measurement, baseline), cells in ratios.items():
        values = " | ".join(cells.get(machine, "–") for machine in machines)
        lines.append(f"| {measurement} | {baseline} | {values} |")
    return "\n".join([*lines, ""])


def _table(result: dict[str, Any]) -> str:
    versions = ", ".join(
        f"{package} {version}"
        for package, version in result["versions"].items()
    )
    has_floor = any("floor" in row for row in result["rows"])
    columns = ["measurement", "baseline", "ratio or value (95 % interval)"]
    columns += ["seconds", "products", "copies"] if has_floor else []
    lines = [
        f"`{result['command']}` ({result['date']}; {result['machine']}; "
        f"{versions})",
        "",
        f"| {' | '.join([*columns, 'goal'])} |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for row in result["rows"]:
        cells = [row["measurement"], row["baseline"], format_value(row)]
        if has_floor:
            floor = row.get("floor", {})
            cells += [
                f"{floor[name]:.4f}" if name in floor else "–"
                for name in ("seconds", "products", "copies")
            ]
        lines.append(f"| {' | '.join([*cells, format_goal(row)])} |")
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
