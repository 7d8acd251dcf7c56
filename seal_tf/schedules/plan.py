"""The sentence that every method says, epoch by epoch.

*At this step of this epoch, each group of layers takes a step of this sign
and size, with this much of its decay; and at these moments something happens.*

A schedule is a pure function from (epoch, run) to an `EpochPlan`. It imports
no TensorFlow and needs no model, so that it can be tested, printed, plotted
and priced in milliseconds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seal_tf.schedules.easing import Easing
from seal_tf.schedules.events import ResetOptimizer
from seal_tf.schedules.generations import Generations


def setting(
    default: Any,
    help_text: Any,
    flag: Any = None,
    choices: Any = None,
    words: Any = (),
    with_word: Any = None,
) -> Any:
    """A field of a schedule that the command line offers, too.

    Args:
        default: Its default.
        help_text: What `--help` says.
        flag: Name of the flag. Defaults to the method's name, an underscore
            and the field's name.
        choices: The values that it may have, if they are few.
        words: What a number may be replaced by.
        with_word: A flag of the method and the word, (flag, word), that it
            has to have for this field to mean anything.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help_text,
            "flag": flag,
            "choices": choices,
            "words": words,
            "with_word": with_word,
        },
    )


@dataclasses.dataclass(frozen=True)
class Run:
    """What a schedule has to know about the run that it plans.

    Args:
        epochs: Epochs of the whole run.
        groups: Names of the groups of layers, in forward order.
        early: For each group, whether its layers are early ones.
        steps: Training steps of an epoch, or None where nobody knows; only
            schedules that change within an epoch need it.
    """

    epochs: int
    groups: tuple[str, ...] = ("all layers",)
    early: tuple[bool, ...] = (False,)
    steps: int | None = None

    def __post_init__(self) -> None:
        if len(self.groups) != len(self.early):
            raise ValueError(
                "`early` says for each group whether it is an early one. "
                f"Received: groups={self.groups}, early={self.early}"
            )

    @property
    def counted(self) -> int:
        """Training steps of an epoch, for schedules that need them.

        Raises:
            ValueError: nobody knows them.
        """
        if self.steps is None:
            raise ValueError(
                "this schedule changes within an epoch, and nobody knows how "
                "many steps it has: give fit steps_per_epoch."
            )
        return self.steps

    def filled(self, value: Any, dtype: Any = np.float32) -> np.ndarray:
        """One row, the same value for every group: shape [1, groups]."""
        return np.full((1, len(self.groups)), value, dtype)


@dataclasses.dataclass(frozen=True)
class EpochPlan:
    """What happens in one epoch.

    Arrays have one row a step, or a single row that holds for the whole
    epoch; the columns are the groups in forward order.

    Args:
        epoch: Epoch of the run, counted from 0.
        generation: Generation, counted from 0.
        epoch_in_generation: Epoch within the generation, counted from 0.
        epochs_per_generation: Epochs of this generation.
        generations: Generations of the run.
        phase: What people see: "ascent", "descent".
        phase_epoch: Epoch within this phase, counted from 0.
        phase_epochs: Epochs that this phase lasts.
        scale: float32 [rows, groups]; a group's rate as a share of the base
            rate, never negative; 0 holds the group still.
        sign: int8 [rows, groups]; +1 descends, -1 ascends.
        l2: float32 [rows, groups]; the share of the optimizer's own L2 or
            weight decay that a group gets. (A share, so that a schedule need
            not know the optimizer's coefficient.)
        frozen: So many groups, from the first, are out of the backward pass:
            no step, no decay, BatchNormalization in inference mode.
        base_rate: float32 [rows], or None: the user's own rate stays in
            charge.
        keep: Share of the training accuracy above chance that is to be left
            as this ascent ends; `scale` of who ascends is then multiplied by
            an S that is found (`seal_tf.schedules.forgetting`). None: S is in
            `scale`.
        bound: The most that a step moves the weights of a layer that
            ascends, as a share of their norm; None: as far as it goes.
        before: Events as the epoch begins.
        after: Events as the epoch ends.
    """

    epoch: int
    generation: int
    epoch_in_generation: int
    epochs_per_generation: int
    generations: int
    phase: str
    phase_epoch: int
    phase_epochs: int
    scale: np.ndarray
    sign: np.ndarray
    l2: np.ndarray
    base_rate: np.ndarray | None = None
    frozen: int = 0
    keep: float | None = None
    bound: float | None = None
    before: tuple[Any, ...] = ()
    after: tuple[Any, ...] = ()

    @property
    def ascends(self) -> bool:
        """Whether any group ascends at any step of this epoch."""
        return bool((self.sign < 0).any())

    @property
    def last_of_generation(self) -> bool:
        return self.epoch_in_generation + 1 == self.epochs_per_generation

    def rates(self, base: float | None = None) -> np.ndarray:
        """Signed rate of each group at each step, [rows, groups].

        Args:
            base: The base rate where the plan has none of its own.
        """
        if self.base_rate is not None:
            return self.base_rate[:, None] * self.scale * self.sign
        if base is None:
            raise ValueError(
                "This plan leaves the rate to the optimizer: give `base`."
            )
        return base * self.scale * self.sign

    def changed(
        self,
        scale: Any = 1,
        sign: Any = 1,
        l2: Any = 1,
        before: Iterable[Any] = (),
        after: Iterable[Any] = (),
        **fields: Any,
    ) -> EpochPlan:
        """This epoch with another method laid over it.

        Scales, signs and shares of decay multiply; the events of both
        happen, each once, in their fixed order; `fields` are replaced.
        """
        by_rank = lambda event: event.rank  # noqa: E731
        return dataclasses.replace(
            self,
            scale=(self.scale * scale).astype(np.float32),
            sign=(self.sign * sign).astype(np.int8),
            l2=(self.l2 * l2).astype(np.float32),
            before=tuple(sorted({*self.before, *before}, key=by_rank)),
            after=tuple(sorted({*self.after, *after}, key=by_rank)),
            **fields,
        )

    def title(self) -> str:
        """The line that people read: 'generation 2/4 · ascent 3/10'."""
        return (
            f"generation {self.generation + 1}/{self.generations} · "
            f"{self.phase} {self.phase_epoch + 1}/{self.phase_epochs}"
        )


class Schedule:
    """Base of all methods: a pure function from (epoch, run) to a plan.

    A subclass is a frozen dataclass of its settings. It says in `over` what
    it adds to an epoch of plain descent, or to that of another method:
    schedules are composed by `+` (see `seal_tf.schedules.compose`).
    """

    # A subclass may have any of these as an attribute, a field or a property.
    #: The name on the command line and in results.
    name: Any = "schedule"
    #: Where early layers end, and how finely layers are grouped ("blocks",
    #: "stages", "layers"); None: not asked for. See `training.groups`.
    split_at: Any = None
    grouping: Any = None
    #: Whether the plan depends on the step within the epoch.
    needs_steps: Any = False
    #: Whether layers ascend: False, "phases" of the run, or "always".
    ascends: Any = False
    #: Whether groups are frozen.
    freezes = False
    #: Parts of a composition are laid over each other in this order.
    rank = 0

    @property
    def finds_scale(self) -> bool:
        """Whether S is found while layers ascend (`EpochPlan.keep`)."""
        return False

    @property
    def owns_rate(self) -> bool:
        """Whether the plan brings the base rate."""
        return getattr(self, "learning_rate", None) is not None

    def label(self) -> str:
        """The method and what it depends on most, for messages."""
        return self.name

    def laid_over(self, epochs: int) -> Generations:
        """The generations of a run; one, unless a method says otherwise."""
        return Generations(1, epochs)

    def check(self, epochs: int) -> None:
        """Raises ValueError where a run of `epochs` does not suit."""

    def blank(self, epoch: int, run: Run) -> EpochPlan:
        """Plain descent of every group, at its place in the generations."""
        cut = self.laid_over(run.epochs)
        index, within = divmod(epoch, cut.length)
        return EpochPlan(
            epoch=epoch,
            generation=index,
            epoch_in_generation=within,
            epochs_per_generation=cut.length,
            generations=cut.count,
            phase="descent",
            phase_epoch=within,
            phase_epochs=cut.length,
            scale=run.filled(1),
            sign=run.filled(1, np.int8),
            l2=run.filled(1),
        )

    def over(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """This method laid over an epoch; see `EpochPlan.changed`."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `over(plan, run)`."
        )

    def epoch(self, epoch: int, run: Run) -> EpochPlan:
        """What happens in one epoch."""
        return self.over(self.blank(epoch, run), run)

    def __add__(self, other: Schedule) -> Schedule:
        from seal_tf.schedules.compose import Composed

        return Composed.of(self, other)


@dataclasses.dataclass(frozen=True)
class Plan:
    """A schedule laid over one run: what will happen, before it does.

    Args:
        schedule: The method.
        run: Epochs, steps and groups of the run.
        layers: For each group the names of its layers with weights, for
            `describe`.
        eased: Phases whose ascent is smaller than the schedule says; see
            `seal_tf.schedules.easing`.
    """

    schedule: Schedule
    run: Run
    layers: tuple[Sequence[str], ...] = ()
    eased: tuple[Easing, ...] = ()

    def epoch(self, epoch: int) -> EpochPlan:
        if not 0 <= epoch < self.run.epochs:
            raise IndexError(
                f"epoch {epoch} of a run of {self.run.epochs} epochs"
            )
        found = self.schedule.epoch(epoch, self.run)
        for easing in self.eased:
            found = easing.over(found)
        return found

    def __len__(self) -> int:
        return self.run.epochs

    def __iter__(self) -> Iterator[EpochPlan]:
        return (self.epoch(e) for e in range(self.run.epochs))

    def milestones(self) -> set[int]:
        """Epochs before which a generation ends, the first one's among them:
        the beginnings that are worth going back to."""
        return {0} | {e.epoch + 1 for e in self if e.last_of_generation}

    def epochs_since_reset(self, epoch: int) -> int | None:
        """Epochs from the last optimizer reset to the start of `epoch`.

        None where no reset happened before: what a resumed run needs to
        know, found again from the plan alone.
        """
        for e in range(epoch - 1, -1, -1):
            plan = self.epoch(e)
            if ResetOptimizer() in plan.after:
                return epoch - e - 1
            if ResetOptimizer() in plan.before:
                return epoch - e
        return None

    def describe(self) -> str:
        """What will happen, in words: phases, rates, who is early."""
        from seal_tf.schedules.describe import describe

        return describe(self)

    def plot(self, path: str | Path | None = None) -> Any:
        """Rates by epoch with ascent shaded; see `describe.plot`."""
        from seal_tf.schedules.describe import plot

        return plot(self, path)
