"""Fixtures of the tests of callbacks."""

import pytest


@pytest.fixture(scope="session")
def digits():
    """Images and labels of four digits: (x, y)."""
    import pipelines

    images = pipelines.read("digits", "train", classes=4, images_per_class=16)
    x = (images.pixels / 127.5 - 1).astype("float32")
    return x, images.labels
