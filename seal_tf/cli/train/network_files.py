"""Write a network of a finished run: the Keras file and the export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from seal_tf.checkpoints.inference_model import save_inference_model
from seal_tf.cli.train.fit import TrainingRun
from seal_tf.cli.train.saved_models import write_saved_model


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
    file = run.workdir / f"model{suffix}.keras"
    save_inference_model(model, file)
    card = {
        "classes": list(run.train.class_names),
        "model_preprocessing": "torch",
        "weights": weights,
        "method": settings.method,
        "flags": dict(settings.flags),
        "results": dict(results),
    }
    write_saved_model(
        [file],
        run.workdir / f"export{suffix}",
        {
            "taps": list(settings.model.taps),
            "pooling": settings.model.tap_pooling,
            "card": card,
        },
        [model],
    )
