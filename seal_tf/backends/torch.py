"""PyTorch: Keras' eager train step, whose optimizer obeys the plan.

If tests/backends/test_torch.py fails on a new Keras release, compare
`train_step` with `keras.src.backend.torch.trainer`, and `patch_optimizer`
with `keras.src.backend.torch.optimizers`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import torch

from seal_tf.backends.base import (
    CAPTURED_BATCH,
    Backend,
    predict,
    track_loss,
    update_metrics,
)
from seal_tf.utils.patching import AttributePatcher


class TorchBackend(Backend):
    """PyTorch, on one device."""

    name = "torch"

    def has_gpu(self) -> bool:
        """Return whether PyTorch sees a GPU."""
        return bool(torch.cuda.is_available())

    def random_state(self) -> dict[str, Any]:
        """Return the states of PyTorch's generators; dropout uses them."""
        state = {"cpu": torch.get_rng_state().numpy()}
        if self.has_gpu():
            state["cuda"] = torch.cuda.get_rng_state().numpy()
        return state

    def set_random_state(self, state: dict[str, Any]) -> None:
        """Restore what `random_state` returned."""
        if "cpu" in state:
            torch.set_rng_state(torch.from_numpy(np.array(state["cpu"])))
        if "cuda" in state and self.has_gpu():
            torch.cuda.set_rng_state(torch.from_numpy(np.array(state["cuda"])))

    def copy(self, variable: Any) -> Any:
        """Return the value of a variable as a tensor of its own."""
        return variable.value.detach().clone()

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
        control.check_optimizer(model.optimizer)
        variables = model.trainable_weights
        perturbation = control.perturbation(model)
        distillation, targets = control.distillation, None
        if distillation:
            with torch.no_grad():
                targets = distillation.targets(model, batch.x)

        def compute() -> tuple[Any, Any]:
            return predict(model, batch, True, distillation, targets)

        gradients, y_pred, loss = loss_gradients(model, variables, compute)
        track_loss(model, loss, batch.count)
        if perturbation is not None:
            with torch.no_grad():
                gradients = perturbation.gradients(
                    gradients,
                    variables,
                    lambda: loss_gradients(model, variables, compute)[0],
                )
        with torch.no_grad():
            model.optimizer.apply(gradients, variables)
        logs = update_metrics(model, batch, y_pred)
        if control.captures_batches:
            return logs | {CAPTURED_BATCH: (batch.x, batch.y)}
        return logs

    def first_data_step(self, step: int) -> int:
        """Return 0: fit reads the batches of skipped steps, too."""
        return 0

    def minimize(
        self,
        model: Any,
        compute_loss: Callable[[], tuple[Any, Any]],
        apply: Callable[[Sequence[Any], Sequence[Any]], None],
    ) -> Any:
        """Differentiate a loss, apply its gradients, and log the loss."""
        variables = model.trainable_weights
        gradients, outputs, loss = loss_gradients(
            model, variables, lambda: compute_loss()[::-1]
        )
        with torch.no_grad():
            apply(gradients, variables)
        track_loss(model, loss, None)
        return outputs

    def patch_optimizer(
        self,
        optimizer: Any,
        factor_key: Callable[[Any], Any],
        scaled_rate: Callable[[Any, Any], Any],
        patcher: AttributePatcher,
    ) -> None:
        """Update the variables of each factor of the rate together.

        Keras' optimizers for PyTorch update all variables by a few fused
        operations, and never call `update_step`.
        """
        if hasattr(optimizer, "_parallel_update_step"):
            patcher.wrap(
                optimizer,
                "_backend_update_step",
                functools.partial(
                    _update_by_factor, optimizer, (factor_key, scaled_rate)
                ),
            )

    def momentum_step(
        self, optimizer: Any, variable: Any, gradient: Any, rate: Any, l2: Any
    ) -> None:
        """Update a variable and its velocity in place."""
        index = optimizer._get_variable_index(variable)
        with torch.no_grad():
            velocity = optimizer.velocities[index].value
            weight = variable.value
            if l2 is not None:
                gradient = gradient + l2 * weight
            velocity.mul_(optimizer.momentum).add_(gradient)
            step = velocity
            if optimizer.nesterov:
                step = gradient + optimizer.momentum * velocity
            weight.sub_(rate * step)

    def compiled(
        self,
        model: keras.Model,
        function: Callable[[Any], Any],
        training: bool = False,
    ) -> Callable[[Any], Any]:
        """Return the function without gradients, in the mode that it needs."""

        def run(batch: Any) -> Any:
            mode = model.training
            model.train(training)
            try:
                with torch.no_grad():
                    return function(batch)
            finally:
                model.train(mode)

        return run


def loss_gradients(
    model: Any,
    variables: Sequence[Any],
    compute: Callable[[], tuple[Any, Any]],
) -> tuple[list[Any], Any, Any]:
    """Differentiate the loss of a forward pass.

    Args:
        model: The compiled model.
        variables: Variables of the gradients.
        compute: Returns (predictions, loss).

    Returns:
        (gradients, scaled by the loss scale of the optimizer; predictions;
        loss, not scaled).
    """
    with torch.enable_grad():
        y_pred, loss = compute()
        model.zero_grad()
        model.optimizer.scale_loss(loss).backward()
    return [v.value.grad for v in variables], y_pred, loss.detach()


def _update_by_factor(
    optimizer: Any,
    functions: tuple[Callable[[Any], Any], Callable[[Any, Any], Any]],
    original: Callable[..., Any],
    gradients: Sequence[Any],
    variables: Sequence[Any],
    rate: Any,
) -> None:
    """Call the fused update once for each factor of the rate."""
    factor_key, scaled_rate = functions
    members: dict[Any, tuple[list[Any], list[Any]]] = {}
    for gradient, variable in zip(gradients, variables, strict=True):
        own = members.setdefault(factor_key(variable), ([], []))
        own[0].append(gradient)
        own[1].append(variable)
    # Nadam advances a product once in each update of all variables.
    product = getattr(optimizer, "_u_product", None)
    before = None if product is None else product.value.clone()
    for own_gradients, own_variables in members.values():
        if product is not None:
            product.assign(before)
        scaled = scaled_rate(own_variables[0], rate)
        original(own_gradients, own_variables, scaled)
