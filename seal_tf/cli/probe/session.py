"""One call of the probe command: networks, images and features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.cli.data import fingerprints
from seal_tf.cli.export.keras_file import export_keras_file
from seal_tf.cli.probe.settings import ProbeSettings
from seal_tf.cli.progress import progress_function
from seal_tf.probes.features import (
    CacheSettings,
    Features,
    compute_features,
    compute_logits,
)
from seal_tf.probes.learning_record import read_record
from seal_tf.probes.network import Network, load_network
from seal_tf.probes.source import NetworkSource
from seal_tf.utils.progress import ProgressCallback

if TYPE_CHECKING:
    import numpy as np

    from pipelines.images import Images

#: Part of the names of exports in a cache. It changes with what they contain.
EXPORT_FORMAT = 2
#: Reads (training images, test images) of a height and width in pixels.
ReadImages = Callable[[int], "tuple[Images, Images]"]


class ProbeSession:
    """Networks, images and features; see `seal_tf.probes.session.Session`.

    Args:
        settings: Settings of the command.
        networks: The networks to probe.
        read_images: Reads images of a size; the session calls it once for
            each size.
    """

    def __init__(
        self,
        settings: ProbeSettings,
        networks: Sequence[NetworkSource],
        read_images: ReadImages,
    ) -> None:
        self._settings = settings
        self._networks = tuple(networks)
        self._read_images = read_images
        self._loaded: dict[str, Network] = {}
        self._images: dict[int, tuple[Images, Images]] = {}

    @property
    def networks(self) -> Sequence[NetworkSource]:
        """The networks to probe."""
        return self._networks

    @property
    def out(self) -> Path:
        """Folder for results."""
        return self._settings.out

    @property
    def batch_size(self) -> int:
        """Images in a batch."""
        return self._settings.features.batch_size

    @property
    def feature_dtype(self) -> str:
        """Dtype of cached features."""
        return self._settings.features.feature_dtype

    def load(self, source: NetworkSource) -> Network:
        """Load a network; a .keras file is first exported into the cache.

        Args:
            source: One of `networks`.

        Returns:
            The network; the same object for repeated calls.

        Raises:
            ValueError: The network cannot be exported or loaded.
        """
        if source.name not in self._loaded:
            export = source.export or self._export(source)
            self._loaded[source.name] = load_network(export, source.name)
        return self._loaded[source.name]

    def _export(self, source: NetworkSource) -> Path:
        settings = self._settings.export
        options = [
            EXPORT_FORMAT,
            settings.preprocessing,
            ",".join(settings.taps),
            settings.tap_pooling,
            settings.image_size,
        ]
        file = source.keras_file
        if file is None:
            raise ValueError(f"{source.path}: the folder contains no network.")
        key = hashlib.sha256(
            file.read_bytes() + repr(options).encode()
        ).hexdigest()[:16]
        folder = self._cache_folder(source) / f"export-{key}"
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            export_keras_file(file, folder, settings, argument="export")
        return folder

    def _cache_folder(self, source: NetworkSource) -> Path:
        cache_dir = self._settings.features.cache_dir
        return cache_dir or source.default_cache_folder()

    def read_images(
        self, image_shape: Sequence[int], path: Path
    ) -> tuple[Images, Images]:
        """Read (training images, test images) of a size.

        Args:
            image_shape: (height, width, channels) that a network accepts.
            path: The network, for errors.

        Raises:
            ValueError: `image_size` is another size, or the network accepts
                images that are not square.
        """
        height, width = image_shape[:2]
        if height != width:
            raise ValueError(
                f"{path} accepts images of {width}x{height} pixels; only "
                "square images are supported."
            )
        image_size = self._settings.data.image_size
        if image_size not in (None, height):
            raise ValueError(
                f"Argument `image_size` must be {height} or omitted for "
                f"{path}; images are resized to that size. Received: "
                f"image_size={image_size}."
            )
        if height not in self._images:
            self._images[height] = self._read_images(height)
        return self._images[height]

    def images(self, source: NetworkSource) -> tuple[Images, Images]:
        """Read (training images, test images) for a network.

        Args:
            source: One of `networks`.
        """
        network = self.load(source)
        return self.read_images(network.image_shape, network.path)

    def features(self, source: NetworkSource, images: Images) -> Features:
        """Compute the features of a split, or read them from the cache.

        Args:
            source: One of `networks`.
            images: Images of one split.
        """
        return compute_features(
            self.load(source),
            images,
            self._cache(source),
            self.progress(f"{source.name}: {images.name} features"),
        )

    def logits(self, source: NetworkSource, images: Images) -> np.ndarray:
        """Compute the logits of a split, or read them from the cache.

        Args:
            source: One of `networks`.
            images: Images of one split.
        """
        return compute_logits(
            self.load(source),
            images,
            self._cache(source),
            self.progress(f"{source.name}: {images.name} logits"),
        )

    def _cache(self, source: NetworkSource) -> CacheSettings:
        features = self._settings.features
        return CacheSettings(
            self._cache_folder(source),
            features.feature_dtype,
            features.batch_size,
            features.cache_gb,
        )

    def learning_record(
        self, source: NetworkSource, splits: Mapping[str, Images]
    ) -> dict[str, np.ndarray]:
        """Read the learning record of the run that trained a network.

        Args:
            source: One of `networks`.
            splits: Images by name of the split.

        Returns:
            bool [epochs, images] of each split whose images the run used;
            empty without a record.
        """
        if source.workdir is None:
            return {}
        record = read_record(source.workdir / "learning")
        file = source.workdir / "data.json"
        if record is None or not file.exists():
            return {}
        recorded = json.loads(file.read_text())
        current = fingerprints(splits.values())
        for split, fingerprint, of_run in zip(
            splits, current, recorded, strict=False
        ):
            if fingerprint != of_run:
                print(
                    f"{source.name}: the learning record is of other {split} "
                    "images and is not reported"
                )
                del record[split]
        return record

    def progress(self, text: str, unit: str = "image") -> ProgressCallback:
        """Create a progress callback, as the setting `progress` requires.

        Args:
            text: What is computed.
            unit: Name of a unit. Defaults to "image".
        """
        return progress_function(text, self._settings.progress, unit)

    def describe(self, source: NetworkSource) -> dict[str, Any]:
        """Return what results report of a network besides the results.

        Args:
            source: One of `networks`.

        Returns:
            "name", "path", "trained" (method, flags, results, weights, …), and
            for a loaded network "fingerprint" and "image_shape".
        """
        description: dict[str, Any] = {
            "name": source.name,
            "path": str(source.path),
        }
        card = source.read_card()
        if source.name in self._loaded:
            network = self._loaded[source.name]
            card = network.card
            description["fingerprint"] = network.fingerprint
            description["image_shape"] = list(network.image_shape)
        description["trained"] = {
            key: card[key]
            for key in (
                *("method", "flags", "results", "weights"),
                *("model_preprocessing", "validation_crc32", "training_crc32"),
            )
            if key in card
        }
        return description

    def describe_data(self) -> dict[str, Any]:
        """Return what results report of the images, after they are read."""
        train, test = next(iter(self._images.values()))
        data, num_classes = self._settings.data, len(train.class_names)
        return {
            "name": data.dataset,
            "label": data.label(num_classes),
            "classes": num_classes,
            "skip_classes": data.skip_classes,
            "training_images": len(train),
            "test_images": len(test),
            "resizing": "to the `image_shape` of each network: the shorter "
            "side is resized with antialiasing, then the center is cropped; "
            "images of that size are not changed",
        }
