"""Headers of JPEG files."""

import pytest

from pipelines.io.jpeg_header import JpegHeader, parse_jpeg_header
from tests.pipelines.fakes import encoded_image


@pytest.mark.parametrize(
    ("mode", "components"), [("L", 1), ("RGB", 3), ("CMYK", 4)]
)
@pytest.mark.parametrize("progressive", [False, True])
def test_parse_jpeg_header_counts_components(mode, components, progressive):
    data = encoded_image("JPEG", mode, progressive=progressive)
    assert parse_jpeg_header(data) == JpegHeader(components, False)


def test_parse_jpeg_header_skips_fill_bytes_and_finds_app1():
    data = encoded_image("JPEG", "RGB")
    app1 = b"\xff\xff\xff\xe1\x00\x04\xda\xda"
    assert parse_jpeg_header(data[:2] + app1 + data[2:]).has_app1


@pytest.mark.parametrize("length", [2, 3, 20, 100])
def test_parse_jpeg_header_irregular_header_has_unknown_components(length):
    data = encoded_image("JPEG", "RGB")
    assert parse_jpeg_header(data[:length]) == JpegHeader(None, True)
    garbage = data[:length] + b"\0\0" + data[length:]
    assert parse_jpeg_header(garbage) == JpegHeader(None, True)
