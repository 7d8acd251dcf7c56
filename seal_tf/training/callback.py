"""The callback that reads a plan out, epoch by epoch."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import warnings

import keras

from seal_tf.schedules import SEAL, Event, Plan, Run
from seal_tf.training import groups, lent_optimizer
from seal_tf.training.control import StepControl
from seal_tf.training.divergence import LastFinite, is_finite
from seal_tf.training.loans import Loans
from seal_tf.training.model import SEALTrainStep, train_step


class GenerationCallback(keras.callbacks.Callback):
    """Carries out any schedule in a plain `model.fit`.

    For the length of fit the model is lent the train step that obeys the
    schedule, and its optimizer the methods that give each group of layers
    its rate. Their classes never change, so what is saved during fit, or
    after it, loads without seal_tf. Put it first in the list: callbacks
    before it do not see what it adds to the logs.

    Every epoch's logs gain `generation` (from 0), `ascent` (0 or 1),
    `early_rate` and `later_rate` (signed: negative while ascending; at the
    epoch's last step).

    A non-finite loss, looked at once an epoch, stops training: a warning
    names epoch and phase, `diverged` keeps it, and the model has the weights
    of the last epoch that ended finite.

    Args:
        schedule: A `seal_tf.schedules.Schedule`.

    Attributes:
        plan: The plan of the run, once fit has started.
        diverged: The message of a run that was stopped, else None.

    Raises:
        ValueError: as fit begins, before any weight moves, where schedule,
            model, optimizer and epochs do not suit one another. Where the
            model is not built yet, a split that does not suit it is found
            while the first step is traced, still before a weight moves.
    """

    def __init__(self, schedule):
        super().__init__()
        self.schedule = schedule
        self.plan = None
        self.diverged = None
        self._loans = Loans()

    def plan_for(self, model, epochs, steps_per_epoch=None):
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
        cut = groups.partition(model, self.schedule.split_at)
        return self._plan(epochs, steps_per_epoch, cut.layer_names())

    def _plan(self, epochs, steps, layers=()):
        names, early = groups.group_names(self.schedule.split_at)
        return Plan(self.schedule, Run(epochs, names, early, steps), layers)

    def on_train_begin(self, logs=None):
        # What an interrupted fit left lent.
        self._loans.take_back()
        model, schedule = self.model, self.schedule
        epochs, steps = self.params["epochs"], self.params.get("steps")
        schedule.check(epochs)
        lent_optimizer.check_optimizer(model.optimizer, schedule.owns_rate)
        _check_step(model)
        if groups.has_weights(model):
            self.plan = self.plan_for(model, epochs, steps)
        else:
            self.plan = self._plan(epochs, steps)
        if any(Event.RESET_OPTIMIZER in e.before for e in self.plan):
            lent_optimizer.check_can_reset(model.optimizer)
        self.diverged = None
        self._last_finite = LastFinite()
        self._lend()

    def _lend(self):
        model, lend = self.model, self._loans.lend
        with model.distribute_strategy.scope():
            self._control = StepControl(self.plan, self._last_finite.keep)
            self._optimizer = lent_optimizer.LentOptimizer(
                model.optimizer, self._control, self._loans
            )
        if groups.has_weights(model):
            self._control.ensure_bound(model)
        if isinstance(model, SEALTrainStep):
            lend(model, "_seal_control", self._control)
        else:
            step = functools.partial(_lent_step, self._control)
            lend(model, "train_step", types.MethodType(step, model))
        # A fit that is interrupted never reaches on_train_end: the next
        # one, with or without this callback, takes the loans back first.
        lend(model, "fit", functools.partial(self._fit_again, model))
        model.make_train_function(force=True)
        self._counted = False

    def _fit_again(self, model, *args, **kwargs):
        self._give_back(model)
        return model.fit(*args, **kwargs)

    def _give_back(self, model):
        self._loans.take_back()
        # Its step is no longer ours: the next fit makes its own.
        model.train_function = None

    def on_epoch_begin(self, epoch, logs=None):
        plan = self._now = self.plan.epoch(epoch)
        if not self._counted:
            self._count_from(epoch)
        self._happen(plan.before)
        self._control.load(plan)
        if plan.base_rate is not None:
            # Others look at the rate as the epoch begins.
            self.model.optimizer.learning_rate = float(plan.base_rate[0])
        if self.params.get("verbose"):
            print(plan.title(), file=sys.stdout, flush=True)

    def _count_from(self, epoch):
        """A run that goes on from `epoch` counts steps from its last reset."""
        self._counted = True
        epochs, steps = (
            self.plan.epochs_since_reset(epoch),
            self.params["steps"],
        )
        if epochs is not None and steps is not None:
            self._optimizer.count_from(epochs * steps)

    def _happen(self, events):
        for event in events:
            if event is Event.RESET_OPTIMIZER:
                self._optimizer.reset()

    def on_epoch_end(self, epoch, logs=None):
        plan = self._now
        if not self.plan.layers:
            # The model was built by its first step.
            cut = groups.partition(self.model, self.schedule.split_at)
            self.plan = dataclasses.replace(self.plan, layers=cut.layer_names())
        self._happen(plan.after)
        if logs is not None:
            logs.update(self._numbers(plan))
        if is_finite((logs or {}).get("loss")) and self._last_finite.keep(
            self.model
        ):
            return
        self._stop(plan)

    def _numbers(self, plan):
        base = float(self.model.optimizer.learning_rate)
        rates = plan.rates(base)[-1]
        return {
            "generation": plan.generation,
            "ascent": int(plan.ascends),
            "early_rate": float(rates[0]),
            "later_rate": float(rates[-1]),
        }

    def _stop(self, plan):
        back = self._last_finite.put_back(self.model)
        self.diverged = (
            f"the loss is no longer finite in epoch {plan.epoch} "
            f"({plan.title()}, {self.schedule.label()}): training stops"
            + (
                ", and the weights are those of the last epoch that ended "
                "finite."
                if back
                else "."
            )
        )
        self.model.stop_training = True
        warnings.warn(self.diverged, RuntimeWarning, stacklevel=2)

    def on_train_end(self, logs=None):
        self._give_back(self.model)


class SEALCallback(GenerationCallback):
    """SEAL in any Keras project: one line among fit's callbacks.

    In the first epochs of every generation but the first the early layers
    take small ascent steps, forget, and relearn; later layers always descend
    (Sarfi et al., "Simulated annealing in early layers leads to better
    generalization", CVPR 2023, arXiv 2304.04858). Works with any Keras model
    and any optimizer whose step is proportional to its rate.

    Example:

    >>> from seal_tf import SEALCallback
    >>> model.compile("adam", "sparse_categorical_crossentropy",
    ...               metrics=["accuracy"])
    >>> model.fit(train, epochs=160, validation_data=val,
    ...     callbacks=[SEALCallback(generations=4, split_at="conv4_block1")])

    An ascent follows the loss that fit reports, regularizers that layers
    add to it included. `optimizer.iterations` counts from the last reset
    while fit runs, and has its full count again after it. An EMA of the
    weights (`use_ema`) begins anew at a reset, too.

    Args:
        generations: G, generations of the run. Give this or
            `epochs_per_generation`.
        epochs_per_generation: E, epochs of a generation.
        ascent_epochs: k, epochs of ascent. Defaults to `max(1, E // 4)`.
        first_generation: 0, or 1 for a network that is trained already: its
            run starts with an ascent. Defaults to 0.
        ascent_scale: S, the share of the ordinary step that an ascent step
            takes. Defaults to 0.01.
        split_at: Where early layers end: the name, or its beginning, of the
            first later layer; a number between 0 and 1, the share of the
            layers with weights (in forward order) that are early; or a
            function of a layer, True for early. Defaults to 0.5.
        reset_optimizer: Whether the optimizer is made new at the start of a
            generation and again when ascent ends. Defaults to True.
        learning_rate: Base rate of the paper's schedule, linear warm-up and
            a cosine in every generation. None, the default, leaves the
            user's own rate in charge.
        warmup_epochs: Warm-up of that schedule. Defaults to `E // 8`.

    Raises:
        ValueError: see `GenerationCallback`.
    """

    def __init__(
        self,
        generations=None,
        epochs_per_generation=None,
        *,
        ascent_epochs=None,
        first_generation=0,
        ascent_scale=0.01,
        split_at=0.5,
        reset_optimizer=True,
        learning_rate=None,
        warmup_epochs=None,
    ):
        super().__init__(
            SEAL(
                generations=generations,
                epochs_per_generation=epochs_per_generation,
                ascent_epochs=ascent_epochs,
                first_generation=first_generation,
                ascent_scale=ascent_scale,
                split_at=split_at,
                reset_optimizer=reset_optimizer,
                learning_rate=learning_rate,
                warmup_epochs=warmup_epochs,
            )
        )


def _lent_step(control, model, data):
    return train_step(model, data, control)


def _check_step(model):
    """Raises ValueError where the model brings a train step of its own."""
    own = type(
        model
    ).train_step is not keras.Model.train_step or "train_step" in vars(model)
    if own and not isinstance(model, SEALTrainStep):
        raise ValueError(
            f"{type(model).__name__} has a train_step of its own, which "
            "would be passed over. Let the class inherit "
            "seal_tf.SEALTrainStep before keras.Model and hand its gradients "
            "to self.apply_signed_gradients(gradients, variables)."
        )
