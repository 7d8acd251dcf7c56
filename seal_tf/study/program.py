"""The program that a study runs: `seal_tf.train`, or a script of the user."""

from __future__ import annotations

import dataclasses
import json
import math
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from absl import flags as absl_flags

from seal_tf.cli.errors import with_flag_names
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.method_flags import (
    flag_of_argument,
    has_effect,
    method_fields,
)
from seal_tf.cli.train.settings import train_settings
from seal_tf.study.candidates import Candidate

#: What a finished trial keeps of its work directory.
_SMALL_FILES = ("summary.json", "result.json", "metrics.jsonl", "flags.txt")


class Program(Protocol):
    """A program that trains once and writes an accuracy."""

    @property
    def writes_summaries(self) -> bool:
        """Whether a run writes `summary.json` in the form of `seal_tf.train`.

        The report reads it, with `metrics.jsonl`.
        """

    @property
    def result_file(self) -> str:
        """Name of the file in its work directory that has the result."""

    def check(self, flags: Mapping[str, Any]) -> None:
        """Check the flags of a candidate, without a training.

        Args:
            flags: The flags.

        Raises:
            ValueError: The program does not accept them.
        """

    def build_command(
        self, flags: Mapping[str, Any], seed: int, workdir: Path, final: bool
    ) -> list[str]:
        """Return the command of a run.

        Args:
            flags: Flags of the candidate.
            seed: Seed of the run.
            workdir: Its work directory.
            final: Whether the run trains on all training images and is
                evaluated on the test images.
        """

    def build_short_command(
        self, flags: Mapping[str, Any], epochs: int, workdir: Path
    ) -> list[str]:
        """Return the command of a run of a few epochs, to measure its time.

        Args:
            flags: Flags of the candidate.
            epochs: Epochs of the run.
            workdir: Its work directory.
        """

    def read_result(self, workdir: Path) -> dict[str, Any] | None:
        """Return the result of a finished run, or None.

        Args:
            workdir: Its work directory.

        Raises:
            ValueError: The result is damaged.
        """

    def read_score(
        self, candidate: Candidate, result: Mapping[str, Any]
    ) -> float:
        """Return the accuracy of a result, from 0 to 1.

        Args:
            candidate: The candidate.
            result: What `read_result` returned.

        Raises:
            ValueError: The result has no accuracy.
        """


@dataclasses.dataclass(frozen=True)
class SealTrain:
    """The command `python -m seal_tf.train`.

    Args:
        flags: Flags that the user sets: data, network, augmentation. A flag
            of a method is used in the runs of that method only.
        held_out: Fraction of the training images of each class on which
            settings are chosen.
    """

    flags: Mapping[str, Any]
    held_out: float

    writes_summaries = True
    result_file = "summary.json"

    def check(self, flags: Mapping[str, Any]) -> None:
        """Check flags of a candidate; see `Program`."""
        _, _, _, *words = self.build_command(flags, 0, Path(), final=False)
        values = absl_flags.FlagValues()
        define_train_flags(values)
        try:
            values(["train", *words])
            train_settings(values)
        except (absl_flags.Error, ValueError) as error:
            message = " ".join(str(error).split())
            raise ValueError(
                with_flag_names(message, flag_of_argument(values))
            ) from None

    def build_command(
        self, flags: Mapping[str, Any], seed: int, workdir: Path, final: bool
    ) -> list[str]:
        """Return the command of a run; see `Program`."""
        method = str(flags.get("method", "normal"))
        shared = {n: v for n, v in self.flags.items() if has_effect(n, method)}
        held_out = {} if final else {"val_from_train": self.held_out}
        return [
            *(sys.executable, "-m", "seal_tf.train"),
            *flag_words(shared),
            *flag_words({**flags, **held_out, "seed": seed}),
            *("--progress=lines", f"--workdir={workdir}"),
        ]

    def build_short_command(
        self, flags: Mapping[str, Any], epochs: int, workdir: Path
    ) -> list[str]:
        """Return the command of a run of a few epochs; see `Program`."""
        counts = _epoch_counts()
        short = {n: v for n, v in flags.items() if n not in counts}
        short |= {"generations": 1, "epochs_per_generation": epochs}
        shared = {n: v for n, v in self.flags.items() if n not in counts}
        program = dataclasses.replace(self, flags=shared)
        return program.build_command(short, 0, workdir, final=False)

    def read_result(self, workdir: Path) -> dict[str, Any] | None:
        """Return `summary.json` of a finished run; see `Program`."""
        return _read_json(workdir / self.result_file)

    def read_score(
        self, candidate: Candidate, result: Mapping[str, Any]
    ) -> float:
        """Return the accuracy of a result; see `Program`."""
        return candidate.read_score(result)


@dataclasses.dataclass(frozen=True)
class Script:
    """A script of the user, which takes flags and writes a number.

    The script gets the flags of the candidate, and `--epochs`, `--seed`,
    `--workdir` and `--evaluate_on=validation|test`. It writes
    `WORKDIR/result.json`, {"accuracy": 0.81}, from 0 to 1; larger is better.
    It may write `WORKDIR/metrics.jsonl`, a line {"epoch": 0,
    "val_accuracy": 0.4} for each epoch, so that bad trials stop early.

    Args:
        command: The words that start the script.
    """

    command: Sequence[str]

    writes_summaries = False
    result_file = "result.json"

    def check(self, flags: Mapping[str, Any]) -> None:
        """Accept all flags: the script checks its own; see `Program`."""

    def build_command(
        self, flags: Mapping[str, Any], seed: int, workdir: Path, final: bool
    ) -> list[str]:
        """Return the command of a run; see `Program`."""
        flags = dict(flags)
        epochs = flags.pop("epochs_per_generation") * flags["generations"]
        # A script without generations need not know the flag.
        if flags["generations"] == 1:
            del flags["generations"]
        more = {
            "epochs": epochs,
            "seed": seed,
            "evaluate_on": "test" if final else "validation",
            "workdir": workdir,
        }
        return [*self.command, *flag_words({**flags, **more})]

    def build_short_command(
        self, flags: Mapping[str, Any], epochs: int, workdir: Path
    ) -> list[str]:
        """Return the command of a run of a few epochs; see `Program`."""
        short = {**flags, "generations": 1, "epochs_per_generation": epochs}
        return self.build_command(short, 0, workdir, final=False)

    def read_result(self, workdir: Path) -> dict[str, Any] | None:
        """Return `result.json` of a finished run; see `Program`."""
        return _read_json(workdir / self.result_file)

    def read_score(
        self, candidate: Candidate, result: Mapping[str, Any]
    ) -> float:
        """Return the accuracy of a result; see `Program`."""
        value = result.get("accuracy")
        accuracy = math.nan
        if isinstance(value, int | float) and not isinstance(value, bool):
            accuracy = float(value)
        if not math.isfinite(accuracy):
            raise ValueError(
                'result.json must be {"accuracy": NUMBER}. Received: '
                f"{json.dumps(result)[:80]}"
            )
        if not 0 <= accuracy <= 1:
            raise ValueError(
                "the accuracy in result.json must be from 0 to 1, not in "
                f"percent. Received: {accuracy}"
            )
        return accuracy


def _epoch_counts() -> set[str]:
    """Flags of methods whose value is a number of epochs of a generation."""
    return {
        name
        for name, owners in method_fields().items()
        if any(field.name.endswith("_epochs") for _, field in owners)
    }


def flag_words(flags: Mapping[str, Any]) -> list[str]:
    """Return flags as words of a command line.

    Args:
        flags: The flags by name.

    Example:
        >>> from seal_tf.study.program import flag_words
        >>> flag_words({"method": "llf", "flip": False})
        ['--method=llf', '--noflip']
    """
    return [_flag_word(name, value) for name, value in flags.items()]


def _flag_word(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no{name}"
    return f"--{name}={value}"


def format_command(command: Iterable[str]) -> str:
    """Return a command for a shell, with `python` for this interpreter.

    Args:
        command: The program and its arguments.
    """
    return shlex.join("python" if w == sys.executable else w for w in command)


def delete_large_files(workdir: Path) -> None:
    """Delete all but the small files of a finished trial.

    Args:
        workdir: Its work directory.
    """
    for path in workdir.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in _SMALL_FILES:
            path.unlink()


def _read_json(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        value = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(
            f"{path} must contain a JSON object in braces. "
            f"Received: {json.dumps(value)[:80]}"
        )
    return value
