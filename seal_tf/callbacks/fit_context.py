"""Everything that exists only while one fit with a plan runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seal_tf.ascent_scale.search import AscentScaleSearch
from seal_tf.backends import get_backend
from seal_tf.checkpoints.finite_backup import FiniteWeightsBackup
from seal_tf.checkpoints.state import (
    MetricsState,
    ModelState,
    PlanState,
    RunState,
    Stateful,
    collect_state,
    restore_state,
)
from seal_tf.schedules import AverageWeights, EpochPlan, Plan, UpdateTeacher
from seal_tf.training import layer_groups
from seal_tf.training.distillation import Teachers
from seal_tf.training.events import EventExecutor
from seal_tf.training.fit_guard import FitGuard, fit_frame
from seal_tf.training.freezing import FrozenPrefix
from seal_tf.training.gradient_norms import GradientNorms
from seal_tf.training.optimizer_patch import OptimizerPatch
from seal_tf.training.step_control import StepControl
from seal_tf.training.train_function import SkipCompletedSteps, TrainFunction
from seal_tf.training.train_step_patch import patch_train_step
from seal_tf.training.weight_average import WeightAverage
from seal_tf.utils.patching import AttributePatcher


@dataclasses.dataclass(frozen=True)
class FitOptions:
    """Settings of one fit.

    Args:
        snapshot_dir: Folder of the snapshots; None keeps them in memory.
        prepare: Function applied to each batch inside the step, or None.
        padded: Whether images of weight 0 are padding.
        probe_data: (x, y) on which S is searched, or None.
    """

    snapshot_dir: str | Path | None = None
    prepare: Callable[[Any], Any] | None = None
    padded: bool = False
    probe_data: tuple[Any, Any] | None = None


class FitContext:
    """Make a model obey a plan for the length of one fit.

    Args:
        model: The compiled model.
        plan: The plan of the run.
        options: Settings of the fit.
        patcher: Restores the model and its optimizer.

    Attributes:
        plan_state: The plan, as part of the run's state.
        writes: Whether this process writes files (one of several does).
        parts: The parts of the run whose state is saved, by name.
        search: The search for S, or None.
        executor: The executor of events.
        average: The average of the weights, or None.
    """

    def __init__(
        self,
        model: keras.Model,
        plan: Plan,
        options: FitOptions,
        patcher: AttributePatcher,
    ) -> None:
        self._model = model
        self.plan_state = PlanState(plan)
        self._backup = FiniteWeightsBackup()
        with get_backend().scope(model):
            self._control = StepControl(plan, self._backup.save)
            self._optimizer = OptimizerPatch(
                model.optimizer, self._control, patcher
            )
        self._control.optimizer = model.optimizer
        self._control.steps_per_update = self._optimizer.steps_per_update
        if layer_groups.has_weights(model):
            self._control.ensure_partition(model)
            self._optimizer.ensure_built(model.trainable_variables)
        self._control.prepare = options.prepare
        self._control.padded = options.padded
        self.writes = get_backend().is_chief(model)
        self.executor = EventExecutor(
            model,
            self._optimizer,
            self._control,
            options.snapshot_dir,
            self.writes,
        )
        if self._control.partition is not None:
            self.executor.check(plan)
        self._train_function = TrainFunction(model, patcher)
        self._frozen = FrozenPrefix(model, self._control, self._train_function)
        patch_train_step(model, self._control, patcher)
        self._train_function.rebuild()
        FitGuard(model, patcher)
        self._metrics = MetricsState(model)
        self._random_state: dict[str, Any] = {}
        self.parts: dict[str, Stateful] = {
            "plan": self.plan_state,
            "model": ModelState(model),
            "optimizer": self._optimizer,
            "metrics": self._metrics,
        }
        self.search: AscentScaleSearch | None = None
        if plan.schedule.searches_scale:
            self.search = AscentScaleSearch(
                model,
                plan,
                self._control,
                self._train_function,
                options.probe_data,
            )
            self.parts["ascent_scale"] = self.search

        self.average: WeightAverage | None = None
        if plan.has_event(AverageWeights):
            self.average = WeightAverage(model)
            self.executor.add_handler(AverageWeights, self.average.update)
            self.parts["average"] = self.average

        self._teachers: Teachers | None = None
        if plan.has_event(UpdateTeacher):
            self._teachers = Teachers(
                model, self._control, self._optimizer, self._train_function
            )
            self.executor.add_handler(UpdateTeacher, self._teachers.update)
            self.parts["teachers"] = self._teachers

    def restore(
        self, state: RunState | None, extra_parts: Mapping[str, Stateful]
    ) -> None:
        """Add parts of the run's state, and restore all of them.

        Args:
            state: The state from which the run resumes, or None.
            extra_parts: Parts that other objects save, by name.

        Raises:
            ValueError: If probe data is needed and cannot be captured.
        """
        self.parts.update(extra_parts)
        if state is not None:
            restore_state(state, self.parts)
            self.executor.restore_snapshots(self.plan_state.plan, state.epoch)
            self._random_state = state.parts["model"].get("random", {})
        if self.search is not None:
            self.search.check_capture()

    def collect_state(
        self, epoch: int, step: int, metrics: list[np.ndarray] | None
    ) -> RunState | None:
        """Return the state of the run; None if a weight is not finite.

        Args:
            epoch: The current epoch, from 0.
            step: Completed steps of the epoch.
            metrics: Values of the metrics' variables; None for the current
                values.
        """
        if not self._backup.are_finite(self._model):
            return None
        state = collect_state(epoch, step, self.parts)
        if metrics is not None:
            state.parts["metrics"] = {"variables": metrics}
        return state

    def begin_run(self, epoch: int, steps_since_reset: int | None) -> None:
        """Prepare the first epoch of the fit.

        Args:
            epoch: The epoch, from 0.
            steps_since_reset: Steps since the last optimizer reset; None if
                unknown. Not used if the state has been restored.
        """
        if self.average is not None:
            self.average.check_start(self.plan_state.plan, epoch)
        self._optimizer.set_steps_since_reset(steps_since_reset)
        self.executor.restore_snapshots(self.plan_state.plan, epoch)
        self.begin_resumed_run()

    def begin_resumed_run(self) -> None:
        """Prepare the first epoch of a fit whose state has been restored."""
        if layer_groups.has_weights(self._model):
            self._backup.save(self._model)

    def begin_epoch(self, epoch_plan: EpochPlan, completed_steps: int) -> None:
        """Load the plan of an epoch.

        Args:
            epoch_plan: The plan of the epoch.
            completed_steps: Steps of the epoch that are completed already.
        """
        self._control.check_optimizer(self._model.optimizer)
        self._frozen.set(epoch_plan.frozen)
        self._train_function.refresh()
        if self.search:
            self.search.begin_epoch(epoch_plan, completed_steps)
        if not completed_steps:
            self.executor.execute(epoch_plan.before)
        if self._teachers is not None:
            self._teachers.begin_epoch(epoch_plan)
        self._control.load(epoch_plan, completed_steps)
        if completed_steps:
            self._metrics.apply_pending()
        random_state, self._random_state = self._random_state, {}
        if completed_steps or (random_state and _reuses_iterator(self._model)):
            self._train_function.set_wrapper(
                "skip_completed_steps",
                SkipCompletedSteps(
                    self._train_function,
                    self._model,
                    # A call of the train function takes several steps.
                    completed_steps // self._model.steps_per_execution,
                    random_state,
                ),
            )
        if epoch_plan.base_rate is not None:
            # Other callbacks read the rate at the start of the epoch.
            self._model.optimizer.learning_rate = float(epoch_plan.base_rate[0])

    def signed_rates(self, epoch_plan: EpochPlan) -> np.ndarray:
        """Return the signed rate of each group at the latest step, [groups]."""
        rates = epoch_plan.rates(self._optimizer.last_rate())[-1]
        if self.search:
            scale = self.search.logs()["ascent_scale"]
            rates = np.where(rates < 0, scale * rates, rates)
        return rates

    def before_finalize(self, action: Callable[[], object]) -> None:
        """Call a function at the end of fit, before an EMA is assigned.

        Args:
            action: The function.
        """
        self._optimizer.before_finalize = action

    def completed_steps(self) -> int:
        """Return the completed steps of the current epoch."""
        get_backend().synchronize(self._model)
        return int(keras.ops.convert_to_numpy(self._control.step))

    def back_up(self) -> bool:
        """Back up the weights; return False if one is not finite."""
        return self._backup.save(self._model)

    def undo_divergence(self) -> str:
        """Restore the last finite weights, and reset the optimizer.

        Returns:
            A description of what was done, for a message.
        """
        if not self._backup.restore(self._model):
            return ""
        message = ", and the weights of the last finite epoch are restored"
        if not self._optimizer.can_reset():
            return message
        # The slots are not finite either.
        self._optimizer.reset()
        return message + " with a reset optimizer"

    def layer_names(self) -> tuple[tuple[str, ...], ...]:
        """Return the paths of the layers with weights, by group."""
        assert self._control.partition is not None
        return self._control.partition.layer_names()

    def record_norms(self, every: int) -> GradientNorms:
        """Let the step record norms every `every` steps."""
        groups = self.plan_state.plan.run.groups
        backend = get_backend()
        with backend.scope(self._model):
            norms = GradientNorms(
                every, groups, backend.replica_count(self._model)
            )
        self._optimizer.carry([norms.values])
        self._control.gradient_norms = norms
        # The step of JAX has fixed the layouts of the variables.
        self._train_function.rebuild()
        return norms


def _reuses_iterator(model: keras.Model) -> bool:
    """Return whether one iterator of the data serves all epochs of the fit.

    A new iterator draws a random number on PyTorch; a resumed fit with one
    iterator draws it where the whole fit did not.
    """
    frame = fit_frame(model)
    return bool(frame and frame.f_locals.get("steps_per_epoch"))
