"""Write the averaged network of a finished run."""

from __future__ import annotations

from typing import Any

from seal_tf.cli.train.average_validation import (
    build_averaged_model,
    evaluate,
)
from seal_tf.cli.train.fit import TrainingRun
from seal_tf.cli.train.network_files import write_network


def write_average(run: TrainingRun) -> dict[str, Any]:
    """Write `model_averaged.keras` and `export_averaged/`.

    Args:
        run: The objects of a finished run with averaged weights.

    Returns:
        "weights", the number of averaged weights; "val_accuracy" and
        "val_loss" of the averaged network; and, with test images,
        "test_accuracy" and "test_loss".
    """
    model = build_averaged_model(run.settings, run.generations, run.train)
    batch_size = run.settings.batch_size
    splits = {"val": run.validation, "test": run.splits.test}
    results: dict[str, Any] = {"weights": run.generations.average_count}
    for split, images in splits.items():
        if images is not None:
            results |= {
                f"{split}_{name}": value
                for name, value in evaluate(model, images, batch_size).items()
            }
    card = {
        "averaged": results,
        "epochs": run.settings.epochs,
        **_test_results(results, run),
    }
    write_network(run, model, "_averaged", "averaged", card)
    return results


def _test_results(
    results: dict[str, Any], run: TrainingRun
) -> dict[str, dict[str, Any]]:
    """Return the results on test images in the form of the model card."""
    test = run.splits.test
    if test is None:
        return {}
    metrics = {name: results[f"test_{name}"] for name in ("accuracy", "loss")}
    return {"test": {"images": len(test), **metrics}}
