"""`summary.json`: what a run gave, by generation, last and best apart."""

from __future__ import annotations

import platform
from importlib import metadata

PACKAGES = ("seal_tf", "tensorflow", "keras", "numpy")


def summarise(parsed, epochs: list[dict], **facts) -> dict:
    """The summary of a run.

    The last epoch is the result; the best validation epoch stands beside it
    under its own name.

    Args:
        parsed: The parsed flags.
        epochs: The lines of `metrics.jsonl`.
        **facts: What else is known of the run.
    """
    return {
        "method": parsed.method,
        "seed": parsed.seed,
        "arch": parsed.arch,
        "dataset": parsed.dataset,
        "generations": [
            _generation([e for e in epochs if e["generation"] == g])
            for g in sorted({e["generation"] for e in epochs})
        ],
        "last": _result(epochs[-1]),
        "best": _result(max(epochs, key=lambda e: e["val_accuracy"])),
        "epochs": len(epochs),
        "seconds": round(sum(e["seconds"] for e in epochs), 1),
        **facts,
        "versions": versions(),
    }


def _generation(epochs):
    ascent = [e for e in epochs if e["phase"] == "ascent"]
    best = max(epochs, key=lambda e: e["val_accuracy"])
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


def _result(epoch):
    return {
        key: epoch[key]
        for key in ("epoch", "val_accuracy", "val_loss", "accuracy", "loss")
    }


def versions() -> dict[str, str]:
    """Versions of Python and of what decides the numbers."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        found[package] = metadata.version(package)
    return found
