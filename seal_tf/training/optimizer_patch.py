"""Patch any Keras optimizer so that it obeys a plan for the length of a fit.

This file holds all use of private parts of Keras' optimizers: `_iterations`,
`_get_current_learning_rate`, `_apply_weight_decay`, `_get_variable_index`,
`_trainable_variables`, `_model_variables_moving_average`, and that fit ends
with `finalize_variable_values`. If tests/training/test_optimizer_patch.py
fails on a new Keras release, adapt this file.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from seal_tf.backends import get_backend
from seal_tf.checkpoints import variables as variable_state
from seal_tf.optimizers.names import optimizer_name, unwrapped
from seal_tf.training.step_control import StepControl
from seal_tf.utils.patching import AttributePatcher

#: Keras optimizers that cannot obey a plan, and why.
UNSUPPORTED = {
    "Ftrl": "its step is not proportional to its learning rate",
    "ScheduleFreeAdamW": "its step is not proportional to its learning rate",
    "MultiOptimizer": "it has no learning rate and no update_step of its own",
}


def moving_averages(optimizer: Any) -> list[tuple[Any, Any]]:
    """Return (variable, moving average) pairs; empty without `use_ema`."""
    inner = unwrapped(optimizer)
    if not inner.use_ema:
        return []
    averages = inner._model_variables_moving_average
    return list(zip(inner._trainable_variables, averages, strict=True))


def micro_steps(optimizer: Any) -> int:
    """Return the steps so far, each micro-step counted."""
    return _as_int(optimizer._iterations)


def has_own_schedule(optimizer: Any) -> bool:
    """Return whether the rate is a LearningRateSchedule or a callable."""
    return not isinstance(optimizer._learning_rate, keras.Variable)


def check_optimizer(optimizer: Any, owns_rate: bool) -> None:
    """Check that an optimizer can obey a plan.

    Args:
        optimizer: The optimizer of the compiled model.
        owns_rate: Whether the plan sets the base learning rate.

    Raises:
        ValueError: If it cannot.
    """
    if optimizer is None:
        raise ValueError("Compile the model with an optimizer before fit.")
    optimizer = unwrapped(optimizer)
    for cls in type(optimizer).__mro__:
        if cls.__module__.startswith("keras.") and cls.__name__ in UNSUPPORTED:
            raise ValueError(
                f"{cls.__name__} is not supported: "
                f"{UNSUPPORTED[cls.__name__]}. Use seal_tf.optimizers.SGD, "
                "Adam or another optimizer whose step is proportional to its "
                "learning rate."
            )
    if owns_rate and has_own_schedule(optimizer):
        raise ValueError(
            "The learning rate has two schedules: the callback has "
            "`learning_rate`, and the optimizer was built with "
            f"{type(optimizer._learning_rate).__name__}. Build the optimizer "
            "with a number, or omit `learning_rate` to use the optimizer's "
            "own schedule."
        )


class OptimizerPatch:
    """Make an optimizer obey a `StepControl` until the patcher restores it.

    - The scale of a group and of a layer reaches the update through
      `update_step`, so an ascent step of Adam is S times the descent step.
      The scale of a layer also applies to decoupled weight decay.
    - The decay fraction of a group applies to the L2 of `seal_tf`'s SGD and
      to the decoupled decay of Keras.
    - `reset` sets every slot to its initial value without restarting the
      user's learning-rate schedule. Code that reads `iterations` inside a
      step (the bias correction of Adam, the products of Nadam, the first step
      of an EMA) counts from the reset. A LearningRateSchedule and saved files
      see the true count.

    Args:
        optimizer: The optimizer of the compiled model.
        control: The `StepControl` to obey.
        patcher: Restores the patched attributes.
    """

    def __init__(
        self,
        optimizer: Any,
        control: StepControl,
        patcher: AttributePatcher,
    ) -> None:
        self._outer = optimizer
        self._inner = inner = unwrapped(optimizer)
        self._control = control
        self._true_count = inner._iterations
        self._count = keras.Variable(
            _as_int(self._true_count),
            dtype=self._true_count.dtype,
            trainable=False,
            aggregation="only_first_replica",
            name="iterations_since_reset",
        )
        self._decay_factor: Any = None
        self._initial_slots: list[Any] | None = None
        self._takes_l2 = hasattr(inner, "l2")
        self._active_applies = 0
        #: Called at the end of fit, before averages replace the weights.
        self.before_finalize: Callable[[], object] = lambda: None
        replacements: dict[str, Callable[..., Any]] = {
            "apply": self._apply,
            "update_step": self._update_step,
            "_apply_weight_decay": self._apply_weight_decay,
            "finalize_variable_values": self._finalize,
        }
        for name, replacement in replacements.items():
            original = getattr(inner, name)
            patcher.patch(inner, name, functools.partial(replacement, original))
        patcher.patch(inner, "_get_current_learning_rate", self._current_rate)
        self._patcher = patcher
        self._carried: list[Any] = []
        backend = get_backend()
        backend.patch_optimizer(
            inner, self._factor_key, self._scaled_rate, patcher
        )
        self._signs = backend.signs_in_optimizer
        #: Rates of this step by factor, where one trace or call computes it.
        self._step_rates: dict[Any, Any] = {}
        if self._signs:
            self.carry([self._count, *control.variables])

    def carry(self, variables: Sequence[Any]) -> None:
        """Let steps that are traced from now on use more variables."""
        self._carried += variables
        get_backend().carry_variables(self._inner, variables, self._patcher)

    def _apply(
        self,
        original: Callable[..., Any],
        grads: Any,
        trainable_variables: Any = None,
    ) -> None:
        if not self._signs:
            self._counted_apply(original, grads, trainable_variables)
            return
        variables = trainable_variables or self._inner._trainable_variables
        # A frozen variable may come without a gradient.
        trained = [not self._control.is_frozen(v) for v in variables]
        update = functools.partial(self._counted_apply, original)
        try:
            self._control.apply(
                self._inner,
                list(itertools.compress(grads, trained)),
                list(itertools.compress(variables, trained)),
                update,
            )
        finally:
            self._control.clear_step()
            self._step_rates = {}

    def _counted_apply(
        self, original: Callable[..., Any], grads: Any, variables: Any
    ) -> None:
        # Inside a step the optimizer counts from its last reset; outside it
        # has the true count. Replicas run this in turn, so the true count
        # returns when the last replica has finished.
        self._active_applies += 1
        object.__setattr__(self._inner, "_iterations", self._count)
        try:
            original(grads, variables)
        finally:
            self._active_applies -= 1
            if not self._active_applies:
                object.__setattr__(self._inner, "_iterations", self._true_count)
        self._true_count.assign_add(1)

    def _current_rate(self) -> Any:
        rate = self._inner._learning_rate
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            rate = rate(self._true_count)
        elif callable(rate) and not isinstance(rate, keras.Variable):
            rate = rate()
        if self._decay_factor is None:
            return rate
        return rate * self._decay_factor

    def _finalize(self, original: Callable[..., Any], variables: Any) -> None:
        """Replace the weights by their averages at the end of fit.

        This covers all weights: fit omits frozen ones, and Keras would then
        assign averages to other weights. Right after a reset there are no
        averages yet.
        """
        self.before_finalize()
        if self._inner.use_ema and _as_int(self._count):
            original(self._inner._trainable_variables)

    def _trained(self, variable: Any) -> Any:
        """The model's variable; an optimizer may get a copy of one device."""
        variables = self._inner._trainable_variables
        return variables[self._inner._get_variable_index(variable)]

    def _group(self, variable: Any) -> int:
        return self._control.group_index(self._trained(variable))

    def _factor_key(self, variable: Any) -> Any:
        return self._control.factor_key(self._trained(variable))

    def _scaled_rate(self, variable: Any, learning_rate: Any) -> Any:
        """The rate of a variable: that of the step, times its factors."""
        if not self._signs:
            # Each replica computes its own.
            return self._compute_rate(variable, learning_rate)
        key = self._factor_key(variable)
        if key not in self._step_rates:
            self._step_rates[key] = self._compute_rate(variable, learning_rate)
        return self._step_rates[key]

    def _compute_rate(self, variable: Any, learning_rate: Any) -> Any:
        scale = _product(
            self._control.current("scale", self._group(variable)),
            self._control.layer_scale(self._trained(variable)),
        )
        if scale is None:
            return learning_rate
        rate = keras.ops.convert_to_tensor(learning_rate)
        if isinstance(self._inner, keras.optimizers.Adafactor):
            # Adafactor caps its rate by the step count. The scale has to
            # follow the cap for a step that is proportional to it. It counts
            # updates, not the micro-steps of gradient accumulation.
            updates = self._count // self.steps_per_update
            t = keras.ops.cast(updates + 1, rate.dtype)
            rate = keras.ops.minimum(rate, 1 / keras.ops.sqrt(t))
        return rate * keras.ops.cast(scale, rate.dtype)

    def _update_step(
        self,
        original: Callable[..., Any],
        gradient: Any,
        variable: Any,
        learning_rate: Any,
    ) -> Any:
        learning_rate = self._scaled_rate(variable, learning_rate)
        factor = self._control.current("l2", self._group(variable))
        if factor is None or not self._takes_l2:
            return original(gradient, variable, learning_rate)
        return original(gradient, variable, learning_rate, l2_factor=factor)

    def _apply_weight_decay(
        self, original: Callable[..., Any], variables: Sequence[Any]
    ) -> None:
        # Decoupled decay is w * decay * rate in every Keras optimizer, so the
        # decay factor of a group and the rate factor of a layer multiply the
        # rate.
        if get_backend().name == "torch":
            # Keras fails there if none of the variables decays.
            variables = [
                v for v in variables if self._inner._use_weight_decay(v)
            ]
        members_by_factor: dict[tuple[int, int], list[Any]] = {}
        for variable in variables:
            layer = self._control.layer_scale(self._trained(variable))
            key = self._group(variable), id(layer)
            members_by_factor.setdefault(key, []).append(variable)
        for (group, _), members in members_by_factor.items():
            factor = _product(
                self._control.current("l2", group),
                self._control.layer_scale(self._trained(members[0])),
            )
            if factor is not None:
                rate = keras.ops.convert_to_tensor(self._inner.learning_rate)
                self._decay_factor = keras.ops.cast(factor, rate.dtype)
            try:
                original(members)
            finally:
                self._decay_factor = None

    def ensure_built(self, variables: Sequence[Any]) -> None:
        """Build the optimizer, and record the initial values of its slots.

        If the optimizer has taken steps already, `reset` builds a second one
        to obtain the initial values.
        """
        if not self._outer.built:
            self._outer.build(variables)
        if _as_int(self._true_count) == 0:
            self._initial_slots = [
                _compressed(np.array(keras.ops.convert_to_numpy(v)))
                for v in self._slots(self._inner)
            ]

    @property
    def steps_per_update(self) -> int:
        """Micro-steps of one update; 1 without gradient accumulation."""
        return self._inner.gradient_accumulation_steps or 1

    @property
    def steps_since_reset(self) -> int:
        """Steps since the last reset."""
        return _as_int(self._count)

    def set_steps_since_reset(self, steps: int | None) -> None:
        """Set the steps since the last reset; None if there was no reset."""
        self._count.assign(
            _as_int(self._true_count) if steps is None else steps
        )

    def last_rate(self) -> float:
        """Return the base learning rate of the latest step."""
        rate = self._inner._learning_rate
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            return float(rate(max(0, _as_int(self._true_count) - 1)))
        return float(keras.ops.convert_to_numpy(self._inner.learning_rate))

    def can_reset(self) -> bool:
        """Return whether the optimizer can be built a second time."""
        try:
            check_can_reset(self._inner)
        except ValueError:
            return False
        return True

    def reset(self) -> None:
        """Set every slot to its initial value.

        The learning rate, its schedule and the loss scale are unchanged.
        """
        self._count.assign(0)
        if not self._inner.built:
            return
        if self._initial_slots is None:
            self._initial_slots = _initial_slot_values(self._inner)
        for slot, value in zip(
            self._slots(self._inner), self._initial_slots, strict=True
        ):
            slot.assign(np.broadcast_to(value, slot.shape))

    def get_state(self) -> dict[str, Any]:
        """Return slots, counts, rate and loss scale, for a checkpoint."""
        return {
            "name": optimizer_name(self._outer),
            "variables": variable_state.values(self._variables()),
            "steps_since_reset": self.steps_since_reset,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_state` returned."""
        variable_state.assign(self._variables(), state["variables"])
        self.set_steps_since_reset(state["steps_since_reset"])

    def _variables(self) -> list[Any]:
        """The variables of the optimizer, without those of the plan."""
        carried = {id(v) for v in self._carried}
        return [v for v in self._outer.variables if id(v) not in carried]

    def _slots(self, optimizer: Any) -> list[Any]:
        skipped = {id(optimizer._iterations), id(optimizer._learning_rate)}
        skipped |= {id(v) for v in self._carried}
        return [v for v in optimizer.variables if id(v) not in skipped]


def _product(first: Any, second: Any) -> Any:
    """The product of two factors; None stands for 1."""
    if first is None or second is None:
        return second if first is None else first
    return first * second


def check_can_reset(optimizer: Any) -> None:
    """Check that an optimizer can be built a second time.

    Raises:
        ValueError: If its `get_config` does not recreate it.
    """
    inner = unwrapped(optimizer)
    try:
        create_twin(inner)
    except Exception as error:
        raise ValueError(
            f"A reset requires a {type(inner).__name__} that its own "
            f"get_config() recreates ({error}). Fix get_config, or pass "
            "`reset_optimizer=False`."
        ) from error


def _initial_slot_values(optimizer: Any) -> list[Any]:
    """Initial value of each slot, from a twin that is built and discarded.

    All slots of Keras' own optimizers start as a constant, which is kept as
    one number, so no second copy of the slots stays in memory.
    """
    twin = create_twin(optimizer)
    twin.build(optimizer._trainable_variables)
    skipped = {id(twin._iterations), id(twin._learning_rate)}
    return [
        _compressed(np.array(keras.ops.convert_to_numpy(v)))
        for v in twin.variables
        if id(v) not in skipped
    ]


def create_twin(optimizer: Any) -> Any:
    """Return a new optimizer with the same settings, apart from the rate.

    The rate may be any callable, which need not be serializable.
    """
    patcher = AttributePatcher()
    patcher.patch(optimizer, "_learning_rate", keras.Variable(0.001))
    try:
        config = optimizer.get_config()
    finally:
        patcher.restore()
    return type(optimizer).from_config(config)


def _as_int(variable: keras.Variable) -> int:
    return int(keras.ops.convert_to_numpy(variable))


def _compressed(value: np.ndarray) -> Any:
    if value.size and (value == value.flat[0]).all():
        return value.flat[0]
    return value
