"""The S of an ascent, found while it goes on."""

from __future__ import annotations

import bisect
import dataclasses
import math

import keras

from seal_tf.schedules import forgetting
from seal_tf.schedules.forgetting import Look
from seal_tf.training.gathering import Gathering
from seal_tf.training.model import SEALTrainStep
from seal_tf.training.remaining import Remaining, check_accuracy


class ScaleFinder:
    """Looks at a slice of the training set, and sets S by what is left.

    All that it knows is in `looks` and in the slice: a fit that goes on from
    both finds the same.

    Args:
        model: The compiled model.
        plan: The `Plan` of the run.
        control: The `StepControl`.
        slice_of: (x, y), images and labels of the training set in the form
            that fit gets them; None: the first batches of the fit.
        looks: Those of the run before.

    Raises:
        ValueError: the model has no accuracy, or nobody knows how long an
            ascent is; or, without `slice_of`, the first batches of the fit
            cannot be seen.
    """

    def __init__(self, model, plan, control, slice_of=None, looks=()):
        check_accuracy(model)
        if plan.run.steps is None:
            raise ValueError(
                "ascent_scale='auto' looks at the network every so many "
                "steps, and nobody knows how many an epoch has: give fit "
                "steps_per_epoch."
            )
        replicas = model.distribute_strategy.num_replicas_in_sync
        if slice_of is None and replicas > 1:
            raise ValueError(
                "ascent_scale='auto' under a tf.distribute strategy needs "
                "images to look at: give measure_on=(x, y)."
            )
        several = model.steps_per_execution
        if slice_of is None and several > 1:
            raise ValueError(
                "ascent_scale='auto' cannot look at the first batches of the "
                f"fit where steps_per_execution={several}, as of those steps "
                "only the last one shows its batch: give measure_on=(x, y)."
            )
        own = type(model).train_step not in (
            keras.Model.train_step,
            SEALTrainStep.train_step,
        )
        if slice_of is None and (own or plan.epoch(0).keep is not None):
            why = (
                f"{type(model).__name__} has a train_step of its own"
                if own
                else "the first epoch ascends already"
            )
            raise ValueError(
                "ascent_scale='auto' cannot look at the first batches of the "
                f"fit, as {why}: give measure_on=(x, y)."
            )
        self._model, self._plan, self._control = model, plan, control
        self._slice = slice_of
        self._gathering = self._remaining = None
        self._now = self._left = None
        self.looks = list(looks)

    @property
    def slice(self):
        """(x, y) that are looked at; None until they are gathered."""
        if self._slice is None and self._gathering is not None:
            self._slice = self._gathering.found
        return self._slice

    def numbers(self) -> dict:
        """What the logs of an epoch say, as it ends."""
        scale = self.looks[-1].scale if self.looks else 0.0
        return {
            "ascent_scale": scale if self._now else 0.0,
            "left": self._left if self._left is not None else math.nan,
        }

    def release(self) -> None:
        """Keeps nothing but `looks`."""
        self._model = self._control = self._slice = None
        self._gathering = self._remaining = None

    def lead(self) -> None:
        """Has the batches of this fit gathered, where that is needed.

        As every epoch begins: a train function may have been made anew.
        """
        if self.slice is not None:
            return
        if self._gathering is None:
            epoch = self._plan.epoch(0)
            steps = epoch.epochs_per_generation * self._plan.run.steps
            self._gathering = Gathering(
                self._model,
                self._control,
                forgetting.affordable(steps),
                lambda size: forgetting.affordable(10**9, size),
            )
        else:
            self._gathering.lead(self._model)

    def begin(self, epoch_plan, step: int) -> None:
        """As an epoch begins, before anything happens to the weights.

        Args:
            epoch_plan: The `EpochPlan`.
            step: Its steps that are done already.
        """
        self._now = self._left = None
        if epoch_plan.keep is None:
            return
        self._now = epoch_plan
        first = epoch_plan.epoch - epoch_plan.phase_epoch
        self._first = first
        self._due = forgetting.due(
            epoch_plan.phase_epochs * self._plan.run.steps, forgetting.LOOKS
        )
        if seen := self._of_phase():
            self._control.found.assign(seen[-1].scale)
        elif epoch_plan.phase_epoch or step:
            raise ValueError(
                "ascent_scale='auto': this fit goes on in the middle of an "
                "ascent, and what was seen of it is gone: keep the state of "
                "the run by checkpoint_dir, or go on from before the ascent."
            )
        self.before_step(step)

    def before_step(self, step: int) -> None:
        """Looks, where it is due, before a step of the epoch."""
        if self._now is None:
            return
        steps = self._plan.run.steps
        at = self._now.phase_epoch * steps + step
        seen = self._of_phase()
        # Those that are due by now, whether or not each had its look.
        if bisect.bisect_right(self._due, at) <= bisect.bisect_right(
            self._due, self._place(seen[-1]) if seen else -1
        ):
            return
        look = self._look(step)
        look = dataclasses.replace(look, scale=self._scale(look, seen, at))
        self.looks.append(look)
        self._control.found.assign(look.scale)

    def _scale(self, look, seen, at):
        scales = self._scales_before()
        if not seen:
            return forgetting.first_scale(scales)
        if not forgetting.knows(seen[0]):
            return seen[-1].scale
        total = self._now.phase_epochs * self._plan.run.steps
        after = next((step for step in self._due if step > at), total)
        return forgetting.next_scale(
            seen[-1].scale,
            forgetting.left(look, seen[0]),
            forgetting.left(seen[-1], seen[0]),
            after / total,
            self._now.keep,
            known=bool(scales),
        )

    def end(self) -> None:
        """After an ascent's last step: what is left, for who reads it."""
        plan = self._now
        if plan is None or plan.phase_epoch + 1 < plan.phase_epochs:
            return
        look = self._look(self._plan.run.steps, self.looks[-1].scale)
        first = self._of_phase()[0]
        known = forgetting.knows(first)
        self._left = forgetting.left(look, first) if known else math.nan
        self.looks.append(look)

    def outcome(self) -> str:
        """As an ascent ends, what came of it, in words; else nothing."""
        if self._left is None:
            return ""
        scale = self.looks[-1].scale
        if math.isnan(self._left):
            return (
                "nothing was there to forget: training accuracy was not "
                f"above chance as the ascent began (S stays {scale:.3g})"
            )
        return (
            f"{round(100 * self._left)}% of the training accuracy above "
            f"chance is left, {self._now.keep:.0%} was asked for "
            f"(S = {scale:.3g})"
        )

    def _of_phase(self):
        return [k for k in self.looks if k.epoch >= self._first]

    def _scales_before(self):
        """S after each look of the ascent before this one.

        None where that ascent had nothing to forget: its S was not found.
        """
        looks = [k for k in self.looks if k.epoch < self._first]
        if not looks:
            return []
        last = self._plan.epoch(looks[-1].epoch)
        first = last.epoch - last.phase_epoch
        looks = [k for k in looks if k.epoch >= first]
        return [k.scale for k in looks] if forgetting.knows(looks[0]) else []

    def _place(self, look):
        return (look.epoch - self._first) * self._plan.run.steps + look.step

    def _look(self, step, scale=0.0):
        if self._remaining is None:
            if self.slice is None:
                raise ValueError(
                    "ascent_scale='auto': an ascent begins before fit has "
                    "trained on enough batches to look at: give "
                    "measure_on=(x, y)."
                )
            self._remaining = Remaining(self._model, *self.slice)
        accuracy = self._remaining.accuracy()
        return Look(
            self._now.epoch,
            step,
            accuracy,
            self._remaining.chance,
            self._remaining.images,
            scale,
        )
