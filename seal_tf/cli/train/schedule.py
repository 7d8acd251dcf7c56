"""Build the schedule that the flags describe."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from absl import flags as absl_flags

from seal_tf.cli.train.method_flags import (
    NEEDED,
    cause_of_no_effect,
    method_fields,
    requirement,
)
from seal_tf.models.registry import default_grouping, default_split
from seal_tf.schedules import METHODS, SWA, Schedule, Snapshots
from seal_tf.schedules.serialization import compose
from seal_tf.utils.decay_timescale import coefficient_of

if TYPE_CHECKING:
    from seal_tf.training.layer_groups import SplitAt


def build_schedule(flags: absl_flags.FlagValues) -> Schedule:
    """Build the schedule that the flags describe, and check it.

    Parts of a composition share generations, split and seed. The first part
    with a learning-rate schedule sets the base rate.

    Raises:
        ValueError: If settings do not fit each other.
    """
    classes = _method_classes(flags.method)
    # The rate of a composition is that of a generational method.
    classes.sort(key=lambda cls: not _has_field(cls, "warmup_epochs"))
    schedule = compose(
        [
            cls(**_settings(cls, flags, sets_rate=i == 0))
            for i, cls in enumerate(classes)
        ]
    )
    schedule.check(flags.generations * flags.epochs_per_generation)
    return schedule


def check_method_flags(flags: absl_flags.FlagValues) -> None:
    """Check flags that only some methods or optimizers use.

    A flag of another method is an error on the command line and ignored in a
    flag file, so that `--flagfile=X --method=Y` compares methods.

    Raises:
        ValueError: If a flag has no effect.
    """
    classes = _method_classes(flags.method)
    if all(cls.is_modifier for cls in classes):
        raise ValueError(
            f"--method={flags.method} changes another method: add it to one, "
            f"as in --method=normal+{flags.method}."
        )
    has_decay = flags.l2 or flags.l2_timescale is not None
    if not has_decay and any(cls.requires_decay for cls in classes):
        raise ValueError(
            f"--method={flags.method} requires an L2 above 0. Received: "
            f"--l2={flags.l2}"
        )
    values = {name: flags[name].value for name in flags}
    for name in (*method_fields(), "split_at", *NEEDED):
        if not flags[name].present:
            continue
        cause = cause_of_no_effect(name, values)
        required, value = requirement(name) or (None, None)
        if cause is not None and cause == required:
            raise ValueError(
                f"--{name}={flags[name].value} has no effect with "
                f"--{required}={flags[required].value}: omit it, or set "
                f"--{required}={value}."
            )
        if cause is not None:
            raise ValueError(_no_effect(flags, name, cause))
    if flags["l2"].present and flags.l2_timescale is not None:
        raise ValueError(
            f"--l2={flags.l2} and --l2_timescale={flags.l2_timescale} are "
            "incompatible: both choose the L2. Omit one of them."
        )
    if flags.l2_timescale is not None:
        coefficient_of(flags.l2_timescale, flags.learning_rate)
    _check_average(flags, classes)


def _no_effect(flags: absl_flags.FlagValues, name: str, cause: str) -> str:
    return (
        f"--{name}={flags[name].value} has no effect with "
        f"--{cause}={flags[cause].value}: omit it."
    )


def _check_average(
    flags: absl_flags.FlagValues, classes: list[type[Schedule]]
) -> None:
    """Check the incompatible flags of a moving average."""
    if not flags.ema_momentum:
        return
    other = "--track_learning" if flags.track_learning else None
    for cls in (Snapshots, SWA):
        if cls in classes:
            other = f"--method={cls.name}"
    if other:
        raise ValueError(
            f"--ema_momentum={flags.ema_momentum} and {other} are "
            "incompatible: the first validates and exports an average of the "
            "weights, the second would use the weights themselves."
        )


def _method_classes(method: str) -> list[type[Schedule]]:
    names = method.split("+")
    for name in names:
        if name not in METHODS:
            raise ValueError(
                f"--method must be one of {', '.join(METHODS)}, or several "
                f"joined by +. Received: --method={method}"
            )
    return [METHODS[name] for name in names]


def _has_field(cls: type[Schedule], name: str) -> bool:
    return any(field.name == name for field in dataclasses.fields(cls))  # type: ignore[arg-type]


def _settings(
    cls: type[Schedule], flags: absl_flags.FlagValues, sets_rate: bool
) -> dict[str, Any]:
    """Return every field of a method that the flags set."""
    shared = {
        "generations": flags.generations,
        "epochs_per_generation": flags.epochs_per_generation,
        "cycles": flags.generations,
        "learning_rate": flags.learning_rate,
        "seed": flags.seed,
        "split_at": _split(flags),
        "grouping": default_grouping(flags.arch),
    }
    settings = {n: v for n, v in shared.items() if _has_field(cls, n)}
    for name, owners in method_fields().items():
        for owner, field in owners:
            if owner is cls and flags[name].value is not None:
                settings[field.name] = flags[name].value
    if not sets_rate:
        for name in ("learning_rate", "warmup_epochs", "decay_epochs"):
            settings.pop(name, None)
    return settings


def _split(flags: absl_flags.FlagValues) -> SplitAt:
    if flags.split_at is None:
        return default_split(flags.arch)
    try:
        return float(flags.split_at)
    except ValueError:
        return str(flags.split_at)
