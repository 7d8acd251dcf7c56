"""Disks that are full for a while, and for good."""

import errno
import shutil
import subprocess

import pytest

from seal_tf.cli import workdir as workdirs
from seal_tf.cli.recorder import Recorder
from seal_tf.cli.workdir import Workdir
from tests.commands.runs import epochs_of, refused, run

#: What the command says itself, in a line.
pytestmark = pytest.mark.filterwarnings("default::RuntimeWarning")


@pytest.fixture
def disk(tmp_path):
    """Makes a file system of so many megabytes; skips where none may be."""
    mounted = []

    def mount(size):
        path = tmp_path / "disk"
        path.mkdir(exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", path],
            capture_output=True,
        )
        if done.returncode:
            pytest.skip("no small disk: mounting one is not allowed here")
        mounted.append(path)
        return path

    if shutil.which("mount") is None:
        pytest.skip("no small disk: there is no mount here")
    yield mount
    for path in mounted:
        subprocess.run(["umount", "-l", path], check=True)


class _Filling(Recorder):
    """Fills the disk in epoch 1, and makes room again in epoch 3."""

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        filler = self._workdir / "filler"
        if epoch == 1:
            with filler.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError as error:
                    assert error.errno == errno.ENOSPC
        if epoch == 3:
            filler.unlink()


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_while(disk, capsys, monkeypatch):
    from seal_tf.cli import fitting

    monkeypatch.setattr(fitting, "Recorder", _Filling)
    workdir = disk(60) / "run"
    assert run(workdir) == 0
    said = capsys.readouterr().err
    for epoch in (2, 3):
        assert f"no checkpoint after epoch {epoch}: " in said
    assert "No space left on device. Training goes on" in said
    assert [e["epoch"] for e in epochs_of(workdir)] == [0, 1, 2, 3]
    assert (workdir / "export" / "card.json").exists()
    kept = sorted(p.name for p in (workdir / "checkpoints").iterdir())
    assert kept == ["epoch_000001.npz", "epoch_000004.npz"]
    assert not list(workdir.rglob("*.part*"))


@pytest.mark.parametrize(
    "size,what",
    [
        (1, "snapshot_01.keras"),
        (7, "export_ensemble"),
    ],
)
@pytest.mark.slow
def test_a_disk_that_is_too_small(disk, tmp_path, capsys, size, what):
    """Stopped in one line; with room, the same command ends it."""
    where = disk(size)
    words = ["--method=snapshots", "--checkpoint_every_epochs=0"]
    words += ["--generations=1"]
    line = refused(capsys, where / "run", *words)
    assert "No space left on device" in line
    assert what in line
    assert not list(where.rglob("*.part*"))
    shutil.copytree(where / "run", tmp_path / "more")
    assert run(tmp_path / "more", *words) == 0
    assert (tmp_path / "more" / "export" / "card.json").exists()


def test_lines_wait_until_they_can_be_written(tmp_path, monkeypatch):
    """A line that was written in part is taken back."""

    class Flags:
        pass

    workdir = Workdir(tmp_path, Flags())
    honest = workdirs.append
    workdir.add_epoch({"epoch": 0})

    def full(path, text):
        with path.open("a") as file:
            file.write(text[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(workdirs, "append", full)
    for epoch in (1, 2):
        with pytest.warns(RuntimeWarning, match="No space left on device"):
            workdir.add_epoch({"epoch": epoch, "loss": float("nan")})
    assert workdir.epochs() == [{"epoch": 0}]
    assert (tmp_path / "metrics.jsonl").read_text() == '{"epoch": 0}\n'
    with pytest.warns(RuntimeWarning):
        assert not workdir.flush_epochs()
    monkeypatch.setattr(workdirs, "append", honest)
    assert workdir.flush_epochs()
    assert [e["epoch"] for e in workdir.epochs()] == [0, 1, 2]
    assert workdir.epochs()[1]["loss"] is None
