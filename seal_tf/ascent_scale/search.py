"""Search S during an ascent."""

from __future__ import annotations

import bisect
import dataclasses
import math
from typing import Any

import keras

from seal_tf.ascent_scale import scale_rule
from seal_tf.ascent_scale.batch_capture import BatchCapture
from seal_tf.ascent_scale.probe_accuracy import (
    ProbeAccuracy,
    check_accuracy_metric,
    check_probe_data,
)
from seal_tf.ascent_scale.scale_rule import AccuracySample
from seal_tf.backends import get_backend
from seal_tf.schedules import EpochPlan, Plan
from seal_tf.training.seal_model import SEALTrainStep
from seal_tf.training.step_control import StepControl
from seal_tf.training.train_function import TrainFunction


class AscentScaleSearch:
    """Measure the training accuracy during an ascent, and set S from it.

    The measurements and the probe images are the whole state: a fit that
    resumes with both determines the same S.

    Args:
        model: The compiled model.
        plan: The plan of the run.
        control: The `StepControl`.
        train_function: The owner of the train function.
        probe_data: (x, y), training images and their labels in the form that
            fit gets them. None captures the first batches of the fit.

    Attributes:
        measurements: All `AccuracySample`s of the run so far.

    Raises:
        ValueError: If the model has no accuracy, the length of an ascent is
            unknown, or `probe_data` is None and the first batches of the fit
            cannot be captured.
    """

    def __init__(
        self,
        model: keras.Model,
        plan: Plan,
        control: StepControl,
        train_function: TrainFunction,
        probe_data: tuple[Any, Any] | None = None,
    ) -> None:
        check_accuracy_metric(model)
        if probe_data is not None:
            check_probe_data(probe_data)
        if plan.run.steps is None:
            raise ValueError(
                "`ascent_scale='auto'` requires the number of steps per "
                "epoch: pass `steps_per_epoch` to fit."
            )
        self._steps: int = plan.run.steps
        self._model: Any = model
        self._plan = plan
        self._control: Any = control
        self._train_function: Any = train_function
        self._captures = probe_data is None
        self._probe_data = probe_data
        self._capture: BatchCapture | None = None
        self._probe: ProbeAccuracy | None = None
        self._current: EpochPlan | None = None
        self._retained: float | None = None
        self._phase_start = 0
        self._measurement_steps: list[int] = []
        self.measurements: list[AccuracySample] = []

    def check_capture(self) -> None:
        """Check that the first batches of the fit can be captured.

        Raises:
            ValueError: If there is no probe data and they cannot.
        """
        if self.probe_data is None:
            _check_capture(self._model, self._plan)

    @property
    def probe_data(self) -> Any:
        """The probe images and labels (x, y); None until they are captured."""
        if self._probe_data is None and self._capture is not None:
            self._probe_data = self._capture.data
        return self._probe_data

    def get_state(self) -> dict[str, Any]:
        """Return the measurements, and the captured probe data."""
        return {
            "measurements": [dataclasses.asdict(m) for m in self.measurements],
            "probe_data": self.probe_data if self._captures else None,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self.measurements = [AccuracySample(**m) for m in state["measurements"]]
        if self._captures and state["probe_data"] is not None:
            self._probe_data = tuple(state["probe_data"])

    def logs(self) -> dict[str, float]:
        """Return the log entries at the end of an epoch."""
        scale = self.measurements[-1].scale if self.measurements else 0.0
        retained = self._retained
        return {
            "ascent_scale": scale if self._current else 0.0,
            "retained_accuracy": math.nan if retained is None else retained,
        }

    def release(self) -> None:
        """Release the model and the probe data; keep the measurements."""
        self._model = self._control = self._train_function = None
        self._probe_data = self._capture = self._probe = None

    def begin_epoch(self, epoch_plan: EpochPlan, step: int) -> None:
        """Prepare the search for an epoch, and measure if it is due.

        Call this at the start of an epoch, before any event.

        Args:
            epoch_plan: The plan of the epoch.
            step: Completed steps of the epoch.

        Raises:
            ValueError: If the fit starts within an ascent and has no
                measurements of it.
        """
        self._start_capture()
        self._current = self._retained = None
        if epoch_plan.retain is None:
            return
        self._current = epoch_plan
        self._phase_start = epoch_plan.epoch - epoch_plan.phase_epoch
        self._measurement_steps = scale_rule.measurement_steps(
            epoch_plan.phase_epochs * self._steps, scale_rule.MEASUREMENTS
        )
        if samples := self._phase_measurements():
            self._control.searched_scale.assign(samples[-1].scale)
        elif epoch_plan.phase_epoch or step:
            raise ValueError(
                "`ascent_scale='auto'` cannot resume within an ascent without "
                "the measurements of that ascent: save the state of the run "
                "with `checkpoint_dir`, or resume before the ascent."
            )
        self.before_step(step)

    def _start_capture(self) -> None:
        if self.probe_data is not None or self._capture is not None:
            return
        epoch = self._plan.epoch(0)
        steps = epoch.epochs_per_generation * self._steps
        self._capture = BatchCapture(
            self._control,
            scale_rule.max_probe_size(steps),
            lambda size: scale_rule.max_probe_size(10**9, size),
        )
        self._train_function.set_wrapper("capture_batches", self._capture)

    def before_step(self, step: int) -> None:
        """Measure if it is due, and set S.

        Args:
            step: The next step of the epoch.
        """
        if self._current is None:
            return
        position = self._current.phase_epoch * self._steps + step
        samples = self._phase_measurements()
        # The number of measurements that are due so far.
        due_now = bisect.bisect_right(self._measurement_steps, position)
        latest = self._position(samples[-1]) if samples else -1
        if due_now <= bisect.bisect_right(self._measurement_steps, latest):
            return
        get_backend().synchronize(self._model)
        sample = self._measure(step)
        scale = self._choose_scale(sample, samples, position)
        self.measurements.append(dataclasses.replace(sample, scale=scale))
        self._control.searched_scale.assign(scale)

    def _choose_scale(
        self,
        sample: AccuracySample,
        samples: list[AccuracySample],
        position: int,
    ) -> float:
        assert self._current is not None and self._current.retain is not None
        previous_scales = self._previous_ascent_scales()
        if not samples:
            return scale_rule.first_scale(previous_scales)
        first, latest = samples[0], samples[-1]
        if not scale_rule.is_above_chance(first):
            return latest.scale
        total_steps = self._current.phase_epochs * self._steps
        next_position = next(
            (s for s in self._measurement_steps if s > position), total_steps
        )
        return scale_rule.next_scale(
            latest.scale,
            (
                scale_rule.retained_fraction(latest, first),
                scale_rule.retained_fraction(sample, first),
            ),
            next_position / total_steps,
            self._current.retain,
            is_known=bool(previous_scales),
        )

    def end_epoch(self) -> None:
        """At the end of an ascent, measure the retained accuracy."""
        plan = self._current
        if plan is None or plan.phase_epoch + 1 < plan.phase_epochs:
            return
        sample = self._measure(self._steps, self.measurements[-1].scale)
        first = self._phase_measurements()[0]
        self._retained = math.nan
        if scale_rule.is_above_chance(first):
            self._retained = scale_rule.retained_fraction(sample, first)
        self.measurements.append(sample)

    def summary(self) -> str:
        """Describe the result at the end of an ascent; "" elsewhere."""
        retained, plan = self._retained, self._current
        if retained is None or plan is None or plan.retain is None:
            return ""
        scale = self.measurements[-1].scale
        if math.isnan(retained):
            return (
                "the training accuracy was not above chance at the start of "
                f"the ascent (S stays {scale:.3g})"
            )
        note = ""
        if scale <= scale_rule.MIN_SCALE and retained < plan.retain:
            note = ", its minimum: without an ascent, as much is forgotten"
        return (
            f"retained {round(100 * retained)}% of the training "
            f"accuracy above chance, target {plan.retain:.0%} "
            f"(S = {scale:.3g}{note})"
        )

    def _phase_measurements(self) -> list[AccuracySample]:
        return [m for m in self.measurements if m.epoch >= self._phase_start]

    def _previous_ascent_scales(self) -> list[float]:
        """S after each measurement of the ascent before this one.

        Empty if the accuracy was not above chance, because then that ascent
        did not determine S.
        """
        samples = [m for m in self.measurements if m.epoch < self._phase_start]
        if not samples:
            return []
        last = self._plan.epoch(samples[-1].epoch)
        start = last.epoch - last.phase_epoch
        samples = [m for m in samples if m.epoch >= start]
        if not scale_rule.is_above_chance(samples[0]):
            return []
        return [m.scale for m in samples]

    def _position(self, sample: AccuracySample) -> int:
        """Step of the ascent phase before which the sample was measured."""
        return (sample.epoch - self._phase_start) * self._steps + sample.step

    def _measure(self, step: int, scale: float = 0.0) -> AccuracySample:
        assert self._current is not None
        if self._probe is None:
            if self.probe_data is None:
                raise ValueError(
                    "`ascent_scale='auto'`: the first ascent starts before "
                    "fit has trained on enough batches to capture probe "
                    "images: pass `probe_data=(x, y)`."
                )
            self._probe = ProbeAccuracy(self._model, *self.probe_data)
        accuracy = self._probe.measure()
        assert self._probe.chance is not None
        return AccuracySample(
            self._current.epoch,
            step,
            accuracy,
            self._probe.chance,
            self._probe.images,
            scale,
        )


def _check_capture(model: keras.Model, plan: Plan) -> None:
    """Raise ValueError if the first batches of a fit cannot be captured."""
    reason = None
    standard_step = type(model).train_step in (
        keras.Model.train_step,
        SEALTrainStep.train_step,
    )
    if get_backend().is_distributed(model):
        reason = "several devices train the model"
    elif model.steps_per_execution > 1:
        reason = (
            "only the last batch of each execution is visible with "
            f"steps_per_execution={model.steps_per_execution}"
        )
    elif not standard_step:
        reason = f"{type(model).__name__} defines its own train_step"
    elif plan.epoch(0).retain is not None:
        reason = "the first epoch already ascends"
    if reason:
        raise ValueError(
            "`ascent_scale='auto'` cannot capture the first batches of the "
            f"fit, because {reason}: pass `probe_data=(x, y)`."
        )
