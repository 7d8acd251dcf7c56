"""A trained model as a SavedModel that needs TensorFlow and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import keras
import tensorflow as tf

from seal_tf.probes import taps as tapping


def export_model(model, path, *, normalise, card=None, pool: int = 2) -> Path:
    """Writes a SavedModel with endpoints `serve` and `features`, and a card.

    `serve`: uint8 images [batch, height, width, channels] to a dict of
    `logits` and `probabilities`. `features`: the same images to a dict of
    pooled float32 activations, one a tap. Normalisation is inside.

    Args:
        model: A Functional Keras model that gives logits.
        path: The folder; written beside and renamed.
        normalise: Function from uint8 images to what the model takes.
        card: What `card.json` says besides input, taps and versions.
        pool: Bins a side of the pooled activations; see `taps.pooled`.

    Returns:
        The folder.
    """
    taps = tapping.default_taps(model)
    tapped = keras.Model(model.inputs, taps)

    def serve(images):
        logits = tf.cast(model(normalise(images), training=False), tf.float32)
        return {"logits": logits, "probabilities": tf.nn.softmax(logits)}

    def features(images):
        found = tapped(normalise(images), training=False)
        return {n: tapping.pooled(found[n], pool) for n in taps}

    about = {
        "taps": {n: list(t.shape[1:]) for n, t in taps.items()},
        "pooling": f"adaptive average to {pool}x{pool}, flattened, float32",
        **(card or {}),
    }
    endpoints = {"serve": serve, "features": features}
    return write_archive(path, [model], endpoints, about)


def write_archive(path, models, endpoints, card) -> Path:
    """Writes endpoints that take uint8 images as one SavedModel and its card.

    Args:
        path: The folder; written beside and renamed.
        models: The Keras models that the endpoints call, of one input shape.
        endpoints: Functions of uint8 images by their names.
        card: What `card.json` says besides input and versions.

    Returns:
        The folder.
    """
    path = Path(path)
    beside = path.with_name(path.name + ".part")
    shutil.rmtree(beside, ignore_errors=True)
    shape = models[0].input_shape[1:]
    archive = keras.export.ExportArchive()
    for model in models:
        archive.track(model)
    spec = tf.TensorSpec((None, *shape), tf.uint8, "images")
    for name, function in endpoints.items():
        archive.add_endpoint(name, function, [spec])
    archive.write_out(str(beside), verbose=False)
    described = {
        "input": {"dtype": "uint8", "shape": list(shape)},
        "preprocessing": "none: normalisation is inside",
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
        **card,
    }
    (beside / "card.json").write_text(json.dumps(described, indent=1) + "\n")
    shutil.rmtree(path, ignore_errors=True)
    beside.replace(path)
    return path
