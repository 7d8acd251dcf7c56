"""Measure and export the ensemble of a run's snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from seal_tf.cli.train.batches import evaluation_batches, training_batches
from seal_tf.cli.train.build import build_recipe
from seal_tf.cli.train.fit import TrainingRun
from seal_tf.cli.train.saved_models import write_saved_model
from seal_tf.probes.ensemble import compute as ensemble
from seal_tf.utils.files import write_json

#: Batches for new statistics of BatchNormalization.
STATISTICS_BATCHES = 20


def measure_ensemble(run: TrainingRun, files: list[Path]) -> dict[str, Any]:
    """Write `ensemble.json` and `export_ensemble/`.

    Args:
        run: The objects of the run. The training images give the statistics
            of BatchNormalization; all results are those of the validation
            images.
        files: Files of the snapshots, oldest first.

    Returns:
        The content of `ensemble.json`.
    """
    members = [keras.saving.load_model(f, compile=False) for f in files]
    batches = evaluation_batches(run.validation, 100)
    # The networks of this command output logits.
    outputs = ensemble.softmax_outputs(members, batches, "logits")
    results: dict[str, Any] = {
        "snapshots": len(members),
        **ensemble.ensemble_accuracies(outputs, run.validation.labels),
        "correlations": ensemble.output_correlations(outputs),
    }
    if len(members) > 1:
        training = training_batches(
            run.train,
            min(100, len(run.train)),
            seed=run.settings.seed,
            epochs=1,
            recipe=build_recipe(run.settings.augmentation),
        ).take(STATISTICS_BATCHES)
        results["interpolation"] = [
            ensemble.interpolate(
                m, members[-1], training, batches, kind="logits"
            )
            for m in members[:-1]
        ]
    write_json(run.workdir / "ensemble.json", results)
    write_saved_model(
        files,
        run.workdir / "export_ensemble",
        {"card": {"classes": list(run.train.class_names)}},
        members,
    )
    return results
