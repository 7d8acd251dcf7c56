"""Batches in NumPy equal those of TensorFlow."""

import concurrent.futures

import numpy as np
import pytest

import pipelines
from pipelines import batches as tf_batches
from pipelines import numpy_batches
from pipelines.augmentation.recipe import Recipe
from pipelines.errors import DataError
from tests.pipelines.augmentation.test_numpy_recipe import ROUNDING
from tests.pipelines.fakes import random_images


def _assert_equal(batches, expected):
    expected = list(expected.as_numpy_iterator())
    batches = list(batches)
    assert len(batches) == len(expected)
    for batch, other in zip(batches, expected, strict=True):
        x, *rest = batch
        other_x, *other_rest = other
        assert x.dtype == np.float32
        np.testing.assert_allclose(x, other_x, rtol=0, atol=ROUNDING)
        for values, other_values in zip(rest, other_rest, strict=True):
            assert values.dtype == other_values.dtype
            np.testing.assert_array_equal(values, other_values)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        *(
            pytest.param(arguments, marks=pytest.mark.slow)
            for arguments in (
                {"labels": "integer", "recipe": Recipe(1, False)},
                {"drop_remainder": True, "class_weight": {0: 0.5, 2: 3.0}},
                {"repeat_augment": 4, "seed": 2**31 - 1},
                {"first_epoch": 1, "first_step": 2},
                {"batch_size": 50},
            )
        ),
    ],
)
def test_training_batches_equal_tensorflow(arguments):
    images = random_images()
    arguments = {"batch_size": 8, "seed": 5, "epochs": 3, **arguments}
    _assert_equal(
        numpy_batches.training_batches(images, **arguments),
        pipelines.training_batches(images, **arguments),
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("labels", ["one_hot", "integer"])
def test_evaluation_batches_equal_tensorflow(channels, labels):
    images = random_images(channels=channels)
    for size in (8, 22, 100):
        _assert_equal(
            numpy_batches.evaluation_batches(images, size, labels=labels),
            pipelines.evaluation_batches(images, size, labels=labels),
        )


def test_batches_are_a_sequence_that_threads_may_share():
    batches = numpy_batches.training_batches(
        random_images(), 8, seed=0, epochs=4
    )
    expected = list(batches)
    assert len(batches) == len(expected) == 12
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        parallel = list(pool.map(batches.batch, range(12)))
    for position, (x, y) in enumerate(expected):
        np.testing.assert_array_equal(parallel[position][0], x)
        np.testing.assert_array_equal(parallel[position][1], y)
    np.testing.assert_array_equal(batches[-1][0], expected[-1][0])
    assert [len(y) for _, y in batches[1:3]] == [8, 6]
    with pytest.raises(IndexError):
        batches[12]


def test_wrong_arguments_are_refused():
    images = random_images()
    with pytest.raises(DataError, match="`mixup_alpha`"):
        numpy_batches.training_batches(
            images, 8, seed=0, epochs=1, recipe=Recipe(mixup_alpha=0.2)
        )
    for seed in (-1, 2**31):
        for module in (tf_batches, numpy_batches):
            message = f"`seed` must be from 0 to 2147483647. .*seed={seed}"
            with pytest.raises(DataError, match=message):
                module.training_batches(images, 8, seed=seed, epochs=1)
    with pytest.raises(DataError, match="`batch_size`"):
        numpy_batches.evaluation_batches(images, 0)
    with pytest.raises(DataError, match="`labels`"):
        numpy_batches.evaluation_batches(images, 4, labels="words")
