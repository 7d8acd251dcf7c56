"""The settings of a study, resolved from its flags."""

from __future__ import annotations

import dataclasses
import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags as absl_flags

from seal_tf.cli.train.defaults import LEARNING_RATES
from seal_tf.cli.train.method_flags import has_effect
from seal_tf.study.budget import Limits
from seal_tf.study.candidate_checks import check_candidates
from seal_tf.study.candidate_file import choose_candidates, load_candidates
from seal_tf.study.candidates import Candidate
from seal_tf.study.flags import DEFAULT_CANDIDATES, DEFAULTS, STUDY_FLAGS
from seal_tf.study.program import (
    Program,
    Script,
    SealTrain,
    flag_words,
    format_command,
)
from seal_tf.utils.image_folder_name import image_folder_name

#: A flag that fixes the value of another one, which is then not tuned.
FIXES = {"l2_timescale": "l2", "ascent_scale": "retain"}
#: Flags with paths, which may differ between machines.
_PATHS = ("data_dir", "image_cache", "init_from")


@dataclasses.dataclass(frozen=True)
class StudySettings:
    """Settings of a study.

    Args:
        candidates: The candidates by importance; the first is the baseline.
        program: The program that is run.
        learning_rate: Default learning rate of the program.
        budget: Seconds of one worker, or passes.
        is_passes: Whether the budget is in passes.
        limits: What the user fixes.
        held_out: Fraction of the training images that trials validate on.
        smallest_difference: Smallest difference that matters, in points.
        seed: Seed of the study.
        workdir: Work directory.
        storage: URL or path of the storage, or None.
        name: Name of the study in the storage.
        title: What the images are, for the report.
        command: The command, to continue the study.
        identity: Everything that the results depend on. It must be the same
            for all workers.
    """

    candidates: tuple[Candidate, ...]
    program: Program
    learning_rate: float
    budget: float
    is_passes: bool
    limits: Limits
    held_out: float
    smallest_difference: float
    seed: int
    workdir: Path
    storage: str | None
    name: str
    title: str
    command: tuple[str, ...]
    identity: Mapping[str, Any]

    @property
    def final_share(self) -> float:
        """Training images of a final run relative to those of a trial."""
        return 1 / (1 - self.held_out)


def study_settings(flags: absl_flags.FlagValues) -> StudySettings:
    """Resolve the flags of a study.

    Args:
        flags: The parsed flags.

    Raises:
        ValueError: Flags are missing, or do not go together.
    """
    budget, is_passes = _read_budget(flags)
    # A script has flags of its own.
    defaults = DEFAULTS if flags.train_command is None else {}
    training = {
        name: flags[name].value
        for name in flags
        if name not in (*STUDY_FLAGS, "help", "helpfull", "version", "flagfile")
        and (name in defaults or not flags[name].using_default_value)
    }
    if flags.train_command is not None:
        # The usual rate of a script is a unit, not a fixed value.
        training.pop("learning_rate", None)
    candidates = tuple(
        _with_rate_of_optimizer(_without_fixed(c, training), flags)
        for c in _read_candidates(flags)
    )
    fixed = _command_values(training)
    program = _program(flags, fixed)
    learning_rate = _learning_rate(flags)
    check_candidates(program, candidates, learning_rate, flags.epochs)
    if flags.epochs is not None:
        _check_epochs(candidates, flags.epochs)
    _check_used(flags, candidates, training)
    if not flags.smallest_difference > 0:
        raise ValueError(
            "--smallest_difference must be above 0. Received: "
            f"--smallest_difference={flags.smallest_difference:g}"
        )
    workdir = Path(flags.workdir or "runs/study")
    identity = {
        "images": _image_folder(flags),
        "train_command": flags.train_command,
        "budget": [budget, "passes" if is_passes else "seconds"],
        "limits": [flags.epochs, flags.trials],
        "held_out": flags.held_out,
        "learning_rate": learning_rate,
        "seed": flags.seed,
        "flags": {k: v for k, v in fixed.items() if k not in _PATHS},
        "candidates": [dataclasses.asdict(c) for c in candidates],
    }
    own = {
        name: flags[name].value
        for name in (*STUDY_FLAGS, "learning_rate")
        if not flags[name].using_default_value
        and name not in ("dry_run", "quiet", "seeds")
    }
    if flags.storage is not None:
        # Optuna is slow to import, and --help does not need it.
        from seal_tf.study.storage import hide_password

        # The page shows the command.
        own["storage"] = hide_password(flags.storage)
    return StudySettings(
        candidates=candidates,
        program=program,
        learning_rate=learning_rate,
        budget=budget,
        is_passes=is_passes,
        limits=Limits(
            flags.epochs, flags.trials, flags.seeds, bool(flags.candidates)
        ),
        held_out=flags.held_out,
        smallest_difference=flags.smallest_difference,
        seed=flags.seed,
        workdir=workdir,
        storage=flags.storage,
        name=flags.study_name or workdir.resolve().name,
        title=_title(flags),
        command=tuple(flag_words({**fixed, **_command_values(own)})),
        identity=identity,
    )


def _read_budget(flags: absl_flags.FlagValues) -> tuple[float, bool]:
    if (flags.hours is None) == (flags.passes is None):
        raise ValueError(
            "either --hours=2 or --passes=6400 is required. Received: "
            + ("none" if flags.hours is None else "both")
        )
    name = "passes" if flags.hours is None else "hours"
    value = float(flags[name].value or 0)
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(
            f"--{name} must be above 0. Received: --{name}={value:g}"
        )
    return (value, True) if name == "passes" else (3600 * value, False)


def _read_candidates(flags: absl_flags.FlagValues) -> list[Candidate]:
    names = [name.strip() for name in flags.candidates if name.strip()]
    files = [name for name in names if name.endswith(".toml")]
    if len(files) > 1:
        raise ValueError(
            "--candidates must contain at most one file. Received: "
            f"--candidates={','.join(names)}"
        )
    available = load_candidates(files[0]) if files else load_candidates()
    names = [name for name in names if name not in files]
    if not names:
        names = list(available if files else DEFAULT_CANDIDATES)
    chosen = choose_candidates(names, available)
    if len(chosen) < 2:
        raise ValueError(
            "--candidates must name something to compare with "
            f"{chosen[0].name}. Received: --candidates={','.join(names)}"
        )
    return chosen


def _without_fixed(
    candidate: Candidate, training: Mapping[str, Any]
) -> Candidate:
    """Return a candidate that does not set or tune what the user has set."""
    fixed = {*training, *(FIXES[n] for n in training if n in FIXES)}
    return dataclasses.replace(
        candidate,
        flags={k: v for k, v in candidate.flags.items() if k not in fixed},
        search={k: r for k, r in candidate.search.items() if k not in fixed},
    )


def _with_rate_of_optimizer(
    candidate: Candidate, flags: absl_flags.FlagValues
) -> Candidate:
    """Return a candidate with the default rate of an optimizer of its own."""
    rate = LEARNING_RATES.get(candidate.flags.get("optimizer", ""))
    if rate is None or flags.learning_rate is not None or flags.train_command:
        return candidate
    return dataclasses.replace(
        candidate, flags={"learning_rate": rate, **candidate.flags}
    )


def _command_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of flags as a command has them."""
    return {name: _command_value(value) for name, value in values.items()}


def _command_value(value: Any) -> Any:
    if isinstance(value, list):
        return ",".join(value)
    # 2, not 2.0.
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


def _check_epochs(candidates: Sequence[Candidate], epochs: int) -> None:
    """Check that generations divide the epochs.

    Raises:
        ValueError: A candidate would train for fewer epochs than the others.
    """
    for candidate in candidates:
        # Where an epoch costs more, the epochs are rounded down anyway.
        if candidate.cost != 1:
            continue
        counts = candidate.limit_generations(epochs).generation_counts()
        multiple = math.lcm(*counts)
        if epochs % multiple:
            raise ValueError(
                f"--epochs must be a multiple of {multiple}, which the "
                f"generations of {candidate.name} divide: "
                f"{', '.join(map(str, counts))}. Received: --epochs={epochs}"
            )


def _check_used(
    flags: absl_flags.FlagValues,
    candidates: Sequence[Candidate],
    training: Mapping[str, Any],
) -> None:
    """Check that some candidate uses each flag on the command line.

    Raises:
        ValueError: A flag of a method has no effect.
    """
    methods = {str(c.flags.get("method", "normal")) for c in candidates}
    for name in training:
        if flags[name].present and not any(
            has_effect(name, method) for method in methods
        ):
            raise ValueError(
                f"--{name}={flags[name].value} has no effect: it is a flag of "
                "a method that is not among --candidates="
                f"{','.join(c.name for c in candidates)}"
            )


def _program(flags: absl_flags.FlagValues, fixed: Mapping[str, Any]) -> Program:
    if flags.train_command is None:
        return SealTrain(fixed, flags.held_out)
    try:
        words = shlex.split(flags.train_command)
        reason = "" if words else " (no word)"
    except ValueError as error:
        reason = f" ({error})"
    if reason:
        raise ValueError(
            "--train_command must be a command, such as 'python my_train.py'. "
            f"Received: --train_command={flags.train_command}{reason}"
        )
    if others := sorted(fixed):
        raise ValueError(
            f"--{others[0]} is a flag of seal_tf.train, and --train_command "
            "has flags of its own: write them into the command. Received: "
            f"--{others[0]}={fixed[others[0]]}"
        )
    return Script(words)


def _learning_rate(flags: absl_flags.FlagValues) -> float:
    if flags.learning_rate is not None:
        if not flags.learning_rate > 0:
            raise ValueError(
                "--learning_rate must be above 0. Received: "
                f"--learning_rate={flags.learning_rate:g}"
            )
        return float(flags.learning_rate)
    return LEARNING_RATES[flags.optimizer]


def _title(flags: absl_flags.FlagValues) -> str:
    if flags.train_command is not None:
        return format_command(shlex.split(flags.train_command))
    name = _image_folder(flags) or flags.dataset
    return f"{name} with {flags.arch}"


def _image_folder(flags: absl_flags.FlagValues) -> str | None:
    """Return the name of a folder of images, None for another data set.

    Its path may differ between machines, and whether it is a zip.
    """
    if not flags.data_dir or flags.dataset != "image_folder":
        return None
    return image_folder_name(flags.data_dir)
