"""The state of a run at one step of one epoch, and the parts that have it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

import keras

from seal_tf.backends import get_backend
from seal_tf.checkpoints import variables
from seal_tf.optimizers.names import optimizer_name
from seal_tf.schedules import Plan
from seal_tf.schedules.ascent_backoff import AscentBackoff
from seal_tf.schedules.resume_compatibility import (
    check_compatible,
    plan_record,
)


class Stateful(Protocol):
    """A part of a run whose state is saved in checkpoints.

    A state is a dict of JSON values and NumPy arrays, nested as needed.
    """

    def get_state(self) -> dict[str, Any]:
        """Return the state."""

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_state` returned."""


@dataclasses.dataclass(frozen=True)
class RunState:
    """The state of a run between two steps.

    Args:
        epoch: The current epoch, from 0; so many epochs are complete.
        step: Completed steps of that epoch.
        parts: The state of each part of the run, by name.
    """

    epoch: int
    step: int
    parts: dict[str, dict[str, Any]]

    @property
    def position(self) -> tuple[int, int]:
        """The epoch and the step."""
        return self.epoch, self.step

    @property
    def started_epochs(self) -> int:
        """Number of epochs that have started."""
        return self.epoch + (self.step > 0)

    @property
    def backoffs(self) -> tuple[AscentBackoff, ...]:
        """The backoffs of the plan."""
        return tuple(AscentBackoff(**b) for b in self.parts["plan"]["backoffs"])

    def with_backoffs(self, backoffs: tuple[AscentBackoff, ...]) -> RunState:
        """Return this state with other backoffs of the plan."""
        plan = self.parts["plan"] | {
            "backoffs": [dataclasses.asdict(b) for b in backoffs]
        }
        return dataclasses.replace(self, parts=self.parts | {"plan": plan})

    def check(self, model: keras.Model, plan: Plan) -> None:
        """Check that a run of this model and plan may resume from this state.

        Args:
            model: The compiled model; its optimizer is built if it is not.
            plan: The plan of the run.

        Raises:
            ValueError: If this is the state of another plan, model or
                optimizer.
        """
        check_compatible(
            self.parts["plan"]["record"], plan, self.started_epochs
        )
        self._check_step(model)
        self._check_kinds(model)
        if not model.optimizer.built:
            with get_backend().scope(model):
                model.optimizer.build(model.trainable_variables)
        for kind, target in (
            ("model", model_variables(model)),
            ("optimizer", model.optimizer.variables),
        ):
            variables.check(kind, target, self.parts[kind]["variables"])

    def _check_kinds(self, model: keras.Model) -> None:
        """Check what the shapes of variables do not tell.

        Raises:
            ValueError: If the backend or the optimizer is another one.
        """
        # Checkpoints of older versions have neither.
        for kind, saved, own in (
            (
                "backend",
                self.parts["model"].get("backend"),
                keras.config.backend(),
            ),
            (
                "optimizer",
                self.parts["optimizer"].get("name"),
                optimizer_name(model.optimizer),
            ),
        ):
            if saved not in (None, own):
                raise ValueError(
                    f"The {kind} of the checkpoint is {saved}, and that of "
                    f"this run is {own}."
                )

    def _check_step(self, model: keras.Model) -> None:
        """Check that a fit can start at the step.

        Raises:
            ValueError: If it cannot.
        """
        if self.step % model.steps_per_execution:
            raise ValueError(
                f"The checkpoint is that of step {self.step} of an epoch, and "
                "a fit resumes at multiples of `steps_per_execution`. "
                f"Received: steps_per_execution={model.steps_per_execution}"
            )

    def check_metrics(self, model: keras.Model) -> None:
        """Check that a model in fit can restore the metrics of the epoch.

        Args:
            model: The model. Under a strategy of TensorFlow, and on JAX, fit
                has built its metrics.

        Raises:
            ValueError: If its metrics are not built yet.
        """
        if not self.step:
            return
        saved = self.parts.get("metrics", {}).get("variables", ())
        if len(model.metrics_variables) < len(saved):
            raise ValueError(
                f"The checkpoint is that of step {self.step} of an epoch, and "
                "has the metrics so far, which this model has not built yet: "
                "call model.test_on_batch on a batch before fit."
            )


def collect_state(
    epoch: int, step: int, parts: Mapping[str, Stateful]
) -> RunState:
    """Return the state of a run.

    Args:
        epoch: The current epoch, from 0.
        step: Completed steps of that epoch.
        parts: The parts of the run, by name.
    """
    states = {name: part.get_state() for name, part in parts.items()}
    return RunState(epoch, step, states)


def restore_state(state: RunState, parts: Mapping[str, Stateful]) -> None:
    """Restore every part that the state contains.

    Args:
        state: The state, checked.
        parts: The parts of the run, by name.
    """
    for name, part in parts.items():
        if name in state.parts:
            part.set_state(state.parts[name])


def model_variables(model: keras.Model) -> list[keras.Variable]:
    """Return weights and random states, without the variables of metrics."""
    metrics = {id(v) for v in model.metrics_variables}
    return [v for v in model.variables if id(v) not in metrics]


class ModelState:
    """The weights and random states of a model.

    Args:
        model: The model.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model

    def get_state(self) -> dict[str, Any]:
        """Return the values of the variables, and random states."""
        return {
            "variables": variables.values(model_variables(self._model)),
            "random": get_backend().random_state(),
            "backend": keras.config.backend(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the values of the variables."""
        variables.assign(model_variables(self._model), state["variables"])
        get_backend().set_random_state(state.get("random", {}))


class MetricsState:
    """The metrics of the current epoch.

    Keras resets metrics at the start of an epoch, so `set_state` only stores
    the values, and `apply_pending` assigns them after that reset.

    Args:
        model: The compiled model.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._pending: dict[str, Any] | None = None

    def get_state(self) -> dict[str, Any]:
        """Return the values of the metrics' variables."""
        return {"variables": variables.values(self._model.metrics_variables)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Store the values until `apply_pending`."""
        self._pending = state

    def apply_pending(self) -> None:
        """Assign the stored values.

        Raises:
            ValueError: If they are those of other metrics.
        """
        if self._pending is None:
            return
        target = self._model.metrics_variables
        arrays = self._pending["variables"]
        variables.check("metrics", target, arrays)
        variables.assign(target, arrays)
        self._pending = None


class PlanState:
    """The plan of a run: a record to check a resume, and the backoffs.

    Args:
        plan: The plan.

    Attributes:
        plan: The plan, with restored backoffs.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def get_state(self) -> dict[str, Any]:
        """Return the record and the backoffs."""
        return {
            "record": plan_record(self.plan),
            "backoffs": [dataclasses.asdict(b) for b in self.plan.backoffs],
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the backoffs."""
        backoffs = tuple(AscentBackoff(**b) for b in state["backoffs"])
        self.plan = dataclasses.replace(self.plan, backoffs=backoffs)
