"""Wrong labels for a part of the training images."""

from __future__ import annotations

import dataclasses
import zlib

import numpy as np

from pipelines.errors import DataError
from pipelines.images import Images, LabelNoise

#: Part of the random seed, so that other draws of the same seed differ.
_STREAM = 3


def add_label_noise(images: Images, share: float, seed: int) -> Images:
    """Replace a fraction of the labels by other classes.

    The noise is symmetric: the replaced labels are a random choice of
    round(share * images) images of all classes, and each gets another class,
    each of the others with the same probability; never its own. This is the
    "symmetry flipping" of van Rooyen et al., "Learning with symmetric label
    noise", NeurIPS 2015, and of Han et al., "Co-teaching", NeurIPS 2018. (In
    other work a label may also be drawn again as it was; a share s of that
    kind is a share s * (K - 1) / K of this one, with K classes.)

    The labels that a smaller share replaces are among those of a larger one,
    and get the same wrong class.

    Args:
        images: The training images.
        share: Fraction of the labels to replace, from 0 to 1.
        seed: Seed of the choice, at least 0.

    Returns:
        The same images with other labels, and the record `label_noise`.

    Raises:
        DataError: `share` is not from 0 to 1.

    Example:
        >>> import pipelines
        >>> from pipelines.label_noise import add_label_noise
        >>> images = pipelines.read("digits", "train", images_per_class=10)
        >>> noisy = add_label_noise(images, 0.2, seed=0)
        >>> int((noisy.labels != images.labels).sum())
        20
        >>> noisy.label_noise.replaced
        20
    """
    if not 0 <= share <= 1:
        raise DataError(
            "Argument `label_noise` must be a fraction from 0 to 1. Received: "
            f"label_noise={share}."
        )
    rng = np.random.default_rng([seed, _STREAM])
    count, classes = len(images), len(images.class_names)
    order = rng.permutation(count)
    shift = rng.integers(1, classes, count)
    chosen = order[: round(share * count)]
    labels = images.labels.copy()
    labels[chosen] = (labels[chosen] + shift[chosen]) % classes
    noise = LabelNoise(share, seed, len(chosen), zlib.crc32(labels.tobytes()))
    return dataclasses.replace(images, labels=labels, label_noise=noise)
