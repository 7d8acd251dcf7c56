"""Write the result of a benchmark to `docs/benchmarks/MACHINE/NAME.json`."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seal_tf.utils.processor import processor_name

RESULTS_DIR = Path("docs/benchmarks")
PACKAGES = ("tensorflow", "keras", "jax", "scikit-learn", "torch")
#: Environment variables that change times.
VARIABLES = (
    *("KERAS_BACKEND", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"),
    *("ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS", "TF_ENABLE_ONEDNN_OPTS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)

#: A row of the table: "measurement", "baseline", "value", "interval", "unit",
#: "goal", "note", and for some "floor".
Row = dict[str, Any]


def create_row(
    measurement: str,
    baseline: str,
    value: float | dict[str, Any],
    *,
    goal: float | tuple[str, float] | None = None,
    unit: str = "",
    note: str = "",
) -> Row:
    """Create a row of the table.

    Args:
        measurement: What is measured.
        baseline: What it is compared with.
        value: A number, or a dict with its "median" and 95 % "interval", as
            a ratio from `time_interleaved`.
        goal: Upper limit of the value, or (">=", lower limit).
        unit: Unit of the value; empty for a ratio.
        note: A remark, such as why a goal is not met.

    Returns:
        The row.
    """
    if isinstance(value, dict):
        number, interval = value["median"], value["interval"]
    else:
        number, interval = value, None
    if goal is not None and not isinstance(goal, tuple):
        goal = ("<=", goal)
    return {
        "measurement": measurement,
        "baseline": baseline,
        "value": float(number),
        "interval": interval,
        "unit": unit,
        "goal": goal,
        "note": note,
    }


def write_result(
    name: str,
    rows: Sequence[Row],
    details: Mapping[str, Any],
) -> None:
    """Write `docs/benchmarks/MACHINE/NAME.json` and print its rows.

    The file contains the command of this process.

    Args:
        name: Name of the benchmark's module.
        rows: Rows from `create_row`.
        details: Other measurements, such as the times in seconds.
    """
    result = {
        "command": _command(name),
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine_name(),
        "versions": _versions(),
        "rows": rows,
        **details,
    }
    path = result_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
    for row in rows:
        print(
            f"  {row['measurement']} | {row['baseline']} | {format_value(row)}"
        )
    print(f"written: {path}")


def _command(name: str) -> str:
    """Return the command with its variables, and files without folders."""
    variables = [f"{v}={os.environ[v]}" for v in VARIABLES if v in os.environ]
    words = [re.sub(r"(=|^)/.*/", r"\1…/", word) for word in sys.argv[1:]]
    return " ".join(
        [*variables, f"python -m benchmarks.{name}", *map(shlex.quote, words)]
    )


def machine_name() -> str:
    """Return the processor, its cores, and the limit of its instructions."""
    name = f"{processor_name()}, {os.cpu_count()} cores"
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA")
    return f"{name}, held to {limit} (emulated)" if limit else name


def result_path(name: str) -> Path:
    """Return the file of a benchmark's result on this machine.

    Args:
        name: Name of the benchmark's module.
    """
    folder = re.sub(r"[^a-z0-9]+", "-", machine_name().lower()).strip("-")
    return RESULTS_DIR / folder / f"{name}.json"


def format_value(row: Row) -> str:
    """Format the value of a row with its interval and unit."""
    text = _format_number(row["value"])
    if row["interval"]:
        low, high = (_format_number(v) for v in row["interval"])
        text += f" ({low} to {high})"
    if row["unit"]:
        text += f" {row['unit']}"
    return text


def _format_number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
