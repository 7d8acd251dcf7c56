"""Check that a storage has the study of a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: Longest description of settings in an error, in characters.
_LENGTH = 200


def check_identity(
    name: str, stored: Mapping[str, Any], received: Mapping[str, Any]
) -> None:
    """Check that a storage has a study with these settings.

    Args:
        name: Name of the study.
        stored: `StudySettings.identity` of the worker that has planned the
            study, from JSON. Earlier versions have fewer keys, which are not
            compared.
        received: `StudySettings.identity` of this worker.

    Raises:
        ValueError: The settings differ.

    Example:
        >>> from seal_tf.study.identity import check_identity
        >>> check_identity("study", {"seed": 0}, {"seed": 0, "images": None})
    """
    # The stored values went through JSON.
    current = json.loads(json.dumps(received))
    differing = [n for n in current if n in stored and stored[n] != current[n]]
    if not differing:
        return
    known, new = (
        _as_flags({n: record[n] for n in differing})
        for record in (stored, current)
    )
    names = [n for n in {**known, **new} if known.get(n) != new.get(n)]
    raise ValueError(
        f"the storage has a study {name} with other settings: "
        f"{_describe(names, known)}. Use them, or another --workdir or "
        f"--study_name. Received: {_describe(names, new)}"
    )


def _as_flags(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by the flag that a user would change."""
    flags: dict[str, Any] = {}
    for name, value in record.items():
        if name == "budget":
            amount, unit = value
            is_passes = unit == "passes"
            flags["--hours"] = None if is_passes else amount / 3600
            flags["--passes"] = amount if is_passes else None
        elif name == "limits":
            flags["--epochs"], flags["--trials"] = value
        elif name == "flags":
            flags.update({f"--{n}": v for n, v in value.items()})
        elif name == "candidates":
            flags["--candidates"] = ",".join(c["name"] for c in value)
            flags.update({f"candidate {c['name']}": c for c in value})
        elif name == "images":
            flags["--data_dir"] = value
        else:
            flags[f"--{name}"] = value
    return flags


def _describe(names: list[str], flags: Mapping[str, Any]) -> str:
    texts = []
    for name in names:
        value = flags.get(name)
        if isinstance(value, float):
            value = f"{value:g}"
        texts.append(f"no {name}" if value is None else f"{name}={value}")
    text = ", ".join(texts)
    return text if len(text) <= _LENGTH else f"{text[:_LENGTH]}…"
