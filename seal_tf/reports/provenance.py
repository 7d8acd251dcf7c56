"""Where runs come from: command, date, machine, versions and flags."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from seal_tf.reports.run_groups import IGNORED_FLAGS, RunGroup
from seal_tf.reports.runs import Run


def run_table(groups: Sequence[RunGroup]) -> list[list[str]]:
    """Create a table of command, date and machine of each run.

    Args:
        groups: The groups.
    """
    rows = [["run", "seed", "trained on", "machine", "seconds", "command"]]
    for run in (run for group in groups for run in group.runs):
        summary = run.summary
        rows.append(
            [
                run.name,
                str(summary["seed"]),
                summary.get("date", ""),
                summary.get("machine", ""),
                f"{summary['seconds']:.0f}",
                "python -m seal_tf.train "
                + shlex.quote(f"--flagfile={run.path / 'flags.txt'}"),
            ]
        )
    return rows


def describe_versions(groups: Sequence[RunGroup]) -> str:
    """Describe the versions of packages, in a line for each set of them.

    Args:
        groups: The groups.
    """
    by_text: dict[str, list[str]] = {}
    for run in (run for group in groups for run in group.runs):
        versions = run.summary["versions"].items()
        text = ", ".join(f"{name} {version}" for name, version in versions)
        by_text.setdefault(text, []).append(run.name)
    if len(by_text) == 1:
        return next(iter(by_text))
    return "; ".join(
        f"{', '.join(names)}: {text}" for text, names in by_text.items()
    )


def common_flags(groups: Sequence[RunGroup]) -> str:
    """Return the flags that all runs share, one a line.

    Args:
        groups: The groups.
    """
    runs = [run for group in groups for run in group.runs]
    first, *others = [_flags(run) for run in runs]
    return "\n".join(
        f"--{name}={value}"
        for name, value in first.items()
        if all(flags.get(name) == value for flags in others)
    )


def _flags(run: Run) -> dict[str, object]:
    flags = run.summary["flags"].items()
    return {
        name: value
        for name, value in flags
        if value is not None and name not in IGNORED_FLAGS
    }
