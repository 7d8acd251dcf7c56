"""Which classes and which of their images: the first of each."""

from __future__ import annotations

import dataclasses

from pipelines.errors import DataError


@dataclasses.dataclass(frozen=True)
class Selection:
    """The first classes after the skipped ones, and their first images.

    Args:
        classes: So many classes; None: all that are left.
        skip_classes: Classes to leave out, from the first.
        images_per_class: So many training images of each; None: all.

    Raises:
        DataError: fewer than two classes or no image are asked for.
    """

    classes: int | None = None
    skip_classes: int = 0
    images_per_class: int | None = None

    def __post_init__(self):
        for name, least in (
            ("classes", 2),
            ("skip_classes", 0),
            ("images_per_class", 1),
        ):
            value = getattr(self, name)
            if value is not None and value < least:
                raise DataError(
                    f"--{name}={value}: at least {least} are needed."
                )

    def of_classes(self, names, where: str) -> tuple[str, ...]:
        """The chosen of a data set's class names.

        Raises:
            DataError: there are fewer.
        """
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise DataError(f"{where}: class {twice!r} is there twice.")
        left = names[self.skip_classes :]
        skipped = f" after --skip_classes={self.skip_classes}"
        found = f"{where}: {len(left) or 'no'} classes" + (
            skipped if self.skip_classes else ""
        )
        if len(left) < 2:
            raise DataError(f"{found}; at least 2 are needed.")
        if self.classes is not None and self.classes > len(left):
            raise DataError(f"{found}, fewer than --classes={self.classes}.")
        return tuple(left[: self.classes])

    def of_images(self, files, class_name: str, where: str):
        """The chosen of a class's files.

        Raises:
            DataError: there are fewer, or none.
        """
        mine = files[: self.images_per_class]
        if len(mine) < (self.images_per_class or 1):
            raise DataError(
                f"{where}: class {class_name!r} has {len(mine) or 'no'} images"
                + (
                    f", fewer than --images_per_class={self.images_per_class}."
                    if self.images_per_class
                    else "."
                )
            )
        return mine
