"""The snapshot files of a plan."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras

from seal_tf.backends import get_backend
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


def check_can_save(
    plan: Plan, folder: str | Path | None, model: keras.Model
) -> None:
    """Check that the snapshots of a plan can be saved.

    Args:
        plan: The plan of the run.
        folder: The folder of the snapshots; None keeps them in memory.
        model: The model.

    Raises:
        ValueError: If the folder cannot be written, or the model cannot be
            serialized.
    """
    if folder is None or not snapshot_files(plan, folder):
        return
    try:
        # Other processes do not write.
        if get_backend().is_chief(model):
            Path(folder).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
    except OSError as error:
        raise ValueError(
            "Argument `snapshot_dir` must be a folder that can be written. "
            f"Received: snapshot_dir={folder} ({error.strerror or error})"
        ) from error
    try:
        keras.saving.serialize_keras_object(model)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise ValueError(
            f"Snapshots require a model that Keras can save. Define "
            f"`get_config` of {type(model).__name__} ({reason})"
        ) from error


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
