"""Files that are written atomically."""

import errno

import pytest

from seal_tf.utils import files


def test_atomic_writer_creates_the_folder_and_leaves_no_other_file(tmp_path):
    path = tmp_path / "new" / "file.bin"
    with files.atomic_writer(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    assert list(path.parent.iterdir()) == [path]


def test_atomic_writer_that_fails_keeps_the_old_file(tmp_path):
    path = tmp_path / "file.bin"
    files.write_bytes(path, b"old")
    with pytest.raises(KeyboardInterrupt), files.atomic_writer(path) as file:
        file.write(b"new")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_move_into_place_on_a_full_disk_keeps_the_old_file(
    tmp_path, monkeypatch
):
    path = tmp_path / "file.txt"
    files.write_text(path, "old")

    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "_flush", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_json_ends_with_a_newline(tmp_path):
    files.write_json(tmp_path / "a.json", {"a": [1]})
    assert (tmp_path / "a.json").read_text() == '{\n "a": [\n  1\n ]\n}\n'


def test_read_json_lines_stops_at_the_first_damaged_line(tmp_path):
    path = tmp_path / "rows.jsonl"
    assert files.read_json_lines(path) == []
    for line in ('{"a": 1}\n', '{"a": 2}\n', '{"a": \n', '{"a": 4}\n'):
        files.append(path, line)
    assert files.read_json_lines(path) == [{"a": 1}, {"a": 2}]


def test_write_text_of_names_that_are_not_utf8_is_utf8(tmp_path):
    files.write_text(tmp_path / "x", "caf\udce9 é")
    assert (tmp_path / "x").read_text(encoding="utf-8") == "caf? é"
