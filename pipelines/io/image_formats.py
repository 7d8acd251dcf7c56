"""File formats of images."""

from __future__ import annotations

import functools

#: Pillow's names of the formats of still images. Pillow also opens
#: documents, scientific grids and videos, which are no images of a class.
FORMATS = (
    "AVIF",
    "BMP",
    "DIB",
    "GIF",
    "JPEG",
    "JPEG2000",
    "MPO",
    "PCX",
    "PNG",
    "PPM",
    "QOI",
    "SGI",
    "TGA",
    "TIFF",
    "WEBP",
)


@functools.cache
def image_suffixes() -> tuple[str, ...]:
    """List the suffixes of the image files that Pillow reads here.

    Pillow may be built without a format, such as AVIF. Its suffixes are then
    not in the list.

    Returns:
        The suffixes in lower case, with their dots, in alphabetical order.

    Example:
        >>> from pipelines.io.image_formats import image_suffixes
        >>> {".jpg", ".png", ".webp", ".tiff"} <= set(image_suffixes())
        True
    """
    from PIL import Image

    return tuple(
        sorted(
            suffix
            for suffix, name in Image.registered_extensions().items()
            if name in FORMATS
        )
    )


def is_image(name: str) -> bool:
    """Check whether a file has the suffix of an image.

    Args:
        name: Name of the file.

    Returns:
        Whether the suffix is one of `image_suffixes()`, in any case.
    """
    return name.lower().endswith(image_suffixes())
