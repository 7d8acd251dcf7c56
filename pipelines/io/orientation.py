"""The orientation in which a camera held an image, and its correction."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from pipelines.io.jpeg_header import JPEG_MAGIC, parse_jpeg_header

if TYPE_CHECKING:
    from PIL import Image

#: EXIF tag of the orientation (EXIF 2.3, section 4.6.4).
ORIENTATION_TAG = 0x0112
#: Orientation of an image that is stored upright.
UPRIGHT = 1
#: From this orientation on, height and width are exchanged.
FIRST_TRANSPOSED = 5

# Changes that make an image upright, by its orientation from 0 (not defined)
# to 8: transpose, then flip the rows, then flip the columns.
_CHANGES = (
    (False, False, False),
    (False, False, False),
    (False, False, True),
    (False, True, True),
    (False, True, False),
    (True, False, False),
    (True, False, True),
    (True, True, True),
    (True, True, False),
)
# Parts of PNG files that may define an orientation.
_PNG_METADATA = (b"eXIf", b"Raw profile type exif", b"com.adobe.xmp")


def read_orientation(data: bytes) -> int:
    """Read the orientation of an encoded JPEG or PNG image.

    It is the orientation that `PIL.ImageOps.exif_transpose` corrects: that
    of the EXIF metadata, or that of the XMP metadata if EXIF has none.

    Args:
        data: Content of the image file.

    Returns:
        The orientation, from 1 (upright) to 8; 1 if there is none.
    """
    # Pillow takes many times as long as these checks.
    if data[:2] == JPEG_MAGIC:
        if not parse_jpeg_header(data).has_app1:
            return UPRIGHT
    elif not any(part in data for part in _PNG_METADATA):
        return UPRIGHT
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            return image_orientation(image)
    except Exception:
        return UPRIGHT


def image_orientation(image: Image.Image) -> int:
    """Return the orientation of an image of Pillow.

    Args:
        image: The image.

    Returns:
        The orientation, from 1 (upright) to 8; 1 if the metadata have none
        or cannot be read.
    """
    try:
        orientation = image.getexif().get(ORIENTATION_TAG, UPRIGHT)
    except Exception:
        return UPRIGHT
    return orientation if orientation in range(1, 9) else UPRIGHT


def make_upright(image: np.ndarray, orientation: int = UPRIGHT) -> np.ndarray:
    """Turn and flip an image so that it is upright.

    Args:
        image: Image [height, width, channels] as it is stored.
        orientation: Orientation from 1 to 8. Defaults to 1.

    Returns:
        The same pixels in upright order.
    """
    transpose, flip_rows, flip_columns = _CHANGES[orientation]
    if transpose:
        image = image.transpose(1, 0, 2)
    if flip_rows:
        image = image[::-1]
    if flip_columns:
        image = image[:, ::-1]
    return image
