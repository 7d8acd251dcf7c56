"""What a benchmark found, as JSON: the table of docs/performance.md."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import time
from pathlib import Path

FOLDER = Path("docs/benchmarks")
PACKAGES = ("tensorflow", "keras", "scikit-learn", "torch")


def row(
    question, against, found, *, goal=None, unit="", interval=None, note=""
):
    """One row of the table.

    Args:
        question: What was measured, on what.
        against: The other side.
        found: A number, or a side's ratio of `by_turns`.
        goal: It should be at most this; or (">=", number), at least.
        unit: Of the number; a ratio has none.
        interval: Of the number.
        note: What to know; what stands in the way of a goal.
    """
    if isinstance(found, dict):
        interval, found = found["interval"], found["median"]
    return {
        "question": question,
        "against": against,
        "found": float(found),
        "interval": interval,
        "unit": unit,
        "goal": goal
        if goal is None or isinstance(goal, tuple)
        else ("<=", goal),
        "note": note,
    }


def write(name: str, command: str, rows, **facts) -> None:
    """Writes `docs/benchmarks/NAME.json` and prints its rows.

    Args:
        name: Of the file.
        command: What reproduces it, without `python -m`.
        rows: See `row`.
        **facts: Whatever else was found, seconds above all.
    """
    found = {
        "command": f"python -m {command}",
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{processor()}, {os.cpu_count()} cores",
        "versions": _versions(),
        "rows": rows,
        **facts,
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    for one in rows:
        print(f"  {one['question']} | {one['against']} | {number(one)}")
    print(f"written: {path}")


def number(one) -> str:
    """A row's number, as the table has it."""
    text = _short(one["found"])
    if one["interval"]:
        low, high = (_short(v) for v in one["interval"])
        text += f" ({low} to {high})"
    if one["unit"]:
        text += f" {one['unit']}"
    return text


def _short(value) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def peak_gb() -> float:
    """What this process' memory has been at most.

    Not getrusage's: there a child begins with its parent's peak.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e9


def processor() -> str:
    """The processor's name, and what it has for bfloat16."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    said = dict(
        (part.strip() for part in line.split(":", 1))
        for line in lines
        if ":" in line
    )
    kinds = said.get("flags", "").split()
    has = [k for k in ("avx512f", "avx512_bf16", "amx_bf16") if k in kinds]
    return " ".join([said.get("model name", platform.machine()), *has])


def _versions():
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
