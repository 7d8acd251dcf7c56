"""What freezing saved, from the times of a finished run."""

from __future__ import annotations

import statistics

from seal_tf.schedules import price


def measured(epochs: list[dict], plan, costs, images: int) -> dict:
    """Compares the saving that was predicted with the time that was saved.

    The first epoch after each change of the frozen prefix contains the
    tracing of the new step; what it takes beyond its like is the price of
    that trace.

    Args:
        epochs: The lines of `metrics.jsonl`.
        plan: The `Plan` of the run.
        costs: Multiply-adds of a forward pass, by group.
        images: Training images of an epoch.

    Returns:
        "predicted_saving"; "measured_saving" of training time, traces left
        out, or None where an unfrozen or a frozen stage is too short to be
        timed; "stages": for each frozen prefix its epochs, the share of a
        full step's work that is predicted for it, median seconds, seconds
        of its trace and epochs after which that trace has paid.
    """
    stages: list[dict] = []
    for numbers in epochs:
        frozen = plan.epoch(numbers["epoch"]).frozen
        if not stages or stages[-1]["frozen"] != frozen:
            share = 1 - 2 * sum(costs[:frozen]) / (3 * sum(costs))
            stages.append(
                {"frozen": frozen, "predicted_share": share, "seconds": []}
            )
        rate = numbers["images_per_second"]
        # Of an epoch that was resumed in its validation nothing was timed.
        stages[-1]["seconds"].append(images / rate if rate else None)
    for stage in stages:
        first, *rest = seconds = stage.pop("seconds")
        stage["epochs"] = len(seconds)
        rest = [s for s in rest if s is not None]
        stage["median_seconds"] = statistics.median(rest) if rest else None
        stage["trace_seconds"] = (
            max(0.0, first - stage["median_seconds"])
            if rest and first is not None
            else None
        )
    _add_payback(stages)
    return {
        "predicted_saving": price.saving(plan, costs),
        "measured_saving": _saving(stages),
        "stages": stages,
    }


def _add_payback(stages):
    for before, stage in zip([None, *stages], stages, strict=False):
        stage["epochs_to_pay_for_trace"] = None
        if before is None or None in (
            before["median_seconds"],
            stage["median_seconds"],
            stage["trace_seconds"],
        ):
            continue
        gain = before["median_seconds"] - stage["median_seconds"]
        if gain > 0:
            stage["epochs_to_pay_for_trace"] = stage["trace_seconds"] / gain


def _saving(stages):
    medians = [s["median_seconds"] for s in stages]
    unfrozen = [
        s["median_seconds"]
        for s in stages
        if s["frozen"] == 0 and s["median_seconds"]
    ]
    if None in medians or not unfrozen:
        return None
    whole = statistics.median(unfrozen)
    count = sum(s["epochs"] for s in stages)
    spent = sum(s["epochs"] * s["median_seconds"] for s in stages)
    return 1 - spent / (count * whole)


def said(found: dict) -> str:
    """The comparison in a line for people."""
    line = f"freezing: {found['predicted_saving']:.1%} of the work predicted"
    if found["measured_saving"] is None:
        return line + "; stages too short to time"
    line += f", {found['measured_saving']:.1%} of the training time saved"
    paid = [
        f"{s['frozen']} groups: {s['epochs_to_pay_for_trace']:.1f}"
        for s in found["stages"]
        if s["epochs_to_pay_for_trace"] is not None
    ]
    if paid:
        line += "; epochs after which a trace has paid: " + ", ".join(paid)
    return line
