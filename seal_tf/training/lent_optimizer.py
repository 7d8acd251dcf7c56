"""Any Keras optimizer, obeying a plan for the length of one fit.

All that seal_tf takes from Keras' optimizers that is not public is here
(`_iterations`, `_get_current_learning_rate`, `_apply_weight_decay`,
`_get_variable_index`, `_trainable_variables`,
`_model_variables_moving_average`, and that fit ends with
`finalize_variable_values`). If a Keras release breaks
`tests/training/test_lent_optimizer.py`, this is the file to mend.
"""

from __future__ import annotations

import keras
import numpy as np

from seal_tf.training.loans import Loans

REFUSED = {
    "Ftrl": "its step is not proportional to its rate",
    "ScheduleFreeAdamW": "its step is not proportional to its rate",
    "MultiOptimizer": "it has no rate and no update_step of its own",
}


def unwrapped(optimizer):
    """The optimizer that takes the steps, inside any LossScaleOptimizer."""
    while isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    return optimizer


def averaged(optimizer) -> list[tuple]:
    """(variable, its moving average) of each that has one (`use_ema`)."""
    inner = unwrapped(optimizer)
    if not inner.use_ema:
        return []
    averages = inner._model_variables_moving_average
    return list(zip(inner._trainable_variables, averages, strict=True))


def has_own_schedule(optimizer) -> bool:
    """Whether the rate is a LearningRateSchedule or a callable."""
    return not isinstance(optimizer._learning_rate, keras.Variable)


def check_optimizer(optimizer, owns_rate: bool) -> None:
    """Raises ValueError for an optimizer that cannot obey a plan."""
    if optimizer is None:
        raise ValueError("compile the model with an optimizer first.")
    optimizer = unwrapped(optimizer)
    for cls in type(optimizer).__mro__:
        if cls.__module__.startswith("keras.") and cls.__name__ in REFUSED:
            raise ValueError(
                f"{cls.__name__} cannot ascend by a share of its step: "
                f"{REFUSED[cls.__name__]}. Use seal_tf.optimizers.SGD, Adam "
                "or another optimizer whose step is proportional to its rate."
            )
    if owns_rate and has_own_schedule(optimizer):
        raise ValueError(
            "two schedules for one rate: `learning_rate` was given, and the "
            "optimizer was built with "
            f"{type(optimizer._learning_rate).__name__}. Build the optimizer "
            "with a number, or leave `learning_rate` out and the optimizer's "
            "own schedule stays in charge."
        )


class LentOptimizer:
    """Makes an optimizer obey a `StepControl` until its loans are taken back.

    - A group's scale reaches the update through `update_step`, so that an
      ascent step of Adam is S times the descent step it would have taken.
    - A group's share of decay reaches our SGD's L2 as well as Keras'
      decoupled decay.
    - `reset` makes the optimizer new without rewinding the user's schedule:
      what reads `iterations` (Adam's bias correction, Nadam's products, the
      first step of an EMA) counts from the reset, a LearningRateSchedule and
      saved files keep the true count.

    Args:
        optimizer: The compiled optimizer.
        control: The `StepControl` to obey.
        loans: Where the lent attributes are written down.
    """

    def __init__(self, optimizer, control, loans):
        self._whole = optimizer
        self._inner = inner = unwrapped(optimizer)
        self._control = control
        self._true_count = inner._iterations
        self._count = keras.Variable(
            _number(self._true_count),
            dtype=self._true_count.dtype,
            trainable=False,
            aggregation="only_first_replica",
            name="iterations_since_reset",
        )
        self._decay_share = None
        self._as_built = None
        self._takes_l2 = hasattr(inner, "l2")
        self._applying = 0
        loans.lend(inner, "apply", self._lent(inner.apply, self._apply))
        loans.lend(
            inner,
            "update_step",
            self._lent(inner.update_step, self._update_step),
        )
        loans.lend(
            inner,
            "_apply_weight_decay",
            self._lent(inner._apply_weight_decay, self._apply_weight_decay),
        )
        loans.lend(inner, "_get_current_learning_rate", self._current_rate)
        loans.lend(
            inner,
            "finalize_variable_values",
            self._lent(inner.finalize_variable_values, self._finalize),
        )

    @staticmethod
    def _lent(original, replacement):
        def method(*args, **kwargs):
            return replacement(original, *args, **kwargs)

        return method

    def _apply(self, original, grads, trainable_variables=None):
        # Within a step the optimizer counts from its last reset; outside,
        # everybody sees the true count. Replicas run this by turns, so the
        # true count is back when the last of them has left.
        self._applying += 1
        object.__setattr__(self._inner, "_iterations", self._count)
        try:
            original(grads, trainable_variables)
        finally:
            self._applying -= 1
            if not self._applying:
                object.__setattr__(self._inner, "_iterations", self._true_count)
        self._true_count.assign_add(1)

    def _current_rate(self):
        rate = self._inner._learning_rate
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            rate = rate(self._true_count)
        elif callable(rate) and not isinstance(rate, keras.Variable):
            rate = rate()
        return rate if self._decay_share is None else rate * self._decay_share

    def _finalize(self, original, variables):
        """Puts the averages in the weights' place, as fit ends.

        Of all weights, since fit leaves out what is frozen then, and Keras
        would give others their averages; and none right after a reset, as
        nothing has been averaged yet.
        """
        if _number(self._count):
            original(self._inner._trainable_variables)

    def _group(self, variable) -> int:
        known = self._inner._trainable_variables
        return self._control.group(
            known[self._inner._get_variable_index(variable)]
        )

    def _update_step(self, original, gradient, variable, learning_rate):
        group = self._group(variable)
        scale = self._control.now("scale", group)
        if scale is not None:
            rate = keras.ops.convert_to_tensor(learning_rate)
            if isinstance(self._inner, keras.optimizers.Adafactor):
                # Its rate is capped by the step count: first the cap, then
                # the scale, and the step is proportional.
                t = keras.ops.cast(self._count + 1, rate.dtype)
                rate = keras.ops.minimum(rate, 1 / keras.ops.sqrt(t))
            learning_rate = rate * keras.ops.cast(scale, rate.dtype)
        share = self._control.now("l2", group)
        if share is None or not self._takes_l2:
            return original(gradient, variable, learning_rate)
        return original(gradient, variable, learning_rate, l2_share=share)

    def _apply_weight_decay(self, original, variables):
        # Decoupled decay is w * decay * rate in every Keras optimizer: its
        # share is given to the rate, a group at a time.
        by_group = {}
        for variable in variables:
            by_group.setdefault(self._group(variable), []).append(variable)
        for group, members in by_group.items():
            share = self._control.now("l2", group)
            if share is not None:
                rate = keras.ops.convert_to_tensor(self._inner.learning_rate)
                self._decay_share = keras.ops.cast(share, rate.dtype)
            try:
                original(members)
            finally:
                self._decay_share = None

    def ensure_built(self, variables) -> None:
        """Builds the optimizer, and notes what its slots begin as.

        Where it has taken steps already, a reset has to build another one
        to find out.
        """
        if not self._whole.built:
            self._whole.build(variables)
        if _number(self._true_count) == 0:
            self._as_built = [
                _compressed(keras.ops.convert_to_numpy(v))
                for v in self._slots(self._inner)
            ]

    def count_from(self, steps: int | None) -> None:
        """Says how many steps ago the last reset was; None: never."""
        self._count.assign(
            _number(self._true_count) if steps is None else steps
        )

    def counted(self) -> int:
        """Steps since the last reset; see `count_from`."""
        return _number(self._count)

    def last_rate(self) -> float:
        """The base rate of the step that was taken last."""
        rate = self._inner._learning_rate
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            return float(rate(max(0, _number(self._true_count) - 1)))
        return float(keras.ops.convert_to_numpy(self._inner.learning_rate))

    def can_reset(self) -> bool:
        """Whether the optimizer can be built a second time."""
        try:
            check_can_reset(self._inner)
        except ValueError:
            return False
        return True

    def reset(self) -> None:
        """Makes the optimizer new: every slot as it was when built.

        Rate, schedule and loss scale are left alone.
        """
        self._count.assign(0)
        if not self._inner.built:
            return
        if self._as_built is None:
            self._as_built = _values_when_built(self._inner)
        for slot, value in zip(
            self._slots(self._inner), self._as_built, strict=True
        ):
            slot.assign(np.broadcast_to(value, slot.shape))

    def _slots(self, optimizer):
        own = {id(optimizer._iterations), id(optimizer._learning_rate)}
        return [v for v in optimizer.variables if id(v) not in own]


def check_can_reset(optimizer) -> None:
    """Raises ValueError where an optimizer cannot be built a second time."""
    inner = unwrapped(optimizer)
    try:
        _twin(inner)
    except Exception as error:
        raise ValueError(
            f"cannot make a new {type(inner).__name__} from its own "
            f"get_config(), which a reset needs ({error}). Mend its "
            "get_config, or give `reset_optimizer=False`."
        ) from error


def _values_when_built(optimizer):
    """Initial value of each slot, from a twin that is built and dropped.

    Slots that begin as a constant, all of Keras' own do, are kept as one
    number: no second copy of the slots stays in memory.
    """
    twin = _twin(optimizer)
    twin.build(optimizer._trainable_variables)
    skip = {id(twin._iterations), id(twin._learning_rate)}
    return [
        _compressed(keras.ops.convert_to_numpy(v))
        for v in twin.variables
        if id(v) not in skip
    ]


def _twin(optimizer):
    """A new optimizer of the same settings, but for the rate.

    The rate may be any callable of the user's, which need not serialise.
    """
    loans = Loans()
    loans.lend(optimizer, "_learning_rate", keras.Variable(0.001))
    try:
        config = optimizer.get_config()
    finally:
        loans.take_back()
    return type(optimizer).from_config(config)


def _number(variable) -> int:
    return int(keras.ops.convert_to_numpy(variable))


def _compressed(value):
    if value.size and (value == value.flat[0]).all():
        return value.flat[0]
    return value
