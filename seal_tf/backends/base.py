"""The interface of a backend, with what is the same on all of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops
from keras.src.losses.loss import unscale_loss_for_distribution

from seal_tf.backends.batch import Batch, first_input
from seal_tf.utils.model_call import call_model
from seal_tf.utils.patching import AttributePatcher

#: Key of the batch among the logs of a step that captures batches.
CAPTURED_BATCH = "captured_batch"


class Backend:
    """What a plan needs of the backend of Keras.

    A train step is a function of the arguments that Keras passes on this
    backend: (data) or (state, data). `control` is always the
    `seal_tf.training.step_control.StepControl` that the step obeys.

    Attributes:
        name: Name of the backend in Keras.
        signs_in_optimizer: Whether the sign of a plan acts in
            `optimizer.apply`. Otherwise the train step applies it before.
        jit_default: Whether Keras compiles the step with XLA by default.
    """

    name = ""
    signs_in_optimizer = True
    jit_default = False

    # Devices and processes

    def scope(
        self, model: keras.Model
    ) -> contextlib.AbstractContextManager[Any]:
        """Return the scope in which variables of a fit are created."""
        return contextlib.nullcontext()

    def build_scope(self) -> contextlib.AbstractContextManager[Any]:
        """Return a scope in which a step that is traced can build a model."""
        return contextlib.nullcontext()

    def replica_count(self, model: keras.Model) -> int:
        """Return the number of replicas whose losses Keras averages."""
        return 1

    def replicas_in_step(self) -> int:
        """Return the number of replicas that run the current step."""
        return 1

    def is_distributed(self, model: keras.Model) -> bool:
        """Return whether several devices or processes train the model."""
        return False

    def is_chief(self, model: keras.Model) -> bool:
        """Return whether this process writes files."""
        return True

    def has_gpu(self) -> bool:
        """Return whether the backend can use a GPU."""
        raise NotImplementedError

    def synchronize(self, model: keras.Model) -> None:
        """Make the variables of a model in fit readable and assignable."""

    def random_state(self) -> dict[str, Any]:
        """Return random states outside the variables of a model, as arrays.

        Layers of TensorFlow and JAX draw from variables only.
        """
        return {}

    def set_random_state(self, state: dict[str, Any]) -> None:
        """Restore what `random_state` returned."""

    # Tensors

    def copy(self, variable: Any) -> Any:
        """Return the value of a variable; later assignments leave it."""
        return variable.value

    def read(self, variable: Any) -> Any:
        """Return the value of a variable as a tensor."""
        return variable.value

    def multiply(self, gradient: Any, factor: Any) -> Any:
        """Return a gradient, dense or sparse, times a scalar."""
        return gradient * ops.cast(factor, gradient.dtype)

    def to_dense(self, gradient: Any) -> Any:
        """Return a gradient as one tensor."""
        return gradient

    def sum_over_replicas(self, tensors: list[Any]) -> list[Any]:
        """Return the sums of tensors over all replicas of a step."""
        return tensors

    # Steps

    def train_step(self, model: keras.Model, control: Any, *args: Any) -> Any:
        """Run one train step with the signs and scales of a plan."""
        raise NotImplementedError

    def run_step(
        self, control: Any, step: Callable[..., Any], *args: Any
    ) -> Any:
        """Run a train step as one step of the plan, and advance the plan."""
        with control.step_context:
            logs = step(*args)
        control.end_step()
        return logs

    def minimize(
        self,
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
        raise NotImplementedError

    def unpack_batch(self, data: Any, padded: bool) -> Batch:
        """Unpack the data that fit gives to a step.

        Args:
            data: x, (x, y) or (x, y, weights).
            padded: Whether images of weight 0 are padding.
        """
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        return Batch(x, y, weights, first_input(x).shape[0])

    def retracing(
        self, model: keras.Model
    ) -> contextlib.AbstractContextManager[Any]:
        """Return a context in which a new train function is traced anew."""
        return contextlib.nullcontext()

    def skipped_step(self, logs: Any, *args: Any) -> Any:
        """Return what the train function returns for a skipped step.

        Args:
            logs: The logs of the step.
            *args: The arguments of the train function.
        """
        return logs

    def first_data_step(self, step: int) -> int:
        """Return the step at which the data of a resumed epoch must start.

        Args:
            step: Completed steps of the epoch.
        """
        return step

    def map_logs(self, function: Callable[[Any], Any], result: Any) -> Any:
        """Apply a function to the logs in the result of a train function."""
        return function(result)

    # Optimizers

    def patch_optimizer(
        self,
        optimizer: Any,
        factor_key: Callable[[Any], Any],
        scaled_rate: Callable[[Any, Any], Any],
        patcher: AttributePatcher,
    ) -> None:
        """Patch what Keras' optimizers do in another way on this backend.

        Args:
            optimizer: The optimizer, without LossScaleOptimizer.
            factor_key: Function of a variable. Variables with equal keys have
                the same factor of the rate.
            scaled_rate: Function of (variable, rate) that returns the rate
                of the variable.
            patcher: Restores the optimizer.
        """

    def carry_variables(
        self,
        optimizer: Any,
        variables: Sequence[Any],
        patcher: AttributePatcher,
    ) -> None:
        """Let a traced step read and assign variables of a plan.

        Args:
            optimizer: The optimizer, without LossScaleOptimizer.
            variables: The variables.
            patcher: Restores the optimizer.
        """

    def momentum_step(
        self, optimizer: Any, variable: Any, gradient: Any, rate: Any, l2: Any
    ) -> None:
        """Update a variable and its velocity; see `optimizers.SGD`.

        Args:
            optimizer: The `seal_tf.optimizers.SGD`.
            variable: The variable.
            gradient: Its gradient, with the type of the variable.
            rate: Its learning rate, with the type of the variable.
            l2: Coefficient of its L2, or None.
        """
        index = optimizer._get_variable_index(variable)
        velocity = optimizer.velocities[index]
        momentum = optimizer.momentum
        if l2 is not None:
            gradient = ops.add(gradient, ops.multiply(l2, variable))
        optimizer.assign(
            velocity, ops.add(ops.multiply(velocity, momentum), gradient)
        )
        step = velocity
        if optimizer.nesterov:
            step = ops.add(gradient, ops.multiply(velocity, momentum))
        optimizer.assign_sub(variable, ops.multiply(step, rate))

    # Inference

    def subgraph(
        self, model: keras.Model, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Return a function that is traced once inside a step.

        Args:
            model: The model of the step.
            function: Maps tensors to tensors. It assigns no variable.
        """
        return function

    def compiled(
        self,
        model: keras.Model,
        function: Callable[[Any], Any],
        training: bool = False,
    ) -> Callable[[Any], Any]:
        """Return a fast form of a function that calls a model.

        Args:
            model: The model.
            function: Maps a batch of tensors to tensors. It may assign
                variables of the model, and no others.
            training: Whether layers of the backend itself run in training
                mode.
        """
        return function


def predict(
    model: keras.Model,
    batch: Batch,
    training: bool,
    distillation: Any = None,
    targets: Any = None,
) -> tuple[Any, Any]:
    """Return predictions and loss.

    Args:
        model: The compiled model.
        batch: The batch.
        training: Whether layers run in training mode.
        distillation: The `DistilledLoss` of the step, or None.
        targets: What its `targets` returned for the batch.
    """
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


def track_loss(model: keras.Model, loss: Any, count: Any) -> None:
    """Add a loss to the mean that the logs show.

    Args:
        model: The compiled model.
        loss: The loss of a batch.
        count: Its number of images; None counts 1.
    """
    model._loss_tracker.update_state(
        unscale_loss_for_distribution(loss), sample_weight=count
    )


def update_metrics(model: keras.Model, batch: Batch, y_pred: Any) -> Any:
    """Update the metrics, and return their current values by name."""
    x, y, y_pred, weights = batch.real_images(
        batch.x, batch.y, y_pred, batch.weights
    )
    if batch.is_real is not None:
        weights = batch.is_real
    return model.compute_metrics(x, y, y_pred, sample_weight=weights)
