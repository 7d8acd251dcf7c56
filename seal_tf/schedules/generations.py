"""The division of a run into generations."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Generations:
    """The division of a run into generations of equal length.

    Args:
        count: Number of generations G.
        length: Epochs per generation E.
    """

    count: int
    length: int

    @classmethod
    def resolve(
        cls,
        epochs: int,
        generations: int | None,
        epochs_per_generation: int | None,
    ) -> Generations:
        """Derive both numbers from the run and at least one of them.

        Args:
            epochs: Epochs of the whole run.
            generations: Number of generations, or None.
            epochs_per_generation: Epochs per generation, or None.

        Raises:
            ValueError: If both are None, or they do not fit `epochs`.
        """
        arguments = {
            "epochs": epochs,
            "generations": generations,
            "epochs_per_generation": epochs_per_generation,
        }
        for name, value in arguments.items():
            if value is not None and value < 1:
                raise ValueError(
                    f"Argument `{name}` must be at least 1. Received: "
                    f"{name}={value}"
                )
        if generations is not None:
            return cls._from_count(epochs, generations, epochs_per_generation)
        if epochs_per_generation is None:
            raise ValueError(
                "Pass `generations` or `epochs_per_generation`. Received: "
                "neither"
            )
        if epochs % epochs_per_generation:
            raise ValueError(
                _mismatch(epochs, "epochs_per_generation")
                + f"={epochs_per_generation}. {epochs} epochs divide into "
                f"generations of {_divisors(epochs)} epochs."
            )
        return cls(epochs // epochs_per_generation, epochs_per_generation)

    @classmethod
    def _from_count(
        cls, epochs: int, count: int, length: int | None
    ) -> Generations:
        if epochs % count:
            raise ValueError(
                _mismatch(epochs, "generations")
                + f"={count}. {epochs} epochs divide into "
                f"{_divisors(epochs)} generations."
            )
        if length not in (None, epochs // count):
            raise ValueError(
                f"Argument `epochs` must equal generations={count} times "
                f"epochs_per_generation={length}. Received: epochs={epochs}"
            )
        return cls(count, epochs // count)


def _mismatch(epochs: int, name: str) -> str:
    return (
        "Argument `epochs` must be a whole number of generations. Received: "
        f"epochs={epochs}, {name}"
    )


def _divisors(n: int) -> str:
    divisors = [str(d) for d in range(1, n + 1) if n % d == 0]
    return ", ".join(divisors[:12]) + (", …" if len(divisors) > 12 else "")
