"""The parts of a JPEG file's header that decide how it is decoded."""

from __future__ import annotations

from typing import NamedTuple

#: First bytes of a JPEG file.
JPEG_MAGIC = b"\xff\xd8"

_START_OF_SCAN = 0xDA
_APP1 = 0xE1
# Markers that start a frame: C0 to CF without DHT, JPG and DAC.
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length: TEM and RST0 to RST7.
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})


class JpegHeader(NamedTuple):
    """Properties of a JPEG file that its header states.

    Args:
        components: Number of color components, or None if the header is not
            regular.
        has_app1: Whether there is an APP1 segment, which has EXIF or XMP
            metadata. True if the header is not regular.
    """

    components: int | None
    has_app1: bool


def parse_jpeg_header(data: bytes) -> JpegHeader:
    """Parse the segments before the first scan (ITU-T T.81, annex B).

    Args:
        data: Content of a file that starts with `JPEG_MAGIC`.

    Returns:
        The properties of the file.
    """
    components, has_app1, position = None, False, 2
    while position + 9 < len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == _START_OF_SCAN:
            return JpegHeader(components, has_app1)
        if marker == 0xFF:  # A fill byte.
            position += 1
            continue
        if marker in _STANDALONE:
            position += 2
            continue
        if marker in _START_OF_FRAME:
            components = data[position + 9]
        has_app1 = has_app1 or marker == _APP1
        position += 2 + int.from_bytes(data[position + 2 : position + 4])
    return JpegHeader(None, True)
