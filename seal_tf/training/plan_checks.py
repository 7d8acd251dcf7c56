"""Check that a model and its optimizer can obey a plan."""

from __future__ import annotations

import keras

from seal_tf.optimizers.names import unwrapped
from seal_tf.optimizers.weight_decay import read_weight_decay
from seal_tf.schedules import AverageWeights, Plan, ResetOptimizer
from seal_tf.training import optimizer_patch
from seal_tf.training.accumulation import check_accumulation
from seal_tf.training.distillation import check_distillable
from seal_tf.training.proportionality import check_proportional
from seal_tf.training.train_step_patch import (
    check_freezing,
    check_second_pass,
)


def check_obeys(model: keras.Model, plan: Plan) -> None:
    """Check that a compiled model can be trained as a plan says.

    Args:
        model: The model, compiled.
        plan: The plan.

    Raises:
        ValueError: If the model or its optimizer cannot do what the plan
            needs.
    """
    _check_optimizer_obeys(model.optimizer, plan)
    check_distillable(model, plan)
    if plan.perturbs:
        check_second_pass(model, plan.schedule.name)
    if any(e.frozen for e in plan):
        check_freezing(model, plan.schedule.name)


def _check_optimizer_obeys(
    optimizer: keras.optimizers.Optimizer, plan: Plan
) -> None:
    name = plan.schedule.name
    inner = unwrapped(optimizer)
    if plan.schedule.requires_decay and read_weight_decay(inner) is None:
        raise ValueError(
            f"{name} requires an optimizer with L2 or weight decay. Received: "
            f"{type(inner).__name__} without it"
        )
    if any(ResetOptimizer() in e.before for e in plan):
        optimizer_patch.check_can_reset(optimizer)
    if plan.schedule.layer_depth is not None or any(
        (e.scale != 1).any() or e.retain is not None for e in plan
    ):
        check_proportional(optimizer)
    if inner.use_ema and plan.has_event(AverageWeights):
        raise ValueError(
            f"{name} averages the weights, and the optimizer keeps a moving "
            "average of them (`use_ema`), which replaces the weights at the "
            "end of fit. Use one of both."
        )
    if inner.gradient_accumulation_steps:
        count = inner.gradient_accumulation_steps
        offset = optimizer_patch.micro_steps(inner) % count
        check_accumulation(plan, count, offset)
