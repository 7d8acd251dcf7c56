"""From flags to a schedule."""

from __future__ import annotations

import dataclasses
import functools
import operator

from seal_tf.commands.method_flags import method_flags
from seal_tf.models.names import ready_grouping, ready_split
from seal_tf.schedules import METHODS, Snapshots


def schedule_from(flags):
    """Builds the schedule that the flags describe, and checks it.

    Parts of a composition share generations, split and seed; the first of
    them that has a rate schedule brings the base rate. A flag of another
    method is refused on the command line and passed over in a flag file, so
    that `--flagfile=X --method=Y` compares methods.

    Raises:
        ValueError: its settings do not fit each other, or a flag is given
            that belongs to another method.
    """
    classes = _classes(flags.method)
    _refuse_flags_of_others(flags, classes)
    # Generational methods first: theirs is the rate of a composition.
    classes.sort(key=lambda cls: not _has(cls, "warmup_epochs"))
    parts = [
        cls(**_settings(cls, flags, i == 0)) for i, cls in enumerate(classes)
    ]
    schedule = functools.reduce(operator.add, parts)
    schedule.check(epochs_of(flags))
    _check_training(flags, classes)
    return schedule


def epochs_of(flags) -> int:
    """Epochs of the whole run."""
    return flags.generations * flags.epochs_per_generation


def _classes(method):
    names = method.split("+")
    for name in names:
        if name not in METHODS:
            raise ValueError(
                f"--method={method}: no method {name!r}; there are "
                f"{', '.join(METHODS)}, and several joined by +."
            )
    return [METHODS[name] for name in names]


def _refuse_flags_of_others(flags, classes):
    for name, owners in method_flags().items():
        if flags[name].present and not any(c in classes for c, _ in owners):
            raise ValueError(
                f"--{name}={flags[name].value} means nothing to --method="
                f"{flags.method}: leave it out."
            )
        wanted, word = owners[0][1].metadata["with_word"] or (None, None)
        if flags[name].present and wanted and flags[wanted].value != word:
            raise ValueError(
                f"--{name}={flags[name].value} means nothing with --{wanted}="
                f"{flags[wanted].value}: leave it out, or give "
                f"--{wanted}={word}."
            )

    if flags["split_at"].present and not any(
        _has(cls, "split_at") for cls in classes
    ):
        raise ValueError(
            f"--split_at={flags.split_at} means nothing to --method="
            f"{flags.method}: leave it out."
        )


def _check_training(flags, classes):
    """What goes not together with how the weights are moved."""
    sgd_only = [n for n in ("momentum", "nesterov") if flags[n].present]
    if flags.optimizer != "sgd" and sgd_only:
        raise ValueError(
            f"--{sgd_only[0]} means nothing to --optimizer={flags.optimizer}: "
            "leave it out."
        )
    if not flags.ema_momentum:
        return
    raw = "--track_learning" if flags.track_learning else None
    if Snapshots in classes:
        raw = "--method=snapshots"
    if raw:
        raise ValueError(
            f"--ema_momentum={flags.ema_momentum}: an average of the weights "
            f"is what is validated and exported, and {raw} would keep the "
            "weights themselves: leave one out."
        )


def _has(cls, name) -> bool:
    return any(field.name == name for field in dataclasses.fields(cls))


def _settings(cls, flags, brings_rate):
    """Every field of a method that the flags say something about."""
    shared = {
        "generations": flags.generations,
        "epochs_per_generation": flags.epochs_per_generation,
        "cycles": flags.generations,
        "learning_rate": flags.learning_rate,
        "seed": flags.seed,
        "split_at": _split(flags),
        "grouping": ready_grouping(flags.arch),
    }
    settings = {n: v for n, v in shared.items() if _has(cls, n)}
    for name, owners in method_flags().items():
        for owner, field in owners:
            if owner is cls and flags[name].value is not None:
                settings[field.name] = flags[name].value
    if not brings_rate:
        for name in ("learning_rate", "warmup_epochs"):
            settings.pop(name, None)
    return settings


def _split(flags):
    if flags.split_at is None:
        return ready_split(flags.arch)
    try:
        return float(flags.split_at)
    except ValueError:
        return flags.split_at
