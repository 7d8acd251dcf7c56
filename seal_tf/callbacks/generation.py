"""The callback that carries out any schedule."""

from __future__ import annotations

import dataclasses
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from seal_tf.backends import get_backend
from seal_tf.callbacks.fit_context import FitContext, FitOptions
from seal_tf.callbacks.other_callbacks import check_other_callbacks
from seal_tf.callbacks.progress import ProgressSummary
from seal_tf.checkpoints.auto_resume import AutoResume
from seal_tf.checkpoints.finite_backup import Diverged, is_finite
from seal_tf.checkpoints.snapshots import check_can_save
from seal_tf.checkpoints.state import RunState, Stateful
from seal_tf.schedules.serialization import from_config, to_config
from seal_tf.training import layer_groups, optimizer_patch
from seal_tf.training.plan_builder import build_plan
from seal_tf.training.plan_checks import check_obeys
from seal_tf.training.train_step_patch import check_train_step
from seal_tf.training.weight_average import WeightAverage, averaged_model
from seal_tf.utils.patching import AttributePatcher

if TYPE_CHECKING:
    from seal_tf.ascent_scale.scale_rule import AccuracySample
    from seal_tf.schedules import EpochPlan, Plan, Schedule
    from seal_tf.training.gradient_norms import GradientNorms


class PlanWarning(UserWarning):
    """A plan that is valid, but probably not what you mean."""


@keras.saving.register_keras_serializable(package="seal_tf")
class GenerationCallback(keras.callbacks.Callback):
    """Carry out any schedule in a plain `model.fit`.

    For the length of fit, the callback replaces the train step of the model
    with one that obeys the schedule, and patches the optimizer so that each
    group of layers has its own learning rate. It restores both afterwards.
    Classes never change, so files of plain Keras models that are saved during
    or after fit load without seal_tf. Put the callback first in the list:
    callbacks before it do not see its log entries.

    The logs of each epoch gain `generation` (from 0), `ascent` (0 or 1),
    `early_rate` and `later_rate` (learning rates at the last step of the
    epoch, negative during ascent). If S is searched, they also gain
    `ascent_scale` (S at the last step) and `retained_accuracy` (at the end
    of an ascent: the retained fraction of the training accuracy above chance;
    otherwise NaN).

    Once per epoch the callback checks the loss and the weights. If one is not
    finite, it stops training with a warning, restores the weights of the last
    finite epoch and sets `diverged`.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import GenerationCallback
        >>> from seal_tf.schedules import SEAL, Snapshots
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8, name="early"),
        ...     keras.layers.Dense(3, name="later")])
        >>> model.compile("adam", "mse")
        >>> callback = GenerationCallback(
        ...     SEAL(generations=2, split_at="later") + Snapshots())
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 3)), epochs=8, verbose=0,
        ...     callbacks=[callback])
        >>> len(callback.snapshots)
        2

    Args:
        schedule: A `seal_tf.schedules.Schedule`, or several joined by `+`.
        snapshot_dir: Folder for the snapshots of the schedule
            (`snapshot_01.keras`, …). None keeps their weights in memory.
        prepare: Function that the compiled step applies to each batch first,
            such as augmentation on the device. It maps a batch of fit to
            (x, y) or (x, y, sample_weight). Defaults to None.
        checkpoint_dir: Folder for the state of the run, saved at the end of
            every epoch: weights, optimizer, position, snapshots. The same fit
            in another process resumes from it; the order of the data and the
            state of other callbacks are up to the caller. After the last
            epoch the folder stays, and the same fit has nothing left to do:
            pass another folder to train again. Defaults to None.
        probe_data: For a searched S: (x, y), training images without
            augmentation and their labels, in the form that fit gets them.
            None uses the first batches of the fit, which become part of the
            state.

    Attributes:
        plan: The plan of the run, once fit has started.
        snapshots: Files, or lists of weights, of the snapshots so far.
        diverged: The message of a run that was stopped, else None.
        divergence_cause: The first half of that message, without what the
            callback did.
        diverged_epoch: The epoch of the divergence, from 0, or None.
        rates: Learning rate of each layer group at the last step of the
            latest epoch, by name; negative during ascent. Factors of single
            layers are not in it.
        layer_rates: Learning rate of each layer at that step, by path, if the
            schedule has factors of single layers; otherwise empty.
        scale_measurements: For a searched S, the
            `seal_tf.ascent_scale.scale_rule.AccuracySample`s so far.
        padded: Whether images of weight 0 are padding; see
            `seal_tf.backends.tensorflow`.
        initial_state: A `RunState` from which the next fit resumes, at its
            epoch. Pass fit data that starts at its step (on PyTorch: at the
            start of its epoch, because fit reads the data of skipped steps).
            None again when this fit has ended.
        previous_epochs: Logs of the epochs before this fit, with `seconds`,
            for the printed progress.

    Raises:
        ValueError: At the start of fit, before any weight changes, if
            schedule, model, optimizer and epochs do not fit one another. If
            the model is not built yet, a split that does not fit it raises
            while the first step is traced, also before any weight changes.
    """

    def __init__(
        self,
        schedule: Schedule,
        snapshot_dir: str | Path | None = None,
        prepare: Callable[[Any], Any] | None = None,
        checkpoint_dir: str | Path | None = None,
        probe_data: tuple[Any, Any] | None = None,
    ) -> None:
        super().__init__()
        self.schedule = schedule
        self._folders = {
            "snapshot_dir": snapshot_dir and str(snapshot_dir),
            "checkpoint_dir": checkpoint_dir and str(checkpoint_dir),
        }
        self._auto_resume: AutoResume | None = None
        if checkpoint_dir:
            self._auto_resume = AutoResume(checkpoint_dir)
            if snapshot_dir is None:
                # In memory the snapshots would end with the process.
                snapshot_dir = Path(checkpoint_dir) / "snapshots"
        self._snapshot_dir = snapshot_dir
        self._prepare = prepare
        self._probe_data = probe_data
        self._patcher = AttributePatcher()
        self._context: Any = None
        self._resumed: RunState | None = None
        self._extra_parts: dict[str, Stateful] = {}
        self._unsaved_epoch: int | None = None
        self._snapshots: list[Any] = []
        self._measurements: list[AccuracySample] = []
        self._average: WeightAverage | None = None
        self.plan: Any = None
        self.diverged: str | None = None
        self.divergence_cause: str | None = None
        self.diverged_epoch: int | None = None
        self.initial_state: RunState | None = None
        self.previous_epochs: Sequence[Mapping[str, Any]] = ()
        self.rates: dict[str, float] = {}
        self.layer_rates: dict[str, float] = {}
        self.padded = False

    def plan_for(
        self,
        model: keras.Model,
        epochs: int,
        steps_per_epoch: int | None = None,
    ) -> Plan:
        """Return the plan of a run, before training.

        Args:
            model: The model, built.
            epochs: Epochs of the run: the argument of `fit`.
            steps_per_epoch: Training steps per epoch, if known.

        Returns:
            A `seal_tf.schedules.Plan`, with `describe()` and `plot()`.

        Raises:
            ValueError: If the model is not built, or schedule, model and
                epochs do not fit one another.
        """
        self.schedule.check(epochs)
        if not layer_groups.has_weights(model):
            raise ValueError(
                f"Model {model.name!r} is not built: call "
                "model.build(input_shape), or call it on a batch, before "
                "plan_for."
            )
        return build_plan(self.schedule, model, epochs, steps_per_epoch)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as JSON values.

        `prepare` and `probe_data` are not included.

        Raises:
            ValueError: If a setting is a function.
        """
        return {"schedule": to_config(self.schedule), **self._folders}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> GenerationCallback:
        """Return the callback of a config from `get_config`."""
        return cls(**{**config, "schedule": from_config(config["schedule"])})

    @property
    def in_fit(self) -> bool:
        """Whether a fit with this callback is running."""
        return self._context is not None

    @property
    def snapshots(self) -> list[Any]:
        """Files, or lists of weights, of the snapshots so far."""
        return self._snapshots

    @property
    def scale_measurements(self) -> tuple[AccuracySample, ...]:
        """The measurements of the search for S so far."""
        return tuple(self._measurements)

    @property
    def averaged_weights(self) -> list[np.ndarray] | None:
        """Averages in the order of `model.weights`, or None without any."""
        return self._average.weights if self._average else None

    @property
    def average_count(self) -> int:
        """Number of averaged weights."""
        return self._average.count if self._average else 0

    def averaged_model(self, batches: Iterable[Any]) -> keras.Model:
        """Return a copy of the model with the averaged weights.

        Args:
            batches: Batches (x, …) of training data, from which the copy gets
                its statistics of BatchNormalization.

        Returns:
            The copy, not compiled.

        Raises:
            ValueError: If the schedule has averaged no weights.
        """
        if self.averaged_weights is None:
            raise ValueError(
                "No weights are averaged. Train with `seal_tf.schedules.SWA`."
            )
        return averaged_model(self.model, self.averaged_weights, batches)

    def add_state_part(self, name: str, part: Stateful) -> None:
        """Save and restore the state of another object with the run.

        Args:
            name: Name of the part in checkpoints.
            part: An object with `get_state()` and `set_state(state)`.
        """
        self._extra_parts[name] = part

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check everything, then make the model obey the plan."""
        # An interrupted fit has not restored the model.
        self._patcher.restore()
        model, schedule = self.model, self.schedule
        epochs, steps = self.params["epochs"], self.params.get("steps")
        schedule.check(epochs)
        optimizer_patch.check_optimizer(model.optimizer, schedule.owns_rate)
        check_train_step(model)
        plan = build_plan(schedule, model, epochs, steps)
        check_other_callbacks(
            model, self, any(e.before for e in plan), schedule.owns_rate
        )
        check_obeys(model, plan)
        check_can_save(plan, self._snapshot_dir, model)
        for text in plan.warnings():
            warnings.warn(text, PlanWarning, stacklevel=2)
        self.diverged = self.divergence_cause = self.diverged_epoch = None
        state = self._find_state(plan)
        if state is not None:
            plan = dataclasses.replace(plan, backoffs=state.backoffs)
        self.plan = plan
        self._progress = ProgressSummary(epochs, self.previous_epochs)
        options = FitOptions(
            self._snapshot_dir, self._prepare, self.padded, self._probe_data
        )
        try:
            context = self._create_context(plan, options, state)
        except BaseException:
            self._patcher.restore()
            raise
        self._context = context
        self._resumed = state
        self._snapshots = context.executor.snapshots
        self._measurements = (
            context.search.measurements if context.search else []
        )
        self._average = context.average
        self._started = False
        self._unsaved_epoch = None
        self._pending_line = ""

    def _create_context(
        self, plan: Plan, options: FitOptions, state: RunState | None
    ) -> FitContext:
        model = self.model
        context = FitContext(model, plan, options, self._patcher)
        context.restore(state, {"progress": self._progress} | self._extra_parts)
        context.before_finalize(self._save)
        if state is not None:
            # Fit reads it after on_train_begin, as BackupAndRestore relies on.
            self._patcher.patch(model, "_initial_epoch", state.epoch)
        return context

    def _find_state(self, plan: Plan) -> RunState | None:
        state = self.initial_state
        if self._auto_resume is not None:
            if not layer_groups.has_weights(self.model):
                raise ValueError(
                    "Argument `checkpoint_dir` requires a built model. Model "
                    f"{self.model.name!r} is not built: call "
                    "model.build(input_shape), or call it on a batch, before "
                    "fit."
                )
            assert self._snapshot_dir is not None
            return self._auto_resume.load(self.model, plan, self._snapshot_dir)
        if state is not None:
            state.check(self.model, plan)
            state.check_metrics(self.model)
        return state

    def run_state(
        self,
        epoch: int,
        step: int = 0,
        metrics: list[np.ndarray] | None = None,
    ) -> RunState | None:
        """Return the state of the run between two steps.

        Args:
            epoch: The current epoch, from 0; so many epochs are complete.
            step: Completed steps of that epoch.
            metrics: Values of the metrics' variables; None for the current
                values.

        Returns:
            The state, or None if a weight is not finite.
        """
        get_backend().synchronize(self.model)
        state: RunState | None = self._context.collect_state(
            epoch, step, metrics
        )
        return state

    def record_norms(self, every: int) -> GradientNorms:
        """Let the step record norms; for callbacks after this one.

        Args:
            every: Steps between two records.
        """
        norms: GradientNorms = self._context.record_norms(every)
        return norms

    def progress_text(self, completed_epochs: int) -> str:
        """Return the accuracy so far and the remaining time, in one line."""
        return self._progress.text(completed_epochs)

    def ascent_summary(self) -> str:
        """Describe the result at the end of an ascent with a searched S."""
        search = self._context.search if self._context else None
        return search.summary() if search else ""

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Load the plan of the epoch."""
        self._save()
        plan = self._epoch_plan = self.plan.epoch(epoch)
        completed = 0 if self._started else self._start(epoch)
        self._context.begin_epoch(plan, completed)
        progress = self.progress_text(epoch)
        self._print(
            plan.title() + (f" · so far {progress}" if progress else "")
        )
        self._progress.begin_epoch()

    def _start(self, epoch: int) -> int:
        """Prepare the first epoch of this fit.

        Other callbacks may have restored weights and counts since
        `on_train_begin` (BackupAndRestore does).

        Returns:
            Completed steps of the epoch.
        """
        self._started = True
        state, steps = self._resumed, self.params.get("steps")
        if state is not None and state.epoch == epoch:
            self._context.begin_resumed_run()
            completed = state.step
        else:
            epochs = self.plan.epochs_since_reset(epoch)
            known = epochs is not None and steps is not None
            self._context.begin_run(epoch, epochs * steps if known else None)
            completed = 0
        self._snapshots = self._context.executor.snapshots
        return completed

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Measure for the search of S, if it is due."""
        self._progress.begin_step()
        if self._context.search:
            self._context.search.before_step(batch)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Add log entries, check for divergence, execute events."""
        plan, context = self._epoch_plan, self._context
        if context.search:
            context.search.end_epoch()
        if not self.plan.layers:
            # The first step has built the model.
            self.plan = dataclasses.replace(
                self.plan, layers=context.layer_names()
            )
            context.plan_state.plan = self.plan
        self._pending_line = self.ascent_summary()
        self._progress.add_epoch(logs or {})
        entries = self._log_entries(plan)
        if logs is not None:
            logs.update(entries)
        if not is_finite((logs or {}).get("loss")):
            self._stop(plan, "the loss is")
        elif not context.back_up():
            self._stop(plan, "some weights are")
        elif not self._is_cut_short():
            context.executor.execute(plan.after)
            self._unsaved_epoch = epoch + 1

    def _is_cut_short(self) -> bool:
        """Whether another callback stopped the fit within the epoch.

        The epoch is then not complete: its events are left out, and a resumed
        run trains it again.
        """
        if not self.model.stop_training:
            return False
        steps = self.params.get("steps")
        return steps is None or self._context.completed_steps() < steps

    def _save(self) -> None:
        """Save the state of the latest epoch in `checkpoint_dir`.

        This happens at the start of the next epoch, or at the end of fit
        before an EMA replaces the weights, when the other callbacks have
        finished the epoch.
        """
        if self._auto_resume is None or self._unsaved_epoch is None:
            return
        # Collecting the state is a collective operation of all processes.
        state = self.run_state(self._unsaved_epoch)
        self._unsaved_epoch = None
        if self._context.writes and state is not None:
            self._auto_resume.save(state)

    def _print(self, *lines: str) -> None:
        """Print the pending line and these lines.

        At the end of an epoch Keras has not ended the line of its progress
        bar, so a line of `on_epoch_end` is printed later.
        """
        if self.params.get("verbose"):
            for line in filter(None, (self._pending_line, *lines)):
                print(line, file=sys.stdout, flush=True)
        self._pending_line = ""

    def _log_entries(self, plan: EpochPlan) -> dict[str, float]:
        rates = self._context.signed_rates(plan)
        self.rates = dict(
            zip(self.plan.run.groups, map(float, rates), strict=True)
        )
        self.layer_rates = _layer_rates(self.plan, plan, rates)
        search = self._context.search
        return {
            "generation": plan.generation,
            "ascent": int(plan.ascends),
            "early_rate": float(rates[0]),
            "later_rate": float(rates[-1]),
        } | (search.logs() if search else {})

    def _stop(self, plan: EpochPlan, subject: str) -> None:
        self.divergence_cause = (
            f"{subject} no longer finite in epoch {plan.epoch + 1} "
            f"({plan.title()}, {self.schedule.label()})"
        )
        restored = self._context.undo_divergence()
        self.diverged = f"{self.divergence_cause}: training stops{restored}."
        self.diverged_epoch = plan.epoch
        self.model.stop_training = True
        warnings.warn(self.diverged, Diverged, stacklevel=2)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Save the last state, and restore the model."""
        # Another callback may have stopped the fit early.
        self._save()
        self._print()
        self._patcher.restore()
        if self._context.search:
            self._context.search.release()
        # The context holds a copy of the weights and the traced step.
        self._context = None
        # A later fit does not begin at the same state.
        self._resumed = self.initial_state = None


def _layer_rates(
    plan: Plan, epoch_plan: EpochPlan, rates: np.ndarray
) -> dict[str, float]:
    """The signed learning rate of each layer, by path."""
    if epoch_plan.layer_scale is None:
        return {}
    by_group = [len(names) for names in plan.layers]
    values = np.repeat(rates, by_group) * epoch_plan.layer_scale
    paths = [path for names in plan.layers for path in names]
    return dict(zip(paths, map(float, values), strict=True))
