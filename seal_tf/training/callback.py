"""The callback that reads a plan out, epoch by epoch."""

from __future__ import annotations

import dataclasses
import functools
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from seal_tf.schedules import ResetOptimizer, past
from seal_tf.schedules.config import config_of, schedule_of
from seal_tf.training import groups, lent_optimizer
from seal_tf.training.control import StepControl
from seal_tf.training.distribution import is_chief
from seal_tf.training.divergence import Diverged, LastFinite, is_finite
from seal_tf.training.finding import ScaleFinder
from seal_tf.training.freezing import FrozenPrefix
from seal_tf.training.gathering import packed, unpacked
from seal_tf.training.happenings import Happenings
from seal_tf.training.lent_step import check_step, lend_step
from seal_tf.training.loans import Loans
from seal_tf.training.norms import Norms
from seal_tf.training.own_folder import OwnFolder
from seal_tf.training.planning import plan_of, plan_unbuilt
from seal_tf.training.resuming import Skipping
from seal_tf.training.run_line import RunLine
from seal_tf.training.state import State, slots, values, weights

if TYPE_CHECKING:
    from seal_tf.schedules import Schedule
    from seal_tf.schedules.forgetting import Look
    from seal_tf.schedules.plan import Plan


@keras.saving.register_keras_serializable(package="seal_tf")
class GenerationCallback(keras.callbacks.Callback):
    """Carries out any schedule in a plain `model.fit`.

    For the length of fit the model is lent the train step that obeys the
    schedule, and its optimizer the methods that give each group of layers
    its rate. Their classes never change, so what is saved during fit, or
    after it, loads without seal_tf. Put it first in the list: callbacks
    before it do not see what it adds to the logs.

    Every epoch's logs gain `generation` (from 0), `ascent` (0 or 1),
    `early_rate` and `later_rate` (signed: negative while ascending; at the
    epoch's last step). Where S is found, `ascent_scale` is S at the last
    step and `left` what an ascent has left of the training accuracy above
    chance, as it ends (else NaN).

    A non-finite loss, looked at once an epoch, stops training: a warning
    names epoch and phase, `diverged` keeps it, and the model has the weights
    of the last epoch that ended finite.

    Args:
        schedule: A `seal_tf.schedules.Schedule`, or several joined by `+`.
        snapshot_dir: Folder for the snapshots that a schedule keeps
            (`snapshot_01.keras`, …). None keeps their weights in memory.
        prepare: What the train step does to a batch before all else, inside
            the compiled step, such as augmentation on the device; a function
            of fit's batch to (x, y) or (x, y, sample_weight).
        checkpoint_dir: Folder in which the state of the run is kept as every
            epoch ends: weights, optimizer, position, snapshots. The same fit
            again, in another process, goes on from there; the order of the
            data, and what other callbacks remember, are the caller's. It
            stays when the last epoch has ended, and fit then has nothing
            left to do: name another folder to train anew. (A fit that was
            stopped early goes on.)
        measure_on: Where S is found: (x, y), images of the training set, not
            augmented, and their labels, in the form that fit gets them. None
            takes the first batches of the fit, as they come; these are kept
            with the state.

    Attributes:
        plan: The plan of the run, once fit has started.
        snapshots: Files, or lists of weights, of the snapshots so far.
        diverged: The message of a run that was stopped, else None.
        cause: Its first half, what happened.
        diverged_in: The epoch in which it was, from 0.
        rates: Rate of each group of layers at the last step of the epoch that
            ended last, by its name; negative where it ascended.
        looks: What was seen of forgetting so far, where S is found:
            `seal_tf.schedules.forgetting.Look`s.
        padded: Whether images of weight 0 only fill a batch up; see
            `seal_tf.training.counting`.
        go_on_from: A `seal_tf.training.state.State` to go on from, for who
            keeps states; fit then is given its epoch as `initial_epoch`, and
            data that begins at its step.
        epochs_before: Numbers of the epochs before this fit, for the line
            that is printed; see `seal_tf.training.run_line`.

    Raises:
        ValueError: as fit begins, before any weight moves, where schedule,
            model, optimizer and epochs do not suit one another. Where the
            model is not built yet, a split that does not suit it is found
            while the first step is traced, still before a weight moves.
    """

    def __init__(
        self,
        schedule: Schedule,
        snapshot_dir: str | Path | None = None,
        prepare: Callable[[Any], Any] | None = None,
        checkpoint_dir: str | Path | None = None,
        measure_on: tuple[Any, Any] | None = None,
    ) -> None:
        super().__init__()
        self._prepare = prepare
        self.schedule = schedule
        self._folders = {
            "snapshot_dir": snapshot_dir and str(snapshot_dir),
            "checkpoint_dir": checkpoint_dir and str(checkpoint_dir),
        }
        self._own = OwnFolder(checkpoint_dir) if checkpoint_dir else None
        if checkpoint_dir and snapshot_dir is None:
            # Kept in memory they would be gone with the process.
            snapshot_dir = Path(checkpoint_dir) / "snapshots"
        self._snapshot_dir = snapshot_dir
        self._measure_on = measure_on
        self._happenings: Any = None
        self._finder: Any = None
        # What is there only while fit runs.
        self._last_finite: Any = None
        self._control: Any = None
        self._optimizer: Any = None
        self._resumed: Any = None
        self._unsaved: int | None = None
        self.plan: Any = None
        self.diverged: str | None = None
        self.cause: str | None = None
        self.diverged_in: int | None = None
        self.go_on_from: State | None = None
        self.epochs_before: Sequence[Mapping[str, Any]] = ()
        self.rates: dict[str, float] = {}
        self.padded = False
        self._loans = Loans()

    def plan_for(
        self,
        model: keras.Model,
        epochs: int,
        steps_per_epoch: int | None = None,
    ) -> Plan:
        """The plan of a run, before training it.

        Args:
            model: The model, built.
            epochs: Epochs of the run, `fit`'s argument.
            steps_per_epoch: Training steps of an epoch, where known.

        Returns:
            A `seal_tf.schedules.Plan`: `.describe()`, `.plot()`.
        """
        self.schedule.check(epochs)
        if not groups.has_weights(model):
            raise ValueError(
                f"model {model.name!r} is not built yet, so nobody knows its "
                "layers' weights: call model.build(input_shape), or call it "
                "on a batch, before plan_for."
            )
        return plan_of(self.schedule, model, epochs, steps_per_epoch)

    def get_config(self) -> dict[str, Any]:
        """Settings as JSON, without `prepare` and `measure_on`.

        Raises:
            ValueError: a setting is a function.
        """
        return {"schedule": config_of(self.schedule), **self._folders}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> GenerationCallback:
        """The callback of what `get_config` gave."""
        return cls(**{**config, "schedule": schedule_of(config["schedule"])})

    @property
    def in_fit(self) -> bool:
        """Whether a fit with this callback is going on."""
        return self._control is not None

    @property
    def snapshots(self) -> list[Any]:
        return self._happenings.snapshots if self._happenings else []

    @property
    def looks(self) -> tuple[Look, ...]:
        return tuple(self._finder.looks) if self._finder else ()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        # What an interrupted fit left lent.
        self._loans.take_back()
        model, schedule = self.model, self.schedule
        epochs, steps = self.params["epochs"], self.params.get("steps")
        schedule.check(epochs)
        lent_optimizer.check_optimizer(model.optimizer, schedule.owns_rate)
        check_step(model)
        if groups.has_weights(model):
            self.plan = self.plan_for(model, epochs, steps)
        else:
            self.plan = plan_unbuilt(schedule, model, epochs, steps)
        if any(ResetOptimizer() in e.before for e in self.plan):
            lent_optimizer.check_can_reset(model.optimizer)
        self.diverged = self.cause = self.diverged_in = None
        self._last_finite = LastFinite()
        state = self.go_on_from
        if self._own is not None:
            state = self._own.find(model, self.plan, self._snapshot_dir)
        self._resumed = state
        if state is not None:
            self.plan = dataclasses.replace(self.plan, eased=state.eased)
        kept = state.extra.get("run_line") if state else None
        before = self.epochs_before
        self._line = RunLine(epochs, before, None if before else kept)
        self._lend()
        if state is not None:
            state.put_into(model)
        if state is not None and self._own is not None:
            # As BackupAndRestore has it: fit looks there once all callbacks
            # have begun. Taken back as fit ends.
            self._loans.lend(model, "_initial_epoch", state.epoch)

    def state(
        self, epoch: int, step: int = 0, metrics: Any = None
    ) -> State | None:
        """What the run could go on from, at a moment between two steps.

        Args:
            epoch: The epoch that it is in; so many are done.
            step: Steps of that epoch that are done.
            metrics: What the metrics have counted; None: as they are now.

        Returns:
            A `State`; None where weights are no longer finite.
        """
        model = self.model
        if not self._last_finite.are_finite(model):
            return None
        if metrics is None:
            metrics = values(model.metrics_variables)
        state = State(
            epoch=epoch,
            step=step,
            since_reset=self._optimizer.counted(),
            past=past.recorded(self.plan),
            eased=self.plan.eased,
            looks=self.looks,
            extra={"run_line": self._line.kept()},
            arrays={
                "model": values(weights(model)),
                "optimizer": values(slots(model)),
                "metrics": metrics,
            },
        )
        if self._finder and self._measure_on is None:
            state = packed(state, self._finder.slice)
        return state

    def _lend(self) -> None:
        model = self.model
        with model.distribute_strategy.scope():
            self._control = StepControl(self.plan, self._last_finite.keep)
            self._optimizer = lent_optimizer.LentOptimizer(
                model.optimizer, self._control, self._loans
            )
        if groups.has_weights(model):
            self._control.ensure_bound(model)
            self._optimizer.ensure_built(model.trainable_variables)
        self._control.prepare = self._prepare
        self._control.padded = self.padded
        # Of several machines one writes.
        self._writes = is_chief(model.distribute_strategy)
        self._happenings = Happenings(
            model,
            self._optimizer,
            self._control,
            self._snapshot_dir,
            self._writes,
        )
        self._frozen = FrozenPrefix(model, self._control)
        self._loans.also(self._frozen.thaw)
        lend_step(model, self._control, self._loans)
        # A fit that is interrupted never reaches on_train_end: the next
        # one, with or without this callback, takes the loans back first.
        again = functools.partial(self._fit_again, model)
        self._loans.lend(model, "fit", again)
        model.make_train_function(force=True)
        self._find_scale()
        self._began = False
        self._unsaved = None
        self._to_say = ""

    def measure_norms(self, every: int) -> Norms:
        """Has the step measure norms; for callbacks after this one.

        Args:
            every: Rhythm in steps of an epoch.
        """
        with self.model.distribute_strategy.scope():
            self._control.norms = Norms(every, self.plan.run.groups)
        return self._control.norms

    def so_far(self, done: int) -> str:
        """How the run does and how long it takes yet, in half a line.

        Args:
            done: Epochs of the run that are done.
        """
        return self._line.said(done)

    def outcome(self) -> str:
        """As an ascent ends whose S is found: what is left, in words."""
        return self._finder.outcome() if self._finder else ""

    def _find_scale(self) -> None:
        """Where the plan leaves S to be found, who finds it."""
        self._finder = None
        if not self.schedule.finds_scale:
            return
        state, given = self._resumed, self._measure_on
        if state is not None and given is None:
            given = unpacked(state)
        self._finder = ScaleFinder(
            self.model,
            self.plan,
            self._control,
            given,
            state.looks if state else (),
        )

    def _fit_again(self, model: keras.Model, *args: Any, **kwargs: Any) -> Any:
        self._give_back(model)
        return model.fit(*args, **kwargs)

    def _give_back(self, model: keras.Model) -> None:
        self._loans.take_back()
        # Its step is no longer ours: the next fit makes its own.
        model.train_function = None

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        self._save()
        plan = self._now = self.plan.epoch(epoch)
        done = 0 if self._began else self._begin(epoch)
        self._frozen.set(plan.frozen)
        if self._finder:
            self._finder.lead()
            self._finder.begin(plan, done)
        if not done:
            self._happenings.carry_out(plan.before)
        self._control.load(plan, done)
        if done:
            self._resumed.put_metrics(self.model)
            self.model.train_function = Skipping(self.model, done)
        if plan.base_rate is not None:
            # Others look at the rate as the epoch begins.
            self.model.optimizer.learning_rate = float(plan.base_rate[0])
        so_far = self.so_far(epoch)
        self._say(plan.title() + (f" · so far {so_far}" if so_far else ""))
        self._line.begin()

    def _begin(self, epoch: int) -> int:
        """As the first epoch of this fit begins, what it goes on from.

        Weights and counts may have been restored since `on_train_begin`
        (BackupAndRestore does it there).

        Returns:
            Steps of the epoch that are done already.
        """
        self._began = True
        model, steps = self.model, self.params.get("steps")
        done, state = 0, self._resumed
        if state is not None and state.epoch == epoch:
            done, since = state.step, state.since_reset
        else:
            since = self.plan.epochs_since_reset(epoch)
            known = since is not None and steps is not None
            since = since * steps if known else None
        self._optimizer.count_from(since)
        self._happenings.already(self.plan, epoch)
        if groups.has_weights(model):
            self._last_finite.keep(model)
        return done

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if self._finder:
            self._finder.before_step(batch)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        plan = self._now
        if self._finder:
            self._finder.end()
        if not self.plan.layers:
            # The model was built by its first step.
            self.plan = dataclasses.replace(
                self.plan, layers=self._control.partition.layer_names()
            )
        self._to_say = self.outcome()
        self._line.add(logs)
        if logs is not None:
            logs.update(self._numbers(plan))
        if not is_finite((logs or {}).get("loss")):
            self._stop(plan, "the loss is")
        elif not self._last_finite.keep(self.model):
            self._stop(plan, "some weights are")
        else:
            self._happenings.carry_out(plan.after)
            self._unsaved = epoch + 1
            if self._unsaved == len(self.plan):
                # Before fit ends: an EMA then takes the weights' place.
                self._save()

    def _save(self) -> None:
        """Writes the state of the epoch that ended last, in one's own folder.

        That is as the next one begins, when the other callbacks have done
        what they do as an epoch ends.
        """
        if self._own is None or self._unsaved is None:
            return
        # All of several machines have to ask for it.
        state = self.state(self._unsaved)
        self._unsaved = None
        if self._writes and state is not None:
            self._own.save(state)

    def _say(self, *lines: str) -> None:
        """Prints what an ascent came to and these lines, between two bars.

        As an epoch ends Keras' bar still stands in its line.
        """
        if self.params.get("verbose"):
            for line in filter(None, (self._to_say, *lines)):
                print(line, file=sys.stdout, flush=True)
        self._to_say = ""

    def _numbers(self, plan: Any) -> dict[str, float]:
        base = self._optimizer.last_rate()
        rates = plan.rates(base)[-1]
        found: dict[str, float] = {}
        if self._finder:
            found = self._finder.numbers()
            rates = np.where(rates < 0, found["ascent_scale"] * rates, rates)
        self.rates = dict(
            zip(self.plan.run.groups, map(float, rates), strict=True)
        )
        return {
            "generation": plan.generation,
            "ascent": int(plan.ascends),
            "early_rate": float(rates[0]),
            "later_rate": float(rates[-1]),
        } | found

    def _stop(self, plan: Any, what: str) -> None:
        self.cause = (
            f"{what} no longer finite in epoch {plan.epoch + 1} "
            f"({plan.title()}, {self.schedule.label()})"
        )
        undone = self._last_finite.undo(self.model, self._optimizer)
        self.diverged = f"{self.cause}: training stops{undone}."
        self.diverged_in = plan.epoch
        self.model.stop_training = True
        warnings.warn(self.diverged, Diverged, stacklevel=2)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        # Others may have stopped the fit early.
        self._save()
        self._say()
        self._give_back(self.model)
        # A copy of the weights, and the tensors of the traced step.
        self._last_finite = self._control = self._optimizer = None
        self._resumed = None
        if self._finder:
            self._finder.release()
