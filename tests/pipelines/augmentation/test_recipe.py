"""The recipe: XLA, a plain graph and an unknown batch size agree."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation.recipe import Recipe
from pipelines.errors import DataError
from tests.pipelines.augmentation.samples import KEY, LABELS, PIXELS

RECIPES = {
    "default": Recipe(),
    "all_except_randaugment": Recipe(
        2,
        True,
        0.3,
        0.4,
        0,
        9,
        random_erasing=0.5,
        mixup_alpha=0.2,
        cutmix_alpha=1.0,
    ),
    "randaugment": Recipe(0, False, randaugment=2),
}


@pytest.mark.parametrize(
    "name",
    [
        "default",
        pytest.param("all_except_randaugment", marks=pytest.mark.slow),
        # XLA needs seconds to compile fourteen operations.
        pytest.param("randaugment", marks=pytest.mark.slow),
    ],
)
def test_apply_xla_graph_and_unknown_batch_size_agree(name):
    """Augmentation on the device and on the host gives the same values."""
    recipe = RECIPES[name]
    signature = (
        tf.TensorSpec((None, 12, 10, 3), tf.uint8),
        tf.TensorSpec((None, 4), tf.float32),
        tf.TensorSpec((2,), tf.int32),
    )
    batch = (
        tf.constant(PIXELS.astype("u1")),
        tf.constant(LABELS),
        tf.constant(KEY),
    )
    graph = tf.function(recipe.apply, input_signature=signature)(*batch)
    xla = tf.function(recipe.apply, jit_compile=True)(*batch)
    plain = recipe.apply(*batch, xla=False)
    for a, b in zip((*graph, *graph), (*xla, *plain), strict=True):
        # The unit is a standard deviation. Rounding may move a value by one
        # level where it meets a threshold exactly.
        difference = np.abs(a - b)
        assert np.mean(difference > 1e-3) < 2e-3


@pytest.mark.parametrize(
    "arguments",
    [
        {"crop_padding": -1},
        {"resized_crop": 0},
        {"color_jitter": 2},
        {"randaugment_magnitude": 11},
        {"mixup_alpha": -1},
    ],
)
def test_recipe_argument_out_of_range_raises(arguments):
    ((name, value),) = arguments.items()
    message = f"Argument `{name}` must be .* Received: {name}={value}"
    with pytest.raises(DataError, match=message):
        Recipe(**arguments)


def test_uses_float_pixels_only_for_operations_on_values():
    assert not Recipe(mixup_alpha=1.0).uses_float_pixels
    assert Recipe(color_jitter=0.1).uses_float_pixels
