"""Convert a schedule to JSON values and back."""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from seal_tf.schedules.schedule import METHODS, Schedule


def to_config(schedule: Schedule) -> list[dict[str, Any]]:
    """Return the method and settings of each part of a schedule.

    Raises:
        ValueError: If a setting is a function, which JSON cannot represent.
    """
    config = []
    for part in schedule.parts:
        settings = settings_of(part)
        for name, value in settings.items():
            if callable(value):
                raise ValueError(
                    f"{part.name}: a `{name}` that is a function cannot be "
                    "serialized. Pass names of layers or numbers instead."
                )
        config.append({"method": part.name} | settings)
    return config


def from_config(config: Sequence[dict[str, Any]]) -> Schedule:
    """Return the schedule of a config from `to_config`.

    Raises:
        ValueError: If a method is not registered.
    """
    parts = []
    for part in config:
        settings = dict(part)
        name = settings.pop("method")
        if name not in METHODS:
            raise ValueError(
                f"Method {name!r} is not registered in "
                "`seal_tf.schedules.METHODS`. Registered methods: "
                f"{', '.join(METHODS)}"
            )
        parts.append(METHODS[name](**settings))
    return compose(parts)


def compose(parts: Sequence[Schedule]) -> Schedule:
    """Return the composition of one or more schedules."""
    return functools.reduce(operator.add, parts)


def settings_of(part: Schedule) -> dict[str, Any]:
    """Return the settings of one method by name.

    NumPy numbers, which JSON cannot represent, become Python numbers.
    """
    settings = {
        field.name: getattr(part, field.name)
        for field in dataclasses.fields(part)  # type: ignore[arg-type]
    }
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in settings.items()
    }
