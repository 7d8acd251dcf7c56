"""The crop and flip that fit a data set and the size of its images."""

from __future__ import annotations

import dataclasses

from pipelines.registry import get_data_set

#: Padding of the papers' recipe in pixels, for images of 32x32 and 64x64.
PUBLISHED_PADDING = 4
#: Other data sets: image height and width per pixel of padding.
SIZE_PER_PADDING = 8
#: A last batch of an epoch below this fraction of a batch is dropped.
SMALLEST_LAST_BATCH = 0.25


@dataclasses.dataclass(frozen=True)
class DefaultAugmentation:
    """Crop and flip of a data set.

    Args:
        crop_padding: Zero padding before the random crop, in pixels.
        flip: Whether to flip half of the images horizontally.
    """

    crop_padding: int
    flip: bool


def default_augmentation(data_set: str, image_size: int) -> DefaultAugmentation:
    """Return the crop and flip that fit a data set.

    The data sets of the papers get the papers' recipe, a padding of 4 pixels
    and a flip. Other images are padded by an eighth of their size, and
    flipped unless a mirrored image is none of its class, as a digit.

    Args:
        data_set: One of `pipelines.DATA_SET_NAMES`.
        image_size: Height and width of the images in pixels; the smaller of
            both if they differ.

    Returns:
        The crop and flip.

    Raises:
        pipelines.DataError: There is no such data set.

    Example:
        >>> from pipelines.augmentation.defaults import default_augmentation
        >>> default_augmentation("digits", 8)
        DefaultAugmentation(crop_padding=1, flip=False)
        >>> default_augmentation("cifar10", 32)
        DefaultAugmentation(crop_padding=4, flip=True)
    """
    entry = get_data_set(data_set)
    padding = image_size // SIZE_PER_PADDING
    if entry.published_recipe:
        padding = PUBLISHED_PADDING
    return DefaultAugmentation(padding, entry.flip)


def drops_last_batch(
    data_set: str, image_count: int, batch_size: int, repeat_augment: int = 1
) -> bool:
    """Return whether the last, partial batch of an epoch is dropped.

    BatchNormalization of a few images has so much noise that one such step
    can undo an epoch. A last batch below a quarter of the batch size is
    therefore dropped, except on the data sets of the papers, whose recipe
    keeps it.

    Args:
        data_set: One of `pipelines.DATA_SET_NAMES`.
        image_count: Number of training images.
        batch_size: Number of images in a batch.
        repeat_augment: Number of augmentations of each image in a batch.
            Defaults to 1.

    Returns:
        Whether it is dropped. The only batch of an epoch is not.

    Raises:
        pipelines.DataError: There is no such data set.

    Example:
        >>> from pipelines.augmentation.defaults import drops_last_batch
        >>> drops_last_batch("digits", 1442, 32)  # 45 batches and 2 images
        True
    """
    if get_data_set(data_set).published_recipe:
        return False
    images = image_count * repeat_augment
    last = images % batch_size
    return images > batch_size and 0 < last < SMALLEST_LAST_BATCH * batch_size
