"""Load exported networks."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from seal_tf.probes.output_kinds import EXCLUSIVE_CLASSES, OUTPUT_KINDS


@dataclasses.dataclass(frozen=True)
class Network:
    """A SavedModel with an endpoint `features`, and its card.

    Args:
        name: Name in tables and figures.
        path: Folder of the export.
        card: Content of its `card.json`.
        model: The object that `tf.saved_model.load` returns.
        fingerprint: SHA-256 of the SavedModel's files.
    """

    name: str
    path: Path
    card: dict[str, Any]
    model: Any
    fingerprint: str

    @property
    def taps(self) -> tuple[str, ...]:
        """Names of the taps, in forward order."""
        return tuple(self.card["taps"])

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the images that it accepts."""
        height, width, channels = self.card["input"]["shape"]
        return height, width, channels

    def is_trained_on(self, class_names: Sequence[str]) -> bool:
        """Return whether the network classifies exactly these classes.

        Args:
            class_names: Names of the classes, in the order of their labels.
        """
        trained_classes = self.card.get("classes")
        return (
            trained_classes is not None
            and list(trained_classes) == list(class_names)
            and hasattr(self.model, "serve")
        )

    def check_exclusive_classes(self, purpose: str) -> None:
        """Check that the outputs are a distribution over exclusive classes.

        Args:
            purpose: What requires the distribution, for the error.

        Raises:
            ValueError: The kind of the outputs is another one.
        """
        # Exports of earlier versions are of softmax or logits.
        kind = self.card.get("output_kind", "logits")
        if kind not in EXCLUSIVE_CLASSES:
            raise ValueError(
                f"{self.path}: {purpose} requires the probabilities of "
                "exclusive classes, so the output kind must be "
                f"{' or '.join(EXCLUSIVE_CLASSES)}. Received: {kind} "
                f"({OUTPUT_KINDS[kind]})."
            )

    def check_tap(self, tap: str) -> None:
        """Check that the network has a tap.

        Args:
            tap: Name of the tap.

        Raises:
            ValueError: The network has no such tap.
        """
        if tap not in self.taps:
            raise ValueError(
                f"Argument `tap` must be one of {', '.join(self.taps)} for "
                f"{self.path}. Received: tap={tap}."
            )

    def features(self, images: np.ndarray) -> dict[str, tf.Tensor]:
        """Compute the features of all taps.

        Args:
            images: uint8 [images, height, width, channels].

        Returns:
            float32 [images, features] for each tap.
        """
        return self.model.features(images)

    def logits(self, images: np.ndarray) -> tf.Tensor:
        """Compute the logits.

        Args:
            images: uint8 [images, height, width, channels].

        Returns:
            float32 [images, classes].

        Raises:
            ValueError: The network does not classify exclusive classes.
        """
        self.check_exclusive_classes("the computation of logits")
        return self.model.serve(images)["logits"]


def load_network(path: str | Path, name: str | None = None) -> Network:
    """Load an export.

    Args:
        path: Folder that `export_model` wrote.
        name: Name of the network. None takes the name of the folder.

    Returns:
        The network.

    Raises:
        ValueError: The folder is not an export, the export is damaged, or it
            has no endpoint `features`.
    """
    path = Path(path)
    if not (path / "saved_model.pb").exists():
        raise ValueError(
            f"{path}: the folder is not an export (saved_model.pb is missing). "
            "Export a Keras model with seal_tf.probes.export.export_model."
        )
    try:
        card = json.loads((path / "card.json").read_text())
        model = tf.saved_model.load(str(path))
    except FileNotFoundError as error:
        raise ValueError(
            f"{path}: {Path(error.filename or '').name or 'a file'} is "
            "missing. Export the model again."
        ) from error
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error)
        raise ValueError(
            f"{path}: the export is damaged ({reason}). Export the model again."
        ) from error
    if not hasattr(model, "features"):
        raise ValueError(
            f"{path}: the export has no endpoint `features` (it has "
            f"{', '.join(card.get('endpoints', [])) or 'none'}). Export the "
            "model with seal_tf.probes.export.export_model."
        )
    try:
        network = Network(
            name or path.name, path, card, model, _fingerprint(path)
        )
        if not network.taps or len(network.image_shape) != 3:
            raise KeyError("taps")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path / 'card.json'}: the card lacks {error}. Export the model "
            "again."
        ) from error
    return network


def _fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        # The cards contain flags and results, which change no feature.
        if file.name not in ("card.json", "README.md"):
            digest.update(file.relative_to(path).as_posix().encode())
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()
