"""Whether a run may go on under this plan: what was done has to be its past."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from seal_tf.schedules.config import parts_of, settings_of
from seal_tf.schedules.plan import Plan

_ARRAYS = ("scale", "sign", "l2", "base_rate")
_FACTS = (
    "phase",
    "generation",
    "frozen",
    "keep",
    "bound",
    "before",
    "after",
)


def recorded(plan: Plan) -> dict[str, Any]:
    """What has to be known later to plan the same run again; JSON.

    Args:
        plan: The plan of the run.
    """
    return {
        "epochs": plan.run.epochs,
        "groups": list(plan.run.groups),
        "layers": [len(names) for names in plan.layers],
        "parts": [
            {"name": part.name, **_settings(part)}
            for part in parts_of(plan.schedule)
        ],
    }


def check_past(record: dict[str, Any], plan: Plan, epochs: int) -> None:
    """Refuses a plan whose first epochs are not those that were trained.

    The old plan is laid out again, here, and compared epoch by epoch: more
    generations may follow what was planned, and nothing that has happened
    may be another.

    Args:
        record: What `recorded` gave as the epochs were trained.
        plan: The plan of the run that is to go on.
        epochs: Epochs that were begun.

    Raises:
        ValueError: what was done is no beginning of `plan`.
    """
    differ = _differences(record, recorded(plan))
    if not differ:
        return
    if epochs > len(plan):
        raise ValueError(
            f"{epochs} epochs are trained already, and this run has "
            f"{len(plan)} ({'; '.join(differ)})."
        )
    if not _is_past(_plan_of(record, plan), plan, epochs):
        raise ValueError(
            f"the {epochs} epochs that were trained are no beginning of this "
            f"run: {'; '.join(differ)}."
        )


def _settings(part: Any) -> dict[str, Any]:
    """Settings of a method, but for functions: nobody can compare those."""
    return {
        name: value
        for name, value in settings_of(part).items()
        if not callable(value)
    }


def _differences(old: Any, new: Any) -> list[str]:
    differ = [
        f"{name}={old[name]} there, {new[name]} here"
        for name in ("epochs", "groups", "layers")
        if old[name] != new[name]
    ]
    there, here = (
        "+".join(part["name"] for part in record["parts"])
        for record in (old, new)
    )
    if there != here:
        return [*differ, f"{there} there, {here} here"]
    for a, b in zip(old["parts"], new["parts"], strict=True):
        differ += [
            f"{key}={a.get(key)} there, {b.get(key)} here"
            for key in sorted({*a, *b})
            if a.get(key) != b.get(key)
        ]
    return differ


def _plan_of(record: Any, plan: Any) -> Plan | None:
    """The plan that was recorded; None where it cannot be this one's kin."""
    names = [part["name"] for part in record["parts"]]
    ours = [part.name for part in parts_of(plan.schedule)]
    shape = [len(layers) for layers in plan.layers]
    if names != ours or record["groups"] != list(plan.run.groups):
        return None
    if record["layers"] and shape and record["layers"] != shape:
        return None
    parts = []
    for part, settings in zip(
        parts_of(plan.schedule), record["parts"], strict=True
    ):
        known = {f.name for f in dataclasses.fields(part)}
        parts.append(
            dataclasses.replace(
                part, **{k: v for k, v in settings.items() if k in known}
            )
        )
    schedule = parts[0] if len(parts) == 1 else sum(parts[1:], parts[0])
    run = dataclasses.replace(plan.run, epochs=record["epochs"])
    return Plan(schedule, run, plan.layers)


def _is_past(old: Any, new: Any, epochs: int) -> bool:
    if old is None or epochs > len(old):
        return False
    return all(_same(old.epoch(e), new.epoch(e)) for e in range(epochs))


def _same(a: Any, b: Any) -> bool:
    if any(getattr(a, name) != getattr(b, name) for name in _FACTS):
        return False
    return all(_close(getattr(a, name), getattr(b, name)) for name in _ARRAYS)


def _close(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=0)
