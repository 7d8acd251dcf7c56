"""The work directory of a run."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.images import Images
from seal_tf.cli.data import fingerprints
from seal_tf.cli.train.lock import Lock
from seal_tf.utils.files import (
    append,
    read_json_lines,
    write_bytes,
    write_json,
    write_text,
)
from seal_tf.utils.non_semantic_flags import NON_SEMANTIC_FLAGS

if TYPE_CHECKING:
    from seal_tf.checkpoints.files import Checkpoints


class WorkDirectory:
    """All files of a run; none is ever half-written.

    `flags.txt`: the flags of the run. `data.json`: fingerprints of its
    images. `precision.json`: the dtype policy. `metrics.jsonl`: one line per
    epoch. `checkpoints/`, `snapshots/`, `tensorboard/`, `learning/`
    (`--track_learning`). `model.keras`, `export/`, `export_ensemble/`; with
    averaged weights `model_averaged.keras`, `export_averaged/`.
    `summary.json`: exists if the run is finished. `report.html` with its
    figures. `lock`: the writing process.

    Args:
        path: The folder.
        flags: The value of every flag that describes the run, by name.
        defaults: The default value of every such flag, by name.
        unresolved: Flags that the images will determine. They are not
            compared before `resolve`. Defaults to none.
    """

    def __init__(
        self,
        path: str | Path,
        flags: Mapping[str, Any],
        defaults: Mapping[str, Any],
        unresolved: Collection[str] = (),
    ) -> None:
        self.path = Path(path)
        self._flags = flags
        self._defaults = defaults
        self._unresolved = unresolved
        self._lock = Lock(self / "lock")
        self._unwritten: list[str] = []

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def resolve(self, flags: Mapping[str, Any]) -> None:
        """Set the final value of every flag.

        Args:
            flags: The value of every flag that describes the run, by name.
        """
        self._flags = flags
        self._unresolved = ()

    def check(self, lock: bool = True) -> bool:
        """Return whether the folder holds a run of these flags.

        Args:
            lock: Whether to acquire the lock if the folder holds a run.

        Raises:
            ValueError: If it holds a run of other flags, or other files.
        """
        if not self.path.exists():
            return False
        if not self.path.is_dir():
            raise ValueError(f"`workdir={self.path}` is not a folder.")
        flags_file = self / "flags.txt"
        if not flags_file.exists():
            # A run writes these files first.
            first = ("lock", "flags.txt.part")
            if any(p.name not in first for p in self.path.iterdir()):
                raise ValueError(
                    f"`workdir={self.path}` contains files, but no run (there "
                    "is no flags.txt). Use another folder."
                )
            return False
        if lock:
            self._lock.acquire()
        try:
            saved = dict(
                line.split("=", 1)
                for line in os.fsdecode(flags_file.read_bytes()).splitlines()
            )
        except ValueError as error:
            raise ValueError(
                f"{flags_file} is damaged, so the run cannot be compared with "
                "this one. Use another `workdir`."
            ) from error
        differences = self._flag_differences(saved)
        if differences:
            raise ValueError(
                f"`workdir={self.path}` holds a run of other flags: "
                f"{'; '.join(differences)}. Use another folder, or the flags "
                f"of that run (--flagfile={flags_file})."
            )
        return True

    def is_finished(self, splits: Iterable[Images]) -> bool:
        """Return whether the folder holds the finished run of these flags.

        Args:
            splits: The images of the run.

        Raises:
            ValueError: As `check` and `check_data`.
        """
        if not self.check(lock=False):
            return False
        self.check_data(splits)
        # The report is written last.
        names = ("summary.json", "report.html")
        if not all((self / name).exists() for name in names):
            return False
        # A run may be continued by more generations.
        finished = json.loads((self / "summary.json").read_text())["flags"]
        return bool(
            finished.get("generations") == self._flags.get("generations")
        )

    def _flag_differences(self, saved: dict[str, str]) -> list[str]:
        current: dict[str, str] = dict(
            line.split("=", 1) for line in self._flag_lines()
        )
        differences = []
        for name in sorted({*saved, *current}):
            before, after = saved.get(name), current.get(name)
            if (
                before == after
                or name.removeprefix("--") in NON_SEMANTIC_FLAGS
                or name.removeprefix("--") in self._unresolved
                or _adds_generations(name, before, after)
                or self._is_new_flag(name, saved)
            ):
                continue
            differences.append(
                f"{name}={before or '(not set)'} there, "
                f"{after or '(not set)'} here"
            )
        return differences

    def _is_new_flag(self, name: str, saved: dict[str, str]) -> bool:
        """Whether the flag is newer than the run, and has its default."""
        flag = name.removeprefix("--")
        return (
            name not in saved
            and flag in self._flags
            and self._flags[flag] == self._defaults[flag]
        )

    def check_data(self, splits: Iterable[Images]) -> None:
        """Check that a resumed run has the same images.

        Args:
            splits: The images of the run. Runs of older versions have no
                fingerprint of the test images, the last of them.

        Raises:
            ValueError: If the images differ.
        """
        file = self / "data.json"
        if not file.exists():
            return
        saved = json.loads(file.read_text())
        if saved != fingerprints(splits)[: max(2, len(saved))]:
            raise ValueError(
                f"`workdir={self.path}` holds a run with other images (see "
                "its data.json). Use another folder."
            )

    @property
    def precision(self) -> str | None:
        """The dtype policy with which the run started; None if unknown."""
        try:
            policy = json.loads((self / "precision.json").read_text())
        except (OSError, ValueError):
            return None
        return str(policy)

    def claim(self) -> bool:
        """Create the folder and lock it, without changing a run in it.

        Returns:
            As `check`, whose result may have changed.

        Raises:
            ValueError: As `check`, or if another process holds the lock.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        return self.check()

    def start(
        self,
        splits: Sequence[Images],
        epochs: int,
        finished: bool,
        precision: str,
    ) -> None:
        """Make this the folder of the run that is about to train.

        Args:
            splits: The images of the run.
            epochs: Completed epochs; lines of later epochs are deleted.
            finished: Whether these are all epochs of the run.
            precision: The dtype policy of the run.
        """
        self._delete_partial_files()
        # This file identifies the run, so it comes first.
        lines = "\n".join(self._flag_lines()) + "\n"
        # Paths may have bytes that are not UTF-8.
        write_bytes(self / "flags.txt", os.fsencode(lines))
        write_json(self / "data.json", fingerprints(splits))
        write_json(self / "precision.json", precision)
        if not finished:
            # A summary marks a finished run.
            (self / "summary.json").unlink(missing_ok=True)
        self.truncate_epochs(epochs)

    def _delete_partial_files(self) -> None:
        """Delete the partial files of a killed process."""
        for pattern in ("*.part", "*.part.keras"):
            for partial in list(self.path.rglob(pattern)):
                folders = partial.relative_to(self.path).parts
                if any(name.endswith("_features") for name in folders):
                    continue  # A probe may be writing it.
                if partial.is_dir():
                    shutil.rmtree(partial)
                else:
                    partial.unlink(missing_ok=True)

    def _flag_lines(self) -> list[str]:
        """Every flag as `--name=value`, including defaults."""
        return [
            f"--{name}={value}"
            for name, value in self._flags.items()
            if value is not None
        ]

    def epochs(self) -> list[dict[str, Any]]:
        """Return the lines of `metrics.jsonl`."""
        return read_json_lines(self / "metrics.jsonl")

    def check_epochs(self, count: int) -> None:
        """Check that the lines of the first `count` epochs exist.

        Raises:
            ValueError: If one is missing.
        """
        lines = self.epochs()[:count]
        if [e.get("epoch") for e in lines] != list(range(count)):
            raise ValueError(
                f"{self / 'metrics.jsonl'} is damaged: its first {len(lines)} "
                f"readable lines are not the {count} epochs of the newest "
                "checkpoint. Use another `workdir`, or delete "
                f"{self / 'checkpoints'} to train from the start."
            )

    def truncate_epochs(self, count: int) -> None:
        """Delete the lines after the first `count` epochs."""
        self._unwritten.clear()
        lines = [json.dumps(e) + "\n" for e in self.epochs()[:count]]
        write_text(self / "metrics.jsonl", "".join(lines))

    def add_epoch(self, metrics: dict[str, Any]) -> None:
        """Append a line to `metrics.jsonl`, now or as soon as possible."""
        self._unwritten.append(json.dumps(_finite_values(metrics)) + "\n")
        self.flush_epochs()

    def flush_epochs(self) -> bool:
        """Write the lines that could not be written before.

        Returns:
            Whether all lines are on the disk. If not, a warning says why.
        """
        file = self / "metrics.jsonl"
        while self._unwritten:
            size = file.stat().st_size if file.exists() else 0
            try:
                append(file, self._unwritten[0])
            except OSError as error:
                with contextlib.suppress(OSError):
                    os.truncate(file, size)
                warnings.warn(
                    f"{file}: {error.strerror or error}; "
                    f"{len(self._unwritten)} epoch(s) are not written yet. "
                    "Training continues.",
                    RuntimeWarning,
                    stacklevel=2,
                )
                return False
            del self._unwritten[0]
        return True

    def checkpoints(self, max_to_keep: int = 2) -> Checkpoints:
        """Return the checkpoint files of the run."""
        from seal_tf.checkpoints.files import Checkpoints

        return Checkpoints(self / "checkpoints", max_to_keep)

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()


def _adds_generations(name: str, before: str | None, after: str | None) -> bool:
    """Whether only the number of generations grows.

    Whether they continue the same plan is checked with the plans.
    """
    if name != "--generations" or before is None or after is None:
        return False
    try:
        return int(after) > int(before)
    except ValueError:
        return False


def _finite_values(metrics: dict[str, Any]) -> dict[str, Any]:
    """Replace values that are not finite by None: JSON has no NaN."""
    return {
        name: None if isinstance(v, float) and not math.isfinite(v) else v
        for name, v in metrics.items()
    }
