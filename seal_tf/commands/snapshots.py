"""What a run with snapshots leaves: the ensemble, measured and exported."""

from __future__ import annotations

import keras

import pipelines
from pipelines.augmentation.normalise import normalise
from seal_tf.commands import data_flags
from seal_tf.files import write_json
from seal_tf.probes import ensemble

#: Batches from which BatchNormalization's statistics are computed anew.
STATISTICS_BATCHES = 20


def measure_ensemble(flags, workdir, files, train, validation) -> dict:
    """Writes `ensemble.json` and `export_ensemble/`.

    Args:
        flags: The parsed flags.
        workdir: The `Workdir`.
        files: The snapshots' files, oldest first.
        train: Training images, for BatchNormalization's statistics.
        validation: Validation images, for everything that is reported.

    Returns:
        What is in `ensemble.json`.
    """
    members = [keras.saving.load_model(f, compile=False) for f in files]
    batches = pipelines.evaluation_batches(validation, 100)
    outputs = ensemble.softmax_outputs(members, batches)
    found = {
        "snapshots": len(members),
        **ensemble.accuracies(outputs, validation.labels),
        "correlations": ensemble.correlations(outputs),
    }
    if len(members) > 1:
        training = pipelines.training_batches(
            train,
            min(100, len(train)),
            seed=flags.seed,
            epochs=1,
            recipe=data_flags.recipe(flags),
        ).take(STATISTICS_BATCHES)
        found["interpolation"] = [
            ensemble.interpolation(m, members[-1], training, batches)
            for m in members[:-1]
        ]
    write_json(workdir / "ensemble.json", found)
    ensemble.export_ensemble(
        members,
        workdir / "export_ensemble",
        normalise=normalise,
        card={"classes": list(train.class_names)},
    )
    return found
