"""Annealed ascent on the whole network, the talk's simulated annealing."""

from __future__ import annotations

import dataclasses

import numpy as np

from seal_tf.schedules.generational import Generational
from seal_tf.schedules.plan import EpochPlan, Run, setting
from seal_tf.schedules.seal import ASCENT_SCALE, check_scale


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnnealedAscent(Generational):
    """Every step ascends with a probability that falls to zero.

    Step t of T ascends, in all layers, with probability
    P(t) = p0 * (1 - t / T)^q; an ascent step is -S times the ordinary one,
    without decay. The draw is a function of (seed, t) alone. From the talk's
    description ("at every step perform gradient ascent with some probability
    P; P is high in the beginning and diminishes to zero"); P's form is ours.

    Args:
        ascent_scale: S, at least 0.
        p0: Probability at the first step, between 0 and 1.
        q: Power, above 0.
        seed: Seed of the draws.

    The other arguments are those of `Generational`.
    """

    ascent_scale: float = ASCENT_SCALE
    p0: float = setting(0.5, "probability of an ascent at the first step")
    q: float = setting(1.0, "power with which that probability falls")
    seed: int = 0

    name = "annealed_ascent"
    ascends = "always"
    needs_steps = True
    rank = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_scale(self.ascent_scale)
        if not 0 <= self.p0 <= 1:
            raise ValueError(
                f"`p0` is a probability, 0 to 1. Received: {self.p0}"
            )
        if not 0 < self.q < float("inf"):
            raise ValueError(
                f"`q` must be finite and above 0. Received: {self.q}"
            )

    def label(self) -> str:
        return f"{self.name}, S = {self.ascent_scale:g}"

    def over(self, plan: EpochPlan, run: Run) -> EpochPlan:
        plan = super().over(plan, run)
        steps = plan.epoch * run.counted + np.arange(run.counted)
        chance = self.p0 * (1 - steps / (run.epochs * run.counted)) ** self.q
        up = (uniform(self.seed, steps[0], run.counted) < chance)[:, None]
        return plan.changed(
            scale=np.where(up, self.ascent_scale, 1) * run.filled(1),
            sign=np.where(up, -1, 1) * run.filled(1, np.int8),
            l2=np.where(up, 0, 1) * run.filled(1),
            phase="annealing" if chance[0] > 0 else plan.phase,
        )


def uniform(seed: int, start: int, count: int) -> np.ndarray:
    """Numbers start … start + count - 1 of a seed's stream, in [0, 1).

    Number t is the same however the stream is cut.
    """
    block, skip = divmod(int(start), 4)
    stream = np.random.Philox(key=seed)
    stream.advance(block)  # blocks of four
    return np.random.Generator(stream).random(skip + count)[skip:]
