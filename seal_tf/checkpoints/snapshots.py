"""The snapshot files of a plan."""

from __future__ import annotations

from pathlib import Path

from seal_tf.schedules import Plan, SaveSnapshot


def snapshot_file(folder: Path, event: SaveSnapshot) -> Path:
    """Return the file of one snapshot."""
    return folder / f"snapshot_{event.number + 1:02d}.keras"


def snapshot_files(
    plan: Plan, folder: str | Path, epochs: int | None = None
) -> list[Path]:
    """Return the files of the snapshots of a plan, oldest first.

    Args:
        plan: The plan of the run.
        folder: The folder of the snapshots.
        epochs: Only snapshots of the first `epochs` epochs; None for all.
    """
    return [
        snapshot_file(Path(folder), event)
        for e in range(len(plan) if epochs is None else epochs)
        for event in plan.epoch(e).after
        if isinstance(event, SaveSnapshot)
    ]


def check_snapshots(plan: Plan, folder: str | Path, epochs: int) -> None:
    """Check that the snapshots of the first epochs exist.

    Raises:
        ValueError: If a file is missing.
    """
    for file in snapshot_files(plan, folder, epochs):
        if not file.exists():
            raise ValueError(
                f"{file}: this snapshot of the run is missing. Restore the "
                "file, or train in another folder."
            )
