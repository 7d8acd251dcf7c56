"""Patch the train step of a model for the length of one fit."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras

from seal_tf.backends import get_backend
from seal_tf.training.seal_model import SEALTrainStep
from seal_tf.training.step_control import StepControl
from seal_tf.utils.patching import AttributePatcher


def patch_train_step(
    model: keras.Model, control: StepControl, patcher: AttributePatcher
) -> None:
    """Replace the train step with one that obeys a plan.

    A model keeps a train step of its own. That of a `SEALTrainStep` gets the
    plan; any other obeys it in `optimizer.apply` (see `check_train_step`). One
    call of the step is one step of the plan, however many times it applies
    gradients.

    Args:
        model: The model.
        control: The `StepControl` that the step obeys.
        patcher: Restores the step.
    """
    if isinstance(model, SEALTrainStep):
        patcher.patch(model, "_seal_control", control)
    if type(model).train_step is keras.Model.train_step:
        step = functools.partial(_plain_step, model, control)
    elif type(model).train_step is SEALTrainStep.train_step:
        step = model.train_step
    else:
        step = functools.partial(_own_step, control, model.train_step)
    patcher.patch(
        model, "train_step", functools.partial(_patched_step, control, step)
    )


def check_train_step(model: keras.Model) -> None:
    """Check that the train step of a model can be replaced.

    Raises:
        ValueError: If the model defines its own train step, or another
            callback has replaced it.
    """
    step = vars(model).get("train_step")
    if is_patched(model):
        raise ValueError(
            "Only one GenerationCallback is allowed in a fit. Compose the "
            "schedules with + in one GenerationCallback."
        )
    standard = type(model).train_step is keras.Model.train_step
    if get_backend().signs_in_optimizer and step is None:
        # Every train step ends in `optimizer.apply`, which obeys the plan.
        return
    if not (standard and step is None) and not isinstance(model, SEALTrainStep):
        raise ValueError(
            f"{type(model).__name__} defines its own train_step, which the "
            "callback would replace. Let the class inherit "
            "seal_tf.SEALTrainStep before keras.Model, and pass its gradients "
            "to self.apply_signed_gradients(gradients, variables)."
        )


def check_second_pass(model: keras.Model, schedule_name: str) -> None:
    """Check that a step can have a second pass, at perturbed weights.

    Args:
        model: The model.
        schedule_name: Name of the schedule, for the message.

    Raises:
        ValueError: If the model has a train step of its own.
    """
    if type(model).train_step not in (
        keras.Model.train_step,
        SEALTrainStep.train_step,
    ):
        raise ValueError(
            f"{schedule_name} and the train_step of {type(model).__name__} are "
            "incompatible: sam computes the loss twice in each step, which "
            "only the train_step of Keras and of seal_tf.SEALModel can do."
        )


def check_freezing(model: keras.Model, schedule_name: str) -> None:
    """Check that a step can leave frozen layers out of its backward pass.

    Args:
        model: The model.
        schedule_name: Name of the schedule, for the message.

    Raises:
        ValueError: If the model has a train step of its own, and the backend
            is JAX, where it differentiates all trainable variables.
    """
    own = (keras.Model.train_step, SEALTrainStep.train_step)
    if get_backend().name == "jax" and type(model).train_step not in own:
        raise ValueError(
            f"{schedule_name} freezes layers, which on JAX only Keras' own "
            "train_step and that of seal_tf.SEALModel can do. Received: "
            f"the train_step of {type(model).__name__}"
        )


def is_patched(model: keras.Model) -> bool:
    """Return whether `patch_train_step` has replaced the train step."""
    step = vars(model).get("train_step")
    return getattr(step, "func", None) is _patched_step


def _patched_step(
    control: StepControl, step: Callable[..., Any], *args: Any
) -> Any:
    return get_backend().run_step(control, step, *args)


def _own_step(
    control: StepControl, step: Callable[..., Any], *args: Any
) -> Any:
    """Run a train step of the user, whose last argument is the batch."""
    *state, data = args
    prepare, control.prepare = control.prepare, None
    try:
        # The step may end in that of `SEALTrainStep`, which prepares, too.
        return step(*state, data if prepare is None else prepare(data))
    finally:
        control.prepare = prepare


def _plain_step(model: keras.Model, control: StepControl, *args: Any) -> Any:
    return get_backend().train_step(model, control, *args)
