"""Tensors that share the memory of the images, and options."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation.normalize import normalize
from pipelines.batches import evaluation_batches, training_batches
from pipelines.io.memory import aligned_empty
from pipelines.loader import load
from pipelines.sharding import shard_batches
from pipelines.tf_data import disable_autotuning, host_tensors
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


@pytest.mark.parametrize(
    "pipeline",
    [
        lambda: training_batches(random_images(), 8, seed=0, epochs=2),
        lambda: evaluation_batches(random_images(), 8),
        # A data set that has no options yet.
        lambda: shard_batches(
            tf.data.Dataset.from_tensors((tf.zeros([8, 2]), tf.zeros([8]))),
            8,
            2,
        ),
        lambda: load("digits", "train", images_per_class=1),
    ],
)
def test_pipelines_neither_copy_images_nor_autotune(pipeline):
    options = pipeline().options()
    assert not options.experimental_optimization.apply_default_optimizations
    assert options.autotune.enabled is False


def test_disable_autotuning_keeps_the_other_options():
    options = tf.data.Options()
    options.deterministic = False
    dataset = tf.data.Dataset.range(3).with_options(options)
    options = disable_autotuning(dataset).options()
    assert options.autotune.enabled is False
    assert options.deterministic is False
    assert list(disable_autotuning(dataset).as_numpy_iterator()) == [0, 1, 2]
