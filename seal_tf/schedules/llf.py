"""LLF, later-layer forgetting (Zhou et al., ICLR 2022), and its relatives."""

from __future__ import annotations

import dataclasses
from typing import Any

from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.events import Reinitialize
from seal_tf.schedules.generational import Generational
from seal_tf.schedules.schedule import setting

DISTRIBUTIONS = ("reference", "initializer")
#: Grouping that each choice of layers needs.
GROUPINGS = {
    "later": None,
    "classifier": "layers",
    "blocks": "blocks",
    "filters": None,
    "all": None,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class LLF(Generational):
    """LLF: reinitialize kernels at the start of every generation.

    At the start of every generation but the first, convolution and dense
    kernels get new random values: those of the later layers, or others by
    `layers`. Biases and the gamma, beta and statistics of BatchNormalization
    stay. The optimizer is reset and the learning-rate schedule restarts.
    Every layer descends in every epoch. (arXiv 2202.00155 and its official
    code. Its "N10" has ten generations *after* the first.)

    Example:
        >>> from seal_tf.schedules import LLF
        >>> schedule = LLF(generations=4, split_at="conv4_block1")
        >>> bottom_up = LLF(generations=4, layers="blocks")

    Args:
        split_at: Where early layers end; see `seal_tf.training.layer_groups`.
            Other choices than "later" do not use it.
        layers: Kernels with new values. "later": those of later layers.
            "classifier": the last one (RIFLE, Li et al. 2020, arXiv
            2007.03349). "blocks": in generation g of G, counted from 0, those
            of all but the first `max(1, floor(g * K / G))` of the K blocks
            (the stem is the first), so that more and more blocks stay, from
            the input upward (LW, Alabdulmohsin et al. 2021, arXiv
            2109.00267). "filters": a fixed
            part of the channels of every kernel, see `kept_fraction` (KE,
            Taha et al. 2021, arXiv 2103.05152). "all": every kernel. Defaults
            to "later".
        reinit: Distribution of the new kernels: "reference", uniform in
            ±1/sqrt(fan_in) as in the official code (its standard deviation
            is 2.45 times smaller than that of He-normal), or "initializer",
            the layer's own. Defaults to "reference".
        kept_fraction: With `layers="filters"`, the fraction of the channels
            that stays, between 0 and 1. None uses one half.
        rescale: With `layers="blocks"`, whether the kernels that stay get the
            norm of initial values. Defaults to True, as published.
        seed: Random seed, combined with the generation and the layer.
            Defaults to 0.

    The other arguments are those of `Generational`.
    """

    split_at: Any = None
    layers: str = setting(
        "later",
        "kernels with new values: those of later layers (LLF), the classifier "
        "(RIFLE), all but the first blocks, fewer in each generation (LW), a "
        "part of the filters of every layer (KE), or all",
        choices=tuple(GROUPINGS),
    )
    reinit: str = setting(
        "reference",
        "distribution of the new kernels: reference (uniform in "
        "+-1/sqrt(fan_in), as in the official code) or initializer (the "
        "layer's own)",
        choices=DISTRIBUTIONS,
    )
    kept_fraction: float | None = setting(
        None,
        "with --llf_layers=filters: fraction of the channels that stays "
        "(default: one half)",
        requires=("llf_layers", "filters"),
    )
    rescale: bool = setting(
        True,
        "with --llf_layers=blocks: scale the kernels that stay to the norm of "
        "initial values",
        requires=("llf_layers", "blocks"),
    )
    seed: int = 0

    name = "llf"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (
            ("layers", tuple(GROUPINGS)),
            ("reinit", DISTRIBUTIONS),
        ):
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(
                    f"Argument `{name}` must be one of {', '.join(choices)}. "
                    f"Received: {name}={value!r}"
                )
        if self.kept_fraction is None:
            return
        if self.layers != "filters":
            raise ValueError(
                "Argument `kept_fraction` requires `layers='filters'`. "
                f"Received: layers={self.layers!r}"
            )
        if not 0 < self.kept_fraction < 1:
            raise ValueError(
                "Argument `kept_fraction` must be between 0 and 1. Received: "
                f"kept_fraction={self.kept_fraction}"
            )

    @property
    def grouping(self) -> str | None:
        """How layers are grouped, to select them."""
        return GROUPINGS[self.layers]

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Add the reinitialization at the start of a generation."""
        plan = super().apply(plan, run)
        if not self.forgets(plan) or plan.epoch_in_generation:
            return plan
        event = Reinitialize(
            plan.generation + self.first_generation,
            self._selected(plan, run),
            self.reinit,
            self.seed,
            kept_fraction=self._kept_fraction(),
            rescale=self.rescale and self.layers == "blocks",
        )
        return plan.compose_with(before=(event,))

    def _kept_fraction(self) -> float:
        """Fraction of the channels that stays."""
        if self.layers != "filters":
            return 0.0
        return 0.5 if self.kept_fraction is None else self.kept_fraction

    def _selected(self, plan: EpochPlan, run: Run) -> tuple[bool, ...]:
        """For each group, whether its kernels get new values."""
        count = len(run.groups)
        if self.layers == "later":
            if not any(run.early):
                raise ValueError(
                    "`layers='later'` requires `split_at`, where the later "
                    "layers start; `layers='all'` reinitializes every layer. "
                    f"Received: split_at={self.split_at}"
                )
            return tuple(not early for early in run.early)
        first = 0
        if self.layers == "classifier":
            first = count - 1
        elif self.layers == "blocks":
            generation = plan.generation + self.first_generation
            generations = plan.generations + self.first_generation
            first = max(1, generation * count // generations)
        return tuple(i >= first for i in range(count))
