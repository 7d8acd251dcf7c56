"""A plan for people: in words, and as a picture."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from seal_tf.schedules.plan import EpochPlan, Plan


def describe(plan: Plan) -> str:
    """Phases of the run, one line each, and the layers of each group."""
    lines = [_head(plan)]
    for name, early, layers in zip(
        plan.run.groups, plan.run.early, _layers(plan), strict=True
    ):
        kind = " (early)" if early and name != "early" else ""
        lines.append(f"  {name}{kind}: {_span(layers)}")
    key = lambda e: (e.generation, e.phase, e.frozen)  # noqa: E731
    for (generation, phase, _), group in itertools.groupby(plan, key):
        epochs = list(group)
        lines.append(
            f"  epochs {epochs[0].epoch + 1:4d} to {epochs[-1].epoch + 1:4d}: "
            f"generation {generation + 1}/{epochs[0].generations}, {phase}"
            f"{_moves(plan, epochs)}"
        )
    return "\n".join([*lines, *_doubts(plan)])


def _doubts(plan: Plan) -> list[str]:
    """What nobody means who asks for a method that ascends."""
    if plan.schedule.ascends != "phases":
        return []
    # By its name: a plan may not know yet which groups are early.
    if not any(epoch.phase == "ascent" for epoch in plan):
        one = plan.epoch(0).generations == 1
        why = (
            "there is one generation; give two or more"
            if one
            else "k, the epochs of an ascent, is 0"
        )
        return [f"  note: no epoch ascends, as {why}"]
    last = plan.epoch(len(plan) - 1)
    if last.phase == "ascent":
        return [
            "  note: the run ends in an ascent, nothing is relearned after "
            "it; give generations more epochs, or fewer of ascent"
        ]
    return []


def plot(plan: Plan, path: str | Path | None = None) -> Any:
    """Draws the signed rate of every group by epoch, ascent shaded.

    Args:
        path: Where to write the picture; None does not write.

    Returns:
        The `matplotlib` figure. Rates are shares of the optimizer's own
        where the plan brings none.
    """
    from seal_tf import style

    epochs = list(plan)
    shares = not plan.schedule.owns_rate
    rates = np.stack(
        [e.rates(1.0 if shares else None).mean(axis=0) for e in epochs]
    )
    drawn, ax = style.figure(9, 3.5)
    for i, name in enumerate(plan.run.groups):
        ax.step(
            np.arange(len(epochs)) + 1,
            rates[:, i],
            where="mid",
            label=name,
            color=style.COLOURS[i % len(style.COLOURS)],
            linestyle=style.DASHES[i % len(style.DASHES)],
        )
    for e in epochs:
        if e.ascends:
            at = e.epoch + 1
            ax.axvspan(at - 0.5, at + 0.5, color=style.SHADE, lw=0, zorder=0)
    style.signed_log(ax, rates.ravel().tolist())
    ax.axhline(0, color="0.4", lw=0.8)
    ax.set_xlabel("epoch (shaded: ascent)")
    ax.set_ylabel("share of the rate" if shares else "signed learning rate")
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    if path is not None:
        drawn.savefig(path, dpi=130)
    return drawn


def _head(plan: Any) -> str:
    run = plan.run
    steps = f", {run.steps:,} steps each" if run.steps else ""
    return f"{plan.schedule.name}: {run.epochs} epochs{steps}"


def _layers(plan: Any) -> Any:
    return plan.layers or ((),) * len(plan.run.groups)


def _span(layers: Any) -> str:
    if not layers:
        return "(layers not known yet)"
    if len(layers) == 1:
        return f"1 layer with weights, {layers[0]}"
    return f"{len(layers)} layers with weights, {layers[0]} … {layers[-1]}"


def _moves(plan: Plan, epochs: list[EpochPlan]) -> str:
    first, last = epochs[0], epochs[-1]
    parts = []
    if first.base_rate is not None and last.base_rate is not None:
        a, b = float(first.base_rate[0]), float(last.base_rate[-1])
        parts.append(f"rate {a:.3g} to {b:.3g}")
    if first.scale.shape[0] > 1:
        parts.append(f"{_within(epochs)}")
    elif first.ascends or (first.scale != 1).any():
        factors = first.scale[0] * first.sign[0]
        parts += [
            f"{name} layers at {_factor(factor, first.keep)} of the rate"
            for name, factor in zip(plan.run.groups, factors, strict=True)
            if factor != 1
        ]
        if first.keep is not None:
            parts.append(
                f"S found to keep {first.keep:g} of the training accuracy"
            )
        if first.bound is not None:
            parts.append(f"ascent steps at most {first.bound:g} of a norm")
    if first.frozen:
        parts.append(f"{first.frozen} of {len(plan.run.groups)} groups frozen")
    parts += [str(event) for event in (*first.before, *last.after)]
    return "".join("; " + part for part in parts)


def _factor(factor: Any, keep: float | None) -> str:
    if keep is None or factor > 0:
        return f"{factor:+g}"
    return "-S" if factor == -1 else f"{factor:g} S"


def _within(epochs: list[EpochPlan]) -> str:
    """What changes from step to step, over a span of epochs."""
    up = np.mean([(e.sign < 0).any(axis=1).mean() for e in epochs])
    if up:
        return f"{100 * up:.0f} % of the steps ascend"
    low = min(float(e.scale.min()) for e in epochs)
    high = max(float(e.scale.max()) for e in epochs)
    return f"groups at {low:.2g} to {high:.2g} of the rate"
