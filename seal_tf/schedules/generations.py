"""How epochs fall into generations."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Generations:
    """How epochs fall into generations: G generations of E epochs."""

    count: int
    length: int

    @classmethod
    def resolve(
        cls,
        epochs: int,
        generations: int | None,
        epochs_per_generation: int | None,
    ) -> Generations:
        """From what the user gave: G, or E, or both.

        Raises:
            ValueError: neither is given, or they do not fit `epochs`.
        """
        given = {
            "epochs": epochs,
            "generations": generations,
            "epochs_per_generation": epochs_per_generation,
        }
        for name, value in given.items():
            if value is not None and value < 1:
                raise ValueError(
                    f"`{name}` must be at least 1. Received: {value}"
                )
        if generations is not None:
            return cls._of_count(epochs, generations, epochs_per_generation)
        if epochs_per_generation is None:
            raise ValueError(
                "Say how epochs fall into generations: give `generations` or "
                "`epochs_per_generation`. Received: neither."
            )
        if epochs % epochs_per_generation:
            raise ValueError(
                _misfit(epochs, "epochs_per_generation")
                + f"={epochs_per_generation}; {epochs} epochs can be cut "
                f"into generations of {_divisors(epochs)}."
            )
        return cls(epochs // epochs_per_generation, epochs_per_generation)

    @classmethod
    def _of_count(cls, epochs: int, count: Any, length: Any) -> Generations:
        if epochs % count:
            raise ValueError(
                _misfit(epochs, "generations")
                + f"={count}; {epochs} epochs can be cut into "
                f"{_divisors(epochs)} generations."
            )
        if length not in (None, epochs // count):
            raise ValueError(
                f"generations={count} of epochs_per_generation={length} are "
                f"{count * length} epochs. Received: epochs={epochs}"
            )
        return cls(count, epochs // count)


def _misfit(epochs: int, name: str) -> str:
    return (
        f"`epochs` must be whole generations. Received: epochs={epochs}, {name}"
    )


def _divisors(n: int) -> str:
    found = [str(d) for d in range(1, n + 1) if n % d == 0]
    return ", ".join(found[:12]) + (", …" if len(found) > 12 else "")
