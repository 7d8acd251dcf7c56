"""The train step that negates the gradients of groups that ascend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras.src.losses.loss import unscale_loss_for_distribution

from seal_tf.training.counting import Batch, batch_of
from seal_tf.training.gathering import BATCH

# Private to Keras, as in its own step, and the reason why the reported loss
# is right under a tf.distribute strategy: `unscale_loss_for_distribution`,
# `_compute_loss`, `_loss_tracker`, `_call_has_training_arg`. If
# tests/training/test_against_keras.py fails on a new Keras release, compare
# `train_step` below with `keras.Model.train_step`.


def train_step(model: keras.Model, data: Any, control: Any) -> Any:
    """One step: Keras' own, but for the sign of some gradients.

    Args:
        model: The compiled model.
        data: A batch: x, (x, y) or (x, y, sample_weight).
        control: The `StepControl` that is obeyed.

    Returns:
        The metrics so far, by name.
    """
    if control.prepare is not None:
        data = control.prepare(data)
    batch = batch_of(data, control.padded)
    control.ensure_bound(model, batch.x)
    variables = model.trainable_weights
    # Watching nothing else keeps what is frozen out of the backward graph.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for variable in variables:
            tape.watch(variable.value)
        y_pred, loss = forward(model, batch, training=True)
        loss = model.optimizer.scale_loss(loss)
    apply_signed(model, tape.gradient(loss, variables), variables, control)
    logs = measured(model, batch, y_pred)
    return logs | {BATCH: (batch.x, batch.y)} if control.hands_out else logs


def evaluation_step(model: keras.Model, data: Any, padded: Any) -> Any:
    """One step of `evaluate`: Keras' own, but for images that do not count."""
    batch = batch_of(data, padded)
    y_pred, _ = forward(model, batch, training=False)
    return measured(model, batch, y_pred)


def forward(model: keras.Model, batch: Batch, training: bool) -> Any:
    """Predictions and loss, which is counted."""
    if model._call_has_training_arg:
        y_pred = model(batch.x, training=training)
    else:
        y_pred = model(batch.x)
    loss = model._compute_loss(
        x=batch.x,
        y=batch.y,
        y_pred=y_pred,
        sample_weight=batch.weights,
        training=training,
    )
    model._loss_tracker.update_state(
        unscale_loss_for_distribution(loss), sample_weight=batch.count
    )
    return y_pred, loss


def measured(model: keras.Model, batch: Batch, y_pred: Any) -> Any:
    """The metrics so far, by name."""
    x, y, y_pred, weights = batch.counted(
        batch.x, batch.y, y_pred, batch.weights
    )
    return model.compute_metrics(x, y, y_pred, sample_weight=weights)


def apply_signed(
    model: keras.Model,
    gradients: Sequence[Any],
    variables: Sequence[Any],
    control: Any,
) -> None:
    """Applies gradients with the signs and sizes of the plan's step."""
    control.ensure_bound(model)
    control.note_norms(gradients, variables, model.optimizer)
    trust = control.begin_step(model.optimizer)
    gradients = [
        control.signed(g, v) for g, v in zip(gradients, variables, strict=True)
    ]
    model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
    if trust is not None:
        trust.shorten()
    control.end_step()


class SEALTrainStep:
    """Mixin: a `train_step` that obeys `GenerationCallback`.

    Without the callback it is Keras' own step. A class with a step of its
    own inherits it before `keras.Model` and hands its gradients to
    `apply_signed_gradients` instead of `optimizer.apply_gradients`:

    Examples:
        >>> class MyModel(SEALTrainStep, keras.Model):
        ...     def train_step(self, data):
        ...         ...
        ...         self.apply_signed_gradients(gradients, variables)
    """

    _seal_control = None
    optimizer: Any  # of keras.Model

    def train_step(self, data: Any) -> Any:
        if self._seal_control is None:
            return super().train_step(data)  # type: ignore[misc]
        return train_step(self, data, self._seal_control)

    def apply_signed_gradients(
        self, gradients: Sequence[Any], variables: Sequence[Any]
    ) -> None:
        """Takes one step with the plan's signs; plain descent without one.

        Args:
            gradients: One gradient (or None) for each variable, scaled by
                `optimizer.scale_loss` where that is in use.
            variables: The variables to move.
        """
        if self._seal_control is None:
            self.optimizer.apply_gradients(
                zip(gradients, variables, strict=True)
            )
        else:
            apply_signed(self, gradients, variables, self._seal_control)


@keras.saving.register_keras_serializable(package="seal_tf")
class SEALModel(SEALTrainStep, keras.Model):
    """A `keras.Model` whose early layers ascend in ascent epochs.

    Used like `keras.Model`, with inputs and outputs or subclassed; training
    with `SEALCallback` among the callbacks is SEAL (arXiv 2304.04858).

    Examples:
        >>> model = SEALModel(inputs, outputs)
        >>> model.compile(seal_tf.optimizers.SGD(0.1), "mse")
        >>> model.fit(x, y, epochs=8,
        ...           callbacks=[SEALCallback(generations=2, split_at=0.5)])
    """
