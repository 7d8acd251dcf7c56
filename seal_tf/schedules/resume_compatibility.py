"""Check that a run may resume under a plan.

The epochs that were trained must be the first epochs of the new plan.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from seal_tf.schedules.epoch_plan import EpochPlan
from seal_tf.schedules.plan import Plan
from seal_tf.schedules.schedule import Schedule
from seal_tf.schedules.serialization import compose, settings_of

_ARRAYS = ("scale", "sign", "l2", "base_rate", "layer_scale")
_SCALARS = (
    "phase",
    "generation",
    "frozen",
    "retain",
    "update_clip",
    "distill",
    "perturbation",
    "before",
    "after",
)


def plan_record(plan: Plan) -> dict[str, Any]:
    """Return the facts from which the same run can be planned again.

    Args:
        plan: The plan of the run.

    Returns:
        JSON values.
    """
    # Functions are not in the settings, so their results are recorded.
    scale = plan.epoch(0).layer_scale
    return {
        "epochs": plan.run.epochs,
        "groups": list(plan.run.groups),
        "layers": [len(names) for names in plan.layers],
        **({} if scale is None else {"layer_scale": scale.tolist()}),
        "parts": [
            {"name": part.name, **_comparable_settings(part)}
            for part in plan.schedule.parts
        ],
    }


def check_compatible(record: dict[str, Any], plan: Plan, epochs: int) -> None:
    """Check that the trained epochs are the first epochs of a plan.

    The recorded plan is built again and compared epoch by epoch. More
    generations may follow the recorded ones; a trained epoch may not change.

    Args:
        record: The `plan_record` of the plan that was trained.
        plan: The plan of the run that resumes.
        epochs: Number of epochs that have started.

    Raises:
        ValueError: If the trained epochs differ from those of `plan`.
    """
    differences = _differences(record, plan_record(plan))
    if not differences:
        return
    if epochs > len(plan):
        raise ValueError(
            f"The checkpoint has {epochs} trained epochs, and this run has "
            f"{len(plan)} ({'; '.join(differences)})."
        )
    if not _is_prefix(_recorded_plan(record, plan), plan, epochs):
        raise ValueError(
            f"The {epochs} trained epochs differ from the first epochs of "
            f"this run: {'; '.join(differences)}."
        )


def _comparable_settings(part: Schedule) -> dict[str, Any]:
    """Settings of a method without functions, which cannot be compared."""
    return {
        name: value
        for name, value in settings_of(part).items()
        if not callable(value)
    }


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    def describe(name: str, before: Any, after: Any) -> str:
        return f"{name}={before} in the checkpoint, {after} in this run"

    differences = [
        describe(name, old.get(name), new.get(name))
        for name in ("epochs", "groups", "layers", "layer_scale")
        if old.get(name) != new.get(name)
    ]
    before, after = (
        "+".join(part["name"] for part in record["parts"])
        for record in (old, new)
    )
    if before != after:
        return [*differences, describe("method", before, after)]
    for a, b in zip(old["parts"], new["parts"], strict=True):
        differences += [
            describe(key, a.get(key), b.get(key))
            for key in sorted({*a, *b})
            if a.get(key) != b.get(key)
        ]
    return differences


def _recorded_plan(record: dict[str, Any], plan: Plan) -> Plan | None:
    """Build the recorded plan; None if it is of another kind of run."""
    recorded_names = [part["name"] for part in record["parts"]]
    names = [part.name for part in plan.schedule.parts]
    sizes = [len(layers) for layers in plan.layers]
    if recorded_names != names or record["groups"] != list(plan.run.groups):
        return None
    if record["layers"] and sizes and record["layers"] != sizes:
        return None
    if record.get("layer_scale") != plan_record(plan).get("layer_scale"):
        return None
    parts = []
    for part, settings in zip(
        plan.schedule.parts, record["parts"], strict=True
    ):
        parts.append(_recorded_part(part, settings))
    run = dataclasses.replace(plan.run, epochs=record["epochs"])
    return Plan(compose(parts), run, plan.layers)


def _recorded_part(part: Schedule, settings: dict[str, Any]) -> Schedule:
    """Return the recorded method.

    A setting that the record does not have is a function, or the record is
    older than the setting, which then had its default.
    """
    changes = {}
    for field in dataclasses.fields(part):  # type: ignore[arg-type]
        if field.name in settings:
            changes[field.name] = settings[field.name]
        elif field.default is not dataclasses.MISSING and not callable(
            getattr(part, field.name)
        ):
            changes[field.name] = field.default
    return dataclasses.replace(part, **changes)  # type: ignore[type-var]


def _is_prefix(old: Plan | None, new: Plan, epochs: int) -> bool:
    if old is None or epochs > len(old):
        return False
    return all(_same(old.epoch(e), new.epoch(e)) for e in range(epochs))


def _same(a: EpochPlan, b: EpochPlan) -> bool:
    if any(getattr(a, name) != getattr(b, name) for name in _SCALARS):
        return False
    return all(_close(getattr(a, name), getattr(b, name)) for name in _ARRAYS)


def _close(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=0)
