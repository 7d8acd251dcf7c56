"""The cost of a training run, before it starts."""

from __future__ import annotations

import keras

from seal_tf.cli.train.build import count_parameters
from seal_tf.schedules import Plan, Schedule, cost
from seal_tf.training import flops, layer_groups


def describe_cost(
    plan: Plan,
    model: keras.Model,
    images: int,
    batch_size: int,
    repeat_augment: int = 1,
) -> str:
    """Describe the cost of a run in one line.

    Args:
        plan: The plan of the run.
        model: The model.
        images: Training images per epoch.
        batch_size: Images per batch.
        repeat_augment: Augmentations of each image in a batch.
    """
    epochs = len(plan)
    steps = epochs * plan.run.require_steps()
    per_step = cost.passes_per_step(plan)
    each = "a forward and a backward pass"
    if per_step > 1:
        each = f"{per_step:g} forward and {per_step:g} backward passes (sam)"
    repeats = ""
    if repeat_augment > 1:
        repeats = (
            f"({epochs} epochs, each image with {repeat_augment} "
            "augmentations in a batch) "
        )
    # A last batch may be smaller, or left out.
    trained = per_step * min(
        epochs * repeat_augment * images, steps * batch_size
    )
    text = (
        f"cost: {epochs * repeat_augment} passes over {images:,} images "
        f"{repeats}= {steps:,} steps, each {each} of a batch of {batch_size}: "
        f"{trained:,.0f} images forward and backward through "
        f"{count_parameters(model):,} parameters"
    )
    saved = cost.frozen_saving(plan, group_costs(model, plan.schedule))
    if saved:
        text += (
            f"; freezing saves {saved:.1%} of that work (a backward pass "
            "counts as two forward passes) and retraces the step "
            f"{len(cost.retrace_epochs(plan))} times"
        )
    if teachers := cost.teacher_passes(plan):
        text += (
            f"; teachers add {teachers:.3g} forward passes to each step on "
            f"average, {teachers / (3 * per_step):.1%} of that work"
        )
    return text


def group_costs(model: keras.Model, schedule: Schedule) -> list[int]:
    """Return the multiply-adds of a forward pass, by layer group."""
    partition = layer_groups.partition(
        model, schedule.split_at, schedule.grouping
    )
    return flops.group_multiply_adds(partition)
