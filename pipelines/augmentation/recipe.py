"""What is done to training images, in which order."""

from __future__ import annotations

import dataclasses

from pipelines.errors import DataError


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Augmentation of a batch; the defaults are the papers'.

    Args:
        crop_padding: Zeros around an image before the random crop, pixels.
        flip: Whether to mirror half of the images.
        resized_crop: Least area of a random resized crop; 1: none.
        color_jitter: Strength of brightness, contrast and saturation.
        randaugment: Operations of RandAugment an image; 0: none.
        randaugment_magnitude: Their magnitude, 0 … 10.
        random_erasing: Share of the images of which a box is erased.
        mixup_alpha: Of MixUp's Beta law; 0: none.
        cutmix_alpha: Of CutMix' Beta law; 0: none. With both, CutMix is done
            to what MixUp has made.

    Raises:
        DataError: a number is out of its range.
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

    def __post_init__(self):
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
                    f"--{name}={value}: between {low} and {high} is needed."
                )

    @property
    def needs_floats(self) -> bool:
        """Whether anything beyond moving whole pixels is done."""
        return bool(
            self.resized_crop < 1
            or self.color_jitter
            or self.randaugment
            or self.random_erasing
        )

    def apply(self, pixels, labels, key, *, xla=True):
        """Augments and normalises a batch of a static size.

        Args:
            pixels: uint8 [images, height, width, channels].
            labels: float32 [images, classes].
            key: int32 [2].
            xla: Whether XLA is to compile it; the numbers are the same.

        Returns:
            (float32 images, float32 labels).
        """
        import tensorflow as tf

        from pipelines.augmentation import colour, crop_flip, mixing
        from pipelines.augmentation.normalise import normalise
        from pipelines.augmentation.randaugment import randaugment
        from pipelines.augmentation.resample import random_resized_crop
        from pipelines.augmentation.seeds import split_seed

        # The first two are what crop and flip have always had.
        keys = split_seed(key)
        pixels = crop_flip.random_crop(
            pixels, self.crop_padding, keys[0], xla=xla
        )
        if self.flip:
            pixels = crop_flip.random_flip(pixels, keys[1])
        more = split_seed(split_seed(key, 3)[2], 6)
        if self.needs_floats:
            pixels = tf.cast(pixels, tf.float32)
            pixels = random_resized_crop(pixels, self.resized_crop, more[0])
            pixels = colour.jitter(pixels, self.color_jitter, more[1])
            pixels = randaugment(
                pixels,
                self.randaugment,
                self.randaugment_magnitude,
                more[2],
                xla=xla,
            )
            pixels = mixing.erase(pixels, self.random_erasing, more[3])
        images = normalise(pixels)
        images, labels = mixing.mixup(images, labels, self.mixup_alpha, more[4])
        return mixing.cutmix(images, labels, self.cutmix_alpha, more[5])
