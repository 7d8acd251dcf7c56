"""Preprocessing from uint8 images to network inputs, by Keras' mode names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

#: Accepted modes of `preprocessing_function`.
PREPROCESSING_MODES = ("none", "unit", "tf", "torch", "caffe")


def preprocessing_function(
    mode: str,
) -> Callable[[tf.Tensor | np.ndarray], tf.Tensor]:
    """Create the function that maps uint8 images to float32 network inputs.

    Args:
        mode: One of `PREPROCESSING_MODES`: "none" (values in [0, 255]),
            "unit" (values in [0, 1]), "tf" (values in [-1, 1]), "torch"
            (`pipelines.augmentation.normalize.normalize`), or "caffe" (BGR
            channels minus the mean of ImageNet).

    Returns:
        A function of images [images, height, width, channels] in [0, 255].

    Raises:
        KeyError: `mode` is not one of `PREPROCESSING_MODES`.

    Example:
        >>> import numpy as np
        >>> from pipelines.preprocessing import preprocessing_function
        >>> white = np.full((1, 1, 1, 3), 255, "uint8")
        >>> preprocessing_function("unit")(white).numpy().tolist()
        [[[[1.0, 1.0, 1.0]]]]
    """
    import tensorflow as tf

    from pipelines.augmentation.normalize import normalize

    if mode == "torch":
        return normalize
    if mode == "caffe":
        import keras

        return lambda pixels: (
            keras.applications.imagenet_utils.preprocess_input(
                tf.cast(pixels, tf.float32), mode="caffe"
            )
        )
    scale, offset = {"none": (1, 0), "unit": (1 / 255, 0), "tf": (2 / 255, -1)}[
        mode
    ]
    return lambda pixels: tf.cast(pixels, tf.float32) * scale + offset
