"""The train step that obeys the plan, lent to a model for the length of fit."""

from __future__ import annotations

import functools
import types

import keras

from seal_tf.training.model import SEALTrainStep, train_step


def lend_step(model, control, loans) -> None:
    """Lends it; a `SEALTrainStep` has one of its own and is told the plan.

    Args:
        model: The model.
        control: The `StepControl` that is obeyed.
        loans: The `Loans` by which it is taken back.
    """
    if isinstance(model, SEALTrainStep):
        loans.lend(model, "_seal_control", control)
    else:
        step = functools.partial(_lent_step, control)
        loans.lend(model, "train_step", types.MethodType(step, model))


def check_step(model) -> None:
    """Raises ValueError where the model brings a train step of its own."""
    step = vars(model).get("train_step")
    if getattr(getattr(step, "__func__", None), "func", None) is _lent_step:
        raise ValueError(
            "two callbacks of seal_tf in one fit: join their schedules by + "
            "in one GenerationCallback."
        )
    bare = type(model).train_step is keras.Model.train_step and step is None
    if not bare and not isinstance(model, SEALTrainStep):
        raise ValueError(
            f"{type(model).__name__} has a train_step of its own, which "
            "would be passed over. Let the class inherit "
            "seal_tf.SEALTrainStep before keras.Model and hand its gradients "
            "to self.apply_signed_gradients(gradients, variables)."
        )


def _lent_step(control, model, data):
    return train_step(model, data, control)
