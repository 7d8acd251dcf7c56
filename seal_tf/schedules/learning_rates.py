"""Base learning rates of the published recipes."""

from __future__ import annotations

import math


def warmup_cosine(
    epoch: int,
    epochs: int,
    rate: float,
    warmup_epochs: int,
    decay_epochs: int | None = None,
) -> float:
    """Return the learning rate of one epoch: linear warm-up, then a cosine.

    This is the recipe of SEAL's official code. With e the epoch within the
    generation, w the warm-up length and E the generation length, the rate is
    `rate * (e + 1) / w` for e < w, then
    `rate / 2 * (1 + cos(pi * (e - w) / (E - w)))`. It is constant within an
    epoch and does not reach zero in the last epoch.

    With `decay_epochs` = d the rate is constant between the warm-up and the
    last d epochs (warmup-stable-decay, Hu et al. 2024, arXiv 2404.06395), and
    the cosine is `rate / 2 * (1 + cos(pi * (e - E + d) / d))`.

    Example:
        >>> from seal_tf.schedules.learning_rates import warmup_cosine
        >>> [round(warmup_cosine(e, 6, 0.4, 1, 3), 2) for e in range(6)]
        [0.4, 0.4, 0.4, 0.4, 0.3, 0.1]

    Args:
        epoch: Epoch within the generation, from 0.
        epochs: Length E of the generation, in epochs.
        rate: Base learning rate, reached at the end of the warm-up.
        warmup_epochs: Length w of the warm-up, in epochs.
        decay_epochs: Length d of the cosine, in epochs. Defaults to E - w.

    Returns:
        The learning rate.
    """
    if epoch < warmup_epochs:
        return rate * (epoch + 1) / warmup_epochs
    decay = epochs - warmup_epochs if decay_epochs is None else decay_epochs
    progress = max(epoch - (epochs - decay), 0) / decay
    return rate / 2 * (1 + math.cos(math.pi * progress))


def default_warmup(epochs: int) -> int:
    """Return an eighth of a generation: the recipe's 20 of 160 epochs."""
    return epochs // 8


def check_rate(
    learning_rate: float | None,
    warmup_epochs: int | None,
    epochs: int,
    decay_epochs: int | None = None,
) -> None:
    """Check a learning rate and the lengths of its warm-up and decay.

    Args:
        learning_rate: Base learning rate, or None.
        warmup_epochs: Length of the warm-up in epochs, or None.
        epochs: Length of a generation in epochs.
        decay_epochs: Length of the decay in epochs, or None.

    Raises:
        ValueError: If a value is out of range, or `warmup_epochs` or
            `decay_epochs` has no learning rate to apply to.
    """
    if learning_rate is None:
        lengths = {
            "warmup_epochs": warmup_epochs,
            "decay_epochs": decay_epochs,
        }
        for name, value in lengths.items():
            if value is not None:
                raise ValueError(
                    f"Argument `{name}` requires `learning_rate`. Received: "
                    f"{name}={value}, learning_rate=None"
                )
        return
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise ValueError(
            "Argument `learning_rate` must be finite and above 0. Received: "
            f"learning_rate={learning_rate}"
        )
    if warmup_epochs is not None and not 0 <= warmup_epochs <= epochs:
        raise ValueError(
            "Argument `warmup_epochs` must be between 0 and the "
            f"{epochs} epochs of a generation. Received: "
            f"warmup_epochs={warmup_epochs}"
        )
    warmup = default_warmup(epochs) if warmup_epochs is None else warmup_epochs
    if decay_epochs is not None and not 1 <= decay_epochs <= epochs - warmup:
        raise ValueError(
            "Argument `decay_epochs` must be between 1 and the "
            f"{epochs - warmup} epochs of a generation after its warm-up. "
            f"Received: decay_epochs={decay_epochs}"
        )
