"""Division of global batches among replicas."""

import numpy as np
import pytest

from pipelines.augmentation.recipe import Recipe
from pipelines.batches import evaluation_batches, training_batches
from pipelines.errors import DataError
from pipelines.sharding import shard_batches
from tests.pipelines.fakes import random_images


def test_shard_batches_every_image_has_weight_one_once():
    images = random_images(10)
    batches = evaluation_batches(images, 6, labels="integer")
    shards = list(shard_batches(batches, 6, 3))
    assert [len(x) for x, _, _ in shards] == [2] * 6
    labels = np.concatenate([y for _, y, _ in shards])
    weights = np.concatenate([w for _, _, w in shards])
    assert weights.tolist() == [1] * 10 + [0] * 2
    np.testing.assert_array_equal(labels[:10], images.labels)


def test_shard_batches_some_replicas_are_a_part_of_all():
    batches = evaluation_batches(random_images(12), 6)
    all_shards = list(shard_batches(batches, 6, 3))
    some = list(shard_batches(batches, 6, 3, 1, 1))
    for (x, _, _), (x2, _, _) in zip(all_shards[1::3], some, strict=True):
        np.testing.assert_array_equal(x, x2)


def test_shard_batches_of_repeated_images_are_those_of_one_device():
    """A replica of two gets one copy of each image of a full batch."""
    batches = training_batches(
        *(random_images(10), 8),
        seed=0,
        epochs=1,
        recipe=Recipe(0, flip=False),
        repeat_augment=2,
    )
    shards = list(shard_batches(batches, 8, 2))
    weights = [w.numpy().tolist() for _, _, w in shards]
    assert weights == [[1] * 4] * 5 + [[0] * 4]
    for first, second in zip(shards[:4:2], shards[1:4:2], strict=True):
        np.testing.assert_array_equal(first[0], second[0])


def test_shard_batches_indivisible_batch_size_raises():
    batches = evaluation_batches(random_images(12), 6)
    with pytest.raises(DataError, match="must be a multiple of 4"):
        shard_batches(batches, 6, 4)
