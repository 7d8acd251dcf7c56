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
    return [
        {"method": part.name} | _settings(part)
        for part in getattr(schedule, "parts", (schedule,))
    ]


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


def _settings(part: Any) -> dict[str, Any]:
    found = {}
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if callable(value):
            raise ValueError(
                f"{part.name}: {field.name} is a function, which cannot be "
                "saved: name the first later layer, or give a share."
            )
        plain = isinstance(value, np.generic)
        found[field.name] = value.item() if plain else value
    return found
