"""How epochs fall into generations."""

from __future__ import annotations

import dataclasses


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
        if generations is None and epochs_per_generation is None:
            raise ValueError(
                "Say how epochs fall into generations: give `generations` or "
                "`epochs_per_generation`. Received: neither."
            )
        for name, value in (
            ("epochs", epochs),
            ("generations", generations),
            ("epochs_per_generation", epochs_per_generation),
        ):
            if value is not None and value < 1:
                raise ValueError(
                    f"`{name}` must be at least 1. Received: {value}"
                )
        if generations is None:
            if epochs % epochs_per_generation:
                raise ValueError(
                    _misfit(epochs, "epochs_per_generation")
                    + f"={epochs_per_generation}; {epochs} epochs can be cut "
                    f"into generations of {_divisors(epochs)}."
                )
            generations = epochs // epochs_per_generation
        elif epochs % generations:
            raise ValueError(
                _misfit(epochs, "generations")
                + f"={generations}; {epochs} epochs can be cut into "
                f"{_divisors(epochs)} generations."
            )
        length = epochs // generations
        if epochs_per_generation not in (None, length):
            raise ValueError(
                f"generations={generations} of epochs_per_generation="
                f"{epochs_per_generation} are "
                f"{generations * epochs_per_generation} epochs. Received: "
                f"epochs={epochs}"
            )
        return cls(generations, length)


def _misfit(epochs, name):
    return (
        f"`epochs` must be whole generations. Received: epochs={epochs}, {name}"
    )


def _divisors(n: int) -> str:
    found = [str(d) for d in range(1, n + 1) if n % d == 0]
    return ", ".join(found[:12]) + (", …" if len(found) > 12 else "")
