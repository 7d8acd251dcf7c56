"""From a .keras file, ours or not, to an export."""

from __future__ import annotations

import json
from pathlib import Path

import pipelines.preprocessing
from seal_tf.commands.loading import load_keras
from seal_tf.probes.export import classes_of, export_model


def export_keras(
    file,
    out,
    *,
    preprocessing=None,
    taps=("blocks",),
    pool=2,
    image_size=None,
    classes=None,
    flag="--model",
) -> Path:
    """Exports a .keras file.

    Args:
        file: The file.
        out: Folder of the export.
        preprocessing: One of `pipelines.preprocessing.PREPROCESSING`; None:
            as seal_tf trains, for a model in a work directory of ours.
        taps: See `seal_tf.probes.taps.choose`.
        pool: Bins a side.
        image_size: For a network that takes images of any size.
        classes: Text file with the names of the classes.
        flag: What the user gave the file by.

    Returns:
        The folder.

    Raises:
        ValueError: in one line, what is wrong with the file or the flags.
    """
    file = Path(file)
    if preprocessing is None:
        if not is_of_run(file):
            raise ValueError(
                f"{flag}={file}: say what the model takes, by "
                "--preprocessing=none|unit|tf|torch|caffe (see --help)."
            )
        preprocessing = "torch"
    model = load_keras(file, flag)
    shape = getattr(model, "input_shape", None)
    if image_size and isinstance(shape, tuple) and len(shape) == 4:
        wanted = (image_size, image_size, shape[3] or 3)
        sizes = zip(wanted, shape[1:], strict=True)
        if any(b is not None and a != b for a, b in sizes):
            raise ValueError(
                f"--image_size={image_size}: {file} takes images of "
                f"{shape[1:]} (height, width, channels)."
            )
        shape = (None, *wanted)
    card = {"inside": preprocessing, "model": file.name}
    if is_of_run(file):
        card = {**_of_run(file.parent), **card}
    names = _class_names(classes, classes_of(model))
    if names:
        card["classes"] = names
    return export_model(
        model,
        out,
        normalise=pipelines.preprocessing.function(preprocessing),
        image_shape=shape[1:] if image_size and shape else None,
        taps=taps,
        pool=pool,
        card=card,
    )


def is_of_run(file) -> bool:
    """Whether a file is the model that a run of `seal_tf.train` left."""
    file = Path(file)
    return file.name == "model.keras" and (file.parent / "flags.txt").exists()


def _of_run(folder):
    """What the card of a run's own export says of the run."""
    card = folder / "export" / "card.json"
    if not card.exists():
        return {}
    known = json.loads(card.read_text())
    names = ("classes", "weights", "method", "flags", "results")
    return {name: known[name] for name in names if name in known}


def _class_names(file, outputs):
    if not file:
        return None
    try:
        names = Path(file).read_text().split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"--classes={file}: not UTF-8 text.") from error
    names = [name.strip() for name in names if name.strip()]
    if len(names) != outputs:
        raise ValueError(
            f"--classes={file}: {len(names)} names, and the network has "
            f"{outputs or 'no'} classes."
        )
    return names
