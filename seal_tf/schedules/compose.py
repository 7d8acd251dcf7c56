"""Two methods in one run: `SEAL(...) + Snapshots(...)`."""

from __future__ import annotations

import dataclasses
from typing import Any

from seal_tf.schedules.generational import Generational
from seal_tf.schedules.generations import Generations
from seal_tf.schedules.plan import EpochPlan, Run, Schedule


@dataclasses.dataclass(frozen=True)
class Composed(Schedule):
    """Methods laid over each other.

    At most one brings a base rate; scales, signs and shares of decay
    multiply; the larger frozen prefix wins; events happen in their fixed
    order. The generations are those of the parts that have them; Snapshots
    follows them with a cycle each.

    Args:
        parts: The schedules, in the order in which they are laid.
    """

    parts: tuple[Schedule, ...]

    @classmethod
    def of(cls, *schedules: Schedule) -> Composed:
        """Flattens and orders the parts.

        Raises:
            ValueError: parts contradict each other; both are named.
        """
        flat: list[Schedule] = []
        for schedule in schedules:
            flat += getattr(schedule, "parts", (schedule,))
        parts = tuple(sorted(flat, key=lambda part: part.rank))
        for i, part in enumerate(parts):
            for other in parts[i + 1 :]:
                _check_pair(part, other)
        return cls(parts)

    @property
    def name(self) -> str:
        return "+".join(part.name for part in self.parts)

    @property
    def split_at(self) -> Any:
        return _first(part.split_at for part in self.parts)

    @property
    def grouping(self) -> str | None:
        return _first(part.grouping for part in self.parts)

    @property
    def needs_steps(self) -> bool:
        return any(part.needs_steps for part in self.parts)

    @property
    def finds_scale(self) -> bool:
        return any(part.finds_scale for part in self.parts)

    @property
    def ascends(self) -> bool | str:
        return next((p.ascends for p in self.parts if p.ascends), False)

    @property
    def owns_rate(self) -> bool:
        return any(part.owns_rate for part in self.parts)

    def label(self) -> str:
        return " + ".join(part.label() for part in self.parts)

    def laid_over(self, epochs: int) -> Generations:
        return self._leader().laid_over(epochs)

    def _leader(self) -> Schedule:
        """The part that cuts the run: a generational one, else cycles."""
        return next(
            (p for p in self.parts if isinstance(p, Generational)),
            self.parts[-1],
        )

    def check(self, epochs: int) -> None:
        for part in self.parts:
            part.check(epochs)
        leader = self._leader()
        ours = leader.laid_over(epochs)
        for part in self.parts:
            cycles = getattr(part, "cycles", None)
            if cycles not in (None, ours.count):
                raise ValueError(
                    f"{part.name} has cycles={cycles} and {leader.name} "
                    f"{ours.count} generations: a snapshot is kept as a "
                    f"generation ends, so cycles={ours.count} (or none) fits."
                )
            if isinstance(part, Generational):
                theirs = part.laid_over(epochs)
                if theirs != ours:
                    raise ValueError(
                        f"{leader.name} has {ours.count} generations and "
                        f"{part.name} {theirs.count}: give both the same."
                    )

    def over(self, plan: EpochPlan, run: Run) -> EpochPlan:
        for part in self.parts:
            plan = part.over(plan, run)
        if plan.frozen and (plan.sign[:, : plan.frozen] < 0).any():
            raise ValueError(
                f"{self.name}: in epoch {plan.epoch} a group is both frozen "
                "and ascending; let freezing begin after ascent."
            )
        return plan


def _first(values: Any) -> Any:
    return next((v for v in values if v is not None), None)


def _check_pair(a: Any, b: Any) -> None:
    if type(a) is type(b):
        raise ValueError(f"{a.name} + {b.name}: the same method twice.")
    if a.owns_rate and b.owns_rate:
        raise ValueError(
            f"{a.name} and {b.name} both bring a base rate (learning_rate="
            f"{a.learning_rate} and {b.learning_rate}): give it to one."
        )
    splits = {repr(s.split_at) for s in (a, b) if s.split_at is not None}
    if len(splits) > 1:
        raise ValueError(
            f"{a.name} and {b.name} cut the network at different places "
            f"({' and '.join(sorted(splits))}): give both the same split_at."
        )
    if a.ascends and b.ascends:
        raise ValueError(
            f"{a.name} and {b.name} both ascend: up twice would be down. "
            "Choose one."
        )
    for one, other in ((a, b), (b, a)):
        if one.freezes and other.ascends == "always":
            raise ValueError(
                f"{one.name} freezes what {other.name} lets ascend until the "
                "run's end: a group cannot be both. Freezing goes with "
                "methods whose ascent ends: seal, llf, normal, snapshots."
            )
