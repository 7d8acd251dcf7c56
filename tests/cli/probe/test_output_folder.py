"""The check of the output folder."""

import pytest

from seal_tf.cli.probe.output_folder import check_writable


def test_check_writable_leaves_no_new_folder(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())


def test_check_writable_of_a_file_raises(tmp_path):
    (tmp_path / "x").touch()
    with pytest.raises(ValueError, match="`out` must be a folder"):
        check_writable(tmp_path / "x")
