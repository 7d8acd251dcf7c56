"""An exported network, loaded to be asked for features."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Network:
    """A SavedModel with an endpoint `features`, and its card.

    Args:
        name: What tables and figures call it.
        path: The folder of the export.
        card: Its `card.json`.
        model: What `tf.saved_model.load` gives.
        fingerprint: SHA-256 of the SavedModel's files.
    """

    name: str
    path: Path
    card: dict
    model: Any
    fingerprint: str

    @property
    def taps(self) -> tuple[str, ...]:
        """Names of the taps, in forward order."""
        return tuple(self.card["taps"])

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the images that it takes."""
        return tuple(self.card["input"]["shape"])

    def knows(self, class_names) -> bool:
        """Whether it was trained to tell exactly these classes apart."""
        mine = self.card.get("classes")
        return (
            mine is not None
            and list(mine) == list(class_names)
            and hasattr(self.model, "serve")
        )

    def features(self, images) -> dict[str, tf.Tensor]:
        """float32 [images, …] of each tap, from uint8 images."""
        return self.model.features(images)

    def logits(self, images) -> tf.Tensor:
        """float32 [images, classes], from uint8 images."""
        return self.model.serve(images)["logits"]


def load_network(path, name=None) -> Network:
    """Loads an export.

    Args:
        path: The folder that `export_model` wrote.
        name: What to call it; None: by its folder.

    Raises:
        ValueError: it is not there, is damaged, or has no `features`.
    """
    path = Path(path)
    if not (path / "saved_model.pb").exists():
        raise ValueError(
            f"{path}: no export there (no saved_model.pb); make one from a "
            "Keras model by python -m seal_tf.export --model=X.keras."
        )
    try:
        card = json.loads((path / "card.json").read_text())
        model = tf.saved_model.load(str(path))
    except FileNotFoundError as error:
        raise ValueError(
            f"{path}: no card.json, or a part of the SavedModel is missing "
            f"({Path(error.filename or '').name}); export the model again by "
            "python -m seal_tf.export."
        ) from error
    except Exception as error:
        first = str(error).splitlines()[0] if str(error) else type(error)
        raise ValueError(f"{path}: damaged ({first}); export again.") from error
    if not hasattr(model, "features"):
        raise ValueError(
            f"{path}: this export has no endpoint `features` (it has "
            f"{', '.join(card.get('endpoints', [])) or 'none'}); export the "
            "model by python -m seal_tf.export."
        )
    try:
        network = Network(
            name or path.name, path, card, model, _fingerprint(path)
        )
        if not network.taps or len(network.image_shape) != 3:
            raise KeyError("taps")
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path / 'card.json'}: no card of ours ({error} is missing)."
        ) from error
    return network


def _fingerprint(path):
    digest = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        # What the cards say of flags and results changes no feature.
        if file.name not in ("card.json", "README.md"):
            digest.update(file.relative_to(path).as_posix().encode())
            with file.open("rb") as opened:
                while block := opened.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()
