"""Training on a disk that is full for a while, or too small."""

import errno
import shutil
import subprocess

import pytest

from seal_tf.cli.train import fit
from seal_tf.cli.train.metrics_writer import MetricsWriter
from tests.cli.runs import epochs_of, error_of, run

# The command prints these warnings itself.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default::RuntimeWarning"),
]


@pytest.fixture
def disk(tmp_path):
    """Function that mounts a file system of a size in MB, or skips."""
    mounted = []

    def mount(size):
        path = tmp_path / "disk"
        path.mkdir(exist_ok=True)
        result = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", path],
            capture_output=True,
        )
        if result.returncode:
            pytest.skip("mounting a small file system is not allowed here")
        mounted.append(path)
        return path

    if shutil.which("mount") is None:
        pytest.skip("there is no mount command here")
    yield mount
    for path in mounted:
        subprocess.run(["umount", "-l", path], check=True)


class _FillingWriter(MetricsWriter):
    """Fills the disk in epoch 1, and frees it in epoch 3."""

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


def test_disk_full_for_two_epochs_loses_nothing(disk, capsys, monkeypatch):
    monkeypatch.setattr(fit, "MetricsWriter", _FillingWriter)
    workdir = disk(60) / "run"
    assert run(workdir) == 0
    errors = capsys.readouterr().err
    for epoch in (2, 3):
        assert f"No checkpoint after epoch {epoch}: " in errors
    assert "No space left on device. Training continues" in errors
    assert [e["epoch"] for e in epochs_of(workdir)] == [0, 1, 2, 3]
    assert (workdir / "export" / "card.json").exists()
    files = sorted(p.name for p in (workdir / "checkpoints").iterdir())
    assert files == ["epoch_000001.npz", "epoch_000004.npz"]
    assert not list(workdir.rglob("*.part*"))


@pytest.mark.parametrize(
    "size,file", [(1, "snapshot_01.keras"), (7, "export_ensemble")]
)
def test_disk_too_small_ends_in_one_line_and_resumes_elsewhere(
    disk, tmp_path, capsys, size, file
):
    folder = disk(size)
    words = ["--method=snapshots", "--checkpoint_every_epochs=0"]
    words += ["--generations=1"]
    line = error_of(capsys, folder / "run", *words)
    assert "No space left on device" in line
    assert file in line
    assert not list(folder.rglob("*.part*"))
    shutil.copytree(folder / "run", tmp_path / "larger")
    assert run(tmp_path / "larger", *words) == 0
    assert (tmp_path / "larger" / "export" / "card.json").exists()
