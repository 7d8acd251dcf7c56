"""The augmentation recipe: which transformations, in which order."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipelines.errors import DataError

if TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Augmentation of a batch; the default is that of the SEAL paper.

    Args:
        crop_padding: Zero padding before the random crop, in pixels.
            Defaults to 4.
        flip: Whether to flip half of the images horizontally. Defaults to
            True.
        resized_crop: Minimum area of a random resized crop, in [0.01, 1];
            1 disables it. Defaults to 1.
        color_jitter: Strength of the random changes of brightness, contrast
            and saturation, in [0, 1]; 0 disables them. Defaults to 0.
        randaugment: Number of RandAugment operations per image, in [0, 14];
            0 disables them. Defaults to 0.
        randaugment_magnitude: Magnitude of these operations, in [0, 10].
            Defaults to 9.
        random_erasing: Probability that a box of an image is erased, in
            [0, 1]. Defaults to 0.
        mixup_alpha: Parameter of MixUp's Beta distribution, in [0, 100]; 0
            disables MixUp. Defaults to 0.
        cutmix_alpha: Parameter of CutMix's Beta distribution, in [0, 100]; 0
            disables CutMix. CutMix is applied after MixUp. Defaults to 0.

    Raises:
        DataError: An argument is out of its range.

    Example:
        >>> import tensorflow as tf
        >>> from pipelines.augmentation.recipe import Recipe
        >>> from pipelines.augmentation.seeds import step_seed
        >>> recipe = Recipe(crop_padding=2, mixup_alpha=0.2)
        >>> pixels = tf.zeros((4, 8, 8, 3), tf.uint8)
        >>> labels = tf.one_hot([0, 1, 2, 3], 4)
        >>> x, y = recipe.apply(pixels, labels, step_seed(0, epoch=0, step=0))
        >>> x.dtype, x.shape
        (tf.float32, TensorShape([4, 8, 8, 3]))
    """

    crop_padding: int = 4
    flip: bool = True
    resized_crop: float = 1.0
    color_jitter: float = 0.0
    randaugment: int = 0
    randaugment_magnitude: int = 9
    random_erasing: float = 0.0
    mixup_alpha: float = 0.0
    cutmix_alpha: float = 0.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("crop_padding", 0, 10**6),
            ("resized_crop", 0.01, 1),
            ("color_jitter", 0, 1),
            ("randaugment", 0, 14),
            ("randaugment_magnitude", 0, 10),
            ("random_erasing", 0, 1),
            ("mixup_alpha", 0, 100),
            ("cutmix_alpha", 0, 100),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise DataError(
                    f"Argument `{name}` must be between {low} and {high}. "
                    f"Received: {name}={value}."
                )

    @property
    def uses_float_pixels(self) -> bool:
        """Whether an operation before `normalize` needs float pixels."""
        return bool(
            self.resized_crop < 1
            or self.color_jitter
            or self.randaugment
            or self.random_erasing
        )

    def apply(
        self,
        pixels: tf.Tensor,
        labels: tf.Tensor,
        key: tf.Tensor,
        *,
        xla: bool = True,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Augment and normalize a batch.

        Args:
            pixels: uint8 images [images, height, width, channels].
            labels: float32 labels [images, classes].
            key: int32 key [2]; see `seeds.step_seed`.
            xla: Whether XLA compiles the function; the result is the same.
                Defaults to True.

        Returns:
            Normalized float32 images of the same shape, and float32 labels.
        """
        import tensorflow as tf

        from pipelines.augmentation import color, crop_flip, mixing
        from pipelines.augmentation.normalize import normalize
        from pipelines.augmentation.randaugment import randaugment
        from pipelines.augmentation.resample import random_resized_crop
        from pipelines.augmentation.seeds import split_seed

        # Crop and flip have keys of their own, so that their random numbers
        # do not depend on the number of other operations.
        crop_key, flip_key = tf.unstack(split_seed(key))
        pixels = crop_flip.random_crop(
            pixels, self.crop_padding, crop_key, xla=xla
        )
        if self.flip:
            pixels = crop_flip.random_flip(pixels, flip_key)
        keys = split_seed(split_seed(key, 3)[2], 6)
        if self.uses_float_pixels:
            pixels = tf.cast(pixels, tf.float32)
            pixels = random_resized_crop(pixels, self.resized_crop, keys[0])
            pixels = color.color_jitter(pixels, self.color_jitter, keys[1])
            pixels = randaugment(
                pixels,
                self.randaugment,
                self.randaugment_magnitude,
                keys[2],
                xla=xla,
            )
            pixels = mixing.random_erasing(pixels, self.random_erasing, keys[3])
        images = normalize(pixels)
        images, labels = mixing.mixup(images, labels, self.mixup_alpha, keys[4])
        return mixing.cutmix(images, labels, self.cutmix_alpha, keys[5])
