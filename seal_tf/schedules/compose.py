"""Checks for methods that run together, as in `SEAL(...) + Snapshots(...)`."""

from __future__ import annotations

from typing import Any, Protocol


class Part(Protocol):
    """The attributes of a schedule that decide whether it composes."""

    name: Any
    split_at: Any
    grouping: Any
    ascends: Any
    freezes: bool

    @property
    def owns_rate(self) -> bool:
        """Whether the schedule sets the base learning rate."""


def check_pair(first: Part, second: Part) -> None:
    """Check that two methods can run together.

    Args:
        first: A schedule.
        second: Another schedule.

    Raises:
        ValueError: If the methods contradict each other.
    """
    names = f"{first.name} and {second.name}"
    if type(first) is type(second):
        raise ValueError(
            f"{first.name} + {second.name}: the same method cannot occur "
            "twice in a composition."
        )
    if first.owns_rate and second.owns_rate:
        rates = [
            getattr(part, "learning_rate", None) for part in (first, second)
        ]
        raise ValueError(
            f"{names} both set the base learning rate (learning_rate="
            f"{rates[0]} and {rates[1]}). Pass `learning_rate` to one of them."
        )
    splits = {
        repr(part.split_at)
        for part in (first, second)
        if part.split_at is not None
    }
    if len(splits) > 1:
        raise ValueError(
            f"{names} must have the same `split_at`. Received: "
            f"split_at={' and '.join(sorted(splits))}"
        )
    if None not in (first.grouping, second.grouping) and (
        first.grouping != second.grouping
    ):
        raise ValueError(
            f"{names} must group layers in the same way. Received: "
            f"{first.grouping} and {second.grouping}"
        )
    if first.ascends and second.ascends:
        raise ValueError(
            f"{names} both ascend; two negations would cancel. Use one of them."
        )
    for freezing, ascending in ((first, second), (second, first)):
        if freezing.freezes and ascending.ascends == "always":
            raise ValueError(
                f"{freezing.name} freezes groups that {ascending.name} moves "
                "by ascent until the end of the run. Compose freezing with "
                "methods whose ascent ends: seal, llf, normal, snapshots."
            )
