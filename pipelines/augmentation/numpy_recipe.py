"""Crop, flip and normalization in NumPy, equal to those of TensorFlow.

Crops and flips use the same random numbers as `crop_flip`. Where XLA fuses
the multiplication and the addition of the normalization, which then rounds
once, its values differ by at most 2.4e-7. Other operations of a `Recipe` need
TensorFlow.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from pipelines.augmentation import philox
from pipelines.augmentation.normalize import channel_statistics
from pipelines.augmentation.recipe import Recipe
from pipelines.errors import DataError

#: The operations that need no TensorFlow, by the argument of `Recipe`.
SUPPORTED = ("crop_padding", "flip")
_MAX_INT32 = 0x7FFFFFFF


def check_recipe(recipe: Recipe) -> None:
    """Check that a recipe has no operation that needs TensorFlow.

    Args:
        recipe: Augmentation.

    Raises:
        DataError: It has one.
    """
    for field in dataclasses.fields(Recipe):
        value = getattr(recipe, field.name)
        if field.name in (*SUPPORTED, "randaugment_magnitude"):
            continue
        if value != field.default:
            raise DataError(
                f"Argument `{field.name}` must be {field.default} where "
                "TensorFlow is not installed: without it, batches are only "
                "cropped and flipped. To use it: pip install tensorflow. "
                f"Received: {field.name}={value}."
            )


def step_seed(seed: int, epoch: int, step: int) -> np.ndarray:
    """Create the key of one step's batch, as `seeds.step_seed` does.

    Args:
        seed: Seed of the run, at least 0.
        epoch: Epoch of the run.
        step: Step within the epoch.

    Returns:
        int32 key [2], not negative.
    """
    key = np.array([seed, 0], np.int32)
    for number in (epoch, step):
        key = philox.fold_in(key, np.int32(number)) & _MAX_INT32
    return key


def augment(recipe: Recipe, pixels: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Augment and normalize a batch, as `Recipe.apply` does.

    Args:
        recipe: Augmentation that `check_recipe` accepts.
        pixels: uint8 images [images, height, width, channels].
        key: int32 key [2]; see `step_seed`.

    Returns:
        Normalized float32 images of the same shape.

    Example:
        >>> import numpy as np
        >>> from pipelines.augmentation.numpy_recipe import augment, step_seed
        >>> from pipelines.augmentation.recipe import Recipe
        >>> pixels = np.zeros((4, 8, 8, 3), np.uint8)
        >>> augment(Recipe(), pixels, step_seed(0, epoch=0, step=0)).dtype
        dtype('float32')
    """
    crop_key, flip_key = philox.split(key) & _MAX_INT32
    pixels = random_crop(pixels, recipe.crop_padding, crop_key)
    if recipe.flip:
        pixels = random_flip(pixels, flip_key)
    return normalize(pixels)


def random_crop(
    pixels: np.ndarray, padding: int, key: np.ndarray
) -> np.ndarray:
    """Pad each image with zeros and crop it to its size at a random offset.

    Args:
        pixels: Images [images, height, width, channels] of any type.
        padding: Padding on each side in pixels; 0 returns the images as they
            are.
        key: int32 key [2].

    Returns:
        Images of the same shape and type.
    """
    if not padding:
        return pixels
    count, height, width, _ = pixels.shape
    offsets = philox.uniform_integers(key, (count, 2), 0, 2 * padding + 1)
    shifts = (offsets - padding).tolist()
    result = np.zeros_like(pixels)
    for image, source, (down, right) in zip(
        result, pixels, shifts, strict=True
    ):
        rows, source_rows = _overlap(height, down)
        columns, source_columns = _overlap(width, right)
        image[rows, columns] = source[source_rows, source_columns]
    return result


def _overlap(size: int, shift: int) -> tuple[slice, slice]:
    """Return which pixels of a crop are those of which pixels of the image."""
    count = max(size - abs(shift), 0)
    first, source = max(-shift, 0), max(shift, 0)
    return slice(first, first + count), slice(source, source + count)


def random_flip(pixels: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Flip each image horizontally with probability 0.5.

    Args:
        pixels: Images [images, height, width, channels] of any type.
        key: int32 key [2].

    Returns:
        Images of the same shape and type.
    """
    flips = philox.uniform_integers(key, (len(pixels),), 0, 2) == 1
    result = pixels.copy()
    result[flips] = pixels[flips, :, ::-1]
    return result


def normalize(pixels: np.ndarray) -> np.ndarray:
    """Normalize as `pipelines.augmentation.normalize.normalize` does.

    Args:
        pixels: uint8 images [images, height, width, channels].

    Returns:
        float32 images of the same shape.
    """
    table = _normalized_values(pixels.shape[-1])
    result = np.empty(pixels.shape, np.float32)
    for channel, values in enumerate(table):
        result[..., channel] = values[pixels[..., channel]]
    return result


@functools.cache
def _normalized_values(channels: int) -> np.ndarray:
    """Return the normalized value of each byte, float32 [channels, 256]."""
    mean, std = (
        np.array(values, np.float32) * np.ones((channels, 1), np.float32)
        for values in np.expand_dims(channel_statistics(channels), -1)
    )
    scale = np.float32(1) / (np.float32(255) * std)
    return np.arange(256, dtype=np.float32) * scale - mean / std
