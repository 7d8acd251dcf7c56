"""A schedule as plain JSON, and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from seal_tf.schedules import METHODS
from seal_tf.schedules.plan import Schedule


def config_of(schedule: Any) -> list[dict[str, Any]]:
    """Method and settings of each part.

    Raises:
        ValueError: a setting is a function, which JSON cannot hold.
    """
    found = []
    for part in parts_of(schedule):
        values = settings_of(part)
        for name, value in values.items():
            if callable(value):
                raise ValueError(
                    f"{part.name}: {name} is a function, which cannot be "
                    "saved: name the first later layer, or give a share."
                )
        found.append({"method": part.name} | values)
    return found


def schedule_of(config: list[dict[str, Any]]) -> Schedule:
    """The schedule of what `config_of` gave.

    Raises:
        ValueError: a method is unknown here.
    """
    parts = []
    for part in config:
        settings = dict(part)
        name = settings.pop("method")
        if name not in METHODS:
            raise ValueError(
                f"no method {name!r} here (there are {', '.join(METHODS)}): "
                "add its class to seal_tf.schedules.METHODS first."
            )
        parts.append(METHODS[name](**settings))
    return parts[0] if len(parts) == 1 else sum(parts[1:], parts[0])


def parts_of(schedule: Any) -> tuple[Any, ...]:
    """The parts of a sum; of any other schedule, itself."""
    return getattr(schedule, "parts", (schedule,))


def settings_of(part: Any) -> dict[str, Any]:
    """Settings of a method by name; NumPy's numbers, which JSON does not
    know, as Python's."""
    values = {f.name: getattr(part, f.name) for f in dataclasses.fields(part)}
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in values.items()
    }
