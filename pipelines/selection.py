"""Selection of classes and images of a data set."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from pipelines.errors import DataError

Item = TypeVar("Item")


@dataclasses.dataclass(frozen=True)
class Selection:
    """The first classes after the skipped ones, and images of each.

    Args:
        classes: Number of classes, at least 2. None, the default, selects
            all classes after the skipped ones.
        skip_classes: Number of classes to skip at the beginning. Defaults
            to 0.
        images_per_class: Number of images of each class, at least 1. None,
            the default, selects all images.
        images_per_class_seed: Seed of a random choice of these images, at
            least 0. The choice of a class depends on its name and the seed
            only, and a smaller choice is part of a larger one. None, the
            default, selects the first images.

    Raises:
        DataError: An argument is below its minimum, or there is a seed and
            nothing to choose.
    """

    classes: int | None = None
    skip_classes: int = 0
    images_per_class: int | None = None
    images_per_class_seed: int | None = None

    def __post_init__(self) -> None:
        for name, minimum in (
            ("classes", 2),
            ("skip_classes", 0),
            ("images_per_class", 1),
            ("images_per_class_seed", 0),
        ):
            value = getattr(self, name)
            if value is not None and value < minimum:
                raise DataError(
                    f"Argument `{name}` must be at least {minimum}. "
                    f"Received: {name}={value}."
                )
        if self.images_per_class is None and (
            self.images_per_class_seed is not None
        ):
            raise DataError(
                "Argument `images_per_class_seed` requires "
                "`images_per_class`. Received: images_per_class_seed="
                f"{self.images_per_class_seed}, images_per_class=None."
            )

    def select_classes(
        self, names: Sequence[str], location: str
    ) -> tuple[str, ...]:
        """Select classes by their position.

        Args:
            names: Class names of the data set, in the order of the labels.
            location: Where the data set lies, for messages.

        Returns:
            The names of the selected classes.

        Raises:
            DataError: `names` has duplicates, fewer than 2 classes, or fewer
                classes than the selection.
        """
        duplicate = next((n for n in names if names.count(n) > 1), None)
        if duplicate is not None:
            raise DataError(f"{location}: class {duplicate!r} appears twice.")
        available = names[self.skip_classes :]
        summary = f"{location}: {len(available) or 'no'} classes"
        if self.skip_classes:
            summary += f" after `skip_classes`={self.skip_classes}"
        if len(available) < 2:
            raise DataError(f"{summary}; at least 2 are needed.")
        if self.classes is not None and self.classes > len(available):
            raise DataError(f"{summary}, fewer than `classes`={self.classes}.")
        return tuple(available[: self.classes])

    def select_images(
        self, images: Sequence[Item], class_name: str, location: str
    ) -> Sequence[Item]:
        """Select images of a class: the first, or a random choice.

        Args:
            images: Images of the class, or their keys, in order.
            class_name: Name of the class, for messages.
            location: Where the data set lies, for messages.

        Returns:
            The selected images, in their order.

        Raises:
            DataError: The class has no images, or fewer than the selection.
        """
        selected = images[: self.images_per_class]
        if len(selected) < (self.images_per_class or 1):
            count = len(selected) or "no"
            message = f"{location}: class {class_name!r} has {count} images"
            if self.images_per_class:
                message += (
                    f", fewer than `images_per_class`={self.images_per_class}"
                )
            raise DataError(f"{message}.")
        if self.images_per_class_seed is None:
            return selected
        rng = np.random.default_rng(
            [
                self.images_per_class_seed,
                zlib.crc32(class_name.encode("utf-8", "surrogateescape")),
            ]
        )
        chosen = rng.permutation(len(images))[: len(selected)]
        return [images[index] for index in sorted(chosen.tolist())]
