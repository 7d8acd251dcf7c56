"""The journal survives a worker that is killed while it writes."""

import optuna
import pytest

from seal_tf.study.journal import (
    WholeLinesLock,
    delete_partial_line,
    open_journal,
)


def _study(path):
    return optuna.create_study(
        storage=open_journal(path), study_name="a", load_if_exists=True
    )


@pytest.mark.parametrize("size", [10, 200_000])
def test_partial_last_line_is_deleted_before_the_next_one(size, tmp_path):
    path = tmp_path / "study.log"
    _study(str(path)).ask().set_user_attr("value", "x")
    with path.open("a") as file:
        file.write('{"op_code": 8, "user_attr": "' + size * "x")
    # A reader ignores the partial line; the next writer deletes it.
    study = _study(str(path))
    study.ask()
    assert len(study.get_trials()) == 2
    assert _study(str(path)).get_trials()[0].user_attrs == {"value": "x"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"abc", b""),
        (b"a\nb\n", b"a\nb\n"),
        (b"a\n\nbc", b"a\n\n"),
        (b"a\n" + 150_000 * b"x", b"a\n"),
    ],
)
def test_delete_partial_line(before, after, tmp_path):
    path = tmp_path / "study.log"
    path.write_bytes(before)
    delete_partial_line(path)
    assert path.read_bytes() == after


def test_lock_of_relative_path_resolves(tmp_path, monkeypatch):
    """Optuna reads the age of a lock through its link.

    Workers would wait forever for one that was killed with the lock.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    open_journal("runs/study.log")
    lock = WholeLinesLock(tmp_path.joinpath("runs/study.log"))
    relative = WholeLinesLock(type(tmp_path)("runs/study.log"))
    for each in (lock, relative):
        each.acquire()
        (link,) = tmp_path.glob("runs/*.lock")
        assert link.stat().st_mtime > 0
        each.release()


@pytest.mark.parametrize("name", ["study.db", ".", "folder.log"])
def test_open_journal_refuses_other_paths_in_one_line(name, tmp_path):
    (tmp_path / "folder.log").mkdir()
    with pytest.raises(ValueError, match="ends in .log or .journal") as error:
        open_journal(str(tmp_path / name))
    assert "\n" not in str(error.value)


def test_open_journal_refuses_other_content(tmp_path):
    path = tmp_path / "study.log"
    path.write_text("epoch 1: loss 0.3\nepoch 2: loss 0.2\n")
    with pytest.raises(ValueError, match="must be a journal file of Optuna"):
        open_journal(str(path))
