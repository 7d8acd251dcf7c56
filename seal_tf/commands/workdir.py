"""The folder of a run: what is in it, and that it is never half-written."""

from __future__ import annotations

import json
import os
from pathlib import Path

#: Flags that say nothing about what is trained.
FREE = {"workdir", "flagfile", "help", "dry_run", "progress", "data_dir"}


class Workdir:
    """Everything that a run writes.

    `flags.txt` the exact flags; `metrics.jsonl` a line an epoch;
    `checkpoints/`, `tensorboard/`, `export/`; `summary.json`; `report.html`
    and its figures.

    Args:
        path: The folder.
        flags: The parsed flags of the run.
    """

    def __init__(self, path, flags):
        self.path = Path(path)
        self._flags = flags

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
            if any(self.path.iterdir()):
                raise ValueError(
                    f"--workdir={self.path}: not empty, and no run of ours "
                    "(no flags.txt): name another folder."
                )
            return False
        theirs = dict(
            line.split("=", 1) for line in written.read_text().splitlines()
        )
        ours = dict(line.split("=", 1) for line in self._lines())
        differ = [
            f"{name}={theirs.get(name, '(not set)')} there, "
            f"{ours.get(name, '(not set)')} here"
            for name in sorted({*theirs, *ours})
            if theirs.get(name) != ours.get(name)
            and name.removeprefix("--") not in FREE
        ]
        if differ:
            raise ValueError(
                f"--workdir={self.path} holds a run of other flags: "
                f"{'; '.join(differ)}. Name another folder, or give its flags "
                f"(--flagfile={written})."
            )
        return True

    def create(self):
        """Makes the folder, with `flags.txt` in it."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_text(self / "flags.txt", "\n".join(self._lines()) + "\n")

    def _lines(self):
        """Every flag as `--name=value`, also those left at their default."""
        return [
            f"--{name}={self._flags[name].value}"
            for name in sorted(self._flags)
            if name not in ("help", "flagfile", "dry_run")
            and self._flags[name].value is not None
        ]

    def epochs(self) -> list[dict]:
        """The lines of `metrics.jsonl`."""
        return read_epochs(self.path)

    def keep_epochs(self, count: int) -> None:
        """Drops the lines of epochs that a resumed run will write again."""
        lines = [json.dumps(e) + "\n" for e in self.epochs()[:count]]
        write_text(self / "metrics.jsonl", "".join(lines))

    def add_epoch(self, numbers: dict) -> None:
        with (self / "metrics.jsonl").open("a") as file:
            file.write(json.dumps(numbers) + "\n")


def read_epochs(path) -> list[dict]:
    """The epochs of a work directory, a damaged last line left out."""
    file = Path(path) / "metrics.jsonl"
    if not file.exists():
        return []
    epochs = []
    for line in file.read_text().splitlines():
        try:
            epochs.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return epochs


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_json(path: Path, value) -> None:
    write_text(path, json.dumps(value, indent=1) + "\n")


def write_bytes(path: Path, data: bytes) -> None:
    """Writes beside, flushes, renames: the old or the new, never half."""
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
