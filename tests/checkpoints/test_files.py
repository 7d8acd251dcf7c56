"""The checkpoint files of a run: which are kept, and which is newest."""

import errno
import warnings
from pathlib import Path

import pytest

from seal_tf.checkpoints import serialization
from seal_tf.checkpoints.files import Checkpoints
from seal_tf.checkpoints.serialization import FormatError
from tests.checkpoints.states import make_state


def test_save_keeps_the_latest_and_the_milestones(tmp_path):
    checkpoints = Checkpoints(tmp_path, max_to_keep=2)
    for position in [(0, 5), (1, 0), (2, 0), (2, 9), (3, 0), (4, 0)]:
        checkpoints.save(make_state(*position), milestones={2, 4})
    assert [p.name for p in sorted(tmp_path.iterdir())] == [
        "epoch_000002.npz",
        "epoch_000003.npz",
        "epoch_000004.npz",
    ]
    assert checkpoints.newest().position == (4, 0)
    assert checkpoints.newest(not_after=(3, 1)).position == (3, 0)


def test_save_within_an_epoch_names_the_step(tmp_path):
    file = Checkpoints(tmp_path / "new").save(make_state(1, 3))
    assert file == tmp_path / "new" / "epoch_000001_step_000003.npz"
    assert Checkpoints(tmp_path / "new").newest().position == (1, 3)


def test_delete_after_removes_later_checkpoints(tmp_path):
    checkpoints = Checkpoints(tmp_path, max_to_keep=5)
    for position in [(2, 0), (2, 9), (4, 0)]:
        checkpoints.save(make_state(*position))
    checkpoints.delete_after((2, 0))
    assert checkpoints.newest().position == (2, 0)


def test_newest_of_empty_folder_is_none(tmp_path):
    assert Checkpoints(tmp_path / "nowhere").newest() is None


def test_newest_with_damaged_file_uses_the_one_before_and_warns_once(tmp_path):
    checkpoints = Checkpoints(tmp_path, max_to_keep=1)
    checkpoints.save(make_state(1), milestones={1})
    checkpoints.save(make_state(2), milestones={1})
    (tmp_path / "epoch_000002.npz").write_bytes(b"PK")
    with pytest.warns(RuntimeWarning, match="epoch_000002.npz: damaged"):
        assert checkpoints.newest().position == (1, 0)
    assert (tmp_path / "epoch_000002.npz.damaged").exists()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checkpoints.newest().position == (1, 0)
    checkpoints.save(make_state(1, 3), milestones={1})
    assert checkpoints.newest().position == (1, 3)


def test_newest_with_unreadable_disk_raises_and_renames_nothing(
    tmp_path, monkeypatch
):
    """An I/O error says nothing about the content of the file."""
    checkpoints = Checkpoints(tmp_path)
    file = checkpoints.save(make_state(1))

    def fail(path):
        raise OSError(errno.ESTALE, "Stale file handle", str(path))

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(OSError, match="Stale file handle"):
        checkpoints.newest()
    assert list(tmp_path.iterdir()) == [file]


def test_newest_with_all_files_damaged_raises_every_time(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for epoch in (1, 2):
        checkpoints.save(make_state(epoch)).write_bytes(b"")
    for _ in range(2):
        with pytest.raises(ValueError, match="Every checkpoint in .* damaged"):
            checkpoints.newest()
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_newest_with_another_format_raises_and_renames_nothing(
    tmp_path, monkeypatch
):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(make_state(1))
    monkeypatch.setattr(serialization, "FORMAT", 99)
    checkpoints.save(make_state(2))
    monkeypatch.undo()
    with pytest.raises(FormatError, match="epoch_000002.npz.*version 99"):
        checkpoints.newest()
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_save_that_fails_keeps_earlier_checkpoints(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path, max_to_keep=1)
    checkpoints.save(make_state(1))

    def fail(state, file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("seal_tf.checkpoints.files.write_state", fail)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(make_state(2))
    assert [p.name for p in tmp_path.iterdir()] == ["epoch_000001.npz"]
