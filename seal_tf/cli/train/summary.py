"""The summary of a run: `summary.json`."""

from __future__ import annotations

import time
from typing import Any

from seal_tf.cli.train.settings import TrainSettings
from seal_tf.cli.versions import package_versions
from seal_tf.utils.processor import processor_name


def summarize(
    settings: TrainSettings, epochs: list[dict[str, Any]], **facts: Any
) -> dict[str, Any]:
    """Return the summary of a run.

    The last epoch is the result. The best validation epoch is a separate
    entry.

    Args:
        settings: Settings of the run.
        epochs: The lines of `metrics.jsonl`. The last epoch of each
            generation was validated.
        **facts: Further entries.
    """
    return {
        "method": settings.method,
        "seed": settings.seed,
        "arch": settings.model.arch,
        "dataset": settings.data.dataset,
        "precision": settings.devices.precision,
        "generations": [
            _summarize_generation([e for e in epochs if e["generation"] == g])
            for g in sorted({e["generation"] for e in epochs})
        ],
        "last": _result(epochs[-1]),
        "best": _result(_best(epochs)),
        "epochs": len(epochs),
        "seconds": round(sum(e["seconds"] for e in epochs), 1),
        **facts,
        "date": time.strftime("%Y-%m-%d"),
        "machine": processor_name(),
        "versions": package_versions(),
    }


def _summarize_generation(epochs: list[dict[str, Any]]) -> dict[str, Any]:
    ascent = [e for e in epochs if e["phase"] == "ascent"]
    best = _best(epochs)
    last = epochs[-1]
    return {
        "generation": last["generation"],
        "val_accuracy_last": last["val_accuracy"],
        "val_accuracy_best": best["val_accuracy"],
        "val_accuracy_best_epoch": best["epoch"],
        "val_loss_last": last["val_loss"],
        "accuracy_last": last["accuracy"],
        "accuracy_at_end_of_ascent": ascent[-1]["accuracy"] if ascent else None,
        "seconds": round(sum(e["seconds"] for e in epochs), 1),
    }


def _best(epochs: list[dict[str, Any]]) -> dict[str, Any]:
    validated = [e for e in epochs if e["val_accuracy"] is not None]
    return max(validated, key=lambda e: e["val_accuracy"])


def _result(epoch: dict[str, Any]) -> dict[str, Any]:
    return {
        key: epoch[key]
        for key in ("epoch", "val_accuracy", "val_loss", "accuracy", "loss")
    }
