"""Base rates that the published recipes use."""

import math


def warmup_cosine(
    epoch: int, epochs: int, rate: float, warmup_epochs: int
) -> float:
    """The rate of one epoch: linear warm-up, then half a cosine to zero.

    The recipe of SEAL's official code: with e the epoch within the
    generation, w the warm-up and E the length, `rate * (e + 1) / w` for
    e < w, and `rate / 2 * (1 + cos(pi * (e - w) / (E - w)))` after it. The
    rate is set once an epoch and is not yet zero in the last one.

    Args:
        epoch: Epoch within the generation, from 0.
        epochs: Length E of the generation.
        rate: The base rate, reached at the end of the warm-up.
        warmup_epochs: Length w of the warm-up.
    """
    if epoch < warmup_epochs:
        return rate * (epoch + 1) / warmup_epochs
    share = (epoch - warmup_epochs) / (epochs - warmup_epochs)
    return rate / 2 * (1 + math.cos(math.pi * share))


def default_warmup(epochs: int) -> int:
    """An eighth of a generation: the recipe's 20 of 160 epochs."""
    return epochs // 8


def check_rate(
    learning_rate: float | None, warmup_epochs: int | None, epochs: int
) -> None:
    """Raises ValueError for a rate or a warm-up that cannot be."""
    if learning_rate is None:
        if warmup_epochs is not None:
            raise ValueError(
                "`warmup_epochs` belongs to the schedule that "
                "`learning_rate` switches on. Received: "
                f"warmup_epochs={warmup_epochs}, learning_rate=None"
            )
        return
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise ValueError(
            "`learning_rate` must be finite and above 0. Received: "
            f"{learning_rate}"
        )
    if warmup_epochs is not None and not 0 <= warmup_epochs <= epochs:
        raise ValueError(
            "`warmup_epochs` must be between 0 and the "
            f"{epochs} epochs of a generation. Received: {warmup_epochs}"
        )
