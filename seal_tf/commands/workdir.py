"""The folder of a run: what is in it, and that it is never half-written."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import warnings
from pathlib import Path

from seal_tf.bookkeeping import BOOKKEEPING
from seal_tf.commands.flags import settings
from seal_tf.commands.lock import Lock
from seal_tf.files import append, read_json_lines, write_json, write_text


class Workdir:
    """Everything that a run writes.

    `flags.txt` the exact flags; `data.json` what it trains on;
    `metrics.jsonl` a line an epoch; `checkpoints/`, `snapshots/`,
    `tensorboard/`, `learning/` (`--track_learning`); `model.keras`;
    `export/`, `export_ensemble/`; `summary.json`; `report.html` and its
    figures; `lock`, who writes to it.

    Args:
        path: The folder.
        flags: The parsed flags of the run.
    """

    def __init__(self, path, flags):
        self.path = Path(path)
        self._flags = flags
        self._lock = Lock(self / "lock")
        self._unwritten = []

    def __truediv__(self, name) -> Path:
        return self.path / name

    def check(self) -> bool:
        """Whether there is a run of these flags to go on with.

        Raises:
            ValueError: the folder holds a run of other flags, or something
                that is no run.
        """
        if not self.path.exists():
            return False
        if not self.path.is_dir():
            raise ValueError(f"--workdir={self.path}: not a folder.")
        written = self / "flags.txt"
        if not written.exists():
            # What is written first, and may be all that is there.
            first = ("lock", "flags.txt.part")
            if any(p.name not in first for p in self.path.iterdir()):
                raise ValueError(
                    f"--workdir={self.path}: not empty, and no run of ours "
                    "(no flags.txt): name another folder."
                )
            return False
        if not self._flags.dry_run:
            self._lock.hold()
        try:
            lines = written.read_text().splitlines()
            theirs: dict[str, str] = dict(line.split("=", 1) for line in lines)
        except ValueError as error:
            raise ValueError(
                f"{written}: damaged; nobody can tell whether this is the "
                "same run. Name another --workdir."
            ) from error
        ours: dict[str, str] = dict(
            line.split("=", 1) for line in self._lines()
        )
        differ = [
            f"{name}={theirs.get(name, '(not set)')} there, "
            f"{ours.get(name, '(not set)')} here"
            for name in sorted({*theirs, *ours})
            if theirs.get(name) != ours.get(name)
            and name.removeprefix("--") not in BOOKKEEPING
            and not _grows(name, theirs, ours)
            and not self._is_newer(name, theirs)
        ]
        if differ:
            raise ValueError(
                f"--workdir={self.path} holds a run of other flags: "
                f"{'; '.join(differ)}. Name another folder, or give its flags "
                f"(--flagfile={written})."
            )
        return True

    def _is_newer(self, name, theirs) -> bool:
        """A flag that came after that run, and says what was so then."""
        flag = self._flags[name.removeprefix("--")]
        return name not in theirs and flag.value == flag.default

    def check_data(self, splits) -> None:
        """Raises ValueError where the run began with other images."""
        file = self / "data.json"
        if file.exists() and json.loads(file.read_text()) != fingerprints(
            splits
        ):
            raise ValueError(
                f"--workdir={self.path}: that run was trained on other "
                "images than these (see its data.json). Name another folder."
            )

    def claim(self) -> bool:
        """Makes the folder and holds it; nothing of a run is changed.

        Returns:
            As `check`, which may be another answer than it was before.

        Raises:
            ValueError: as `check`, or another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock.hold()
        return self.check()

    def begin(self, splits, epochs: int, finished: bool) -> None:
        """Makes it the folder of this run, which is about to go on.

        Args:
            splits: The `pipelines.images.Images` of the run.
            epochs: Epochs that are done; lines of later ones are dropped.
            finished: Whether those are all.
        """
        self._sweep()
        # First: it says whose folder this is.
        write_text(self / "flags.txt", "\n".join(self._lines()) + "\n")
        write_json(self / "data.json", fingerprints(splits))
        if not finished:
            # It says that a run is finished.
            (self / "summary.json").unlink(missing_ok=True)
        self.keep_epochs(epochs)

    def _sweep(self):
        """Takes away what a process that was killed left half-written."""
        for pattern in ("*.part", "*.part.keras"):
            for left_over in list(self.path.rglob(pattern)):
                if left_over.is_dir():
                    shutil.rmtree(left_over)
                else:
                    left_over.unlink(missing_ok=True)

    def _lines(self):
        """Every flag as `--name=value`, also those left at their default."""
        return [
            f"--{name}={value}"
            for name, value in settings(self._flags).items()
            if value is not None
        ]

    def epochs(self) -> list[dict]:
        """The lines of `metrics.jsonl`."""
        return read_json_lines(self / "metrics.jsonl")

    def check_epochs(self, count: int) -> None:
        """Raises ValueError where lines of the first epochs are missing."""
        kept = self.epochs()[:count]
        if [e.get("epoch") for e in kept] != list(range(count)):
            raise ValueError(
                f"{self / 'metrics.jsonl'}: damaged; its first {len(kept)} "
                f"readable lines are not the {count} epochs that the newest "
                "checkpoint has. Name another --workdir, or delete "
                f"{self / 'checkpoints'} to train anew."
            )

    def keep_epochs(self, count: int) -> None:
        """Drops the lines of epochs that will be written again."""
        self._unwritten.clear()
        kept = self.epochs()[:count]
        lines = [json.dumps(e) + "\n" for e in kept]
        write_text(self / "metrics.jsonl", "".join(lines))

    def add_epoch(self, numbers: dict) -> None:
        """Adds a line to `metrics.jsonl`, now or as soon as it can be."""
        self._unwritten.append(json.dumps(_plain(numbers)) + "\n")
        self.flush_epochs()

    def flush_epochs(self) -> bool:
        """Writes the lines that could not be written before.

        Returns:
            Whether all are on the disk; if not, a warning says why.
        """
        file = self / "metrics.jsonl"
        while self._unwritten:
            whole = file.stat().st_size if file.exists() else 0
            try:
                append(file, self._unwritten[0])
            except OSError as error:
                with contextlib.suppress(OSError):
                    os.truncate(file, whole)
                warnings.warn(
                    f"{file}: {error.strerror or error}; "
                    f"{len(self._unwritten)} epoch(s) wait to be written. "
                    "Training goes on.",
                    RuntimeWarning,
                    stacklevel=2,
                )
                return False
            del self._unwritten[0]
        return True

    def checkpoints(self, keep: int = 2):
        """The `Checkpoints` of the run."""
        from seal_tf.training.checkpoint import Checkpoints

        return Checkpoints(self / "checkpoints", keep)

    def release(self) -> None:
        """Lets others write to it."""
        self._lock.release()


def fingerprints(splits) -> list[dict]:
    """What `data.json` says of the images of a run."""
    return [
        {
            "name": images.name,
            "classes": list(images.class_names),
            "images": len(images),
            "crc32": images.crc32,
        }
        for images in splits
    ]


def _grows(name, theirs, ours) -> bool:
    """More generations: whether they follow on is found with the plans."""
    if name != "--generations":
        return False
    try:
        return int(ours[name]) > int(theirs[name])
    except (KeyError, ValueError):
        return False


def _plain(numbers):
    """What is not finite is null: JSON has no NaN."""
    return {
        name: None if isinstance(n, float) and not math.isfinite(n) else n
        for name, n in numbers.items()
    }
