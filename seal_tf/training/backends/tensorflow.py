"""The train step on TensorFlow: Keras' own, with signed gradients.

Private parts of Keras, as in its own step; they make the reported loss right
under a tf.distribute strategy: `unscale_loss_for_distribution`,
`_compute_loss`, `_loss_tracker`. If tests/training/backends/test_tensorflow.py
fails on a new Keras release, compare `train_step` with
`keras.Model.train_step`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras.src.losses.loss import unscale_loss_for_distribution

from seal_tf.training.padded_batch import Batch, unpack_batch
from seal_tf.training.step_control import StepControl
from seal_tf.utils.model_call import call_model

#: Key of the batch among the logs of a step that captures batches.
CAPTURED_BATCH = "captured_batch"


def train_step(model: keras.Model, data: Any, control: StepControl) -> Any:
    """Run one train step with the signs and scales of a plan.

    Args:
        model: The compiled model.
        data: A batch: x, (x, y) or (x, y, sample_weight).
        control: The `StepControl` that the step obeys.

    Returns:
        The current values of the metrics, by name.
    """
    if control.prepare is not None:
        data = control.prepare(data)
    batch = unpack_batch(data, control.padded)
    control.ensure_partition(model, batch.x)
    variables = model.trainable_weights
    perturbation = control.perturbation(model)
    distillation = control.distillation
    # Outside the tape, teachers are not part of the backward pass.
    targets = distillation and distillation.targets(model, batch.x)
    gradients, y_pred = loss_gradients(
        model,
        variables,
        lambda: forward(model, batch, True, distillation, targets),
    )
    if perturbation is not None:
        gradients = perturbation.gradients(
            gradients,
            variables,
            lambda: loss_gradients(
                model,
                variables,
                lambda: predict(model, batch, True, distillation, targets),
            )[0],
        )
    apply_signed(model, gradients, variables, control)
    logs = updated_metrics(model, batch, y_pred)
    if control.captures_batches:
        return logs | {CAPTURED_BATCH: (batch.x, batch.y)}
    return logs


def loss_gradients(
    model: keras.Model,
    variables: Sequence[Any],
    compute: Callable[[], tuple[Any, tf.Tensor]],
) -> tuple[Sequence[Any], Any]:
    """Differentiate the loss of a forward pass.

    Args:
        model: The compiled model.
        variables: Variables of the gradients. No others are watched, which
            keeps frozen layers out of the backward pass.
        compute: Returns (predictions, loss).

    Returns:
        (gradients, scaled by the loss scale of the optimizer; predictions).
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for variable in variables:
            tape.watch(variable.value)
        y_pred, loss = compute()
        loss = model.optimizer.scale_loss(loss)
    return tape.gradient(loss, variables), y_pred


def minimize(
    model: Any,
    compute_loss: Callable[[], tuple[Any, Any]],
    apply: Callable[[Sequence[Any], Sequence[Any]], None],
) -> Any:
    """Differentiate a loss, apply its gradients, and log the loss.

    Args:
        model: The compiled model.
        compute_loss: Returns (loss, outputs).
        apply: Applies (gradients, variables).

    Returns:
        The outputs.
    """
    # A model without variables is built by its first call.
    unbuilt = not model.variables
    with tf.GradientTape(watch_accessed_variables=unbuilt) as tape:
        for variable in model.trainable_weights:
            tape.watch(variable.value)
        loss, outputs = compute_loss()
        scaled = model.optimizer.scale_loss(loss)
    variables = model.trainable_weights
    apply(tape.gradient(scaled, variables), variables)
    model._loss_tracker.update_state(unscale_loss_for_distribution(loss))
    return outputs


def evaluation_step(model: keras.Model, data: Any, padded: bool) -> Any:
    """Run one step of `evaluate`; padding does not count.

    Args:
        model: The compiled model.
        data: A batch: x, (x, y) or (x, y, sample_weight).
        padded: Whether images of weight 0 are padding.

    Returns:
        The current values of the metrics, by name.
    """
    batch = unpack_batch(data, padded)
    y_pred, _ = forward(model, batch, training=False)
    return updated_metrics(model, batch, y_pred)


def forward(
    model: keras.Model,
    batch: Batch,
    training: bool,
    distillation: Any = None,
    targets: Any = None,
) -> tuple[Any, tf.Tensor]:
    """Return predictions and loss, and update the loss tracker.

    Args:
        model: The compiled model.
        batch: The batch.
        training: Whether layers run in training mode.
        distillation: The `DistilledLoss` of the step, or None.
        targets: What its `targets` returned for the batch.
    """
    y_pred, loss = predict(model, batch, training, distillation, targets)
    model._loss_tracker.update_state(
        unscale_loss_for_distribution(loss), sample_weight=batch.count
    )
    return y_pred, loss


def predict(
    model: keras.Model,
    batch: Batch,
    training: bool,
    distillation: Any = None,
    targets: Any = None,
) -> tuple[Any, tf.Tensor]:
    """Return predictions and loss; see `forward`."""
    y_pred = call_model(model, batch.x, training)
    loss = model._compute_loss(
        x=batch.x,
        y=batch.y,
        y_pred=y_pred,
        sample_weight=batch.weights,
        training=training,
    )
    if distillation:
        loss = distillation.combine(model, loss, y_pred, batch, targets)
    return y_pred, loss


def updated_metrics(model: keras.Model, batch: Batch, y_pred: Any) -> Any:
    """Update the metrics, and return their current values by name."""
    x, y, y_pred, weights = batch.real_images(
        batch.x, batch.y, y_pred, batch.weights
    )
    return model.compute_metrics(x, y, y_pred, sample_weight=weights)


def apply_signed(
    model: keras.Model,
    gradients: Sequence[Any],
    variables: Sequence[Any],
    control: StepControl,
) -> None:
    """Apply gradients with the signs and scales of the plan's step.

    Args:
        model: The compiled model.
        gradients: One gradient, or None, for each variable.
        variables: The variables to update.
        control: The `StepControl` that the step obeys.
    """
    control.ensure_partition(model)
    control.record_norms(gradients, variables, model.optimizer)
    clipping = control.begin_step(model.optimizer)
    gradients = [
        control.apply_sign(g, v)
        for g, v in zip(gradients, variables, strict=True)
    ]
    model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
    if clipping is not None:
        clipping.clip()
