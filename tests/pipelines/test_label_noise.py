"""Symmetric label noise."""

import zlib

import numpy as np
import pytest

from pipelines.errors import DataError
from pipelines.images import Images
from pipelines.label_noise import add_label_noise

CLASSES, COUNT = 5, 4000


@pytest.fixture(scope="module")
def images():
    labels = np.repeat(np.arange(CLASSES, dtype=np.int32), COUNT // CLASSES)
    pixels = np.zeros((COUNT, 1, 1, 1), np.uint8)
    return Images("x", pixels, labels, tuple("abcde"))


def test_noise_replaces_the_share_by_other_classes(images):
    noisy = add_label_noise(images, 0.4, seed=0)
    changed = noisy.labels != images.labels
    assert changed.sum() == noisy.label_noise.replaced == 1600
    assert noisy.label_noise.labels_crc32 == zlib.crc32(noisy.labels.tobytes())
    assert noisy.labels.dtype == np.int32 and noisy.pixels is images.pixels
    # Every true class and every shift, within four standard deviations.
    for label in range(CLASSES):
        in_class = changed & (images.labels == label)
        assert abs(in_class.sum() - 320) < 4 * np.sqrt(800 * 0.4 * 0.6)
    shifts = (noisy.labels - images.labels)[changed] % CLASSES
    counts = np.bincount(shifts, minlength=CLASSES)
    assert counts[0] == 0
    assert (abs(counts[1:] - 400) < 4 * np.sqrt(400 * 0.75)).all()


def test_noise_is_a_function_of_the_seed_and_nested(images):
    small, large = (add_label_noise(images, s, seed=1) for s in (0.1, 0.3))
    again = add_label_noise(images, 0.3, seed=1)
    np.testing.assert_array_equal(large.labels, again.labels)
    assert large.label_noise == again.label_noise
    other = add_label_noise(images, 0.3, seed=2)
    assert not np.array_equal(large.labels, other.labels)
    changed = small.labels != images.labels
    np.testing.assert_array_equal(large.labels[changed], small.labels[changed])


def test_noise_of_two_classes_and_of_all_labels(images):
    two = Images("x", images.pixels, images.labels % 2, ("a", "b"))
    noisy = add_label_noise(two, 1.0, seed=0)
    np.testing.assert_array_equal(noisy.labels, 1 - two.labels)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_share_out_of_range_raises(images, share):
    with pytest.raises(DataError, match=f"Received: label_noise={share}"):
        add_label_noise(images, share, seed=0)
