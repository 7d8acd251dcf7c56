"""Compare the time that freezing saved with the prediction."""

from __future__ import annotations

import statistics
from typing import Any

from seal_tf.schedules import Plan, cost


def measure_freezing(
    epochs: list[dict[str, Any]], plan: Plan, costs: list[int], images: int
) -> dict[str, Any]:
    """Compare the predicted saving with the measured one.

    The first epoch after a change of the frozen prefix includes the trace of
    the new step. Its excess over the median of the other epochs is the cost
    of that trace.

    Args:
        epochs: The lines of `metrics.jsonl`.
        plan: The plan of the run.
        costs: Multiply-adds of a forward pass, by layer group.
        images: Training images per epoch.

    Returns:
        "predicted_saving". "measured_saving" of training time without traces;
        None if a stage is too short to time. "stages": for each frozen
        prefix its number of epochs, the predicted share of a full step's
        work, the median seconds of an epoch, the seconds of its trace, and
        the epochs after which the trace has paid for itself.
    """
    stages: list[dict[str, Any]] = []
    for metrics in epochs:
        frozen = plan.epoch(metrics["epoch"]).frozen
        if not stages or stages[-1]["frozen"] != frozen:
            share = 1 - 2 * sum(costs[:frozen]) / (3 * sum(costs))
            stages.append(
                {"frozen": frozen, "predicted_share": share, "seconds": []}
            )
        rate = metrics["images_per_second"]
        # An epoch that was resumed in its validation has no rate.
        stages[-1]["seconds"].append(images / rate if rate else None)
    for stage in stages:
        _add_times(stage)
    _add_payback(stages)
    return {
        "predicted_saving": cost.frozen_saving(plan, costs),
        "measured_saving": _measured_saving(stages),
        "stages": stages,
    }


def _add_times(stage: dict[str, Any]) -> None:
    first, *rest = seconds = stage.pop("seconds")
    stage["epochs"] = len(seconds)
    rest = [s for s in rest if s is not None]
    stage["median_seconds"] = statistics.median(rest) if rest else None
    stage["trace_seconds"] = None
    if rest and first is not None:
        stage["trace_seconds"] = max(0.0, first - stage["median_seconds"])


def _add_payback(stages: list[dict[str, Any]]) -> None:
    for previous, stage in zip([None, *stages], stages, strict=False):
        stage["epochs_to_pay_for_trace"] = None
        if previous is None or None in (
            previous["median_seconds"],
            stage["median_seconds"],
            stage["trace_seconds"],
        ):
            continue
        gain = previous["median_seconds"] - stage["median_seconds"]
        if gain > 0:
            stage["epochs_to_pay_for_trace"] = stage["trace_seconds"] / gain


def _measured_saving(stages: list[dict[str, Any]]) -> float | None:
    medians = [s["median_seconds"] for s in stages]
    unfrozen = [
        s["median_seconds"]
        for s in stages
        if s["frozen"] == 0 and s["median_seconds"]
    ]
    if None in medians or not unfrozen:
        return None
    full = statistics.median(unfrozen)
    count = sum(s["epochs"] for s in stages)
    spent = sum(s["epochs"] * s["median_seconds"] for s in stages)
    return float(1 - spent / (count * full))


def describe_freezing(results: dict[str, Any]) -> str:
    """Describe the comparison in one line."""
    line = f"freezing: {results['predicted_saving']:.1%} of the work predicted"
    if results["measured_saving"] is None:
        return line + "; the stages are too short to time"
    line += f", {results['measured_saving']:.1%} of the training time saved"
    payback = [
        f"{s['frozen']} groups: {s['epochs_to_pay_for_trace']:.1f}"
        for s in results["stages"]
        if s["epochs_to_pay_for_trace"] is not None
    ]
    if payback:
        line += "; epochs after which a trace has paid for itself: "
        line += ", ".join(payback)
    return line
