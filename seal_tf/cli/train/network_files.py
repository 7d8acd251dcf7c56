"""Write a network of a finished run: the Keras file and the export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from pipelines.augmentation.normalize import normalize
from seal_tf.checkpoints.inference_model import save_inference_model
from seal_tf.cli.progress import show_activity
from seal_tf.cli.train.fit import TrainingRun
from seal_tf.probes.export import export_model
from seal_tf.probes.taps import TapSettings


def write_network(
    run: TrainingRun,
    model: keras.Model,
    suffix: str,
    weights: str,
    results: Mapping[str, Any],
) -> None:
    """Write `model{suffix}.keras` and `export{suffix}/`.

    Args:
        run: The objects of the run.
        model: The network, with its final weights.
        suffix: End of both names, such as "_averaged".
        weights: Which weights they are, for the card.
        results: Results of the network, for the card.
    """
    settings = run.settings
    save_inference_model(model, run.workdir / f"model{suffix}.keras")
    card = {
        "classes": list(run.train.class_names),
        "model_preprocessing": "torch",
        "weights": weights,
        "method": settings.method,
        "flags": dict(settings.flags),
        "results": dict(results),
    }
    folder = run.workdir / f"export{suffix}"
    with show_activity(f"exporting to {folder}"):
        export_model(
            model,
            folder,
            normalize=normalize,
            taps=TapSettings(settings.model.taps, settings.model.tap_pooling),
            card=card,
        )
