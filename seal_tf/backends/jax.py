"""JAX: a stateless train step, whose optimizer obeys the plan.

Keras passes the values of all variables to the step and takes the new ones
from it. The variables of a plan travel among those of the optimizer, because
nothing else that a step may change reaches `optimizer.stateless_apply`. While
an epoch runs, Keras' variables are empty; `synchronize` fills them.

If tests/backends/test_jax.py fails on a new Keras release, compare
`train_step` with `keras.src.backend.jax.trainer`.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import keras
from keras.distribution import distribution

from seal_tf.backends.base import (
    CAPTURED_BATCH,
    Backend,
    predict,
    track_loss,
    update_metrics,
)
from seal_tf.backends.batch import Batch, first_input
from seal_tf.utils.patching import AttributePatcher


class JaxBackend(Backend):
    """JAX, on one device or with `keras.distribution.DataParallel`."""

    name = "jax"
    jit_default = True

    def is_distributed(self, model: keras.Model) -> bool:
        """Return whether Keras distributes over several devices."""
        return distribution() is not None

    def is_chief(self, model: keras.Model) -> bool:
        """Return whether this is the first process of `jax.distributed`."""
        return bool(jax.process_index() == 0)

    def has_gpu(self) -> bool:
        """Return whether JAX uses a GPU."""
        return bool(jax.default_backend() == "gpu")

    def synchronize(self, model: keras.Model) -> None:
        """Fill the variables with the state of the latest step."""
        if getattr(model, "_jax_state", None) is not None:
            model.jax_state_sync()

    def train_step(self, model: keras.Model, control: Any, *args: Any) -> Any:
        """Run one train step with the signs and scales of a plan.

        Args:
            model: The compiled model.
            control: The `StepControl` that the step obeys.
            *args: The state of Keras' JAX step, and the batch.

        Returns:
            (current values of the metrics, new state).
        """
        state, data = args
        if control.prepare is not None:
            data = control.prepare(data)
        batch = self.unpack_batch(data, control.padded)
        step = _Step(model, control, state, batch)
        control.check_optimizer(model.optimizer)
        # Frozen variables are not trainable in this block, so the step has
        # made its lists of variables before.
        with control.step_context:
            gradients, passed = step.gradients()
        trained, optimizer_values = model.optimizer.stateless_apply(
            step.optimizer_values, gradients, step.trained
        )
        logs, metrics = step.metrics(passed)
        if control.captures_batches:
            logs = logs | {CAPTURED_BATCH: (step.batch.x, step.batch.y)}
        return logs, (
            trained,
            passed.other_values,
            optimizer_values,
            metrics,
        )

    def unpack_batch(self, data: Any, padded: bool) -> Batch:
        """Unpack the data that fit gives to a step.

        All devices see one batch, whose size never changes: a short last
        batch is padded with images of weight 0. They change neither the loss
        nor the metrics among `weighted_metrics`.

        Args:
            data: x, (x, y) or (x, y, weights).
            padded: Whether images of weight 0 are padding.
        """
        if not padded:
            return super().unpack_batch(data, padded)
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        is_real = keras.ops.cast(weights != 0, "float32")
        count = keras.ops.sum(is_real)
        # Keras divides by the size of the batch, padding included.
        weights = weights * (first_input(x).shape[0] / count)
        return Batch(x, y, weights, count, is_real=is_real)

    def run_step(
        self, control: Any, step: Callable[..., Any], *args: Any
    ) -> Any:
        """Run a train step as one step of the plan, and advance the plan."""
        logs, state = step(*args)
        trained, other, optimizer_values, metrics = state
        optimizer_values = list(optimizer_values)
        names = [id(v) for v in control.optimizer.variables]
        position = names.index(id(control.step))
        optimizer_values[position] = optimizer_values[position] + 1
        return logs, (trained, other, optimizer_values, metrics)

    def minimize(
        self,
        model: Any,
        compute_loss: Callable[[], tuple[Any, Any]],
        apply: Callable[[Sequence[Any], Sequence[Any]], None],
    ) -> Any:
        """Raise an error: a step of JAX has no variables to differentiate."""
        raise NotImplementedError(
            "`minimize` and `apply_signed_gradients` do not work on JAX, where "
            "a train_step is stateless. Call `self.optimizer.stateless_apply` "
            "in train_step, as in Keras' guide: it obeys the plan."
        )

    @contextlib.contextmanager
    def retracing(self, model: keras.Model) -> Iterator[None]:
        """Give the train function a step that JAX has not traced yet.

        `jax.jit` reuses the trace of an equal function.
        """
        patcher = AttributePatcher()
        fresh = functools.partial(model.train_step)
        patcher.patch(model, "train_step", fresh)
        try:
            yield
        finally:
            patcher.restore()

    def skipped_step(self, logs: Any, *args: Any) -> Any:
        """Return the logs and the unchanged state."""
        return logs, args[0]

    def map_logs(self, function: Callable[[Any], Any], result: Any) -> Any:
        """Apply a function to the logs in the result of a train function."""
        logs, state = result
        return function(logs), state

    def carry_variables(
        self,
        optimizer: Any,
        variables: Sequence[Any],
        patcher: AttributePatcher,
    ) -> None:
        """Add variables to those of the optimizer, except in its files."""
        own = list(optimizer._variables)
        carried = [*own, *variables]
        patcher.patch(optimizer, "_variables", carried)
        for name in ("save_own_variables", "load_own_variables"):
            patcher.wrap(
                optimizer,
                name,
                functools.partial(_call_with_own, optimizer, own, carried),
            )

    def subgraph(
        self, model: keras.Model, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Return a jitted function, unless the model runs eagerly."""
        compiled: Callable[..., Any] = jax.jit(function)
        return function if model.run_eagerly else compiled

    def compiled(
        self,
        model: keras.Model,
        function: Callable[[Any], Any],
        training: bool = False,
    ) -> Callable[[Any], Any]:
        """Return a jitted function that assigns what changes."""
        variables = model.variables

        @jax.jit
        def run(values: Any, batch: Any) -> Any:
            mapping = list(zip(variables, values, strict=True))
            with keras.StatelessScope(state_mapping=mapping) as scope:
                result = function(batch)
            return result, [scope.get_current_value(v) for v in variables]

        def call(batch: Any) -> Any:
            result, values = run([v.value for v in variables], batch)
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            return result

        return call


class _Passed:
    """What a forward pass returns beside the loss to differentiate."""

    def __init__(
        self, loss: Any, y_pred: Any, other_values: Any, metric_values: Any
    ) -> None:
        self.loss, self.y_pred = loss, y_pred
        self.other_values, self.metric_values = other_values, metric_values


class _Step:
    """One step: the values of all variables, by the kinds of Keras' state."""

    def __init__(
        self, model: Any, control: Any, state: Any, batch: Batch
    ) -> None:
        self.model, self.control, self.batch = model, control, batch
        self.trained, self.other, self.optimizer_values, self.metric_values = (
            state
        )
        self._variables = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        )

    def _scope(self, trained: Any, collect_losses: bool = False) -> Any:
        values = (
            trained,
            self.other,
            self.optimizer_values,
            self.metric_values,
        )
        mapping = [
            pair
            for variables, part in zip(self._variables, values, strict=True)
            for pair in zip(variables, part, strict=True)
        ]
        return keras.StatelessScope(
            state_mapping=mapping, collect_losses=collect_losses
        )

    def gradients(self) -> tuple[list[Any], _Passed]:
        """Return one gradient of each trainable variable, and the pass.

        The gradient of a frozen variable is None: the loss is not
        differentiated with respect to it.
        """
        control = self.control
        active = [not control.is_frozen(v) for v in self._variables[0]]
        distillation, targets = control.distillation, None
        with self._scope(self.trained):
            perturbation = control.perturbation(self.model)
            if distillation:
                targets = distillation.targets(self.model, self.batch.x)

        def loss(weights: list[Any]) -> tuple[Any, Any]:
            values = _spread(weights, active, self.trained)
            with self._scope(values, collect_losses=True) as scope:
                y_pred, loss = predict(
                    self.model, self.batch, True, distillation, targets
                )
                scaled = self.model.optimizer.scale_loss(loss)
            # The loss of each of several outputs is a metric of its own.
            other, metrics = (
                [scope.get_current_value(v) for v in self._variables[kind]]
                for kind in (1, 3)
            )
            return scaled, (loss, y_pred, other, metrics)

        differentiate = jax.grad(loss, has_aux=True)
        weights = list(itertools.compress(self.trained, active))
        gradients, auxiliary = differentiate(weights)
        if perturbation is not None:
            # The second pass starts from the same states as the first.
            perturbed = perturbation.perturbed(weights, gradients)
            gradients, _ = differentiate(perturbed)
        missing = [None] * len(active)
        return _spread(gradients, active, missing), _Passed(*auxiliary)

    def metrics(self, passed: _Passed) -> tuple[Any, list[Any]]:
        """Return the logs, and the new values of the metrics' variables."""
        self.metric_values = passed.metric_values
        with self._scope(self.trained) as scope:
            track_loss(self.model, passed.loss, self.batch.count)
            logs = update_metrics(self.model, self.batch, passed.y_pred)
        return logs, [scope.get_current_value(v) for v in self._variables[3]]


def _spread(
    selected: Sequence[Any], active: Sequence[bool], others: Sequence[Any]
) -> list[Any]:
    """Put selected values in the active places, and keep the others."""
    remaining = iter(selected)
    return [
        next(remaining) if is_active else other
        for is_active, other in zip(active, others, strict=True)
    ]


def evaluation_step(
    model: Any, state: Any, data: Any
) -> tuple[Any, tuple[Any, Any, Any]]:
    """Run one step of `evaluate` on a padded batch.

    Args:
        model: The compiled model.
        state: The state of Keras' JAX test step.
        data: (x, y, weights); images of weight 0 are padding.

    Returns:
        (current values of the metrics, new state).
    """
    trained, other, metric_values = state
    variables = (
        *zip(model.trainable_variables, trained, strict=True),
        *zip(model.non_trainable_variables, other, strict=True),
        *zip(model.metrics_variables, metric_values, strict=True),
    )
    batch = JaxBackend().unpack_batch(data, padded=True)
    with keras.StatelessScope(
        state_mapping=variables, collect_losses=True
    ) as scope:
        y_pred, loss = predict(model, batch, training=False)
        track_loss(model, loss, batch.count)
        logs = update_metrics(model, batch, y_pred)
    other, metric_values = (
        [scope.get_current_value(v) for v in part]
        for part in (model.non_trainable_variables, model.metrics_variables)
    )
    return logs, (trained, other, metric_values)


def _call_with_own(
    optimizer: Any,
    own: list[Any],
    carried: list[Any],
    original: Callable[..., Any],
    *args: Any,
) -> Any:
    """Call a method of an optimizer that shows only its own variables."""
    object.__setattr__(optimizer, "_variables", own)
    try:
        return original(*args)
    finally:
        object.__setattr__(optimizer, "_variables", carried)
