"""Describe a plan in text, and plot it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.events import AverageWeights
from seal_tf.schedules.schedule import Schedule
from seal_tf.utils import plot_style
from seal_tf.utils.plot_colors import LAYERS, LIGHT


def describe_run(
    schedule: Schedule,
    run: Run,
    layers: Sequence[Sequence[str]],
    epochs: Sequence[EpochPlan],
) -> str:
    """Describe a run: one line for each layer group and each phase.

    Args:
        schedule: The method.
        run: Epochs, steps and layer groups of the run.
        layers: For each group, the names of its layers with weights; empty
            if they are unknown.
        epochs: The plan of every epoch.

    Returns:
        Text of several lines; warnings about the plan come last.
    """
    lines = [_header(schedule, run)]
    names_by_group = layers or ((),) * len(run.groups)
    for name, early, names in zip(
        run.groups, run.early, names_by_group, strict=True
    ):
        kind = " (early)" if early and name != "early" else ""
        lines.append(f"  {name}{kind}: {_describe_layers(names)}")

    lines += _describe_layer_scale(layers, epochs[0].layer_scale)

    def key(plan: EpochPlan) -> tuple[int, str, int]:
        return plan.generation, plan.phase, plan.frozen

    for (generation, phase, _), group in itertools.groupby(epochs, key):
        phase_epochs = list(group)
        first, last = phase_epochs[0], phase_epochs[-1]
        lines.append(
            f"  epochs {first.epoch + 1:4d} to {last.epoch + 1:4d}: "
            f"generation {generation + 1}/{first.generations}, {phase}"
            f"{_describe_phase(run, phase_epochs)}"
        )
    lines += [f"  warning: {text}" for text in plan_warnings(schedule, epochs)]
    return "\n".join(lines)


def plan_warnings(schedule: Schedule, epochs: Sequence[EpochPlan]) -> list[str]:
    """Return warnings about a valid plan that is probably a mistake."""
    if schedule.ascends != "phases":
        return []
    # The name of the phase: a plan may not yet have its early groups.
    if not any(plan.phase == "ascent" for plan in epochs):
        reason = (
            "the run has one generation; set `generations` to 2 or more"
            if epochs[0].generations == 1
            else "`ascent_epochs` is 0"
        )
        return [f"no epoch ascends, because {reason}"]
    texts = []
    if any(
        isinstance(event, AverageWeights)
        for plan in epochs
        for event in plan.after
        if plan.phase == "ascent"
    ):
        texts.append(
            "weights at the ends of epochs of ascent are averaged; use a "
            "smaller `count`, or more epochs per generation"
        )
    if epochs[-1].phase == "ascent":
        texts.append(
            "the run ends in an ascent, so the network does not "
            "relearn after it; use more epochs per generation or fewer "
            "ascent epochs"
        )
    return texts


def plot_run(schedule: Schedule, run: Run, epochs: Sequence[EpochPlan]) -> Any:
    """Plot the signed learning rate of every group; ascents are shaded.

    Args:
        schedule: The method.
        run: Epochs and layer groups of the run.
        epochs: The plan of every epoch.

    Returns:
        The `matplotlib` figure. The rates are fractions of the optimizer's
        own learning rate if the plan sets none.
    """
    relative = not schedule.owns_rate
    rates = np.stack(
        [e.rates(1.0 if relative else None).mean(axis=0) for e in epochs]
    )
    figure, axes = plot_style.new_figure(6.5, 3.5)
    numbers = np.arange(len(epochs)) + 1
    is_unknown = np.stack(
        [(e.sign < 0).any(axis=0) & (e.retain is not None) for e in epochs]
    )
    for i, (name, color) in enumerate(
        zip(run.groups, _group_colors(run), strict=True)
    ):
        axes.step(
            numbers,
            np.where(is_unknown[:, i], np.nan, rates[:, i]),
            where="mid",
            label=name,
            color=color,
            linestyle=plot_style.DASHES[i % len(plot_style.DASHES)],
        )
        if is_unknown[:, i].any():
            # The plan has the rate of S = 1; the search ends elsewhere.
            axes.bar(
                numbers[is_unknown[:, i]],
                rates[is_unknown[:, i], i],
                width=1,
                fill=False,
                hatch="////",
                edgecolor=color,
                linewidth=0,
                label=f"{name}: S is searched in training",
            )
    for plan in epochs:
        if plan.ascends:
            x = plan.epoch + 1
            axes.axvspan(
                x - 0.5, x + 0.5, color=plot_style.SHADE, lw=0, zorder=0
            )
    plot_style.set_signed_log_scale(axes, rates.ravel().tolist())
    axes.locator_params(axis="x", integer=True)
    axes.axhline(0, color=LIGHT.muted, lw=0.8)
    axes.set_xlabel("epoch (shaded: ascent)")
    axes.set_ylabel(
        "fraction of the learning rate" if relative else "signed learning rate"
    )
    plot_style.add_legend(axes)
    return figure


def _group_colors(run: Run) -> list[str]:
    """Return the color of each group: fixed ones for early and later layers."""
    if len(run.groups) == 2 and run.early == (True, False):
        return [LAYERS["early"], LAYERS["later"]]
    colors = plot_style.COLORS
    return [colors[i % len(colors)] for i in range(len(run.groups))]


def _header(schedule: Schedule, run: Run) -> str:
    steps = f", {run.steps:,} steps each" if run.steps else ""
    return f"{schedule.name}: {run.epochs} epochs{steps}"


def _describe_layers(names: Sequence[str]) -> str:
    if not names:
        return "(the model is not built yet)"
    if len(names) == 1:
        return f"1 layer with weights, {names[0]}"
    return f"{len(names)} layers with weights, {names[0]} … {names[-1]}"


def _describe_layer_scale(
    layers: Sequence[Sequence[str]], scale: np.ndarray | None
) -> list[str]:
    """One line with the factors; neighbors with the same factor together."""
    if scale is None:
        return []
    names = [name for group in layers for name in group]
    pairs = zip(names, scale.tolist(), strict=True)
    parts = []
    for factor, members in itertools.groupby(pairs, key=lambda pair: pair[1]):
        paths = [path for path, _ in members]
        span = paths[0] + (f" … {paths[-1]}" if len(paths) > 1 else "")
        parts.append(f"{factor:.3g} ({span})")
    return ["  factors of the learning rate: " + ", ".join(parts)]


def _describe_phase(run: Run, epochs: list[EpochPlan]) -> str:
    first, last = epochs[0], epochs[-1]
    parts: list[str] = []
    if first.base_rate is not None and last.base_rate is not None:
        start, end = float(first.base_rate[0]), float(last.base_rate[-1])
        parts.append(f"learning rate {start:.3g} to {end:.3g}")
    if first.scale.shape[0] > 1:
        parts.append(_describe_steps(epochs))
    elif first.ascends or (first.scale != 1).any():
        factors = first.scale[0] * first.sign[0]
        parts += [
            f"{name} layers at {_describe_factor(factor, first.retain)} of "
            "the learning rate"
            for name, factor in zip(run.groups, factors, strict=True)
            if factor != 1
        ]
        if first.retain is not None:
            parts.append(
                f"S searched to retain {first.retain:g} of the training "
                "accuracy"
            )
        if first.update_clip is not None:
            parts.append(
                f"ascent updates clipped to {first.update_clip:g} of the "
                "weight norm"
            )
    if first.perturbation is not None:
        parts.append(
            f"gradients at weights perturbed by {first.perturbation:g}, in a "
            "second pass"
        )
    if first.frozen:
        parts.append(f"{first.frozen} of {len(run.groups)} groups frozen")
    if first.distill is not None:
        parts.append(str(first.distill))
    parts += [str(event) for event in (*first.before, *last.after)]
    return "".join("; " + part for part in parts)


def _describe_factor(factor: float, retain: float | None) -> str:
    if retain is None or factor > 0:
        return f"{factor:+g}"
    return "-S" if factor == -1 else f"{factor:g} S"


def _describe_steps(epochs: list[EpochPlan]) -> str:
    """Describe plans that change from step to step."""
    ascending = np.mean([(e.sign < 0).any(axis=1).mean() for e in epochs])
    if ascending:
        return f"{100 * ascending:.0f} % of the steps ascend"
    lowest = min(float(e.scale.min()) for e in epochs)
    highest = max(float(e.scale.max()) for e in epochs)
    return f"groups at {lowest:.2g} to {highest:.2g} of the learning rate"
