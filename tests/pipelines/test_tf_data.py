"""Tensors that share the memory of the images."""

import dataclasses

import numpy as np
import tensorflow as tf

from pipelines.augmentation.normalize import normalize
from pipelines.batches import evaluation_batches
from pipelines.io.memory import aligned_empty
from pipelines.tf_data import host_tensors
from tests.pipelines.fakes import random_images


def test_host_tensors_aligned_pixels_are_not_copied():
    images = random_images()
    pixels = aligned_empty(images.pixels.shape)
    pixels[:] = images.pixels
    images = dataclasses.replace(images, pixels=pixels)
    batches = evaluation_batches(images, 22)
    pixels[:] = 9
    (x, _) = next(iter(batches))
    np.testing.assert_allclose(x, normalize(tf.constant(pixels)), atol=1e-6)


def test_host_tensors_read_only_pixels_are_copied():
    images = random_images()
    images.pixels.flags.writeable = False
    pixels, labels = host_tensors(images)
    np.testing.assert_array_equal(pixels, images.pixels)
    np.testing.assert_array_equal(labels, images.labels)
