"""A trained model as a SavedModel that needs TensorFlow and nothing else."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from seal_tf.probes import model_card
from seal_tf.probes import taps as tapping


def export_model(
    model,
    path,
    *,
    normalise,
    image_shape=None,
    taps=("blocks",),
    pool: int = 2,
    card=None,
) -> Path:
    """Writes a SavedModel with endpoints `serve` and `features`, and a card.

    `serve`: uint8 images [batch, height, width, channels] to a dict of
    `logits` and `probabilities`, both float32; a network without a
    classifier has none. `features`: the same images to a dict of pooled
    float32 activations, one a tap. Normalisation is inside.

    Args:
        model: A Keras model of images. Where it ends in a softmax, `logits`
            is the logarithm of what it gives.
        path: The folder; written beside and renamed.
        normalise: Function from uint8 images to what the model takes.
        image_shape: (height, width, channels); None: as the model says.
        taps: See `taps.choose`.
        pool: Bins a side of the pooled activations; see `taps.pooled`.
        card: What `card.json` says besides input, taps and versions.

    Returns:
        The folder.

    Raises:
        ValueError: the model is not one of images, its size is not known,
            or a tap fits no layer.
    """
    shape = image_shape or _image_shape(model)
    chosen = tapping.choose(model, shape, taps)
    noise = np.random.default_rng(0).integers(0, 256, (8, *shape), np.uint8)
    softmax = gives_probabilities(model, normalise(noise))

    def features(images):
        _, found = tapping.run(model, chosen, normalise(images))
        return {n: tapping.pooled(found[n], pool) for n in found}

    def serve(images):
        found = tf.cast(model(normalise(images), training=False), tf.float32)
        if softmax:
            # The least normal number: a probability may be 0.
            logits = tf.math.log(tf.maximum(found, 1.2e-38))
            return {"logits": logits, "probabilities": found}
        return {"logits": found, "probabilities": tf.nn.softmax(found)}

    endpoints = {"features": features}
    if classes_of(model):
        endpoints["serve"] = serve
    about = {
        "taps": {t.name: list(t.shape) for t in chosen},
        "pooling": f"adaptive average to {pool}x{pool}, flattened, float32",
        **(card or {}),
    }
    return write_archive(path, [model], shape, endpoints, about)


def classes_of(model) -> int | None:
    """Classes that a model tells apart; None where it has no classifier."""
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2:
        return None
    return shape[1] if (shape[1] or 0) > 1 else None


def _image_shape(model):
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise ValueError(
            f"{model.name}: not a network of one image; its input is {shape}."
        )
    if None in shape[1:]:
        raise ValueError(
            f"{model.name} takes images of any size ({shape[1:]}): say which, "
            "as --image_size=N."
        )
    return shape[1:]


def gives_probabilities(model, inputs) -> bool:
    """Whether a model gives probabilities and not logits.

    By what comes out: a softmax may stand in a layer, an activation, an
    operation, before a cast.

    Args:
        model: A Keras model.
        inputs: Some inputs, as the model takes them.
    """
    found = np.asarray(model(inputs, training=False), np.float64)
    if found.ndim != 2 or not np.isfinite(found).all():
        return False
    # Half precision rounds each of many terms.
    return bool((found >= 0).all() and (abs(found.sum(1) - 1) < 0.01).all())


def write_archive(path, models, image_shape, endpoints, card) -> Path:
    """Writes endpoints that take uint8 images as one SavedModel and its cards.

    Args:
        path: The folder; written beside and renamed.
        models: The Keras models that the endpoints call.
        image_shape: (height, width, channels).
        endpoints: Functions of uint8 images by their names.
        card: What `card.json` says besides input and versions.

    Returns:
        The folder.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    archive = keras.export.ExportArchive()
    for model in models:
        archive.track(model)
    spec = tf.TensorSpec((None, *image_shape), tf.uint8, "images")
    for name, function in endpoints.items():
        archive.add_endpoint(name, function, [spec])
    described = {
        "input": {"dtype": "uint8", "shape": list(image_shape)},
        "preprocessing": "none: normalisation is inside",
        "endpoints": list(endpoints),
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
        **card,
    }
    # A folder of this process's own: several may export to one place.
    with tempfile.TemporaryDirectory(
        prefix=f"{path.name}.", suffix=".part", dir=path.parent
    ) as room:
        made = Path(room) / "made"
        archive.write_out(str(made), verbose=False)
        text = json.dumps(described, indent=1) + "\n"
        (made / "card.json").write_text(text)
        page = model_card.text(_name(models, card), described)
        (made / "README.md").write_text(page + "\n")
        if path.exists():
            path.replace(Path(room) / "old")
        made.replace(path)
    return path


def _name(models, card):
    """What people call it: by its run, its file or its network."""
    if "results" in card:
        flags = card["flags"]
        return f"{flags['arch']}-{flags['dataset']}-{card['method']}"
    return card.get("model", models[0].name)
