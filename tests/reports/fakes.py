"""Groups of runs without a training."""

from pathlib import Path

from seal_tf.reports.run_groups import RunGroup
from seal_tf.reports.runs import Run

SUMMARY = {
    "dataset": "eurosat",
    "classes": 10,
    "training_images": 1000,
    "validation_images": 1000,
    "epochs": 18,
    "passes": 18.0,
}


def group(name, percents, **others):
    """Return a group with a last validation accuracy for each seed."""
    if not isinstance(percents, dict):
        percents = dict(enumerate(percents))
    others = {"method": name, **others}
    runs = tuple(
        Run(
            Path(f"runs/{name}-{seed}"),
            f"{name}-{seed}",
            SUMMARY
            | others
            | {
                "seed": seed,
                "flags": {"method": others["method"], "seed": seed},
                "last": {"val_accuracy": percent / 100},
                "generations": [{"val_accuracy_last": percent / 100}],
            },
            [],
        )
        for seed, percent in percents.items()
    )
    return RunGroup(name, (("name", name),), runs)
