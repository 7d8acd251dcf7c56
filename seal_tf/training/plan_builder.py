"""Build the plan of a run from a schedule, a model and a number of epochs."""

from __future__ import annotations

import dataclasses

import keras

from seal_tf.optimizers.weight_decay import read_weight_decay
from seal_tf.schedules import Plan, Run, Schedule
from seal_tf.schedules.epoch_plan import LayerFacts
from seal_tf.training import layer_groups
from seal_tf.training.layer_depths import layer_facts
from seal_tf.utils.decay_timescale import WeightDecay


def build_plan(
    schedule: Schedule,
    model: keras.Model,
    epochs: int,
    steps: int | None = None,
) -> Plan:
    """Return the plan of a run.

    Args:
        schedule: The method.
        model: The model, built or not.
        epochs: Epochs of the whole run.
        steps: Training steps per epoch, or None if unknown.

    Raises:
        ValueError: If schedule, model and epochs do not fit one another.
    """
    if layer_groups.has_weights(model):
        partition = layer_groups.partition(
            model, schedule.split_at, schedule.grouping
        )
        layers: tuple[LayerFacts, ...] = ()
        if schedule.layer_depth is not None:
            layers = layer_facts(model, partition, schedule.layer_depth)
        run = Run(epochs, partition.names, partition.early, steps, layers)
        plan = _checked_plan(schedule, run, partition.layer_names())
        return dataclasses.replace(plan, weight_decay=_weight_decay(model))
    unit = schedule.grouping or schedule.layer_depth
    if unit is not None:
        raise ValueError(
            f"{schedule.name} groups layers by {unit}, which "
            f"requires a built model. Model {model.name!r} is not built: call "
            "model.build(input_shape), or call it on a batch, before fit."
        )
    names, early = layer_groups.group_names(schedule.split_at)
    return _checked_plan(schedule, Run(epochs, names, early, steps), ())


def _weight_decay(model: keras.Model) -> WeightDecay | None:
    optimizer = getattr(model, "optimizer", None)
    return None if optimizer is None else read_weight_decay(optimizer)


def _checked_plan(
    schedule: Schedule, run: Run, layers: tuple[tuple[str, ...], ...]
) -> Plan:
    if schedule.needs_steps:
        run.require_steps()
    plan = Plan(schedule, run, layers)
    for _ in plan:
        pass  # raises contradictions before training, not during it
    return plan
