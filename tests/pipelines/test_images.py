"""The container of decoded images."""

import zlib

from tests.pipelines.fakes import random_images


def test_images_count_shape_and_checksum():
    images = random_images(5)
    assert len(images) == 5
    assert images.image_shape == (8, 8, 3)
    assert images.crc32 == zlib.crc32(images.pixels.tobytes())
    assert images.damaged == ()
