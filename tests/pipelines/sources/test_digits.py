"""The digits of scikit-learn."""

import numpy as np
import pytest

import pipelines


def test_read_digits_splits_are_disjoint_and_complete():
    train = pipelines.read("digits", "train")
    validation = pipelines.read("digits", "validation")
    assert len(train) + len(validation) == 1797
    assert train.pixels.shape[1:] == (8, 8, 1)
    assert train.pixels.max() == 255
    rows = {p.tobytes() for p in train.pixels}
    assert not rows & {p.tobytes() for p in validation.pixels}
    assert set(validation.labels) == set(range(10))


def test_read_digits_with_skipped_classes_and_size_relabels_and_resizes():
    images = pipelines.read(
        "digits",
        "train",
        classes=2,
        skip_classes=3,
        images_per_class=3,
        image_size=16,
    )
    assert images.class_names == ("3", "4")
    assert np.unique(images.labels).tolist() == [0, 1]
    assert images.image_shape == (16, 16, 1)


@pytest.mark.parametrize("argument", ["data_dir", "split_fraction"])
def test_read_digits_with_unsupported_argument_raises(argument):
    message = f"Argument `{argument}` must be None"
    with pytest.raises(pipelines.DataError, match=message):
        pipelines.read("digits", "train", **{argument: 0.5})
