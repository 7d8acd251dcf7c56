import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import warnings

import pytest

import pipelines
from seal_tf import train
from seal_tf.cli.train import work_directory
from seal_tf.cli.train.work_directory import WorkDirectory
from seal_tf.probes.learning_record import read_record
from tests.cli.runs import FINISHED, epochs_of, error_of, number, run
from tests.pipelines import fakes


def _workdir(path, **flags):
    return WorkDirectory(path, flags, {name: None for name in flags})


def test_flags_file_reloaded_gives_the_same_run(finished_run, tmp_path):
    words = [
        f"--flagfile={finished_run / 'flags.txt'}",
        f"--workdir={tmp_path / 'again'}",
    ]
    assert train.main(words) == 0
    for a, b in zip(
        epochs_of(finished_run), epochs_of(tmp_path / "again"), strict=True
    ):
        assert a["loss"] == number(b["loss"])
        assert a["val_loss"] == number(b["val_loss"])


@pytest.mark.slow
def test_damaged_newest_checkpoint_resumes_from_the_one_before(
    finished_run, tmp_path, capsys
):
    """Cut after generation 1, while files were being written."""
    cut = tmp_path / "seal"
    shutil.copytree(finished_run, cut)
    (cut / "checkpoints" / "epoch_000004.npz").write_bytes(b"PK")
    (cut / "checkpoints" / "epoch_000003.npz").unlink()
    (cut / "checkpoints" / "epoch_000005.npz.part").write_bytes(b"PK")
    for name in ("summary.json", "report.html", "model.keras"):
        (cut / name).unlink()
    lines = (cut / "metrics.jsonl").read_text().splitlines()
    (cut / "metrics.jsonl").write_text("\n".join([*lines[:3], '{"epo']))
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert run(cut, *FINISHED) == 0
    output = capsys.readouterr()
    assert "seal_tf: warning: " in output.err
    assert "epoch_000004.npz: damaged checkpoint" in output.err
    assert "resuming after epoch 2 of 4" in output.out
    assert not list(cut.rglob("*.part"))
    before, after = epochs_of(finished_run), epochs_of(cut)
    assert [e["epoch"] for e in after] == [0, 1, 2, 3]
    for a, b in zip(before, after, strict=True):
        for key in ("loss", "val_loss", "accuracy", "early_rate"):
            assert a[key] == number(b[key]), key
    record = read_record(cut / "learning", epochs=4)["validation"].mean(1)
    assert record == number([e["val_accuracy"] for e in after])
    summaries = [
        json.loads((workdir / "summary.json").read_text())["best"]
        for workdir in (finished_run, cut)
    ]
    assert summaries[0]["epoch"] == summaries[1]["epoch"]


def test_check_other_flags_error_names_each(finished_run, capsys):
    line = error_of(capsys, finished_run, "--ascent_scale=0.2", "--seed=1")
    assert "--ascent_scale=0.1 there, 0.2 here" in line
    assert "--seed=0 there, 1 here" in line
    words = ["--method=seal", "--generations=1"]
    line = error_of(capsys, finished_run, *FINISHED, *words)
    assert "--generations=2 there, 1 here" in line


def test_check_before_resolve_ignores_what_the_images_determine(tmp_path):
    (tmp_path / "flags.txt").write_text("--crop_padding=1\n--seed=0\n")
    flags = {"crop_padding": None, "seed": 0}
    workdir = WorkDirectory(tmp_path, flags, flags, ["crop_padding"])
    assert workdir.check(lock=False)
    workdir.resolve({"crop_padding": 1, "seed": 0})
    assert workdir.check(lock=False)
    workdir.resolve({"crop_padding": 4, "seed": 0})
    with pytest.raises(ValueError, match="crop_padding=1 there, 4 here"):
        workdir.check(lock=False)


@pytest.mark.slow
def test_more_generations_continue_the_run(finished_run, tmp_path, capsys):
    """Flags that do not change the run may differ, too."""
    copy = tmp_path / "more"
    shutil.copytree(finished_run, copy)
    words = ["--generations=3", "--checkpoint_every_epochs=0"]
    assert run(copy, *FINISHED, *words) == 0
    assert "resuming after epoch 4 of 6" in capsys.readouterr().out
    assert [e["generation"] for e in epochs_of(copy)] == [0, 0, 1, 1, 2, 2]
    assert epochs_of(copy)[:4] == epochs_of(finished_run)
    assert "--generations=3" in (copy / "flags.txt").read_text()


@pytest.mark.slow
def test_more_generations_of_another_plan_are_refused(tmp_path, capsys):
    words = ["--method=annealed_ascent"]
    assert run(tmp_path / "run", *words, "--generations=1") == 0
    line = error_of(capsys, tmp_path / "run", *words)
    assert "epochs=2 in the checkpoint, 4 in this run" in line
    assert "--generations=1" in (tmp_path / "run" / "flags.txt").read_text()


def test_lock_of_another_process_is_refused(finished_run, tmp_path, capsys):
    copy = tmp_path / "held"
    shutil.copytree(finished_run, copy)
    with (copy / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        line = error_of(capsys, copy, *FINISHED)
        assert f"process {os.getpid()} on " in line
        assert run(copy, *FINISHED, "--dry_run") == 0
    assert run(copy, *FINISHED) == 0


def test_claim_by_a_second_process_changes_nothing(tmp_path):
    path = tmp_path / "w"
    first, second = _workdir(path), _workdir(path)
    assert not first.check()
    assert not second.check()
    assert not first.claim()
    first.add_epoch({"epoch": 0})
    with pytest.raises(ValueError, match="is writing to it"):
        second.claim()
    assert first.epochs() == [{"epoch": 0}]
    first.release()
    # The files of a process that was killed at its start do not matter.
    (path / "metrics.jsonl").unlink()
    (path / "flags.txt.part").write_text("--sc")
    assert not second.claim()
    second.release()


def test_check_new_flag_at_its_default_is_accepted(tmp_path):
    (tmp_path / "flags.txt").write_text("--seed=0\n")
    defaults = {"seed": 0, "fresh": 1.5}
    flags = {"seed": 0, "fresh": 1.5}
    assert WorkDirectory(tmp_path, flags, defaults).check(lock=False)
    changed = WorkDirectory(tmp_path, flags | {"fresh": 2.0}, defaults)
    with pytest.raises(ValueError, match=r"--fresh=\(not set\) there, 2.0"):
        changed.check(lock=False)


def test_folder_with_other_files_is_unchanged(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert "contains files, but no run" in error_of(capsys, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.slow
def test_check_data_other_images_are_refused(tmp_path, capsys):
    words = ["--dataset=image_folder", "--classes=2", "--images_per_class=8"]
    files = {
        name.replace("ant", "<script>ant"): data
        for name, data in fakes.image_folder_files().items()
    }
    one = fakes.write_files(files, tmp_path / "one")
    files["train/<script>ant/p0.jpg"] = fakes.jpeg(999, 32)
    two = fakes.write_files(files, tmp_path / "two")
    assert run(tmp_path / "w", *words, f"--data_dir={one}") == 0
    page = (tmp_path / "w" / "report.html").read_text()
    assert "<script>ant" not in page
    line = error_of(capsys, tmp_path / "w", *words, f"--data_dir={two}")
    assert "holds a run with other images" in line


def test_finished_run_has_its_images_and_its_report(finished_run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(finished_run, copy)
    saved = [
        line.removeprefix("--").split("=", 1)
        for line in (copy / "flags.txt").read_text().splitlines()
    ]
    flags = dict(saved) | {"generations": 2}
    workdir = WorkDirectory(copy, flags, flags)
    training, validation = (
        pipelines.read("digits", split, classes=4, images_per_class=count)
        for split, count in (("train", 6), ("validation", None))
    )
    assert workdir.is_finished([training, validation])
    # Older versions have no fingerprint of test images.
    assert workdir.is_finished([training, validation, validation])
    with pytest.raises(ValueError, match="a run with other images"):
        workdir.is_finished([validation, validation])
    (copy / "report.html").unlink()
    assert not workdir.is_finished([training, validation])


@pytest.mark.parametrize(
    "name,damage,message",
    [
        ("metrics.jsonl", b"{}", "its first 1 readable lines are not the 4"),
        ("metrics.jsonl", None, "its first 0 readable lines are not the 4"),
        ("flags.txt", b"seal", "is damaged"),
    ],
)
def test_damaged_file_error_changes_no_file(
    finished_run, tmp_path, capsys, name, damage, message
):
    copy = tmp_path / "seal"
    shutil.copytree(finished_run, copy)
    (copy / name).unlink()
    if damage is not None:
        (copy / name).write_bytes(damage)
    before = {p.name: p.read_bytes() for p in copy.iterdir() if p.is_file()}
    assert message in error_of(capsys, copy, *FINISHED)
    for path, data in before.items():
        assert (copy / path).read_bytes() == data


@pytest.mark.filterwarnings("default::RuntimeWarning")
def test_add_epoch_on_full_disk_writes_lines_later(tmp_path, monkeypatch):
    """A line that was partly written is removed."""
    workdir = _workdir(tmp_path)
    append = work_directory.append
    workdir.add_epoch({"epoch": 0})

    def full(path, text):
        with path.open("a") as file:
            file.write(text[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(work_directory, "append", full)
    for epoch in (1, 2):
        with pytest.warns(RuntimeWarning, match="No space left on device"):
            workdir.add_epoch({"epoch": epoch, "loss": float("nan")})
    assert workdir.epochs() == [{"epoch": 0}]
    assert (tmp_path / "metrics.jsonl").read_text() == '{"epoch": 0}\n'
    with pytest.warns(RuntimeWarning):
        assert not workdir.flush_epochs()
    monkeypatch.setattr(work_directory, "append", append)
    assert workdir.flush_epochs()
    assert [e["epoch"] for e in workdir.epochs()] == [0, 1, 2]
    assert workdir.epochs()[1]["loss"] is None


@pytest.mark.slow
def test_run_on_a_folder_whose_names_are_not_utf8_resumes(tmp_path):
    """Archives of other systems contain such names."""
    folder = tmp_path / os.fsdecode(b"ph\xf6tos")
    for name in (b"caf\xe9", b"5$ \\alfa 6$"):
        (folder / os.fsdecode(name)).mkdir(parents=True)
        for i in range(8):
            file = folder / os.fsdecode(name) / f"{i}.png"
            file.write_bytes(fakes.encoded_image("PNG", "RGB"))
    command = [
        *(sys.executable, "-m", "seal_tf.train", "--dataset=image_folder"),
        *(f"--data_dir={folder}", "--image_size=8"),
        *("--arch=small", "--generations=1", "--epochs_per_generation=1"),
        f"--workdir={tmp_path / 'run'}",
    ]
    for _ in ("train", "find the finished run"):
        subprocess.run(command, check=True)
    flags = (tmp_path / "run" / "flags.txt").read_bytes()
    assert b"/ph\xf6tos\n" in flags
    assert (tmp_path / "run" / "report.html").read_text()


def test_start_leaves_the_features_that_a_probe_is_writing(tmp_path):
    workdir = _workdir(tmp_path, seed=0)
    own = tmp_path / "checkpoints" / "a.part"
    cache = tmp_path / "export_features" / "b.part"
    for folder in (own, cache):
        folder.mkdir(parents=True)
        (folder / "c.npy.part").touch()
    workdir.start([], 0, finished=False, precision="float32")
    assert not own.exists()
    assert (cache / "c.npy.part").exists()
