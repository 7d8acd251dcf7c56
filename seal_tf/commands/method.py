"""From flags to a schedule."""

from __future__ import annotations

import dataclasses

from seal_tf.commands.train_flags import method_flags
from seal_tf.models.names import ready_split
from seal_tf.schedules import METHODS

#: Fields of schedules that every method shares on the command line.
SHARED = ("generations", "epochs_per_generation", "learning_rate")


def schedule_from(flags):
    """Builds the schedule that the flags describe, and checks it.

    A flag of another method is refused on the command line and passed over
    in a flag file, so that `--flagfile=X --method=Y` compares methods.

    Raises:
        ValueError: its settings do not fit each other, or a flag is given
            that belongs to another method.
    """
    cls = METHODS[flags.method]
    fields = {field.name for field in dataclasses.fields(cls)}
    settings = {name: flags[name].value for name in SHARED if name in fields}
    for name, (_, field) in method_flags().items():
        if field.name in fields:
            settings[field.name] = flags[name].value
        elif flags[name].present:
            raise ValueError(
                f"--{name}={flags[name].value} means nothing to --method="
                f"{flags.method}: leave it out."
            )
    if "split_at" in fields:
        settings["split_at"] = _split(flags)
    schedule = cls(**settings)
    schedule.check(epochs_of(flags))
    return schedule


def epochs_of(flags) -> int:
    """Epochs of the whole run."""
    return flags.generations * flags.epochs_per_generation


def _split(flags):
    if flags.split_at is None:
        return ready_split(flags.arch)
    try:
        return float(flags.split_at)
    except ValueError:
        return flags.split_at
