"""From a schedule, a model and a number of epochs to a plan."""

from __future__ import annotations

from seal_tf.schedules import Plan, Run
from seal_tf.training import groups


def plan_of(schedule, model, epochs, steps=None) -> Plan:
    """The plan of a run of a model that is built.

    Raises:
        ValueError: schedule, model and epochs do not suit one another.
    """
    cut = groups.partition(model, schedule.split_at, schedule.grouping)
    run = Run(epochs, cut.names, cut.early, steps)
    return _checked(schedule, run, cut.layer_names())


def plan_unbuilt(schedule, model, epochs, steps=None) -> Plan:
    """The plan of a model whose layers nobody knows yet.

    Raises:
        ValueError: the schedule asks for groups that only layers have.
    """
    if schedule.grouping is not None:
        raise ValueError(
            f"{schedule.name} groups layers by {schedule.grouping}, and "
            f"model {model.name!r} is not built yet: call "
            "model.build(input_shape), or call it on a batch, before fit."
        )
    names, early = groups.group_names(schedule.split_at)
    return _checked(schedule, Run(epochs, names, early, steps))


def _checked(schedule, run, layers=()):
    if schedule.needs_steps and run.steps is None:
        raise ValueError(
            f"{schedule.name} changes within an epoch, and nobody knows how "
            "many steps one has: give fit steps_per_epoch."
        )
    plan = Plan(schedule, run, layers)
    for _ in plan:
        pass  # contradictions show before training, not in the middle
    return plan
