"""Random crop and flip."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation import crop_flip, seeds
from tests.pipelines.fakes import random_images


def test_random_crop_result_is_a_window_of_the_padded_image():
    images = random_images(40).pixels
    cropped = crop_flip.random_crop(tf.constant(images), 2, [1, 2]).numpy()
    padded = np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)])
    offsets = set()
    for image, crop in zip(padded, cropped, strict=True):
        matches = [
            (i, j)
            for i in range(5)
            for j in range(5)
            if np.array_equal(image[i : i + 8, j : j + 8], crop)
        ]
        assert len(matches) == 1
        offsets.update(matches)
    # Each image has its own offset, and most offsets occur.
    assert len(offsets) > 15


@pytest.mark.parametrize("padding", [3, crop_flip.MAX_SELECT_PADDING + 1])
def test_random_crop_with_and_without_xla_agree(padding):
    images = tf.constant(random_images(12).pixels)
    np.testing.assert_array_equal(
        crop_flip.random_crop(images, padding, [1, 2], xla=True),
        crop_flip.random_crop(images, padding, [1, 2], xla=False),
    )


def test_random_flip_mirrors_about_half_of_the_images():
    images = random_images(200).pixels
    flipped = crop_flip.random_flip(tf.constant(images), [1, 2]).numpy()
    is_same = (flipped == images).all((1, 2, 3))
    is_mirrored = (flipped == images[:, :, ::-1]).all((1, 2, 3))
    assert (is_same ^ is_mirrored).all()
    assert 70 < is_mirrored.sum() < 130


def test_crop_and_flip_xla_and_graph_agree():
    images = tf.constant(random_images(16).pixels)

    def augment(epoch):
        keys = seeds.split_seed(seeds.step_seed(7, epoch, 5))
        x = crop_flip.random_crop(images, 2, keys[0])
        return crop_flip.random_flip(x, keys[1])

    xla = tf.function(augment, jit_compile=True)
    graph = tf.function(augment)
    for epoch in tf.range(20):
        np.testing.assert_array_equal(xla(epoch), graph(epoch))
