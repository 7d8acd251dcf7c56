"""The name of a folder of images."""

import pytest

from seal_tf.utils.image_folder_name import image_folder_name


@pytest.mark.parametrize(
    "data_dir, name",
    [
        ("/data/birds", "birds"),
        ("/data/birds/", "birds"),
        ("/data/birds.zip", "birds"),
        ("/data/v.2024", "v.2024"),
        ("birds", "birds"),
        (".", "here"),
        ("/", "images"),
    ],
)
def test_name_is_that_of_the_folder(tmp_path, monkeypatch, data_dir, name):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert image_folder_name(data_dir) == name


def test_name_of_a_link_is_that_of_the_link(tmp_path):
    (tmp_path / "version3").mkdir()
    (tmp_path / "photos").symlink_to(tmp_path / "version3")
    assert image_folder_name(tmp_path / "photos") == "photos"
