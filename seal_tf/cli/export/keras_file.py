"""Export .keras files, of this package's runs or of other projects."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pipelines.preprocessing
from seal_tf.cli.export.flags import ExportSettings
from seal_tf.cli.progress import show_activity
from seal_tf.probes.export import export_model, model_image_shape
from seal_tf.probes.outputs import describe_outputs, sample_images
from seal_tf.probes.source import network_suffix
from seal_tf.probes.taps import TapSettings
from seal_tf.utils.keras_files import load_keras_model, read_loss

if TYPE_CHECKING:
    import keras


def export_keras_file(
    file: str | Path,
    out: str | Path,
    settings: ExportSettings,
    argument: str = "model",
) -> Path:
    """Export a .keras file.

    Args:
        file: The file.
        out: Folder of the export.
        settings: How the file is exported.
        argument: Name of the argument that holds `file`, for errors.

    Returns:
        The folder.

    Raises:
        ValueError: The file cannot be loaded, or a setting does not fit it.
    """
    file = Path(file)
    preprocessing = settings.preprocessing
    if preprocessing is None:
        if not is_model_of_run(file):
            raise ValueError(
                "Argument `preprocessing` must be none, unit, tf, torch or "
                "caffe for a file that is in no work directory. Received: "
                f"preprocessing=None, {argument}={file}."
            )
        preprocessing = "torch"
    model = load_keras_model(file, argument)
    image_shape = _image_shape(model, file, settings.image_size)
    card: dict[str, Any] = {
        "model_preprocessing": preprocessing,
        "model": file.name,
    }
    if is_model_of_run(file):
        export = file.parent / f"export{network_suffix(file)}"
        card = {**_read_card(export), **card}
    normalize = pipelines.preprocessing.preprocessing_function(preprocessing)
    outputs = describe_outputs(
        model,
        normalize(sample_images(image_shape or model_image_shape(model))),
        kind=settings.output_kind,
        loss=read_loss(file),
        has_classes=settings.classes is not None or "classes" in card,
    )
    card |= outputs.describe()
    names = _read_class_names(settings.classes, outputs.class_count)
    if names:
        card["classes"] = names
    with show_activity(f"exporting {file} to {out}"):
        return export_model(
            model,
            out,
            normalize=normalize,
            image_shape=image_shape,
            taps=TapSettings(settings.taps, settings.tap_pooling),
            card=card,
        )


def is_model_of_run(file: str | Path) -> bool:
    """Return whether a file is a model of a run of `seal_tf.train`.

    Args:
        file: A .keras file: `model.keras`, or `model_averaged.keras`.
    """
    file = Path(file)
    is_model = re.fullmatch(r"model(_\w+)?\.keras", file.name)
    return bool(is_model) and (file.parent / "flags.txt").exists()


def _image_shape(
    model: keras.Model, file: Path, image_size: int | None
) -> tuple[int, ...] | None:
    """Return the shape that the user requests; None takes the model's."""
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4:
        return None
    if not image_size:
        if None in shape[1:]:
            raise ValueError(
                "Argument `image_size` must be given for a model that accepts "
                f"images of any size ({file}). Received: image_size=None."
            )
        return None
    requested = (image_size, image_size, shape[3] or 3)
    if any(
        size is not None and size != new
        for new, size in zip(requested, shape[1:], strict=True)
    ):
        raise ValueError(
            f"Argument `image_size` must fit {file}, which accepts images of "
            f"{shape[1:]} (height, width, channels). Received: "
            f"image_size={image_size}."
        )
    return requested


def _read_card(export: Path) -> dict[str, Any]:
    """Return what the card of a run's own export reports of the run."""
    file = export / "card.json"
    if not file.exists():
        return {}
    card = json.loads(file.read_text())
    names = (
        *("classes", "weights", "method", "flags", "command", "results"),
        *("validation_crc32", "training_crc32"),
    )
    return {name: card[name] for name in names if name in card}


def _read_class_names(
    file: Path | None, classes: int | None
) -> list[str] | None:
    if not file:
        return None
    try:
        names = file.read_text().split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(
            "Argument `classes` must be a UTF-8 text file. Received: "
            f"classes={file}."
        ) from error
    names = [name.strip() for name in names if name.strip()]
    if len(names) != classes:
        raise ValueError(
            f"Argument `classes` must be a file with {classes or 'no'} names, "
            f"one for each class of the network. Received: classes={file} "
            f"with {len(names)} names."
        )
    return names
