"""What the train step obeys: the plan of one epoch, as backend variables."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from seal_tf.backends import get_backend
from seal_tf.schedules import EpochPlan, Plan
from seal_tf.training import layer_groups
from seal_tf.training.gradient_norms import GradientNorms
from seal_tf.training.layer_groups import Partition
from seal_tf.training.perturbation import Perturbation
from seal_tf.training.update_clipping import UpdateClipping


class StepControl:
    """Signs, scales and decay fractions of one epoch, one row for each step.

    The callback loads the plan of an epoch; the step reads its row. Python is
    not involved while training runs, and nothing retraces. A group that the
    whole plan leaves at 1 adds no operation to the graph.

    Args:
        plan: The plan of the run.
        on_built: Called with the model as soon as it has weights.

    Attributes:
        prepare: Function applied to each batch inside the step, or None.
        padded: Whether images of weight 0 are padding.
        gradient_norms: The `GradientNorms` that the step records, or None.
        distillation: The `DistilledLoss` of a step that is traced now, or
            None.
        captures_batches: Whether a step that is traced now returns its batch
            among its logs.
        searched_scale: float32 variable: S, where S is searched.
        optimizer: The optimizer that obeys the plan, or None for any.
        step_context: Context manager around each step that is traced.
        steps_per_update: Micro-steps of one update under gradient
            accumulation.
        partition: The layer groups of the model, once it has weights.
        step: Integer variable: the next step of the epoch.
    """

    def __init__(
        self,
        plan: Plan,
        on_built: Callable[[keras.Model], object] = lambda model: None,
    ) -> None:
        self.prepare: Callable[[Any], Any] | None = None
        self.padded = False
        self.gradient_norms: GradientNorms | None = None
        self.distillation: Any = None
        self.captures_batches = False
        self.optimizer: Any = None
        self.step_context: contextlib.AbstractContextManager[Any] = (
            contextlib.nullcontext()
        )
        self.steps_per_update = 1
        self._plan = plan
        self._on_built = on_built
        rows: int = plan.run.require_steps() if plan.schedule.needs_steps else 1
        shape = (rows, len(plan.run.groups))
        self._scale = _variable(np.ones(shape), "float32")
        self._sign = _variable(np.ones(shape), "float32")
        self._l2 = _variable(np.ones(shape), "float32")
        self._rate = _variable(np.zeros(rows), "float32")
        self.step = _variable(np.zeros(()), "int")
        self.searched_scale = _variable(np.ones(()), "float32")
        self._update_clip = _variable(np.ones(()), "float32")
        self._layer_scale: Any = None
        self._layer_of: dict[int, int] = {}
        self._current_layers: list[Any] = []
        if plan.schedule.layer_depth is not None:
            self._layer_scale = _variable(
                np.ones(len(plan.run.layers)), "float32"
            )
        self._rows = rows
        self.partition: Partition | None = None
        self._group_of: dict[int, int] | None = None
        self._current: dict[str, list[Any]] | None = None
        self._frozen: frozenset[int] = frozenset()
        self._varies, self._searches, self._clips = _required_operations(plan)
        self._radius = _variable(np.zeros(()), "float32")
        self._perturbs = plan.perturbs

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables that a step reads or assigns."""
        return [
            self._scale,
            self._sign,
            self._l2,
            self._rate,
            self._radius,
            self._update_clip,
            self.step,
            self.searched_scale,
            *([] if self._layer_scale is None else [self._layer_scale]),
        ]

    def load(self, epoch_plan: EpochPlan, step: int = 0) -> None:
        """Load the plan of one epoch into the variables.

        Args:
            epoch_plan: The plan of the epoch.
            step: The next step of the epoch, from 0.
        """

        def spread(matrix: np.ndarray) -> np.ndarray:
            return np.broadcast_to(matrix, self._scale.shape)

        self._scale.assign(spread(epoch_plan.scale))
        self._sign.assign(spread(epoch_plan.sign))
        self._l2.assign(spread(epoch_plan.l2))
        if epoch_plan.base_rate is not None:
            self._rate.assign(
                np.broadcast_to(epoch_plan.base_rate, (self._rows,))
            )
        if epoch_plan.layer_scale is not None:
            self._layer_scale.assign(epoch_plan.layer_scale)
        if epoch_plan.perturbation is not None:
            self._radius.assign(epoch_plan.perturbation)
        if epoch_plan.update_clip is not None:
            self._update_clip.assign(epoch_plan.update_clip)
        self.step.assign(step)

    def ensure_partition(self, model: keras.Model, x: Any = None) -> None:
        """Divide the variables of the model into groups, once.

        Args:
            model: The model.
            x: A batch of its inputs. A model without weights is built from
                it first: weights that are created while a step is traced
                would be lost with the trace if the split did not fit.

        Raises:
            ValueError: If the split of the plan does not fit the model.
        """
        if self._group_of is not None:
            return
        with get_backend().build_scope():
            if not layer_groups.has_weights(model):
                model(
                    x
                    if _is_eager(x)
                    else keras.tree.map_structure(_symbolic, x)
                )
            self._on_built(model)
        schedule = self._plan.schedule
        self.partition = layer_groups.partition(
            model, schedule.split_at, schedule.grouping
        )
        self._group_of = self.partition.group_of()
        self._layer_of = self.partition.layer_of()

    def group_index(self, variable: Any) -> int:
        """Return the group of a variable; the last group if unknown."""
        last = len(self._plan.run.groups) - 1
        if self._group_of is None:
            return last
        return self._group_of.get(id(variable), last)

    def freeze(self, groups: int) -> None:
        """Mark the variables of the first groups as frozen."""
        assert self.partition is not None
        self._frozen = frozenset(
            id(variable)
            for leaves in self.partition.leaves[:groups]
            for leaf in leaves
            for variable in leaf.own
        )

    def is_frozen(self, variable: Any) -> bool:
        """Return whether the plan freezes a variable now."""
        return id(variable) in self._frozen

    def record_norms(
        self, gradients: Sequence[Any], variables: Sequence[Any], optimizer: Any
    ) -> None:
        """Record the norms of this step, if a callback requested them."""
        if self.gradient_norms is not None:
            groups = [self.group_index(variable) for variable in variables]
            self.gradient_norms.record(
                gradients, variables, groups, self.step.value, optimizer
            )

    def check_optimizer(self, optimizer: Any) -> None:
        """Check that the optimizer is still the one that obeys the plan.

        Raises:
            ValueError: If the model was compiled with another one.
        """
        if self.optimizer is not None and optimizer is not self.optimizer:
            raise ValueError(
                "The model was compiled during fit, and its new optimizer "
                f"({type(optimizer).__name__}) does not obey the schedule. "
                "Compile the model before fit."
            )

    def perturbation(self, model: keras.Model) -> Perturbation | None:
        """Return the perturbation of this step; None without a second pass.

        Args:
            model: The model, before the first pass.
        """
        if not self._perturbs:
            return None
        return Perturbation(model, self._radius.value)

    def begin_step(self, optimizer: Any) -> UpdateClipping | None:
        """Read the row of this step, and set the rate if the plan has one.

        Args:
            optimizer: The optimizer of the model.

        Returns:
            The clipping of this step's update; None if the plan has none.
        """
        step = self.step.value
        # All micro-steps of one update have the row of the first one.
        step = step - step % self.steps_per_update
        row = ops.minimum(step, self._rows - 1)
        self._current = {
            "scale": ops.unstack(ops.take(self._scale, row, axis=0)),
            "sign": ops.unstack(ops.take(self._sign, row, axis=0)),
            "l2": ops.unstack(ops.take(self._l2, row, axis=0)),
        }
        if self._searches:
            self._current["scale"] = [
                scale * ops.where(sign < 0, self.searched_scale.value, 1.0)
                for scale, sign in zip(
                    self._current["scale"], self._current["sign"], strict=True
                )
            ]
        if self._layer_scale is not None:
            self._current_layers = ops.unstack(self._layer_scale.value)
        if self._plan.schedule.owns_rate:
            optimizer.learning_rate = ops.take(self._rate, row)
        if not self._clips:
            return None
        # Replicas take their steps in turn, so no state of it is kept here.
        return UpdateClipping(
            self._ascending_layers(),
            self._update_clip.value,
            self._current["sign"],
        )

    def _ascending_layers(self) -> list[tuple[int, list[Any]]]:
        assert self.partition is not None
        return [
            (group, trained)
            for group, leaves in enumerate(self.partition.leaves)
            if self._varies["sign"][group]
            for leaf in leaves
            if (trained := [v for v in leaf.own if v.trainable])
        ]

    def apply(
        self,
        optimizer: Any,
        gradients: Sequence[Any],
        variables: Sequence[Any],
        update: Callable[[Sequence[Any], Sequence[Any]], object] | None = None,
    ) -> None:
        """Apply gradients with the signs and scales of the plan's step.

        Args:
            optimizer: The optimizer, whose loss scale the gradients have.
            gradients: One gradient, or None, for each variable.
            variables: The variables to update.
            update: Function of (gradients, variables) that updates the
                variables. Defaults to that of the optimizer.
        """
        self.record_norms(gradients, variables, optimizer)
        clipping = self.begin_step(optimizer)
        gradients = [
            self.apply_sign(g, v)
            for g, v in zip(gradients, variables, strict=True)
        ]
        (update or optimizer.apply)(gradients, variables)
        if clipping is not None:
            clipping.clip()

    def clear_step(self) -> None:
        """Discard the row of the step."""
        self._current = None
        self._current_layers = []

    def end_step(self) -> None:
        """Advance to the next row."""
        self.clear_step()
        self.step.assign_add(1)

    def current(self, quantity: str, group: int) -> Any:
        """Return this step's value of a quantity for one group.

        Args:
            quantity: "scale", "sign" or "l2".
            group: Index of the group.

        Returns:
            A scalar, or None if the value is 1 in the whole plan.

        Raises:
            ValueError: If no step of the plan is running.
        """
        if self._current is None:
            raise ValueError(
                "optimizer.apply_gradients was called outside a step of the "
                "plan. A custom train_step must pass its gradients to "
                "self.apply_signed_gradients(gradients, variables)."
            )
        if not self._varies[quantity][group]:
            return None
        return self._current[quantity][group]

    def factor_key(self, variable: Any) -> tuple[int, int | None]:
        """Return a key that variables with one factor of the rate share.

        Args:
            variable: A trainable variable of the model.
        """
        layer = None
        if self._layer_scale is not None:
            layer = self._layer_of.get(id(variable))
        return self.group_index(variable), layer

    def layer_scale(self, variable: Any) -> Any:
        """Return the factor of the learning rate of a variable's layer.

        Args:
            variable: A trainable variable of the model.

        Returns:
            A scalar; None if the plan has no factors of single layers.
        """
        if self._layer_scale is None or id(variable) not in self._layer_of:
            return None
        return self._current_layers[self._layer_of[id(variable)]]

    def apply_sign(self, gradient: Any, variable: Any) -> Any:
        """Negate the gradient if the group of the variable ascends."""
        sign = self.current("sign", self.group_index(variable))
        if gradient is None or sign is None:
            return gradient
        return get_backend().multiply(gradient, sign)


def _is_eager(x: Any) -> bool:
    return all(
        hasattr(t, "numpy") for t in keras.tree.flatten(x) if t is not None
    )


def _symbolic(tensor: Any) -> keras.KerasTensor | None:
    if tensor is None:
        return None
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return keras.KerasTensor(tensor.shape, dtype)


def _variable(value: np.ndarray, dtype: str) -> keras.Variable:
    return keras.Variable(
        np.asarray(value),
        dtype=dtype,
        trainable=False,
        autocast=False,
        aggregation="only_first_replica",
        name="seal_control",
    )


def _required_operations(
    plan: Plan,
) -> tuple[dict[str, np.ndarray], bool, bool]:
    """Find the operations that the step needs, in one pass over the plan.

    Returns:
        For each quantity, bool [groups]: whether any epoch differs from 1;
        whether S is searched; whether updates are clipped.
    """
    varies = {
        name: np.zeros(len(plan.run.groups), bool)
        for name in ("scale", "sign", "l2")
    }
    searches = clips = False
    for epoch in plan:
        for quantity in varies:
            differs = (getattr(epoch, quantity) != 1).any(axis=0)
            varies[quantity] = varies[quantity] | differs
        searches |= epoch.retain is not None
        clips |= epoch.update_clip is not None
    if searches:
        # The searched S multiplies the scale of the plan.
        varies["scale"] = varies["scale"] | varies["sign"]
    return varies, searches, clips
