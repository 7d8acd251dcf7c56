"""Annealed ascent on the whole network."""

from __future__ import annotations

import dataclasses

import numpy as np

from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.generational import Generational
from seal_tf.schedules.schedule import setting
from seal_tf.schedules.seal import ASCENT_SCALE, check_scale


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnnealedAscent(Generational):
    """Annealed ascent: each step ascends with a probability that decays to 0.

    Step t of T ascends in all layers with probability
    P(t) = p0 * (1 - t / T)^q. An ascent step is -S times the ordinary one,
    without weight decay. The random draw is a function of (seed, t). The
    SEAL authors' talk describes the method; this form of P is our choice.

    Example:
        >>> from seal_tf.schedules import AnnealedAscent
        >>> schedule = AnnealedAscent(generations=1, p0=0.3)

    Args:
        ascent_scale: S, at least 0. Defaults to 0.01.
        p0: Probability of ascent at the first step, from 0 to 1. Defaults to
            0.5.
        q: Exponent of the decay, above 0. Defaults to 1.
        seed: Random seed. Defaults to 0.

    The other arguments are those of `Generational`.
    """

    ascent_scale: float = ASCENT_SCALE
    p0: float = setting(0.5, "probability of ascent at the first step")
    q: float = setting(1.0, "exponent of the decay of that probability")
    seed: int = 0

    name = "annealed_ascent"
    ascends = "always"
    needs_steps = True
    priority = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_scale(self.ascent_scale)
        if not 0 <= self.p0 <= 1:
            raise ValueError(
                "Argument `p0` must be a probability from 0 to 1. Received: "
                f"p0={self.p0}"
            )
        if not 0 < self.q < float("inf"):
            raise ValueError(
                f"Argument `q` must be finite and above 0. Received: q={self.q}"
            )

    def label(self) -> str:
        """Return the method and its S, for messages."""
        return f"{self.name}, S = {self.ascent_scale:g}"

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Add the ascending steps."""
        plan = super().apply(plan, run)
        count = run.require_steps()
        steps = plan.epoch * count + np.arange(count)
        probability = self.p0 * (1 - steps / (run.epochs * count)) ** self.q
        draws = uniform(self.seed, steps[0], count)
        ascending = (draws < probability)[:, None]
        return plan.compose_with(
            scale=np.where(ascending, self.ascent_scale, 1) * run.full_row(1),
            sign=np.where(ascending, -1, 1) * run.full_row(1, np.int8),
            l2=np.where(ascending, 0, 1) * run.full_row(1),
            phase="annealing" if probability[0] > 0 else plan.phase,
        )


def uniform(seed: int, start: int, count: int) -> np.ndarray:
    """Return part of a reproducible stream of uniform random numbers.

    Number t of the stream is the same for every `start` and `count`.

    Args:
        seed: Seed of the stream.
        start: Index of the first number.
        count: Number of values.

    Returns:
        float64 [count], in [0, 1).
    """
    # Philox advances by blocks of four numbers.
    block, skip = divmod(int(start), 4)
    stream = np.random.Philox(key=seed)
    stream.advance(block)
    return np.random.Generator(stream).random(skip + count)[skip:]
