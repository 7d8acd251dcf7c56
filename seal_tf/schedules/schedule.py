"""The base class of all methods, and the composition of several methods.

A schedule is a pure function from (epoch, run) to an `EpochPlan`. It imports
no backend and needs no model. You can test, print, plot and price it in
milliseconds.
"""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np

from seal_tf.schedules.compose import check_pair
from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.generations import Generations


def setting(
    default: Any,
    help_text: str,
    flag: str | None = None,
    choices: tuple[str, ...] | None = None,
    allowed_strings: tuple[str, ...] = (),
    requires: tuple[str, str] | None = None,
) -> Any:
    """Declare a field of a schedule that is also a command-line flag.

    Args:
        default: Default value.
        help_text: Help text of the flag.
        flag: Name of the flag. Defaults to the name of the method, an
            underscore and the name of the field.
        choices: Allowed values, if there are few.
        allowed_strings: Strings that may replace a number.
        requires: (flag, value) that must be set for this field to apply.

    Returns:
        A dataclass field.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help_text,
            "flag": flag,
            "choices": choices,
            "allowed_strings": allowed_strings,
            "requires": requires,
        },
    )


def check_seed(seed: Any) -> None:
    """Check that a seed is one of NumPy's.

    Raises:
        ValueError: If it is no integer, or negative.
    """
    if not isinstance(seed, numbers.Integral) or seed < 0:
        raise ValueError(
            f"Argument `seed` must be an integer, at least 0. Received: "
            f"seed={seed!r}"
        )


#: The methods of this package by their name. Each class registers itself.
METHODS: dict[str, type[Schedule]] = {}


class Schedule:
    """Base class of all methods.

    A subclass is a frozen dataclass of its settings. Its `apply` returns the
    epoch plan with the method applied on top of plain descent or of another
    method. `a + b` composes schedules.
    """

    # A subclass may define each of these as an attribute, field or property.
    #: Name on the command line and in results.
    name: Any = "schedule"
    #: Where early layers end; None for no split. See `training.layer_groups`.
    split_at: Any = None
    #: How layers are grouped: "blocks", "stages", "layers" or None.
    grouping: Any = None
    #: Unit of the depth of layers ("blocks", …) if the plan has a factor for
    #: each layer; else None.
    layer_depth: Any = None
    #: Whether the plan depends on the step within the epoch.
    needs_steps: Any = False
    #: Whether layers ascend: False, "phases" of the run, or "always".
    ascends: Any = False
    #: Whether groups are frozen.
    freezes: bool = False
    #: Whether a run keeps earlier weights, so that a fit that starts within
    #: it requires their saved state.
    keeps_weights: Any = False
    #: Whether the method divides the run into generations.
    defines_generations: bool = False
    #: Whether it changes another method and is not a method of its own.
    is_modifier: bool = False
    #: Whether it has no effect without L2 or weight decay.
    requires_decay: Any = False
    #: Parts of a composition are applied in ascending order.
    priority: int = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        name = vars(cls).get("name")
        package = __name__.rpartition(".")[0]
        if isinstance(name, str) and cls.__module__.startswith(package + "."):
            METHODS[name] = cls

    @property
    def searches_scale(self) -> bool:
        """Whether S is searched during the ascent (`EpochPlan.retain`)."""
        return False

    @property
    def owns_rate(self) -> bool:
        """Whether the plan sets the base learning rate."""
        return self.peak_rate is not None

    @property
    def peak_rate(self) -> float | None:
        """The base learning rate that the plan sets, or None."""
        return getattr(self, "learning_rate", None)

    @property
    def parts(self) -> tuple[Schedule, ...]:
        """The composed methods; of a single method, the method itself."""
        return (self,)

    def label(self) -> str:
        """Return the method and its main setting, for messages."""
        return self.name

    def generation_layout(self, epochs: int) -> Generations:
        """Return the generations of a run of `epochs` epochs."""
        return Generations(1, epochs)

    def check(self, epochs: int) -> None:
        """Check the settings against a run of `epochs` epochs.

        Raises:
            ValueError: If the settings do not fit.
        """

    def base_plan(self, epoch: int, run: Run) -> EpochPlan:
        """Return the plan of plain descent of every group."""
        layout = self.generation_layout(run.epochs)
        generation, within = divmod(epoch, layout.length)
        return EpochPlan(
            epoch=epoch,
            generation=generation,
            epoch_in_generation=within,
            epochs_per_generation=layout.length,
            generations=layout.count,
            phase="descent",
            phase_epoch=within,
            phase_epochs=layout.length,
            scale=run.full_row(1),
            sign=run.full_row(1, np.int8),
            l2=run.full_row(1),
            peak_rate=self.peak_rate,
        )

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Return `plan` with this method applied on top.

        Args:
            plan: Plan of one epoch.
            run: Facts about the run.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `apply(plan, run)`."
        )

    def epoch(self, epoch: int, run: Run) -> EpochPlan:
        """Return the plan of one epoch."""
        return self.apply(self.base_plan(epoch, run), run)

    def __add__(self, other: Schedule) -> Schedule:
        return Composed.of(self, other)


@dataclasses.dataclass(frozen=True)
class Composed(Schedule):
    """Several methods in one run.

    At most one part sets the base learning rate. Scales, signs and decay
    fractions multiply, the larger frozen prefix applies, and events run in
    the order of their priority. A part that defines generations divides the
    run; `Snapshots` then saves one snapshot for each generation.

    Example:
        >>> from seal_tf.schedules import SEAL, Snapshots
        >>> schedule = SEAL(generations=4, split_at=0.5) + Snapshots()
        >>> schedule.name
        'seal+snapshots'

    Args:
        members: The schedules, in the order in which they are applied.
    """

    members: tuple[Schedule, ...]

    @classmethod
    def of(cls, *schedules: Schedule) -> Composed:
        """Compose schedules; nested compositions are flattened.

        Raises:
            ValueError: If two schedules contradict each other.
        """
        flat = [part for schedule in schedules for part in schedule.parts]
        members = tuple(sorted(flat, key=lambda part: part.priority))
        for i, first in enumerate(members):
            for second in members[i + 1 :]:
                check_pair(first, second)
        return cls(members)

    @property
    def parts(self) -> tuple[Schedule, ...]:
        """The composed methods."""
        return self.members

    @property
    def name(self) -> str:
        """The names of the parts, joined by "+"."""
        return "+".join(part.name for part in self.members)

    @property
    def split_at(self) -> Any:
        """The split of the first part that has one."""
        return _first_set(part.split_at for part in self.members)

    @property
    def grouping(self) -> str | None:
        """The grouping of the first part that has one."""
        return _first_set(part.grouping for part in self.members)

    @property
    def layer_depth(self) -> str | None:
        """The unit of depth of the part that has one."""
        return _first_set(part.layer_depth for part in self.members)

    @property
    def needs_steps(self) -> bool:
        """Whether any part depends on the step within the epoch."""
        return any(part.needs_steps for part in self.members)

    @property
    def keeps_weights(self) -> bool:
        """Whether any part keeps earlier weights."""
        return any(part.keeps_weights for part in self.members)

    @property
    def searches_scale(self) -> bool:
        """Whether any part searches S."""
        return any(part.searches_scale for part in self.members)

    @property
    def ascends(self) -> bool | str:
        """How the part that ascends does so."""
        return next((p.ascends for p in self.members if p.ascends), False)

    @property
    def requires_decay(self) -> bool:
        """Whether any part has no effect without weight decay."""
        return any(part.requires_decay for part in self.members)

    @property
    def peak_rate(self) -> float | None:
        """The learning rate of the part that sets one."""
        return _first_set(part.peak_rate for part in self.members)

    def label(self) -> str:
        """Return the labels of the parts, joined by "+"."""
        return " + ".join(part.label() for part in self.members)

    def generation_layout(self, epochs: int) -> Generations:
        """Return the generations of the part that divides the run."""
        return self._leader().generation_layout(epochs)

    def _leader(self) -> Schedule:
        """Return the part whose generations are those of the run."""
        methods = [p for p in self.members if not p.is_modifier]
        return next(
            (p for p in self.members if p.defines_generations),
            (methods or self.members)[-1],
        )

    def check(self, epochs: int) -> None:
        """Check every part, and the parts against each other.

        Raises:
            ValueError: If settings do not fit.
        """
        for part in self.members:
            part.check(epochs)
        leader = self._leader()
        layout = leader.generation_layout(epochs)
        for part in self.members:
            cycles = getattr(part, "cycles", None)
            if cycles not in (None, layout.count):
                raise ValueError(
                    f"{part.name} saves a snapshot at the end of every "
                    f"generation of {leader.name}. Set `cycles` to "
                    f"{layout.count} or None. Received: cycles={cycles}"
                )
            if not part.defines_generations:
                continue
            other = part.generation_layout(epochs)
            if other != layout:
                raise ValueError(
                    f"{leader.name} and {part.name} must have the same number "
                    f"of generations. Received: {layout.count} and "
                    f"{other.count}"
                )
            for name in ("reset_optimizer", "first_generation"):
                values = [getattr(p, name, None) for p in (leader, part)]
                if values[0] != values[1]:
                    raise ValueError(
                        f"{leader.name} and {part.name} must have the same "
                        f"`{name}`. Received: {values[0]} and {values[1]}"
                    )

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Apply every part in order."""
        for part in self.members:
            plan = part.apply(plan, run)
        if plan.frozen and (plan.sign[:, : plan.frozen] < 0).any():
            raise ValueError(
                f"{self.name}: in epoch {plan.epoch} a group is both frozen "
                "and ascending. Freezing must start after the ascent."
            )
        return plan


def _first_set(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)
