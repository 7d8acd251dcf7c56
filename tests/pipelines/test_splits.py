"""Held-out images, and duplicates between splits."""

import numpy as np
import pytest

from pipelines.errors import DataError
from pipelines.splits import duplicate_indices, holdout_split, take_images
from tests.pipelines.fakes import random_images


def test_holdout_split_is_seeded_and_class_balanced():
    images = random_images(40, size=4)
    training, held_out = holdout_split(images, 0.2, seed=3)
    assert np.bincount(held_out.labels).tolist() == [2] * 4
    assert np.bincount(training.labels).tolist() == [8] * 4
    assert not duplicate_indices(training, held_out)
    assert len(duplicate_indices(images, held_out)) == 8
    again = holdout_split(images, 0.2, seed=3)[1]
    np.testing.assert_array_equal(held_out.pixels, again.pixels)
    other = holdout_split(images, 0.2, seed=4)[1]
    assert not np.array_equal(held_out.pixels, other.pixels)


def test_holdout_split_impossible_fraction_or_class_raises():
    with pytest.raises(DataError, match="Received: fraction=1"):
        holdout_split(random_images(40, size=4), 1, seed=0)
    with pytest.raises(DataError, match="class 'a' has one image"):
        holdout_split(random_images(4, size=4), 0.5, seed=0)


def test_duplicate_indices_are_those_of_images_and_not_of_pairs():
    first, second = random_images(40, size=4), random_images(12, size=4)
    second.pixels[:] = 0
    second.pixels[[3, 7]] = first.pixels[[20, 5]]
    assert duplicate_indices(first, second) == [3, 7]
    # Many copies of one image are no more images of the second split.
    first.pixels[:30] = first.pixels[20]
    assert duplicate_indices(first, second) == [3]


def test_take_images_copies_in_the_order_of_the_indices():
    images = random_images()
    taken = take_images(images, [5, 2], "two")
    np.testing.assert_array_equal(taken.pixels, images.pixels[[5, 2]])
    assert taken.labels.tolist() == [1, 2]
    assert (taken.name, take_images(images, [0]).name) == ("two", "fake")
    taken.pixels[:] = 0
    assert images.pixels.min() > 0


def test_take_images_selects_as_numpy_does():
    images = random_images(40, size=4)
    mask = np.zeros(len(images), bool)
    mask[[3, 8]] = True
    for indices in ([-1, 2], mask, []):
        taken = take_images(images, indices)
        chosen = np.asarray(indices, None if len(indices) else int)
        np.testing.assert_array_equal(taken.pixels, images.pixels[chosen])
        np.testing.assert_array_equal(taken.labels, images.labels[chosen])
    with pytest.raises(IndexError):
        take_images(images, [len(images)])
