"""Selection of the first classes and images."""

import numpy as np
import pytest

import pipelines
from pipelines.errors import DataError
from pipelines.selection import Selection
from tests.pipelines.fakes import WNIDS, tiny_imagenet_files, write_files


def test_read_selection_returns_first_classes_and_images(tmp_path):
    path = write_files(tiny_imagenet_files(), tmp_path / "d")
    options = {"data_dir": path, "classes": 2, "images_per_class": 3}
    train = pipelines.read("tiny_imagenet", "train", **options)
    all_images = pipelines.read("tiny_imagenet", "train", data_dir=path)
    assert train.class_names == WNIDS[:2]
    np.testing.assert_array_equal(
        train.pixels, all_images.pixels[[0, 1, 2, 12, 13, 14]]
    )
    validation = pipelines.read("tiny_imagenet", "validation", **options)
    assert len(validation) == 4


def test_images_per_class_seed_draws_a_nested_choice_in_order():
    keys = list(range(100))

    def choice(count, seed, name="cat"):
        selection = Selection(None, 0, count, seed)
        return selection.select_images(keys, name, "here")

    ten = choice(10, 1)
    assert ten == choice(10, 1) == sorted(ten) and len(set(ten)) == 10
    assert ten != keys[:10]
    assert ten != choice(10, 2) and ten != choice(10, 1, "dog")
    assert set(choice(4, 1)) < set(ten)
    assert choice(100, 1) == keys
    assert len(choice(4, 1, "caf\udce9")) == 4


def test_read_with_images_per_class_seed_chooses_training_images_only():
    first = pipelines.read("digits", "train", images_per_class=5)
    options = {"images_per_class": 5, "images_per_class_seed": 0}
    drawn = pipelines.read("digits", "train", **options)
    np.testing.assert_array_equal(drawn.labels, first.labels)
    assert not np.array_equal(drawn.pixels, first.pixels)
    # The choice of a class does not depend on the other classes.
    two = pipelines.read("digits", "train", classes=2, **options)
    np.testing.assert_array_equal(two.pixels, drawn.pixels[:10])
    for selected in (options, {}):
        images = pipelines.read("digits", "validation", **selected)
        assert len(images) == 355


@pytest.mark.parametrize("split", ["train", "validation"])
def test_images_per_class_seed_without_a_number_raises(split):
    message = "requires `images_per_class`.*images_per_class_seed=3"
    with pytest.raises(DataError, match=message):
        pipelines.read("digits", split, images_per_class_seed=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": 4}, "3 classes, fewer than `classes`=4"),
        ({"classes": 1}, "at least 2"),
        ({"images_per_class": 9}, "has 3 images, fewer than"),
        ({"images_per_class": 0}, "at least 1"),
    ],
)
def test_read_impossible_selection_raises(tmp_path, options, message):
    path = write_files(tiny_imagenet_files(3), tmp_path / "d")
    with pytest.raises(DataError, match=message):
        pipelines.read("tiny_imagenet", "train", data_dir=path, **options)


def test_select_classes_after_skipped_classes():
    selection = Selection(classes=2, skip_classes=1)
    assert selection.select_classes(list("abcd"), "x") == ("b", "c")
    with pytest.raises(DataError, match="2 classes after `skip_classes`=1"):
        Selection(3, 1).select_classes(list("abc"), "x")
    with pytest.raises(DataError, match="class 'a' appears twice"):
        selection.select_classes(list("aba"), "x")
