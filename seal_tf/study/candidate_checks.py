"""Check candidates against the length of their runs, before any training."""

from __future__ import annotations

from collections.abc import Sequence

from seal_tf.study.candidates import Candidate
from seal_tf.study.program import Program

#: Epochs of a run whose length is not known yet. Flags that count epochs fit
#: into so many; `check_candidates` is repeated when the plan is known.
UNKNOWN_EPOCHS = 7680


def check_candidates(
    program: Program,
    candidates: Sequence[Candidate],
    learning_rate: float,
    epochs: int | None = None,
) -> None:
    """Check the flags of each candidate.

    Args:
        program: The program that is run.
        candidates: The candidates; the first is the baseline.
        learning_rate: Default learning rate of the program.
        epochs: Epochs of a run of cost 1. Defaults to None: not known yet.

    Raises:
        ValueError: The program refuses them.
    """
    if epochs is None:
        epochs = UNKNOWN_EPOCHS
    for candidate in candidates:
        limited = candidate.limit_generations(epochs)
        flags = limited.training_flags(
            limited.first_values(), epochs, learning_rate
        )
        try:
            program.check(flags)
        except ValueError as error:
            if candidate is candidates[0]:
                raise
            raise ValueError(
                f"--candidates: {candidate.name}: {error}"
            ) from None
