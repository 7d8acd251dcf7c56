"""What a probe needs from the command that runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from seal_tf.probes.source import NetworkSource
from seal_tf.utils.progress import ProgressCallback

if TYPE_CHECKING:
    import numpy as np

    from pipelines.images import Images
    from seal_tf.probes.features import Features
    from seal_tf.probes.network import Network


class Session(Protocol):
    """Networks, images and cached features of one call of a probe."""

    @property
    def networks(self) -> Sequence[NetworkSource]:
        """The networks to probe."""

    @property
    def out(self) -> Path:
        """Folder for results."""

    @property
    def batch_size(self) -> int:
        """Images in a batch."""

    @property
    def feature_dtype(self) -> str:
        """Dtype of cached features."""

    def load(self, source: NetworkSource) -> Network:
        """Load a network; repeated calls return the same object.

        Args:
            source: One of `networks`.
        """

    def images(self, source: NetworkSource) -> tuple[Images, Images]:
        """Read (training images, test images) for a network.

        Args:
            source: One of `networks`.
        """

    def read_images(
        self, image_shape: Sequence[int], path: Path
    ) -> tuple[Images, Images]:
        """Read (training images, test images) of a size.

        Args:
            image_shape: (height, width, channels) that a network accepts.
            path: The network, for errors.
        """

    def features(self, source: NetworkSource, images: Images) -> Features:
        """Compute the features of a split, or read them from the cache.

        Args:
            source: One of `networks`.
            images: Images of one split.
        """

    def logits(self, source: NetworkSource, images: Images) -> np.ndarray:
        """Compute the logits of a split, or read them from the cache.

        Args:
            source: One of `networks`.
            images: Images of one split.
        """

    def learning_record(
        self, source: NetworkSource, splits: Mapping[str, Images]
    ) -> dict[str, np.ndarray]:
        """Read the learning record of the run that trained a network.

        Args:
            source: One of `networks`.
            splits: Images by name of the split.

        Returns:
            bool [epochs, images] of each split whose images the run used.
        """

    def progress(self, text: str, unit: str = "image") -> ProgressCallback:
        """Create a progress callback.

        Args:
            text: What is computed.
            unit: Name of a unit. Defaults to "image".
        """

    def describe(self, source: NetworkSource) -> dict[str, Any]:
        """Return what results report of a network besides the results.

        Args:
            source: One of `networks`.
        """
