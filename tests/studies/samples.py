"""Small results and a small study for the tests of the studies."""

from __future__ import annotations

from typing import Any

from studies.study import PlannedRun

TINY_STUDY = """
title = "A tiny study"
question = "Does it run?"
gate = "It ends."
baselines = ["long"]
[flags]
arch = "small"
dataset = "digits"
images_per_class = 4
batch_size = 20
generations = 2
epochs_per_generation = 2
progress = "none"
[setting.digits]
images = 40
[method.long]
label = "one long cosine"
flags = { method = "normal", generations = 1, epochs_per_generation = 4 }
[method.auto]
label = "SEAL, searched S"
flags = { method = "seal+snapshots", ascent_scale = "auto" }
[[runs]]
seeds = [0]
"""


def run_result(accuracy: float, seed: int, **entries: Any) -> dict[str, Any]:
    """Create the result of a training run.

    Args:
        accuracy: Validation accuracy of the last epoch.
        seed: Seed of the run.
        **entries: More entries of the summary.
    """
    return {
        "date": "2026-01-01",
        "machine": "2 cores",
        "jobs": 2,
        "result": {
            "last": {"val_accuracy": accuracy},
            "seconds": 36.0,
            "versions": {"tensorflow": "2", "keras": "3"},
            "seed": seed,
            **entries,
        },
    }


def planned_run(**flags: Any) -> PlannedRun:
    """Create a run of a training with some flags."""
    return PlannedRun("digits", "long", 0, "seal_tf.train", flags, 40)


def measurements(*accuracies: float, chance: float = 0.2) -> list[dict]:
    """Create three measurements for each ascent, one ascent every two epochs.

    Args:
        *accuracies: Accuracy at the end of each ascent; it starts at 0.7.
        chance: Accuracy of chance.
    """
    return [
        {
            "epoch": 2 * i,
            "accuracy": accuracy,
            "chance": chance,
            "scale": 0.01,
        }
        for i, last in enumerate(accuracies)
        for accuracy in (0.7, 0.9, last)
    ]
