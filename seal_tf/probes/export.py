"""Export trained models as SavedModels that need only TensorFlow."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from seal_tf.probes import model_card
from seal_tf.probes.outputs import describe_outputs, sample_images
from seal_tf.probes.taps import (
    TapSettings,
    pool_activation,
    run_with_taps,
    select_taps,
)

#: A function of uint8 images to the images that a model expects.
Normalization = Callable[[Any], Any]


def export_model(
    model: keras.Model,
    path: str | Path,
    *,
    normalize: Normalization,
    image_shape: Sequence[int] | None = None,
    taps: TapSettings | None = None,
    card: Mapping[str, Any] | None = None,
) -> Path:
    """Write a SavedModel with endpoints `serve` and `features`, and a card.

    `serve` maps uint8 images [batch, height, width, channels] to a dict of
    float32 arrays, which contains what `model.predict` returns for the
    normalized images. The names depend on the kind of the output, one of
    `seal_tf.probes.output_kinds.OUTPUT_KINDS`: `logits` and `probabilities` of
    a softmax and of logits, `probabilities` of a sigmoid, `outputs` of other
    values, and the name of each of several outputs. A network with a single
    output of feature maps has no such endpoint. `features` maps the same
    images to a dict of pooled float32 activations, one for each tap.

    Args:
        model: A Keras model of images. If it is compiled, its loss helps to
            determine the kind of its output.
        path: The folder. The function writes a temporary folder and renames
            it.
        normalize: Function of uint8 images to what the model expects.
        image_shape: (height, width, channels). None takes the model's.
        taps: Which taps `features` has. None takes the default
            `TapSettings`.
        card: Entries of `card.json` besides input, outputs, taps and
            versions. The entry "output_kind" replaces the kind that the
            function determines.

    Returns:
        The folder.

    Raises:
        ValueError: The model is not a model of images, its image size is
            unknown, a tap matches no layer, or the kind of output is not
            possible for the model.

    Example:
        >>> import keras, tempfile
        >>> from seal_tf.probes.export import export_model
        >>> model = keras.Sequential([
        ...     keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3),
        ...     keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
        >>> folder = export_model(
        ...     model, tempfile.mkdtemp() + "/export",
        ...     normalize=lambda x: keras.ops.cast(x, "float32") / 255)
    """
    settings = taps or TapSettings()
    shape = tuple(image_shape or model_image_shape(model))
    selected = select_taps(model, shape, settings.names)
    card = card or {}
    outputs = describe_outputs(
        model,
        normalize(sample_images(shape)),
        kind=card.get("output_kind"),
        has_classes="classes" in card,
    )

    def features(images: tf.Tensor) -> dict[str, tf.Tensor]:
        _, activations = run_with_taps(model, selected, normalize(images))
        return {
            name: pool_activation(activation, settings.pool_size)
            for name, activation in activations.items()
        }

    def serve(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return outputs.serve(model(normalize(images), training=False))

    endpoints: dict[str, Callable[..., Any]] = {"features": features}
    if outputs.kind is not None:
        endpoints["serve"] = serve
    size = settings.pool_size
    entries = {
        **outputs.describe(),
        "taps": {tap.name: list(tap.shape) for tap in selected},
        "pooling": f"adaptive average to {size}x{size}, flattened, float32",
        **card,
    }
    return write_saved_model(path, [model], shape, endpoints, entries)


def model_image_shape(model: keras.Model) -> tuple[int, ...]:
    """Return the (height, width, channels) that a model accepts.

    Args:
        model: A Keras model.

    Raises:
        ValueError: The model is not a model of images, or it accepts images
            of any size.
    """
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise ValueError(
            "Argument `model` must have one image as its input. Received: "
            f"{model.name} with the input {shape}."
        )
    if None in shape[1:]:
        raise ValueError(
            "Argument `image_shape` must be given for a model that accepts "
            f"images of any size. Received: {model.name} with the input "
            f"{shape[1:]}."
        )
    return shape[1:]


def write_saved_model(
    path: str | Path,
    models: Sequence[keras.Model],
    image_shape: Sequence[int],
    endpoints: Mapping[str, Callable[..., Any]],
    card: Mapping[str, Any],
) -> Path:
    """Write endpoints of uint8 images as one SavedModel with its cards.

    Args:
        path: The folder. The function writes a temporary folder and renames
            it.
        models: The Keras models that the endpoints call.
        image_shape: (height, width, channels).
        endpoints: Functions of uint8 images, by name.
        card: Entries of `card.json` besides input and versions.

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
    entries = {
        "input": {"dtype": "uint8", "shape": list(image_shape)},
        "preprocessing": "none: the SavedModel normalizes the images",
        "endpoints": list(endpoints),
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
        **card,
    }
    # Several processes may export to the same path.
    with tempfile.TemporaryDirectory(
        prefix=f"{path.name}.", suffix=".part", dir=path.parent
    ) as temporary:
        folder = Path(temporary) / "export"
        archive.write_out(str(folder), verbose=False)
        (folder / "card.json").write_text(json.dumps(entries, indent=1) + "\n")
        text = model_card.format_card(_export_name(models, card), entries)
        # Of names that are not UTF-8, "?" replaces some characters.
        (folder / "README.md").write_text(f"{text}\n", errors="replace")
        if path.exists():
            path.replace(Path(temporary) / "old")
        folder.replace(path)
    return path


def _export_name(models: Sequence[keras.Model], card: Mapping[str, Any]) -> str:
    if "results" in card:
        flags = card["flags"]
        data = model_card.data_set_name(flags)
        return f"{flags['arch']}-{data}-{card['method']}"
    return card.get("model", models[0].name)
