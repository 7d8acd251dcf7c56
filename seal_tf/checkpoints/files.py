"""Write and read the checkpoints of a run, atomically."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Collection
from pathlib import Path

from seal_tf.checkpoints.serialization import (
    FormatError,
    read_state,
    write_state,
)
from seal_tf.checkpoints.state import RunState
from seal_tf.utils.files import atomic_writer

_FILE_NAME = re.compile(r"epoch_(\d{6,})(?:_step_(\d{6,}))?\.npz")


class Checkpoints:
    """The checkpoint files of one run, in one folder.

    Each file is written under a temporary name, flushed to the disk and
    renamed. Reading verifies a CRC-32 of each array and of the header.

    Args:
        folder: The folder; the first `save` creates it.
        max_to_keep: Number of the latest checkpoints to keep, in addition to
            milestones. Defaults to 2.
    """

    def __init__(self, folder: str | Path, max_to_keep: int = 2) -> None:
        self.folder = Path(folder)
        self._max_to_keep = max_to_keep

    def save(self, state: RunState, milestones: Collection[int] = ()) -> Path:
        """Write a state, then delete checkpoints that are not kept.

        Args:
            state: The state.
            milestones: Epochs whose first checkpoint is kept permanently.

        Returns:
            The file.

        Raises:
            OSError: If the file cannot be written. Earlier checkpoints are
                unchanged.
        """
        path = self.folder / _file_name(*state.position)
        with atomic_writer(path) as file:
            write_state(state, file)
        files = self._files()
        for position in sorted(files)[: -self._max_to_keep]:
            epoch, step = position
            if position < state.position and (step or epoch not in milestones):
                with contextlib.suppress(OSError):  # an extra file is harmless
                    files[position].unlink()
        return path

    def newest(
        self, not_after: tuple[int, int] | None = None
    ) -> RunState | None:
        """Return the latest readable state; None if there is none.

        A damaged file is renamed to `….damaged` with a warning, and the
        checkpoint before it is used.

        Args:
            not_after: (epoch, step); later checkpoints are ignored.

        Raises:
            ValueError: If all checkpoints are damaged, or the latest has
                another format version; the files are unchanged.
            OSError: If a file cannot be opened or read.
        """
        files = self._files()
        positions = sorted(
            (p for p in files if not_after is None or p <= not_after),
            reverse=True,
        )
        damaged: dict[Path, str] = {}
        for position in positions:
            file = files[position]
            try:
                state = read_state(file)
            except FormatError:
                raise
            except ValueError as error:
                damaged[file] = str(error)
                continue
            for damaged_file, reason in damaged.items():
                renamed = damaged_file.with_name(damaged_file.name + ".damaged")
                damaged_file.replace(renamed)
                warnings.warn(
                    f"{reason} The file is renamed to {renamed.name}, and the "
                    "run resumes from the checkpoint before it.",
                    RuntimeWarning,
                    stacklevel=2,
                )
            return state
        if damaged:
            raise ValueError(
                f"{next(iter(damaged.values()))} Every checkpoint in "
                f"{self.folder} is damaged: delete the folder to train from "
                "the start."
            )
        return None

    def delete_after(self, position: tuple[int, int]) -> None:
        """Delete the checkpoints after a position (epoch, step)."""
        for other, file in sorted(self._files().items(), reverse=True):
            if other > position:
                file.unlink(missing_ok=True)

    def _files(self) -> dict[tuple[int, int], Path]:
        files = {}
        for path in self.folder.glob("epoch_*.npz"):
            if match := _FILE_NAME.fullmatch(path.name):
                files[int(match[1]), int(match[2] or 0)] = path
        return files


def _file_name(epoch: int, step: int) -> str:
    within = f"_step_{step:06d}" if step else ""
    return f"epoch_{epoch:06d}{within}.npz"
