"""TensorFlow: Keras' own train step, with signed gradients.

Private parts of Keras, as in its own step; they make the reported loss right
under a tf.distribute strategy: `_compute_loss`, `_loss_tracker`. If
tests/backends/test_tensorflow.py fails on a new Keras release, compare
`train_step` with `keras.Model.train_step`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from seal_tf.backends.base import (
    CAPTURED_BATCH,
    Backend,
    predict,
    track_loss,
    update_metrics,
)
from seal_tf.backends.batch import Batch, first_input

#: Types that TensorFlow's fused updates support on every device.
_FUSED_DTYPES = ("float16", "float32", "float64")


class TensorFlowBackend(Backend):
    """TensorFlow, with any `tf.distribute` strategy that Keras accepts."""

    name = "tensorflow"
    # Replicas take their steps in turn, each with its own gradients.
    signs_in_optimizer = False

    def scope(
        self, model: keras.Model
    ) -> contextlib.AbstractContextManager[Any]:
        """Return the scope of the model's strategy."""
        scope: contextlib.AbstractContextManager[Any] = (
            model.distribute_strategy.scope()
        )
        return scope

    def build_scope(self) -> contextlib.AbstractContextManager[Any]:
        """Return a scope outside the function that is traced."""
        scope: contextlib.AbstractContextManager[Any] = tf.init_scope()
        return scope

    def replica_count(self, model: keras.Model) -> int:
        """Return the number of replicas of the model's strategy."""
        count: int = model.distribute_strategy.num_replicas_in_sync
        return count

    def replicas_in_step(self) -> int:
        """Return the number of replicas that run the current step."""
        context = tf.distribute.get_replica_context()
        return context.num_replicas_in_sync if context else 1

    def is_distributed(self, model: keras.Model) -> bool:
        """Return whether the model was built under a strategy."""
        with model.distribute_strategy.scope():
            return bool(tf.distribute.has_strategy())

    def is_chief(self, model: keras.Model) -> bool:
        """Return whether this process is the chief of its cluster."""
        return is_chief(model.distribute_strategy)

    def has_gpu(self) -> bool:
        """Return whether TensorFlow sees a GPU."""
        return bool(tf.config.list_physical_devices("GPU"))

    def copy(self, variable: Any) -> Any:
        """Return the value of a variable as a tensor of its own."""
        return tf.identity(variable.value)

    def read(self, variable: Any) -> Any:
        """Return the value of a variable as a tensor."""
        return tf.convert_to_tensor(variable.value)

    def multiply(self, gradient: Any, factor: Any) -> Any:
        """Return a gradient, dense or sparse, times a scalar."""
        # scalar_mul supports the sparse gradients of embeddings, too.
        return tf.math.scalar_mul(tf.cast(factor, gradient.dtype), gradient)

    def to_dense(self, gradient: Any) -> Any:
        """Return a gradient as one tensor.

        The sparse gradient of an embedding may have a row several times.
        """
        return tf.convert_to_tensor(gradient)

    def sum_over_replicas(self, tensors: list[Any]) -> list[Any]:
        """Return the sums of tensors over all replicas of a step."""
        context = tf.distribute.get_replica_context()
        if context is None or context.num_replicas_in_sync == 1:
            return tensors
        reduced: list[Any] = context.all_reduce(
            tf.distribute.ReduceOp.SUM, tensors
        )
        return reduced

    def train_step(self, model: keras.Model, control: Any, *args: Any) -> Any:
        """Run one train step with the signs and scales of a plan.

        Args:
            model: The compiled model.
            control: The `StepControl` that the step obeys.
            *args: The batch: x, (x, y) or (x, y, sample_weight).

        Returns:
            The current values of the metrics, by name.
        """
        (data,) = args
        if control.prepare is not None:
            data = control.prepare(data)
        batch = self.unpack_batch(data, control.padded)
        control.ensure_partition(model, batch.x)
        variables = model.trainable_weights
        perturbation = control.perturbation(model)
        distillation = control.distillation
        # Outside the tape, teachers are not part of the backward pass.
        targets = distillation and distillation.targets(model, batch.x)

        def first_pass() -> tuple[Any, Any]:
            return forward(model, batch, True, distillation, targets)

        def second_pass() -> tuple[Any, Any]:
            return predict(model, batch, True, distillation, targets)

        gradients, y_pred = loss_gradients(model, variables, first_pass)
        if perturbation is not None:
            gradients = perturbation.gradients(
                gradients,
                variables,
                lambda: loss_gradients(model, variables, second_pass)[0],
            )
        control.check_optimizer(model.optimizer)
        control.apply(model.optimizer, gradients, variables)
        logs = update_metrics(model, batch, y_pred)
        if control.captures_batches:
            return logs | {CAPTURED_BATCH: (batch.x, batch.y)}
        return logs

    def minimize(
        self,
        model: Any,
        compute_loss: Callable[[], tuple[Any, Any]],
        apply: Callable[[Sequence[Any], Sequence[Any]], None],
    ) -> Any:
        """Differentiate a loss, apply its gradients, and log the loss."""
        # A model without variables is built by its first call.
        unbuilt = not model.variables
        with tf.GradientTape(watch_accessed_variables=unbuilt) as tape:
            for variable in model.trainable_weights:
                tape.watch(variable.value)
            loss, outputs = compute_loss()
            scaled = model.optimizer.scale_loss(loss)
        variables = model.trainable_weights
        apply(tape.gradient(scaled, variables), variables)
        track_loss(model, loss, None)
        return outputs

    def unpack_batch(self, data: Any, padded: bool) -> Batch:
        """Unpack the data that fit gives to a step.

        Replicas need shards of one size, so a short last batch is padded with
        images of weight 0. Padding changes neither the loss nor the metrics:
        both are those of the real images, as on one device.

        Args:
            data: x, (x, y) or (x, y, weights).
            padded: Whether images of weight 0 are padding.
        """
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        size = tf.shape(first_input(x))[0]
        if not padded:
            return Batch(x, y, weights, size)
        real = tf.not_equal(weights, 0)
        replicas = tf.distribute.get_replica_context()
        all_real = replicas.all_reduce(
            tf.distribute.ReduceOp.SUM, tf.reduce_sum(tf.cast(real, tf.float32))
        )
        count = all_real / replicas.num_replicas_in_sync
        # Keras divides by the size of the shard, padding included.
        weights = weights * (tf.cast(size, tf.float32) / count)
        return Batch(
            x, y, weights, count, lambda rows: tf.boolean_mask(rows, real)
        )

    def momentum_step(
        self, optimizer: Any, variable: Any, gradient: Any, rate: Any, l2: Any
    ) -> None:
        """Update a variable and its velocity with fused operations.

        Memory bandwidth limits the update, and these operations read and
        write half as much as separate products and sums.
        """
        dtype = keras.backend.standardize_dtype(variable.dtype)
        if dtype not in _FUSED_DTYPES:
            super().momentum_step(optimizer, variable, gradient, rate, l2)
            return
        index = optimizer._get_variable_index(variable)
        velocity = optimizer.velocities[index]
        momentum, nesterov = optimizer.momentum, optimizer.nesterov
        if l2 is not None and nesterov:
            gradient = gradient + l2 * variable
        elif l2 is not None:
            # The next operation multiplies the velocity by the momentum.
            tf.raw_ops.ResourceApplyGradientDescent(
                var=_handle(velocity),
                alpha=-l2 / momentum,
                delta=tf.convert_to_tensor(variable),
            )
        tf.raw_ops.ResourceApplyMomentum(
            var=_handle(variable),
            accum=_handle(velocity),
            lr=rate,
            grad=tf.convert_to_tensor(gradient),
            momentum=tf.constant(momentum, variable.dtype),
            use_nesterov=nesterov,
        )

    def subgraph(
        self, model: keras.Model, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Return a `tf.function`, unless the model runs eagerly."""
        if model.run_eagerly:
            return function
        compiled: Callable[..., Any] = tf.function(function, autograph=False)
        return compiled

    def compiled(
        self,
        model: keras.Model,
        function: Callable[[Any], Any],
        training: bool = False,
    ) -> Callable[[Any], Any]:
        """Return a `tf.function`, with the results of the first replica."""
        strategy = model.distribute_strategy

        def run(batch: Any) -> Any:
            return keras.tree.map_structure(
                lambda value: strategy.experimental_local_results(value)[0],
                strategy.run(function, args=(batch,)),
            )

        compiled: Callable[[Any], Any] = tf.function(
            run, reduce_retracing=True, autograph=False
        )
        return compiled


def is_chief(strategy: Any) -> bool:
    """Return whether the process of a strategy writes files."""
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or not resolver.task_type:
        return True
    if "chief" in resolver.cluster_spec().jobs:
        return bool(resolver.task_type == "chief")
    return bool(resolver.task_id == 0)


def loss_gradients(
    model: keras.Model,
    variables: Sequence[Any],
    compute: Callable[[], tuple[Any, Any]],
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


def evaluation_step(model: keras.Model, data: Any, padded: bool) -> Any:
    """Run one step of `evaluate`; padding does not count.

    Args:
        model: The compiled model.
        data: A batch: x, (x, y) or (x, y, sample_weight).
        padded: Whether images of weight 0 are padding.

    Returns:
        The current values of the metrics, by name.
    """
    batch = TensorFlowBackend().unpack_batch(data, padded)
    y_pred, _ = forward(model, batch, training=False)
    return update_metrics(model, batch, y_pred)


def forward(
    model: keras.Model,
    batch: Batch,
    training: bool,
    distillation: Any = None,
    targets: Any = None,
) -> tuple[Any, Any]:
    """Return predictions and loss, and update the loss tracker."""
    y_pred, loss = predict(model, batch, training, distillation, targets)
    track_loss(model, loss, batch.count)
    return y_pred, loss


def _handle(variable: Any) -> Any:
    """The resource handle of a Keras or TensorFlow variable."""
    inner = variable.value
    return variable.handle if callable(inner) else inner.handle
